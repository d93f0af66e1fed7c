//! Client of the management API: over HTTP, or in this process on the database. The same handlers answer both.

mod api_request;
mod confirm;
mod http_client;
mod machine_token;
mod print;
mod target;
mod time;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context as _;
use http::header::{ETAG, HeaderMap, HeaderValue};
use serde_json::Value;

use self::api_request::{Content, encoded};
pub(super) use self::api_request::{Request, path, query};
pub(super) use self::confirm::Confirmation;
use self::http_client::Remote;
pub(super) use self::machine_token::MachineToken;
pub(super) use self::print::{Column, NO_CONSOLE, address_count, cell, list, list_matching, show, show_secret, time};
pub(super) use self::target::ClientTarget;
pub(super) use self::time::{ago, parse_time};
use crate::control::api::{InProcessAnswer, InProcessApi, InProcessStream};
use crate::control::operations::WebhookConflict;
use crate::store::Store;

#[derive(clap::Args)]
pub(super) struct ClientArgs {
    #[command(flatten)]
    target: ClientTarget,
    /// Print JSON, as always when standard output is not a terminal
    #[arg(long, help_heading = "Management API")]
    json: bool,
}

pub(super) enum Client {
    Local {
        api: Box<InProcessApi>,
        store: Store,
        console: Option<String>,
        /// Why there is no installation key here; `None` also where no command needs one.
        key_fault: Option<String>,
    },
    Remote(Remote),
}

/// A response of any status.
pub(super) struct Reply {
    status: http::StatusCode,
    revision: Option<HeaderValue>,
    body: Value,
}

/// A response that is not a success.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub(super) struct ErrorResponse {
    text: String,
    /// The problem document.
    pub(super) body: Value,
}

/// A response of status 2xx.
pub(super) struct Answer {
    /// `Null` for an empty body.
    pub(super) body: Value,
    /// `ETag`
    pub(super) revision: Option<HeaderValue>,
}

impl From<InProcessAnswer> for Reply {
    fn from(answer: InProcessAnswer) -> Self {
        Self { status: answer.status, revision: answer.headers.get(ETAG).cloned(), body: answer.body }
    }
}

impl ClientArgs {
    pub(super) fn is_json(&self) -> bool {
        super::output::is_json(self.json)
    }

    /// Suggests the next command at a terminal.
    pub(super) fn hint(&self, text: impl FnOnce() -> String) {
        if !self.is_json() {
            super::output::note(format!("\n{}", super::output::sanitize(&text())));
        }
    }

    /// # Errors
    /// When the API cannot be reached, and those of `work`.
    pub(super) fn run(&self, work: impl AsyncFnOnce(&Client) -> anyhow::Result<ExitCode>) -> anyhow::Result<ExitCode> {
        self.target.run(work)
    }

    /// Sends one request and prints the body of the response.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub(super) fn show(&self, request: Request) -> anyhow::Result<ExitCode> {
        self.run(async |client| {
            let answer = client.send(request).await?;
            show(self, &answer.body)?;
            Ok(ExitCode::SUCCESS)
        })
    }
}

impl Client {
    /// # Errors
    /// [`ErrorResponse`], or why there is no response.
    pub(super) async fn send(&self, request: Request) -> anyhow::Result<Answer> {
        let Reply { status, revision, body } = match self {
            Self::Local { api, .. } => send_local(api, &request).await?.whole().await.into(),
            Self::Remote(remote) => remote.send(&request).await?,
        };
        if status.is_success() {
            return Ok(Answer { body, revision });
        }
        let mut text = describe(status, &body, &request);
        if let Self::Local { key_fault: Some(fault), .. } = self
            && body["detail"] == WebhookConflict::KeyMissing.to_string()
        {
            text = format!("{text}\n{}", super::output::sanitize(fault));
        }
        Err(ErrorResponse { text, body }.into())
    }

    /// Streams the body of the response to `out`; returns its headers.
    ///
    /// # Errors
    /// As [`Client::send`], and when the body is cut off: what arrived is written by then.
    pub(super) async fn download(&self, request: Request, out: &mut impl Write) -> anyhow::Result<HeaderMap> {
        let answered = match self {
            Self::Local { api, .. } => {
                let mut answer = send_local(api, &request).await?;
                if answer.status.is_success() {
                    while let Some(piece) = answer.piece().await? {
                        out.write_all(&piece)?;
                    }
                    Ok(answer.headers)
                } else {
                    Err(answer.whole().await.into())
                }
            }
            Self::Remote(remote) => remote.download(&request, out).await?,
        };
        out.flush()?;
        answered.map_err(|Reply { status, body, .. }| {
            let text = describe(status, &body, &request);
            ErrorResponse { text, body }.into()
        })
    }

    /// `None` for the in-process API.
    pub(super) fn server(&self) -> Option<&str> {
        match self {
            Self::Local { .. } => None,
            Self::Remote(remote) => Some(remote.server()),
        }
    }

    /// URL of the server, or of the console that the settings describe, unless they switch it off.
    pub(super) fn console(&self) -> Option<&str> {
        match self {
            Self::Local { console, .. } => console.as_deref(),
            Self::Remote(remote) => Some(remote.server()),
        }
    }

    /// Passes every page of a list to `take`. An item that the server cannot read is skipped and makes the exit code 1.
    ///
    /// # Errors
    /// As [`Client::send`].
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
            let items = answer.body["items"].as_array().context("the server sent no list")?;
            take(items)?;
            for id in answer.body["unreadable"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if let Some(server) = self.server() {
                    let id = super::output::sanitize(id);
                    super::output::note(format!("{id} cannot be read: the log of {server} says why"));
                }
                code = ExitCode::FAILURE;
            }
            let Some(cursor) = answer.body["next_cursor"].as_str() else { return Ok(code) };
            next = format!("{path}{joint}limit=200&cursor={}", encoded(cursor));
        }
    }
}

async fn send_local(local: &InProcessApi, request: &Request) -> anyhow::Result<InProcessStream> {
    let content = match &request.content {
        None => None,
        Some(Content::Json(text)) => Some(text.clone()),
        // Commands that send a file open the database themselves.
        Some(Content::File(file)) => Some(std::io::read_to_string(file)?),
    };
    Ok(local.send(request.method.clone(), &request.path, request.headers(), content).await?)
}

/// A problem document (RFC 9457) as text.
fn describe(status: http::StatusCode, body: &Value, request: &Request) -> String {
    let sanitize = super::output::sanitize;
    let Some(title) = body["title"].as_str() else { return format!("the server refused: {status}") };
    let Some(fields) = body["fields"].as_array().filter(|fields| !fields.is_empty()) else {
        let detail = body["detail"].as_str().unwrap_or(title);
        let id = request.id();
        if id.is_empty() {
            return sanitize(detail);
        }
        return sanitize(&detail.replace("has this id", &format!("has the id {id}")));
    };
    let line = |fault: &Value| {
        let text = |name: &str| sanitize(fault[name].as_str().unwrap_or_default());
        format!("\n  {} {}", text("field"), text("problem"))
    };
    fields.iter().fold(sanitize(title), |text, fault| text + &line(fault))
}
