//! The desk as commands reach it: over the API of a running claviger, or straight at the database. Either way the
//! same requests are answered by the same code.

mod confirm;
mod print;
mod remote;
mod request;
mod target;
mod time;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context as _;
use http::header::{ETAG, HeaderMap, HeaderValue};
use serde_json::Value;

pub(super) use self::confirm::Consent;
pub(super) use self::print::{Column, cell, list, moment, recent_addresses, show, show_secret};
use self::remote::Remote;
use self::request::encoded;
pub(super) use self::request::{Request, path, query};
pub(super) use self::target::ClientTarget;
pub(super) use self::time::{ago, written};
use super::database_target::wait;
use crate::control::api::{Local, LocalAnswer, LocalStream};
use crate::store::Store;

/// Which desk, and how its answers are printed.
#[derive(clap::Args)]
pub(super) struct ClientArgs {
    #[command(flatten)]
    place: ClientTarget,
    /// JSON, as always when something else than a terminal reads it
    #[arg(long, help_heading = "Desk")]
    json: bool,
}

/// What answers.
pub(super) enum Client {
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

/// Why it was not done, in the words of the desk.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub(super) struct Refused {
    text: String,
    /// The problem document.
    pub(super) body: Value,
}

/// What came back, when it was done.
pub(super) struct Answer {
    /// JSON, `Null` where there is none.
    pub(super) body: Value,
    /// The revision of the thing (`ETag`).
    pub(super) revision: Option<HeaderValue>,
}

impl From<LocalAnswer> for Reply {
    fn from(answer: LocalAnswer) -> Self {
        Self { status: answer.status, revision: answer.headers.get(ETAG).cloned(), body: answer.body }
    }
}

impl ClientArgs {
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
    pub(super) fn run(&self, work: impl AsyncFnOnce(&Client) -> anyhow::Result<ExitCode>) -> anyhow::Result<ExitCode> {
        wait(async {
            let client = self.place.open().await?;
            let outcome = work(&client).await;
            if let Client::Here(_, store) = &client {
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
        self.run(async |client| {
            let answer = client.send(request).await?;
            show(self, &answer.body)?;
            Ok(ExitCode::SUCCESS)
        })
    }
}

impl Client {
    /// Sends a request.
    ///
    /// # Errors
    /// When there is no answer, or a refusal: with everything that is wrong.
    pub(super) async fn send(&self, request: Request) -> anyhow::Result<Answer> {
        let Reply { status, revision, body } = match self {
            Self::Here(local, _) => asked(local, &request).await?.whole().await.into(),
            Self::There(remote) => remote.send(&request).await?,
        };
        if status.is_success() {
            return Ok(Answer { body, revision });
        }
        let text = refusal(status, &body, &request);
        Err(Refused { text, body }.into())
    }

    /// Writes what is asked for as it comes, however much it is; the head of the answer.
    ///
    /// # Errors
    /// As above, and when it ends before it is whole: part of it has been written then.
    pub(super) async fn download(&self, request: Request, out: &mut impl Write) -> anyhow::Result<HeaderMap> {
        let answered = match self {
            Self::Here(local, _) => {
                let mut answer = asked(local, &request).await?;
                if answer.status.is_success() {
                    while let Some(piece) = answer.piece().await? {
                        out.write_all(&piece)?;
                    }
                    Ok(answer.headers)
                } else {
                    Err(answer.whole().await.into())
                }
            }
            Self::There(remote) => remote.download(&request, out).await?,
        };
        out.flush()?;
        answered.map_err(|Reply { status, body, .. }| {
            let text = refusal(status, &body, &request);
            Refused { text, body }.into()
        })
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
    /// As [`Client::send`]; what came before has been given to `take`.
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

async fn asked(local: &Local, request: &Request) -> anyhow::Result<LocalStream> {
    let content = request.content.as_ref().map(|(_, text)| text.clone());
    Ok(local.send(request.method.clone(), &request.path, request.headers(), content).await?)
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
