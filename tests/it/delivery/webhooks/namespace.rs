//! Server-side request forgery: in a network of its own, where "public" addresses exist and every other one has a
//! listener, with a name server that lies. Nothing arrives anywhere that is not public.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};

use claviger::config::Webhooks;
use claviger::delivery::webhooks::{AttemptError, DestinationRules, WebhookClient, WebhookOutcome, WebhookResponse};
use tempfile::TempDir;

use super::name_server::NameServer;
use super::receiver::{ANSWER, Receiver};
use super::{request, webhooks};
use crate::support::{Authority, eventually};

const VARIABLE: &str = "CLAVIGER_TEST_NAMESPACE";
const NAME: &str = "delivery::webhooks::namespace::attempts_within_a_network_of_their_own";

const PUBLIC: [&str; 2] = ["93.184.216.34", "2606:2800:220:1::1"];
/// Addresses with a listener that nothing may reach.
const PRIVATE: [&str; 8] = [
    "127.0.0.1",
    "::1",
    "10.1.2.3",
    "169.254.169.254",
    "fd00::1",
    "2002:7f00:1::",
    "2002:a01:203::",
    "64:ff9b::7f00:1",
];
const PORTS: [u16; 3] = [80, 443, 8443];

/// `$0` has `resolv.conf`, `nsswitch.conf` and `hosts`.
const SET_UP: &str = "
set -e
ip link set lo up
echo 0 > /proc/sys/net/ipv6/conf/lo/disable_ipv6
for address in $ADDRESSES; do
    case $address in
    127.0.0.1 | ::1) ;;
    *:*) ip address add $address/128 dev lo nodad ;;
    *) ip address add $address/32 dev lo ;;
    esac
done
for file in resolv.conf nsswitch.conf hosts; do mount --bind $0/$file /etc/$file; done
exec \"$@\"
";

#[test]
#[ignore = "needs root, for a network of its own; make test runs it as root"]
fn nothing_arrives_at_an_address_that_is_not_public() {
    let folder = TempDir::new().unwrap();
    for (file, text) in [
        ("resolv.conf", "nameserver 127.0.0.1\noptions timeout:2 attempts:1\n"),
        ("nsswitch.conf", "hosts: files dns\n"),
        ("hosts", "127.0.0.1 localhost\n::1 localhost\n"),
    ] {
        std::fs::write(folder.path().join(file), text).unwrap();
    }
    let mut command = Command::new("unshare");
    command.args(["--net", "--mount", "sh", "-c", SET_UP]).arg(folder.path());
    command.arg(std::env::current_exe().unwrap()).args(["--exact", NAME, "--ignored", "--nocapture"]);
    command.env(VARIABLE, "1").env("ADDRESSES", [&PUBLIC[..], &PRIVATE[..]].concat().join(" "));
    // The environment decides nothing.
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        command.env(name, "http://10.1.2.3:8443");
    }
    let output = command.output().unwrap();
    let (printed, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}\n{errors}");
}

/// What the name server says; `earlier` queries of this name and type came before.
fn answer(name: &str, earlier: usize) -> Option<Vec<IpAddr>> {
    let addresses: &[&str] = match name {
        "public.test" => &PUBLIC,
        // Public once, then this machine.
        "rebinding.test" if earlier == 0 => &PUBLIC[..1],
        "rebinding.test" => &["127.0.0.1"],
        "mixed.test" => &[PUBLIC[0], "10.1.2.3"],
        "mixed-families.test" => &[PUBLIC[0], "::1"],
        "loopback.test" => &["127.0.0.1"],
        "private.test" => &["10.1.2.3"],
        "metadata.test" => &["169.254.169.254"],
        "zero.test" => &["0.0.0.0"],
        "unspecified.test" => &["::"],
        "loopback6.test" => &["::1"],
        "unique-local.test" => &["fd00::1"],
        "mapped.test" => &["::ffff:127.0.0.1"],
        "compatible.test" => &["::7f00:1"],
        "six-to-four.test" => &["2002:7f00:1::"],
        "six-to-four-private.test" => &["2002:a01:203::"],
        "nat64.test" => &["64:ff9b::7f00:1"],
        "empty.test" => &[],
        _ => return None,
    };
    Some(addresses.iter().map(|address| address.parse().unwrap()).collect())
}

/// Listeners on addresses that are not public, and what has arrived there.
struct Traps(Arc<Mutex<BTreeSet<SocketAddr>>>);

impl Traps {
    fn start() -> Self {
        let arrived: Arc<Mutex<BTreeSet<SocketAddr>>> = Arc::default();
        for address in Self::addresses() {
            let (listener, arrived) = (TcpListener::bind(address).unwrap(), arrived.clone());
            std::thread::spawn(move || {
                for stream in listener.incoming() {
                    drop(stream);
                    arrived.lock().unwrap().insert(address);
                }
            });
        }
        Self(arrived)
    }

    fn addresses() -> impl Iterator<Item = SocketAddr> {
        let at = |address: &'static str| PORTS.map(|port| SocketAddr::new(address.parse().unwrap(), port));
        PRIVATE.into_iter().flat_map(at)
    }

    fn assert_untouched(&self, what: &str) {
        assert_eq!(*self.0.lock().unwrap(), BTreeSet::new(), "{what}");
    }

    /// They would have noticed.
    fn assert_alert(&self) {
        for address in Self::addresses() {
            TcpStream::connect(address).unwrap();
        }
        eventually("each listener", || self.0.lock().unwrap().len() == PRIVATE.len() * PORTS.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "for another test to start, in a network of its own"]
async fn attempts_within_a_network_of_their_own() {
    #[expect(clippy::disallowed_methods, reason = "the parent process passes it, not a setting")]
    if std::env::var(VARIABLE).is_err() {
        return;
    }
    let (folder, authority) = (TempDir::new().unwrap(), Authority::new());
    let ca = folder.path().join("ca.pem");
    authority.write(&ca);
    let tls = authority.server(&authority.issue_for(&["public.test", "rebinding.test"]), false);
    let names = NameServer::start("127.0.0.1:53".parse().unwrap(), answer);
    let traps = Traps::start();
    let public = Receiver::start("93.184.216.34:443", Some(tls.clone())).await;
    let public6 = Receiver::start("[2606:2800:220:1::1]:443", Some(tls)).await;
    let received = || public.received().len() + public6.received().len();
    let settings = Webhooks { allow: Box::default(), ports: PORTS.into(), ..webhooks(&ca, &[]) };
    let (client, rules) = (WebhookClient::new(&settings).unwrap(), DestinationRules::new(&settings, []));
    let send = async |url: &str| client.send(url, &rules, &request()).await;

    let delivered = |response: &WebhookResponse| response.outcome == WebhookOutcome::Delivered;
    let response = send("https://public.test/status/200").await;
    assert!(delivered(&response) && response.excerpt.as_deref() == Some(ANSWER), "{response:?}");
    assert_eq!((names.queries("public.test"), received()), ([1, 1], 1));

    // Asked once, and connected to what was checked.
    let response = send("https://rebinding.test/").await;
    assert!(delivered(&response), "{response:?}");
    assert_eq!((names.queries("rebinding.test"), received()), ([1, 1], 2));
    let response = send("https://rebinding.test/").await;
    assert_eq!(response.error, Some(AttemptError::AddressNotPublic));
    traps.assert_untouched("rebinding");

    for name in [
        "mixed",
        "mixed-families",
        "loopback",
        "private",
        "metadata",
        "zero",
        "unspecified",
        "loopback6",
        "unique-local",
        "mapped",
        "compatible",
        "six-to-four",
        "six-to-four-private",
        "nat64",
    ] {
        for port in ["", ":8443"] {
            let response = send(&format!("https://{name}.test{port}/")).await;
            assert_eq!((response.error, response.status), (Some(AttemptError::AddressNotPublic), None), "{name}");
        }
        traps.assert_untouched(name);
    }
    for name in ["empty", "unknown"] {
        assert_eq!(send(&format!("https://{name}.test/")).await.error, Some(AttemptError::NameNotFound), "{name}");
    }

    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "017700000001",
        "0177.0.0.1",
        "0x7f000001",
        "0x7f.1",
        "[::1]",
        "[::ffff:7f00:1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1%25lo]",
        "[fe80::1%lo]",
        "localhost",
        "localhost.",
        "a.localhost",
        "127.0.0.1.",
        "public.test@127.0.0.1",
        "public.test\\@127.0.0.1",
        "93.184.216.34",
    ] {
        let response = send(&format!("https://{host}/")).await;
        assert_eq!(response.error, Some(AttemptError::DestinationNotAllowed), "{host}");
    }
    traps.assert_untouched("addresses in URLs");

    let before = received();
    for host in ["169.254.169.254", "127.0.0.1", "loopback.test", "10.1.2.3:8443"] {
        let response = send(&format!("https://public.test/redirect/{host}")).await;
        assert_eq!((response.error, response.status), (Some(AttemptError::RedirectNotFollowed), Some(302)), "{host}");
    }
    assert_eq!(received(), before + 4);
    traps.assert_untouched("redirects");

    // 128 MiB of one letter, which stay compressed.
    let bomb = "import gzip, sys; sys.stdout.buffer.write(gzip.compress(b'A' * 2 ** 27))";
    let bomb = Command::new("python3").args(["-c", bomb]).output().unwrap().stdout;
    assert!((1000..1_000_000).contains(&bomb.len()), "{}", bomb.len());
    public.compress(bomb.clone());
    public6.compress(bomb);
    let response = send("https://public.test/gzip").await;
    let excerpt = response.excerpt.clone().unwrap_or_default();
    assert!(delivered(&response) && !excerpt.contains("AAAA") && excerpt.starts_with('\u{fffd}'), "{response:?}");

    traps.assert_untouched("all of it");
    traps.assert_alert();
}
