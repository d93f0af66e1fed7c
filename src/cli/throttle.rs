//! `claviger throttle list|clear`: asks a running gate over its admin listener.

use std::io::{Read, Write};
use std::net::{IpAddr, TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::output::{remark, say};

/// Longer than an admin listener takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// What to do about wrong guesses.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Print where wrong guesses have come from, and how long further ones are refused
    #[command(after_help = "Examples:\n  claviger throttle list --address 192.0.2.7")]
    List {
        #[command(flatten)]
        admin: AdminArgs,
    },
    /// Forget wrong guesses, so that the next one is looked at
    #[command(after_help = "Examples:\n  claviger throttle clear --address 192.0.2.7")]
    Clear {
        #[command(flatten)]
        admin: AdminArgs,
    },
}

/// Which gate, and which of its places.
#[derive(clap::Args)]
pub(super) struct AdminArgs {
    /// Only guesses from this address; of IPv6 from its /64
    #[arg(long, value_name = "ADDRESS")]
    address: Option<IpAddr>,
    /// The admin listener of the gate
    #[arg(long, value_name = "URL", env = "CLAVIGER_ADMIN", default_value = "http://127.0.0.1:8081")]
    admin: http::Uri,
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List { admin } => list(&admin),
            Self::Clear { admin } => clear(&admin),
        }
    }
}

fn list(args: &AdminArgs) -> anyhow::Result<ExitCode> {
    let answer = args.ask("GET", "/-/throttle")?;
    let entries = answer.as_array().context("the admin listener does not answer with a list")?;
    if entries.is_empty() {
        remark("no wrong guesses");
        return Ok(ExitCode::SUCCESS);
    }
    say(format!("{:<9}  {:<39}  {:<24}  {:>5}  UNTIL", "KIND", "ADDRESS", "NAME", "WRONG"))?;
    for entry in entries {
        let text = |field: &str| entry[field].as_str().unwrap_or("-");
        let (kind, address, name, until) = (text("kind"), text("address"), text("name"), text("until"));
        say(format!("{kind:<9}  {address:<39}  {name:<24}  {:>5}  {until}", entry["wrong_guesses"]))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn clear(args: &AdminArgs) -> anyhow::Result<ExitCode> {
    let answer = args.ask("POST", "/-/throttle/clear")?;
    let cleared = answer["cleared"].as_u64().context("the admin listener does not say what it cleared")?;
    say(format!("{cleared} cleared"))?;
    Ok(ExitCode::SUCCESS)
}

impl AdminArgs {
    /// One request and its answer.
    fn ask(&self, method: &str, path: &str) -> anyhow::Result<Value> {
        let url = &self.admin;
        let authority = url.authority().filter(|_| url.scheme_str() == Some("http"));
        let authority = authority.context("--admin: must be http://host:port")?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let query = self.address.map(|address| format!("?address={address}")).unwrap_or_default();
        let request = format!(
            "{method} {path}{query} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        );
        let answer = exchange((host, authority.port_u16().unwrap_or(80)), &request)
            .with_context(|| format!("the admin listener at {authority} does not answer"))?;
        let (head, body) = answer.split_once("\r\n\r\n").context("the admin listener answers with something else")?;
        if head.split(' ').nth(1) != Some("200") {
            bail!("the admin listener refuses: {} {}", head.lines().next().unwrap_or_default(), body.trim());
        }
        serde_json::from_str(body).context("the admin listener answers with something else")
    }
}

fn exchange(address: (&str, u16), request: &str) -> std::io::Result<String> {
    let mut failure = std::io::Error::new(std::io::ErrorKind::NotFound, "no such host");
    for address in address.to_socket_addrs()? {
        let mut stream = match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => stream,
            Err(error) => {
                failure = error;
                continue;
            }
        };
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        return Ok(answer);
    }
    Err(failure)
}
