//! The pages as files in the program: what `web/` is built into, compressed when the program was built.
//!
//! Every file is here as brotli and gzip, but those that do not shrink; nobody but a client that takes neither costs more than a copy.

mod accepted;

use std::borrow::Cow;
use std::io::{self, Read as _};

pub use accepted::Coding;

/// One file of the pages.
#[derive(Debug)]
pub struct File {
    /// Its path below the root, like `assets/dispatch-D3f9.js`.
    pub path: &'static str,
    /// Its content type.
    pub media_type: &'static str,
    /// The beginning of the SHA-256 of its content, in hexadecimal.
    pub digest: &'static str,
    /// Its size uncompressed, in bytes.
    pub size: usize,
    /// As what it lies in the program: twice compressed, or, where it does not shrink, as it is.
    forms: &'static [(Coding, &'static [u8])],
}

/// All files, by path.
#[allow(
    clippy::unreadable_literal,
    reason = "the list is made by the build: it may have long numbers or none"
)]
static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/site.rs"));

/// The file at that path.
pub fn file(path: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path == path)
}

/// All files, by path.
pub fn files() -> &'static [File] {
    FILES
}

impl File {
    /// Its bytes for a client with that `Accept-Encoding`, and the coding that they are in.
    pub fn body(&self, accept_encoding: &str) -> io::Result<(Coding, Cow<'static, [u8]>)> {
        let coding = if self.varies() {
            Coding::best(accept_encoding)
        } else {
            Coding::Identity
        };
        let form = |coding| self.forms.iter().find(|(own, _)| *own == coding);
        if let Some((coding, bytes)) = form(coding) {
            return Ok((*coding, Cow::Borrowed(bytes)));
        }
        let (_, gzip) = form(Coding::Gzip).ok_or(io::ErrorKind::NotFound)?;
        let mut plain = Vec::with_capacity(self.size);
        flate2::read::GzDecoder::new(*gzip).read_to_end(&mut plain)?;
        Ok((Coding::Identity, Cow::Owned(plain)))
    }

    /// Whether its bytes depend on what the client accepts.
    pub const fn varies(&self) -> bool {
        self.forms.len() > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_unpacks_to_its_size_and_is_found_by_its_path() {
        assert!(!files().is_empty());
        for known in files() {
            let found = file(known.path).expect("it is there");
            let (coding, plain) = found.body("").expect("it unpacks");
            assert_eq!(
                (coding, plain.len()),
                (Coding::Identity, known.size),
                "{}",
                known.path
            );
            let (_, small) = found.body("gzip, deflate, br").expect("it is there");
            assert!(small.len() <= plain.len(), "{}", known.path);
        }
        assert!(file("assets/../index.html").is_none() && file("").is_none());
    }

    #[test]
    fn every_page_is_there() {
        for page in ["dispatch", "integrations", "drive", "track", "login"] {
            let page = file(&format!("{page}.html")).expect("a page");
            assert_eq!(page.media_type, "text/html; charset=utf-8");
        }
    }

    #[test]
    fn no_page_names_another_host_or_holds_a_script() {
        for page in files()
            .iter()
            .filter(|file| file.media_type.starts_with("text/html"))
        {
            let (_, bytes) = page.body("").expect("it unpacks");
            let text = String::from_utf8(bytes.into_owned()).expect("text");
            for forbidden in [
                "<style",
                " style=",
                "<script>",
                " onload=",
                "src=\"http",
                "href=\"http",
            ] {
                assert!(!text.contains(forbidden), "{}: {forbidden}", page.path);
            }
        }
    }
}
