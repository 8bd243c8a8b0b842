//! As much of HTTP/1.1 as a benchmark needs: a connection that stays open, and answers with a length.

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection over which one request follows the other.
pub struct Connection {
    stream: TcpStream,
    heard: Vec<u8>,
}

impl Connection {
    /// Opens it.
    pub async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .context(address.to_owned())?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            heard: Vec::with_capacity(16 * 1_024),
        })
    }

    /// Sends the bytes of a request and waits for its answer: status and body.
    pub async fn ask(&mut self, request: &[u8]) -> Result<(u16, &str)> {
        self.stream.write_all(request).await?;
        self.heard.clear();
        let head = loop {
            self.hear().await?;
            if let Some(end) = find(&self.heard, b"\r\n\r\n") {
                break end + 4;
            }
        };
        let (status, length) = read_head(&self.heard[..head]).context("an answer without head")?;
        while self.heard.len() < head + length {
            self.hear().await?;
        }
        Ok((status, std::str::from_utf8(&self.heard[head..])?))
    }

    async fn hear(&mut self) -> Result<()> {
        let count = self.stream.read_buf(&mut self.heard).await?;
        ensure!(count > 0, "the server closed the connection");
        Ok(())
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// Status and length of the body.
fn read_head(head: &[u8]) -> Option<(u16, usize)> {
    let head = std::str::from_utf8(head).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse().ok()).flatten()
    });
    Some((status, length.unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_and_length() {
        let head = b"HTTP/1.1 401 Unauthorized\r\nx: 1\r\nContent-Length: 12\r\n\r\n";
        assert_eq!(read_head(head), Some((401, 12)));
        assert_eq!(read_head(b"HTTP/1.1 200 OK\r\n\r\n"), Some((200, 0)));
        assert_eq!(read_head(b""), None);
    }
}
