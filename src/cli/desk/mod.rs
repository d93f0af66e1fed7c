//! The desk as commands reach it: over the API of a running claviger, or straight at the database. Either way the
//! same requests are answered by the same code.

mod ask;
mod moments;
mod print;
mod remote;
mod request;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use arc_swap::ArcSwap;
use http::header::{ETAG, HeaderValue};
use serde_json::Value;

pub(super) use self::ask::Consent;
pub(super) use self::moments::{ago, written};
pub(super) use self::print::{Column, cell, list, moment, recent_addresses, show, show_secret};
use self::remote::Remote;
use self::request::encoded;
pub(super) use self::request::{Request, path, query};
use super::source::SourceArgs;
use super::store::{Named, wait};
use crate::clock::Clock;
use crate::config::shell_user;
use crate::control::api::{Desk as Api, InForce, Local};
use crate::control::operations::Caller;
use crate::store::Store;

/// Which desk, and how its answers are printed.
#[derive(clap::Args)]
pub(super) struct DeskArgs {
    /// The desk of a running claviger, with an operator token in CLAVIGER_TOKEN [default: the database that the settings name]
    #[arg(long, value_name = "URL", env = "CLAVIGER_SERVER", help_heading = "Desk")]
    server: Option<http::Uri>,
    /// Who may have signed its certificate (PEM), instead of those that this system trusts
    #[arg(long, value_name = "FILE", env = "CLAVIGER_CA", help_heading = "Desk")]
    ca: Option<PathBuf>,
    /// Settings file that names the database [default: claviger.yaml, config/claviger.yaml or /etc/claviger/claviger.yaml]
    #[arg(long, short, value_name = "FILE", env = "CLAVIGER_CONFIG", help_heading = "Desk")]
    config: Option<PathBuf>,
    /// JSON, as always when something else than a terminal reads it
    #[arg(long, help_heading = "Desk")]
    json: bool,
}

/// What answers.
pub(super) enum Desk {
    /// The database itself, by the same operations.
    Here(Local, Store),
    /// Another process.
    There(Remote),
}

/// What came back.
pub(super) struct Reply {
    status: http::StatusCode,
    revision: Option<HeaderValue>,
    body: Value,
}

/// What came back, when it was done.
pub(super) struct Answer {
    /// JSON, `Null` where there is none.
    pub(super) body: Value,
    /// The revision of the thing (`ETag`).
    pub(super) revision: Option<HeaderValue>,
}

impl DeskArgs {
    /// True when the answer is to be JSON.
    pub(super) fn is_for_programs(&self) -> bool {
        super::output::is_for_programs(self.json)
    }

    /// Says what comes next, to people.
    pub(super) fn hint(&self, text: impl FnOnce() -> String) {
        if !self.is_for_programs() {
            super::output::remark(format!("\n{}", super::output::harmless(&text())));
        }
    }

    /// Does something at the desk.
    ///
    /// # Errors
    /// When it cannot be reached, or refuses.
    pub(super) fn run(&self, work: impl AsyncFnOnce(&Desk) -> anyhow::Result<ExitCode>) -> anyhow::Result<ExitCode> {
        wait(async {
            let desk = self.open().await?;
            let outcome = work(&desk).await;
            if let Desk::Here(_, store) = &desk {
                store.close().await;
            }
            outcome
        })
    }

    /// Asks for one thing and prints it.
    ///
    /// # Errors
    /// As above.
    pub(super) fn show(&self, request: Request) -> anyhow::Result<ExitCode> {
        self.run(async |desk| {
            let answer = desk.send(request).await?;
            show(self, &answer.body)?;
            Ok(ExitCode::SUCCESS)
        })
    }

    async fn open(&self) -> anyhow::Result<Desk> {
        if let Some(server) = &self.server {
            return Ok(Desk::There(Remote::new(server, self.ca.as_deref())?));
        }
        log();
        let source = SourceArgs { config: self.config.clone(), upstream: None, credentials: None };
        let named = Named::read(&source)
            .context("no desk: name one with --server, or the settings of its database with --config")?;
        let store = named.open_current().await?;
        let in_force = InForce::of(&named.settings);
        let api = Api::new(store.clone(), Clock::System, Arc::new(ArcSwap::from_pointee(in_force)))?;
        Ok(Desk::Here(Local::new(api, Caller::shell(shell_user())), store))
    }
}

impl Desk {
    /// Sends a request.
    ///
    /// # Errors
    /// When there is no answer, or a refusal: with everything that is wrong.
    pub(super) async fn send(&self, request: Request) -> anyhow::Result<Answer> {
        let Reply { status, revision, body } = match self {
            Self::Here(local, _) => {
                let (method, headers) = (request.method.clone(), request.headers());
                let answer = local.send(method, &request.path, headers, request.body.as_ref()).await?;
                let revision = answer.headers.get(ETAG).cloned();
                Reply { status: answer.status, revision, body: answer.body }
            }
            Self::There(remote) => remote.send(&request).await?,
        };
        if status.is_success() {
            return Ok(Answer { body, revision });
        }
        bail!(refusal(status, &body, &request))
    }

    /// Where it is, if that is another process.
    pub(super) fn server(&self) -> Option<&str> {
        match self {
            Self::Here(..) => None,
            Self::There(remote) => Some(remote.server()),
        }
    }

    /// Follows a list to its end. What cannot be read keeps nothing else back, but is no success.
    ///
    /// # Errors
    /// As [`Desk::send`]; what came before has been given to `take`.
    pub(super) async fn pages(
        &self,
        path: &str,
        mut take: impl FnMut(&[Value]) -> anyhow::Result<()>,
    ) -> anyhow::Result<ExitCode> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let mut next = format!("{path}{joint}limit=200");
        let mut code = ExitCode::SUCCESS;
        loop {
            let answer = self.send(Request::get(&next)).await?;
            let items = answer.body["items"].as_array().context("the desk answers with something else than a list")?;
            take(items)?;
            for id in answer.body["unreadable"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if let Some(server) = self.server() {
                    let id = super::output::harmless(id);
                    super::output::remark(format!("{id} cannot be read: the log of {server} says why"));
                }
                code = ExitCode::FAILURE;
            }
            let Some(cursor) = answer.body["next_cursor"].as_str() else { return Ok(code) };
            next = format!("{path}{joint}limit=200&cursor={}", encoded(cursor));
        }
    }
}

/// What an operator finds in the log of a process, whoever sits beside the database is told at once.
fn log() {
    let lines = tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(tracing::Level::ERROR);
    // Tests may have one already.
    let _there = lines.without_time().with_level(false).with_target(false).with_ansi(false).try_init();
}

/// A problem document (RFC 9457) in a few lines.
fn refusal(status: http::StatusCode, body: &Value, request: &Request) -> String {
    let harmless = super::output::harmless;
    let Some(title) = body["title"].as_str() else { return format!("the desk refuses: {status}") };
    let Some(fields) = body["fields"].as_array().filter(|fields| !fields.is_empty()) else {
        let detail = body["detail"].as_str().unwrap_or(title);
        return harmless(&detail.replace("has this id", &format!("has the id {}", request.id())));
    };
    let line = |fault: &Value| {
        let text = |name: &str| harmless(fault[name].as_str().unwrap_or_default());
        format!("\n  {} {}", text("field"), text("problem"))
    };
    fields.iter().fold(harmless(title), |text, fault| text + &line(fault))
}
