//! `claviger explain`: the decision for a request, made by the gate's own rules.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use http::header::UPGRADE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::Timestamp;

use super::config_args::SourceArgs;
use super::database_target::{DatabaseTarget, block_on};
use super::output::print;
use crate::auth::{CHECKS, NamedVersion, Rejection, RequestedVersion, RouteRequest, Rules, Target};
use crate::clock::Clock;
use crate::credential::{Credential, PublicCredential};
use crate::source::Loader;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger explain acme-billing GET /v2/payments/7\n  claviger explain acme-billing \"POST /payments\" --header X-API-Version:2 --from 10.1.2.3\n  claviger explain acme-billing GET /v2/payments --at 2027-01-01T00:00:00Z\n\nAssumes that the secret is right. Exit code 0: admitted, 1: refused."
)]
pub(super) struct Args {
    /// Credential id
    #[arg(value_name = "CREDENTIAL")]
    credential: String,
    /// Method and target, as in the request line
    #[arg(value_name = "METHOD TARGET", num_args = 1..=3, required = true)]
    request: Vec<String>,
    /// Header of the request; repeatable
    #[arg(long = "header", short = 'H', value_name = "NAME:VALUE")]
    headers: Vec<String>,
    /// Address of the client
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    from: IpAddr,
    /// Time of the request [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    #[command(flatten)]
    source: SourceArgs,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let loaded = Loader::new(self.source.source()?).load()?;
        let found = match (loaded.set.find_id(&self.credential), &loaded.settings.database) {
            // The file wins over the database, as at the gate.
            (Some(credential), _) => Found::GateCredential(credential),
            (None, Some(database)) => {
                find(&DatabaseTarget::new(loaded.settings.clone(), database.clone()), &self.credential)?
            }
            (None, None) => Found::Nothing,
        };
        let line = self.request.join(" ");
        let mut words = line.split_ascii_whitespace();
        let method: Method = words.next().unwrap_or_default().parse().context("the method cannot be read")?;
        let raw = words.next().context("the request lacks a target, such as /v2/payments")?;
        let headers = self.headers()?;
        let credential = match found {
            Found::GateCredential(credential) => credential,
            Found::Cleared => {
                let title = format!("{} as {}", escaped(&format!("{method} {raw}")), self.credential);
                print(refusal(&title, Rejection::CredentialInvalid).trim_end())?;
                print(format!(
                    "\nIts secret was cleared, so none is right.\nclaviger credential reset {} gives it a new one.",
                    self.credential
                ))?;
                return Ok(ExitCode::FAILURE);
            }
            Found::Nothing => anyhow::bail!("no credential has the id {}", escaped(&self.credential)),
        };
        // A process for forward-auth only decides about preflights as about any other request.
        let origins = loaded.settings.upstream.as_ref().and(loaded.rules.origins.as_ref());
        let preflight = origins.and_then(|origins| origins.preflight(&method, &headers));
        let (report, is_admitted) = self.verdict(&loaded.rules, &credential, &method, raw, &headers, preflight);
        print(report.trim_end())?;
        Ok(if is_admitted { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn headers(&self) -> anyhow::Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        for text in &self.headers {
            let (name, value) = text.split_once(':').context("a header is written as NAME:VALUE")?;
            let name: HeaderName = name.trim().parse().with_context(|| format!("{name} is not a header name"))?;
            headers.append(name, HeaderValue::from_str(value.trim())?);
        }
        Ok(headers)
    }

    fn verdict(
        &self,
        rules: &Rules,
        credential: &Credential,
        method: &Method,
        raw: &str,
        headers: &HeaderMap,
        preflight: Option<Result<&HeaderValue, Rejection>>,
    ) -> (String, bool) {
        let title = format!("{} as {}", escaped(&format!("{method} {raw}")), credential.id);
        let stated = Target::parse(raw.as_bytes(), rules.path_rules())
            .and_then(|target| RequestedVersion::read(&rules.versions, target, headers));
        let stated = match stated {
            Ok(stated) => stated,
            Err(rejection) => return (refusal(&title, rejection), false),
        };
        match preflight {
            None => {}
            Some(Ok(_)) => {
                return (format!("{title}: answered by the gate, as a preflight of an allowed origin\n"), true);
            }
            Some(Err(rejection)) => return (refusal(&title, rejection), false),
        }
        let call = RouteRequest {
            method,
            path: stated.path,
            version: stated.version,
            address: Some(self.from),
            now: self.at.unwrap_or_else(|| Clock::System.now()),
        };
        let (report, is_admitted) = if rules.public_credential(&call) == Some(PublicCredential::Ignored) {
            match rules.admit_public(&call) {
                Ok(_) => (format!("{title}: admitted, the route is public\n"), true),
                Err(rejection) => (refusal(&title, rejection), false),
            }
        } else {
            checked(&title, rules, credential, &call)
        };
        let opens_tunnel = headers.get(UPGRADE).is_some_and(|name| name.as_bytes().eq_ignore_ascii_case(b"websocket"));
        match rules.permit_upgrade(&call) {
            Err(rejection) if is_admitted && opens_tunnel => (refusal(&title, rejection), false),
            _ => (report, is_admitted),
        }
    }
}

enum Found {
    GateCredential(Arc<Credential>),
    /// The credential has no secret.
    Cleared,
    Nothing,
}

fn find(target: &DatabaseTarget, id: &str) -> anyhow::Result<Found> {
    block_on(async {
        let store = target.open_current().await?;
        let usable = store.find_id(id).await;
        let record = store.credential(id).await;
        store.close().await;
        let database = || target.database.url.to_string();
        Ok(match (usable.with_context(database)?.found, record.with_context(database)?) {
            (Some(usable), _) => Found::GateCredential(Arc::new(usable.credential)),
            (None, Some(record)) if record.secret.is_cleared() => Found::Cleared,
            (None, _) => Found::Nothing,
        })
    })
}

/// Lists every check; the first that refuses decides.
fn checked(title: &str, rules: &Rules, credential: &Credential, call: &RouteRequest) -> (String, bool) {
    let outcomes: Vec<_> = CHECKS.iter().map(|check| (check.name, (check.apply)(rules, credential, call))).collect();
    let first = outcomes.iter().find_map(|(_, outcome)| outcome.err());
    let mut report = match first {
        Some(rejection) => refusal(title, rejection),
        None => format!("{title}: admitted\n"),
    };
    report.push('\n');
    for (name, outcome) in outcomes {
        let word = if outcome.is_ok() { "ok" } else { "refused" };
        // Writing to a string cannot fail.
        let _never = writeln!(report, "  {name:<8} {word:<8} {}", facts(name, rules, credential, call));
    }
    (report, first.is_none())
}

fn refusal(title: &str, rejection: Rejection) -> String {
    format!("{title}: refused, {} ({})\n{}\n", rejection.code(), rejection.status().as_u16(), rejection.detail())
}

fn facts(check: &str, rules: &Rules, credential: &Credential, call: &RouteRequest) -> String {
    match check {
        "enabled" => (if credential.enabled { "enabled" } else { "disabled" }).into(),
        "account" => {
            let access = if credential.account.access { "on" } else { "off" };
            format!("API access of {} is {access}", credential.account.id)
        }
        "expiry" => credential.expires_at.map_or("never expires".into(), |end| format!("expires at {end}")),
        "address" if credential.addresses.is_empty() => format!("{}; any address is allowed", address(call)),
        "address" => {
            let list: Vec<String> = credential.addresses.iter().map(ToString::to_string).collect();
            format!("{}; allowed: {}", address(call), list.join(", "))
        }
        "version" => version_facts(rules, credential, call),
        _ => {
            let held = credential.scopes.as_ref().map(|held| held.names().collect::<Vec<_>>().join(", "));
            let held = held.map_or("everything".into(), |held| if held.is_empty() { "nothing".into() } else { held });
            format!("{} {}; holds {held}", call.method, escaped(call.path))
        }
    }
}

fn address(call: &RouteRequest) -> String {
    call.address.map_or("unknown".into(), |address| address.to_string())
}

fn version_facts(rules: &Rules, credential: &Credential, call: &RouteRequest) -> String {
    let known = &rules.versions.known;
    if known.is_empty() {
        return "no versions are configured".into();
    }
    let named = match call.version {
        NamedVersion::Unstated => "request names none".into(),
        NamedVersion::Unknown => "request names an unknown one".into(),
        NamedVersion::Known(rank) => {
            known.get(rank).map_or(String::new(), |version| format!("request names {}", version.name))
        }
    };
    let pin = credential.version.as_ref().map_or("none".into(), ToString::to_string);
    format!("{named}; pinned to {pin}")
}

/// Arguments may hold control characters, which a terminal would interpret.
fn escaped(text: &str) -> String {
    text.escape_debug().to_string()
}
