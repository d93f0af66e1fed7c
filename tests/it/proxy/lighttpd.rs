//! lighttpd with mod_cgi as the API: it maps every character of a header name but letters and digits to `_`, so many
//! spellings become one CGI variable.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::support::{Gate, Request, TOKEN, eventually};

/// Every character that HTTP/1.1 allows in a name beside letters, digits and the hyphen (RFC 9110, 5.6.2).
const SEPARATORS: &str = "!#$%&'*+.^_`|~";

struct Lighttpd {
    process: Child,
    url: String,
    _folder: TempDir,
}

impl Lighttpd {
    /// Answers every request with its CGI variables.
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let root = folder.path().display();
        let settings = format!(
            "server.document-root = \"{root}\"\nserver.bind = \"127.0.0.1\"\nserver.port = {port}\n\
             server.modules = (\"mod_cgi\")\ncgi.assign = (\".cgi\" => \"/bin/sh\")\n"
        );
        std::fs::write(folder.path().join("lighttpd.conf"), settings).unwrap();
        let script = "printf 'Content-Type: text/plain\\r\\n\\r\\n'\nenv | grep ^HTTP_\n";
        std::fs::write(folder.path().join("variables.cgi"), script).unwrap();
        // Not in the PATH of every user.
        let process = Command::new("/usr/sbin/lighttpd")
            .args(["-D", "-f"])
            .arg(folder.path().join("lighttpd.conf"))
            .stderr(Stdio::null())
            .spawn()
            .expect("lighttpd is installed (make needs-peers)");
        let address = format!("127.0.0.1:{port}");
        eventually("lighttpd listens", || TcpStream::connect(&address).is_ok());
        Self { process, url: format!("http://{address}"), _folder: folder }
    }
}

impl Drop for Lighttpd {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _status = self.process.wait();
    }
}

#[test]
fn no_spelling_of_an_identity_header_becomes_a_cgi_variable() {
    let api = Lighttpd::start();
    let settings = "accept: {api_key: {header: X-API-Key}}\npublic: [{path: /variables.cgi}]";
    let public = Gate::before(&api.url).settings(settings).start();
    let private = Gate::before(&api.url).start();
    for separator in SEPARATORS.chars() {
        for name in
            ["X-Claviger-Account", "X-Claviger-Role", "X-Forwarded-For", "X-Forwarded-User", "X-Real-IP", "X-API-Key"]
        {
            let name = name.replace('-', &separator.to_string());
            let request = Request::get("/variables.cgi").header(&name, "root");
            for (gate, request) in [(&public, request.clone()), (&private, request.bearer(TOKEN))] {
                let reply = gate.send(&request);
                assert_eq!(reply.status, 200, "{name}: {}", reply.text());
                assert!(!reply.text().contains("root"), "{name}: {}", reply.text());
            }
        }
    }
    let variables = private.send(&Request::get("/variables.cgi").bearer(TOKEN)).text();
    assert!(variables.contains("HTTP_X_CLAVIGER_ACCOUNT=acme\n"), "{variables}");
}
