//! nginx in front of the console, with the shipped server blocks.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use tempfile::TempDir;

use super::read;
use crate::support::{Authority, Gate, Run, eventually};

const HOST: &str = "keys.example.org";
const PUBLIC_URL: &str = "https://keys.example.org";
const CLIENT: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 7);
const TIMEOUT: Duration = Duration::from_secs(20);

/// Ended when dropped.
struct Nginx {
    child: Child,
    folder: TempDir,
    http: SocketAddr,
    https: SocketAddr,
    authority: Authority,
}

impl Nginx {
    /// The shipped file, with other ports, and with files in a folder of its own.
    fn in_front_of(console: SocketAddr) -> Self {
        let (folder, authority) = (TempDir::new().unwrap(), Authority::new());
        authority.issue(HOST).write(folder.path());
        let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [http, https] = [0, 1].map(|index: usize| listeners[index].local_addr().unwrap());
        drop(listeners);
        let replacements = [
            ("    listen [::]:80;\n", String::new()),
            ("    listen [::]:443 ssl;\n", String::new()),
            ("listen 80;", format!("listen {http};")),
            ("listen 443 ssl;", format!("listen {https} ssl;")),
            ("/etc/nginx/tls/keys.example.org.crt", "cert.pem".into()),
            ("/etc/nginx/tls/keys.example.org.key", "key.pem".into()),
            ("/var/log/nginx/console.log", "console.log".into()),
            ("127.0.0.1:8083", console.to_string()),
        ];
        let shipped = read("deploy/nginx/console.conf");
        let server = replacements.iter().fold(shipped, |text, (part, replacement)| {
            assert!(text.contains(part), "the shipped file has no {part}");
            text.replace(part, replacement)
        });
        let paths: String =
            ["client_body", "proxy", "fastcgi", "scgi", "uwsgi"].map(|name| format!("{name}_temp_path tmp; ")).concat();
        let whole =
            format!("pid nginx.pid; error_log stderr warn; events {{}} http {{ {paths} include console.conf; }}");
        std::fs::write(folder.path().join("console.conf"), server).unwrap();
        std::fs::write(folder.path().join("nginx.conf"), whole).unwrap();
        std::fs::create_dir(folder.path().join("tmp")).unwrap();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let mut command = Command::new("nginx");
        command.current_dir(folder.path()).args(["-p", ".", "-c", "nginx.conf", "-g", "daemon off; user root;"]);
        command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin");
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let child = command.spawn().unwrap_or_else(|error| panic!("nginx: {error}; `make test` installs it"));
        let mut nginx = Self { child, folder, http, https, authority };
        let start = Instant::now();
        while TcpStream::connect(https).is_err() {
            let has_ended = nginx.child.try_wait().unwrap().is_some();
            assert!(!has_ended && start.elapsed() < TIMEOUT, "nginx does not start:\n{}", nginx.logs());
            std::thread::sleep(Duration::from_millis(20));
        }
        nginx
    }

    fn client(&self) -> Client {
        let root = reqwest::Certificate::from_pem(self.authority.pem.as_bytes()).unwrap();
        let builder = Client::builder().no_proxy().tls_certs_only([root]).redirect(Policy::none());
        builder.local_address(std::net::IpAddr::from(CLIENT)).resolve(HOST, self.https).build().unwrap()
    }

    fn url(&self, path: &str) -> String {
        format!("https://{HOST}:{}{path}", self.https.port())
    }

    /// Everything that it has written.
    fn logs(&self) -> String {
        ["log", "console.log"]
            .map(|name| std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default())
            .concat()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // nginx ends its workers only on a signal that it can handle.
        let id = nix::unistd::Pid::from_raw(self.child.id().try_into().unwrap());
        let _sent = nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGTERM);
        let start = Instant::now();
        while self.child.try_wait().is_ok_and(|status| status.is_none()) && start.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// The console with the settings that the shipped file names.
fn console() -> Gate {
    let settings = format!("behind_proxy: true, public_url: {PUBLIC_URL}");
    let named = format!("#   console: {{{settings}}}\n");
    assert!(read("deploy/nginx/console.conf").contains(&named), "{named}");
    let listen = format!("127.0.0.1:0, {settings}");
    Gate::management_only("sqlite:claviger.db").console(&listen).start()
}

/// The path of the link that the console prints at its start.
fn setup_path(gate: &Gate) -> String {
    let printed = || gate.stderr().split_once(PUBLIC_URL).map(|(_, rest)| rest.lines().next().unwrap().to_owned());
    eventually("a link is printed", || printed().is_some());
    printed().unwrap()
}

async fn answer(request: RequestBuilder) -> Response {
    request.send().await.unwrap_or_else(|error| panic!("{error:?}"))
}

#[tokio::test]
async fn a_person_signs_in_through_nginx_with_the_own_address() {
    let gate = console();
    let nginx = Nginx::in_front_of(gate.console);
    let (client, link) = (nginx.client(), setup_path(&gate));
    let page = answer(client.get(nginx.url(&link))).await;
    assert_eq!(page.status(), 200);
    assert!(page.headers().contains_key("strict-transport-security"));

    let ticket = link.rsplit('/').next().unwrap();
    let password = "tiny horse battery staple";
    let body = serde_json::json!({"ticket": ticket, "email": "ada@example.org", "password": password});
    let set_up = |origin: &str| client.post(nginx.url("/api/v1/setup")).header("Origin", origin).json(&body);
    assert_eq!(answer(set_up("https://evil.example")).await.status(), 403);
    // nginx replaces what a client says about itself.
    let done = answer(set_up(PUBLIC_URL).header("X-Forwarded-For", "203.0.113.9")).await;
    assert_eq!(done.status(), 204, "{}", done.text().await.unwrap());

    let form = format!("email=ada@example.org&password={}&next=", password.replace(' ', "+"));
    let form = client.post(nginx.url("/sign-in")).header("Origin", PUBLIC_URL).body(form);
    let signed_in = answer(form.header("Content-Type", "application/x-www-form-urlencoded")).await;
    assert_eq!(signed_in.status(), 303);
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-claviger="), "{cookie}");

    let audit = Run::within(gate.folder(), &["audit", "list", "--json"]).end();
    let audit: Vec<serde_json::Value> = serde_json::from_str(&audit.stdout).unwrap();
    for verb in ["sign_in", "use_setup_link"] {
        let entry = audit.iter().find(|entry| entry["verb"] == verb).unwrap();
        assert_eq!(entry["address"], CLIENT.to_string(), "{entry}");
    }
    assert_eq!(nginx.logs(), "");
}

#[tokio::test]
async fn plain_http_is_redirected() {
    let nginx = Nginx::in_front_of(([127, 0, 0, 1], 9).into());
    let url = format!("http://{}/sign-in?next=/accounts", nginx.http);
    let redirected = answer(nginx.client().get(url).header("Host", HOST)).await;
    assert_eq!(redirected.status(), 301);
    assert_eq!(redirected.headers()["location"], format!("{PUBLIC_URL}/sign-in?next=/accounts"));
}

/// The line about a failed request has its path, which opens the link.
#[tokio::test]
async fn a_link_is_in_no_log_while_the_console_is_down() {
    let nginx = Nginx::in_front_of(([127, 0, 0, 1], 9).into());
    assert_eq!(answer(nginx.client().get(nginx.url("/setup/the-secret"))).await.status(), 502);
    assert!(!nginx.logs().contains("the-secret"), "{}", nginx.logs());
}
