//! A name server whose answers a test writes.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};

const A: u16 = 1;
const AAAA: u16 = 28;
/// After the identifier: flags and counts.
const HEADER_BYTES: usize = 12;

/// Number of queries by name and type.
type Counts = Arc<Mutex<BTreeMap<(String, u16), usize>>>;

pub struct NameServer {
    counts: Counts,
}

impl NameServer {
    /// On UDP until the process ends. `answer` has the name and the number of earlier queries of this name and type;
    /// `None` says that there is no such name.
    pub fn start(address: SocketAddr, answer: impl Fn(&str, usize) -> Option<Vec<IpAddr>> + Send + 'static) -> Self {
        let socket = UdpSocket::bind(address).unwrap();
        let server = Self { counts: Counts::default() };
        let counts = server.counts.clone();
        std::thread::spawn(move || {
            let mut packet = [0; 512];
            loop {
                let (length, client) = socket.recv_from(&mut packet).unwrap();
                let (name, kind, end) = question(&packet[..length]);
                let earlier = {
                    let mut counts = counts.lock().unwrap();
                    let count = counts.entry((name.clone(), kind)).or_default();
                    *count += 1;
                    *count - 1
                };
                let response = response(&packet[..end], kind, answer(&name, earlier));
                socket.send_to(&response, client).unwrap();
            }
        });
        server
    }

    /// Queries for IPv4 and for IPv6 addresses of a name.
    pub fn queries(&self, name: &str) -> [usize; 2] {
        let counts = self.counts.lock().unwrap();
        [A, AAAA].map(|kind| counts.get(&(name.to_owned(), kind)).copied().unwrap_or_default())
    }
}

/// Name, type, and where the question ends (RFC 1035, 4.1.2).
fn question(packet: &[u8]) -> (String, u16, usize) {
    let (mut labels, mut at) = (Vec::new(), HEADER_BYTES);
    while packet[at] != 0 {
        let end = at + 1 + usize::from(packet[at]);
        labels.push(String::from_utf8(packet[at + 1..end].to_vec()).unwrap());
        at = end;
    }
    (labels.join("."), u16::from_be_bytes([packet[at + 1], packet[at + 2]]), at + 5)
}

/// Each record lives for 0 seconds.
fn response(query: &[u8], kind: u16, addresses: Option<Vec<IpAddr>>) -> Vec<u8> {
    let code = if addresses.is_none() { 3 } else { 0 };
    let records: Vec<Vec<u8>> = addresses
        .into_iter()
        .flatten()
        .filter_map(|address| match address {
            IpAddr::V4(address) if kind == A => Some(address.octets().to_vec()),
            IpAddr::V6(address) if kind == AAAA => Some(address.octets().to_vec()),
            IpAddr::V4(_) | IpAddr::V6(_) => None,
        })
        .collect();
    let count = u16::try_from(records.len()).unwrap().to_be_bytes();
    let mut packet = query[..2].to_vec();
    packet.extend([0x81, 0x80 | code, 0, 1]);
    packet.extend(count);
    packet.extend([0; 4]);
    packet.extend(&query[HEADER_BYTES..]);
    for record in records {
        packet.extend([0xc0, 0x0c]);
        packet.extend(kind.to_be_bytes());
        packet.extend([0, 1, 0, 0, 0, 0]);
        packet.extend(u16::try_from(record.len()).unwrap().to_be_bytes());
        packet.extend(record);
    }
    packet
}
