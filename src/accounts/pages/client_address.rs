//! Where a request comes from, as far as rate limits are concerned.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::IpAddr;

/// The address of the client; of IPv6 the network, since one customer has a whole one.
pub struct ClientAddress(pub String);

impl FromRequest for ClientAddress {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let forwarded = request.headers().get_all("x-forwarded-for").last();
        let forwarded = forwarded.and_then(|value| value.to_str().ok());
        let peer = request.peer_addr().map(|peer| peer.ip());
        ready(Ok(Self(client(peer, forwarded))))
    }
}

/// A proxy on this machine or network adds the address it saw at the end; what stands before it is the client's own claim.
fn client(peer: Option<IpAddr>, forwarded: Option<&str>) -> String {
    let said = forwarded.and_then(|list| list.rsplit(',').next()?.trim().parse().ok());
    let address = match peer {
        Some(peer) if is_near(peer) => said.or(Some(peer)),
        other => other,
    };
    match address {
        Some(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_none() => format!("{:x?}", &v6.segments()[..4]),
        Some(other) => other.to_canonical().to_string(),
        None => "unknown".into(),
    }
}

fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::client;

    #[test]
    fn only_a_proxy_nearby_is_believed_and_only_its_own_word() {
        let near = Some("127.0.0.1".parse().unwrap());
        let far = Some("203.0.113.9".parse().unwrap());
        assert_eq!(client(near, None), "127.0.0.1");
        assert_eq!(client(near, Some("198.51.100.1, 203.0.113.7")), "203.0.113.7");
        assert_eq!(client(near, Some("nonsense")), "127.0.0.1");
        assert_eq!(client(far, Some("198.51.100.1")), "203.0.113.9");
        assert_eq!(
            client(near, Some("2001:db8:1:2:3::4")),
            client(near, Some("2001:db8:1:2:ffff::9"))
        );
    }
}
