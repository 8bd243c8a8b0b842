//! What a client says of codings that it takes (`Accept-Encoding`, RFC 9110).

/// How bytes are coded for their way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// Brotli.
    Brotli,
    /// Gzip.
    Gzip,
    /// As they are.
    Identity,
}

impl Coding {
    /// Its word in `Content-Encoding`; none for bytes as they are.
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    /// The smallest that the client takes: brotli before gzip, whichever it likes better, because it is the smaller one.
    pub fn best(accept_encoding: &str) -> Self {
        let accepts = |wanted: &[&str]| {
            let said = accept_encoding.split(',').map(quality);
            let named = |name: &str| wanted.iter().any(|word| name.eq_ignore_ascii_case(word));
            let (mut own, mut any) = (None, None);
            for (name, is_taken) in said {
                if named(name) {
                    own = Some(is_taken);
                } else if name == "*" {
                    any = Some(is_taken);
                }
            }
            own.or(any).unwrap_or(false)
        };
        if accepts(&["br"]) {
            Self::Brotli
        } else if accepts(&["gzip", "x-gzip"]) {
            Self::Gzip
        } else {
            Self::Identity
        }
    }
}

/// `gzip;q=0.5`: the name, and whether it is taken at all (a `q` that is no number is taken for one).
fn quality(item: &str) -> (&str, bool) {
    let mut parts = item.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let q = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    let is_taken = q.is_none_or(|q| q.parse::<f32>().map_or(true, |q| q > 0.0));
    (name, is_taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_coding_that_is_taken() {
        let rows = [
            ("", Coding::Identity),
            ("identity", Coding::Identity),
            ("gzip, deflate, br, zstd", Coding::Brotli),
            ("br;q=0.1, gzip;q=1.0", Coding::Brotli),
            ("br;q=0, gzip", Coding::Gzip),
            ("GZIP", Coding::Gzip),
            ("x-gzip", Coding::Gzip),
            ("*", Coding::Brotli),
            ("*;q=0", Coding::Identity),
            ("br;q=0, *", Coding::Gzip),
            ("gzip ; q=0.000", Coding::Identity),
            ("brotli, ,;;,", Coding::Identity),
        ];
        for (said, expected) in rows {
            assert_eq!(Coding::best(said), expected, "{said}");
        }
    }
}
