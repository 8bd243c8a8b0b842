//! Whether an SVG is nothing but a drawing: known shapes, no scripts or handlers, nothing from elsewhere.

/// Elements that draw or name. What a signature pad writes needs no others.
const SHAPES: [&str; 17] = [
    "svg",
    "g",
    "defs",
    "title",
    "desc",
    "path",
    "line",
    "polyline",
    "polygon",
    "rect",
    "circle",
    "ellipse",
    "text",
    "tspan",
    "lineargradient",
    "radialgradient",
    "stop",
];

/// Whether `bytes` are such an SVG.
pub fn is_drawing(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else {
        return false;
    };
    let folded = text.to_ascii_lowercase();
    let mut rest = folded.trim_start_matches('\u{feff}').trim_start();
    if let Some((_, after)) = rest
        .strip_prefix("<?xml")
        .and_then(|rest| rest.split_once("?>"))
    {
        rest = after.trim_start();
    }
    rest.starts_with("<svg") && all_tags_draw(rest)
}

fn all_tags_draw(mut rest: &str) -> bool {
    while let Some((_, tag)) = rest.split_once('<') {
        let closing = tag.strip_prefix('/');
        let tag = closing.unwrap_or(tag);
        let end = tag
            .find(|c: char| c.is_whitespace() || matches!(c, '/' | '>'))
            .unwrap_or(tag.len());
        let (name, attributes) = tag.split_at(end);
        // Comments, doctypes, entities, CDATA and foreign namespaces have names that are no shapes.
        if !SHAPES.contains(&name) {
            return false;
        }
        match after_harmless_attributes(attributes) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    true
}

/// What follows the tag whose attributes these are, if they are harmless.
fn after_harmless_attributes(mut rest: &str) -> Option<&str> {
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if let Some(after) = rest.strip_prefix('>') {
            return Some(after);
        }
        let (name, value) = rest.split_once('=')?;
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, after) = value[1..].split_once(quote)?;
        if !is_harmless(name.trim_end(), value) {
            return None;
        }
        rest = after;
    }
}

fn is_harmless(name: &str, value: &str) -> bool {
    let plain = !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b':' | b'_'));
    let acts = name.starts_with("on") || name.ends_with("href");
    // A reference within the drawing, as gradients need it, is `url(#…`; an entity may spell anything.
    let leads_out = value.replace("url(#", "").contains("url(")
        || value.contains("javascript:")
        || value.contains("@import")
        || value.contains('&');
    plain && !acts && !leads_out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawings() {
        for text in [
            "<svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0'/></svg>",
            "<?xml version=\"1.0\"?>\n<svg viewBox=\"0 0 9 9\"><g><circle r=\"1\"></circle></g></svg>",
            "<svg><defs><linearGradient id='g'/></defs><rect fill='url(#g)' width = \"1>0\"/></svg>",
        ] {
            assert!(is_drawing(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn no_drawings() {
        for text in [
            "<svg><script>alert(1)</script></svg>",
            "<svg:svg><svg:script/></svg:svg>",
            "<svg><s:script/></svg>",
            "<svg\nonload='a'></svg>",
            "<svg><path d='M0'onload='a'/></svg>",
            "<svg><path/onload='a'/></svg>",
            "<svg><path onload=a /></svg>",
            "<svg><a xlink:href='https://elsewhere'/></svg>",
            "<svg><path style='fill: url(https://elsewhere)'/></svg>",
            "<svg><path d='&#x6a;'/></svg>",
            "<svg><!-- --></svg>",
            "<!DOCTYPE svg><svg/>",
            "<svg",
            "GIF89a",
            "",
        ] {
            assert!(!is_drawing(text.as_bytes()), "{text}");
        }
    }
}
