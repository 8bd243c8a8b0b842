//! Which addresses may be asked: names are looked at after they were resolved, so that no name of others leads into our network.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::Uri;
use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

/// How far a client reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Everywhere: what it asks was named by the operator.
    Everywhere,
    /// Public addresses only: what it asks was named by others.
    Public,
}

/// A name that leads where nobody is to be asked.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to an address within a private network")]
struct Refused;

impl Reach {
    /// Whether the address may be asked.
    pub const fn covers(self, address: IpAddr) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Public => is_public(address),
        }
    }
}

/// Whether the address is nobody's own: neither of this machine, nor of a private or link-local network, nor for special use.
const fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => is_public_v4(address),
            None => is_public_v6(address),
        },
    }
}

/// RFC 6890's tables of special addresses.
const fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && b >= 64 && b < 128;
    let protocols = a == 192 && b == 0 && c == 0;
    let benchmarks = a == 198 && (b == 18 || b == 19);
    !(a == 0
        || a >= 240
        || shared
        || protocols
        || benchmarks
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || address.is_broadcast())
}

const fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let unique_local = a & 0xfe00 == 0xfc00;
    let link_local = a & 0xffc0 == 0xfe80;
    let documentation = a == 0x2001 && b == 0x0db8;
    // 64:ff9b::/96 and 2002::/16 carry IPv4 addresses, of which nobody has looked at what they are.
    let carries_v4 = (a == 0x64 && b == 0xff9b) || a == 0x2002;
    !(address.is_unspecified()
        || address.is_loopback()
        || address.is_multicast()
        || unique_local
        || link_local
        || documentation
        || carries_v4)
}

/// The address that stands in an URI instead of a name.
pub fn literal(uri: &Uri) -> Option<IpAddr> {
    let host = uri.host()?;
    host.trim_start_matches('[')
        .trim_end_matches(']')
        .parse()
        .ok()
}

/// Whether a call ended because of where its name leads.
pub fn is_refusal(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<Refused>() {
            return true;
        }
        // An error within one of the system's is not named as its source.
        if let Some(inner) = error.downcast_ref::<std::io::Error>()
            && inner
                .get_ref()
                .is_some_and(<dyn Error + Send + Sync>::is::<Refused>)
        {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The system's resolver, less the addresses out of reach.
#[derive(Debug, Clone, Copy)]
pub struct Resolver(pub Reach);

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::task::spawn_blocking(move || {
                (name.as_str(), 0).to_socket_addrs().map(Vec::from_iter)
            });
            let found = found.await.map_err(std::io::Error::other)??;
            let within: Vec<SocketAddr> = found
                .iter()
                .copied()
                .filter(|address| reach.covers(address.ip()))
                .collect();
            if within.is_empty() && !found.is_empty() {
                return Err(std::io::Error::other(Refused));
            }
            Ok(within.into_iter())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_public() {
        for (address, expected) in [
            ("8.8.8.8", true),
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("172.16.0.1", false),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("255.255.255.255", false),
            ("198.18.0.1", false),
            ("2606:4700::1111", true),
            ("::1", false),
            ("::", false),
            ("fe80::1", false),
            ("fd00::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:8.8.8.8", true),
            ("64:ff9b::7f00:1", false),
            ("2002:7f00:1::", false),
        ] {
            let parsed: IpAddr = address.parse().expect("an address");
            assert_eq!(Reach::Public.covers(parsed), expected, "{address}");
            assert!(Reach::Everywhere.covers(parsed));
        }
    }

    #[test]
    fn addresses_in_addresses() {
        for (uri, expected) in [
            ("http://127.0.0.1:80/x", Some("127.0.0.1")),
            ("http://[::1]/x", Some("::1")),
            ("http://example.com/x", None),
        ] {
            let uri: Uri = uri.parse().expect("an address");
            let expected = expected.map(|text| text.parse::<IpAddr>().expect("an address"));
            assert_eq!(literal(&uri), expected);
        }
    }
}
