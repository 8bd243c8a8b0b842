//! Rust as text: what is left of a file without comments, without the insides of texts, and without tests.
//!
//! No parser: a file that compiles is all that this ever reads, and blanking keeps every line where it was.

/// A Rust file, blanked twice. All three texts have the same lines.
pub struct Code {
    /// Without comments and the insides of string and character literals.
    pub all: String,
    /// That, without items under `#[cfg(test)]`.
    pub live: String,
    /// Modules in files of their own that are declared under `#[cfg(test)]`.
    pub test_modules: Vec<String>,
}

impl Code {
    /// Of that text.
    pub fn read(text: &str) -> Self {
        let all = without_literals(text);
        let mut live = all.clone().into_bytes();
        let mut test_modules = Vec::new();
        let mut from = 0;
        while let Some((start, end)) = next_test_item(&all, from) {
            if let Some(name) = declared_module(&all[start..end]) {
                test_modules.push(name);
            }
            blank(&mut live[start..end]);
            from = end;
        }
        Self {
            all,
            live: String::from_utf8_lossy(&live).into_owned(),
            test_modules,
        }
    }
}

/// Line of that place, counted from 1.
pub fn line_at(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Every place where `word` stands as a whole word.
pub fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |at| {
            let before = text[..*at].chars().next_back();
            let after = text[at + word.len()..].chars().next();
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        })
}

/// The name at the beginning of `text`.
pub fn name(text: &str) -> &str {
    let end = text.find(|c| !is_word(c)).unwrap_or(text.len());
    &text[..end]
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn blank(bytes: &mut [u8]) {
    for byte in bytes {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

fn without_literals(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let (inside, next) = literal(bytes, at);
        blank(&mut out[inside.0..inside.1]);
        at = next;
    }
    // Whole characters are blanked only, as comments and literals begin and end with ASCII.
    String::from_utf8_lossy(&out).into_owned()
}

/// What to blank of the token that begins at `at`, and where the next one begins.
fn literal(bytes: &[u8], at: usize) -> ((usize, usize), usize) {
    let rest = &bytes[at..];
    let nothing = (at, at);
    match rest {
        [b'/', b'/', ..] => {
            let end = at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
            ((at, end), end)
        }
        [b'/', b'*', ..] => {
            let end = at + block_comment(rest);
            ((at, end), end)
        }
        [b'"', ..] => {
            let end = at + text_end(rest);
            ((at + 1, end.saturating_sub(1).max(at + 1)), end)
        }
        [b'\'', b'\\', ..] => {
            let end = rest.iter().skip(3).position(|b| *b == b'\'');
            let end = at + end.map_or(rest.len(), |end| end + 4);
            ((at + 1, end - 1), end)
        }
        // A character, not a lifetime: the next quote is one character away.
        [b'\'', first, ..] => {
            let width = match first {
                0..=0x7f => 1,
                0xc0..=0xdf => 2,
                0xe0..=0xef => 3,
                _ => 4,
            };
            if rest.get(1 + width) == Some(&b'\'') {
                ((at + 1, at + 1 + width), at + 2 + width)
            } else {
                (nothing, at + 1)
            }
        }
        [first, ..] if first.is_ascii_alphanumeric() || *first == b'_' => {
            let word = rest
                .iter()
                .position(|b| !b.is_ascii_alphanumeric() && *b != b'_')
                .unwrap_or(rest.len());
            match (&rest[..word], raw_text(&rest[word..])) {
                (b"r" | b"br" | b"cr", Some(length)) => {
                    let end = at + word + length;
                    ((at + word, end), end)
                }
                _ => (nothing, at + word),
            }
        }
        _ => (nothing, at + 1),
    }
}

fn block_comment(rest: &[u8]) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => {
                depth += 1;
                at += 2;
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    rest.len()
}

fn text_end(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Length of `#"…"#` with any number of marks, if that is what follows.
fn raw_text(rest: &[u8]) -> Option<usize> {
    let marks = rest.iter().position(|b| *b != b'#')?;
    if rest.get(marks) != Some(&b'"') {
        return None;
    }
    let mut close = vec![b'"'];
    close.resize(marks + 1, b'#');
    let body = &rest[marks + 1..];
    let end = body
        .windows(close.len())
        .position(|window| window == close)?;
    Some(marks + 1 + end + close.len())
}

/// From its attribute to its end, the next item that is compiled for tests.
fn next_test_item(code: &str, from: usize) -> Option<(usize, usize)> {
    let mut from = from;
    loop {
        let start = from + code[from..].find("#[cfg(")?;
        let close = start + code[start..].find(']')?;
        let said = &code[start..close];
        if words(said, "test").next().is_some() && words(said, "not").next().is_none() {
            return Some((start, item_end(code, close + 1)));
        }
        from = close;
    }
}

fn item_end(code: &str, from: usize) -> usize {
    let mut depth = 0_usize;
    // Attributes that follow may hold brackets, but no braces and no semicolon.
    for (at, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b'{' => depth += 1,
            b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            b';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

fn declared_module(item: &str) -> Option<String> {
    let before = item.strip_suffix(';')?;
    let (_, found) = before.rsplit_once("mod ")?;
    Some(found.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_texts_are_blanked() {
        for (text, left) in [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a                   e"),
            (r#"f("x\"y") g"#, r#"f("    ") g"#),
            (r##"r#"a"b"# g"##, "r        g"),
            ("'a' 'x '\\'' '\"' b", "' ' 'x '  ' ' ' b"),
            ("bar\"x\"", "bar\" \""),
            ("'é' x", "'  ' x"),
        ] {
            assert_eq!(Code::read(text).all, left, "{text}");
        }
    }

    #[test]
    fn tests_are_not_live() {
        let code = Code::read(
            "use a;\n#[cfg(test)]\nmod tests {\n fn f() { g() }\n}\nfn h() {}\n#[cfg(not(test))] fn i() {}\n#[cfg(test)] mod more;",
        );
        assert_eq!(
            code.live.split_whitespace().collect::<Vec<_>>().join(" "),
            "use a; fn h() {} #[cfg(not(test))] fn i() {}"
        );
        assert_eq!(code.test_modules, ["more"]);
        assert_eq!(code.live.lines().count(), 8);
    }

    #[test]
    fn words_are_whole() {
        assert_eq!(words("ab a_b ab", "ab").collect::<Vec<_>>(), [0, 7]);
        assert_eq!(line_at("a\nb\nc", 4), 3);
        assert_eq!(name("route::x"), "route");
    }
}
