//! A mail server (aiosmtpd) as a process.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::Authority;

pub struct SmtpServer {
    child: Option<Child>,
    pub port: u16,
    pub folder: TempDir,
    is_implicit_tls: bool,
}

/// An accepted mail, as the recipient sees it.
#[derive(Debug, Clone)]
pub struct Received(pub Value);

impl SmtpServer {
    /// With a certificate for localhost.
    pub fn start() -> Self {
        Self::with(false)
    }

    /// With TLS from the start, for `smtps://`.
    pub fn start_with_implicit_tls() -> Self {
        Self::with(true)
    }

    fn with(is_implicit_tls: bool) -> Self {
        let (authority, folder) = (Authority::new(), TempDir::new().unwrap());
        authority.write(&folder.path().join("ca.pem"));
        authority.issue("localhost").write(folder.path());
        let mut server = Self { child: None, port: 0, folder, is_implicit_tls };
        server.restart();
        server
    }

    /// With the certificate of an authority that clients of this server do not trust.
    pub fn start_as_a_stranger() -> Self {
        let server = Self::start();
        Authority::new().write(&server.folder.path().join("ca.pem"));
        server
    }

    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// At the port from before.
    pub fn restart(&mut self) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = root.join("target/smtp/bin/python");
        assert!(python.exists(), "make test installs aiosmtpd in target/smtp");
        let file = |name: &str| self.folder.path().join(name);
        let mut child = Command::new(python)
            .arg(root.join("tests/it/delivery/server.py"))
            .args([self.folder.path(), &file("cert.pem"), &file("key.pem")])
            .arg(self.port.to_string())
            .args(self.is_implicit_tls.then_some("implicit"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        self.port = line.trim().parse().expect("the port of the mail server");
        self.child = Some(child);
    }

    pub fn mails(&self) -> Vec<Received> {
        self.files("mail-")
    }

    /// Mails that it has taken and does not answer for.
    pub fn hangs(&self) -> usize {
        self.files("hangs-").len()
    }

    /// Clients that greet it wait for its answer, until [`Self::release`].
    pub fn hold(&self) {
        std::fs::write(self.folder.path().join("hold"), "").unwrap();
    }

    pub fn release(&self) {
        std::fs::remove_file(self.folder.path().join("hold")).unwrap();
    }

    fn files(&self, prefix: &str) -> Vec<Received> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap());
        let mut names: Vec<_> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.retain(|name| name.starts_with(prefix));
        names.sort();
        let read = |name: &String| std::fs::read_to_string(self.folder.path().join(name)).unwrap();
        names.iter().map(|name| Received(serde_json::from_str(&read(name)).unwrap())).collect()
    }
}

impl Received {
    pub fn to(&self) -> &str {
        self.0["to"][0].as_str().unwrap()
    }

    pub fn text(&self) -> &str {
        self.0["text"].as_str().unwrap()
    }

    pub fn html(&self) -> &str {
        self.0["html"].as_str().unwrap()
    }

    /// All values of a header.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        let all = self.0["headers"].as_array().unwrap().iter();
        all.filter(|header| header[0].as_str().unwrap().eq_ignore_ascii_case(name))
            .map(|header| header[1].as_str().unwrap())
            .collect()
    }

    pub fn subject(&self) -> &str {
        self.headers("Subject")[0]
    }

    /// As a person finds it: the line that is a link.
    pub fn link(&self) -> &str {
        self.text().lines().find(|line| line.starts_with("https://")).expect("a link")
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.stop();
    }
}
