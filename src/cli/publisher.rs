//! `claviger publisher …`

use std::process::ExitCode;

use serde_json::json;

use super::client::{
    ClientArgs, Column, Confirmation, Request, ago, cell, list, parse_time, path, query, show, show_secret, time,
};
use super::output::sanitize;
use crate::credential::Label;

const COLUMNS: [Column; 6] = [
    ("ID", |publisher| cell(publisher, "id")),
    ("ACCOUNT", |publisher| cell(publisher, "account")),
    ("ENABLED", |publisher| cell(publisher, "enabled")),
    ("EXPIRES", |publisher| time(publisher, "expires_at")),
    ("LAST USED", |publisher| time(publisher, "last_used_at")),
    ("NAME", |publisher| cell(publisher, "name")),
];

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// List publishers
    #[command(after_help = "Examples:\n  claviger publisher list")]
    List {
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Show one publisher, without its token
    #[command(after_help = "Examples:\n  claviger publisher show pub_0a1b2c3d4e5f6g7h8i9j")]
    Show(PublisherArgs),
    /// Create a token with which the API behind posts its events
    #[command(
        after_help = "Examples:\n  claviger publisher create --name shop\n\nThe token can post events and do nothing else: POST /api/v1/events with Authorization: Bearer."
    )]
    Create {
        /// Display name
        #[arg(long)]
        name: String,
        /// The one account whose events it may post [default: all]
        #[arg(long, value_name = "ID")]
        account: Option<Label>,
        /// Expires at this date or time, such as 2027-06-30 [default: never]
        #[arg(long, value_name = "WHEN", value_parser = parse_time)]
        expires: Option<String>,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Disable a publisher
    #[command(after_help = "Examples:\n  claviger publisher disable pub_0a1b2c3d4e5f6g7h8i9j")]
    Disable(ConfirmedPublisher),
    /// Enable a disabled publisher
    #[command(after_help = "Examples:\n  claviger publisher enable pub_0a1b2c3d4e5f6g7h8i9j")]
    Enable(PublisherArgs),
    /// Delete a publisher permanently; its events stay
    #[command(after_help = "Examples:\n  claviger publisher delete pub_0a1b2c3d4e5f6g7h8i9j")]
    Delete(ConfirmedPublisher),
}

#[derive(clap::Args)]
pub(super) struct PublisherArgs {
    /// Id of the publisher (pub_…), not its token
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    client: ClientArgs,
}

#[derive(clap::Args)]
pub(super) struct ConfirmedPublisher {
    #[command(flatten)]
    one: PublisherArgs,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List { client } => client.run(async |there| {
                list(&client, there, &query(&path(&["publishers"]), &[]), &COLUMNS, "no publishers").await
            }),
            Self::Show(one) => one.client.show(Request::get(&one.path()?)),
            Self::Create { name, account, expires, client } => {
                let account = account.as_ref().map(Label::as_str);
                let body = json!({"name": name, "account": account, "expires_at": expires});
                client.run(async |there| {
                    let answer = there.send(Request::post(&path(&["publishers"]), body).idempotent()?).await?;
                    show_secret(&client, there, &answer.body)
                })
            }
            Self::Disable(confirmed) => {
                confirmed.run(|path| Request::post(&format!("{path}/disable"), json!({})), "is disabled")
            }
            Self::Enable(one) => {
                let request = Request::post(&format!("{}/enable", one.path()?), json!({}));
                let PublisherArgs { id, client } = one;
                client.run(async |there| {
                    show(&client, &there.send(request).await?.body)?;
                    client.hint(|| format!("{id} is enabled."));
                    Ok(ExitCode::SUCCESS)
                })
            }
            Self::Delete(confirmed) => confirmed.run(Request::delete, "is deleted"),
        }
    }
}

impl PublisherArgs {
    /// Other users can read the command line, and a server may log the path.
    fn path(&self) -> anyhow::Result<String> {
        let is_token = self.id.starts_with("clvpub_");
        anyhow::ensure!(
            !is_token,
            "this is a token, not an id: give its id (pub_…), and replace the token, since others may have read it"
        );
        Ok(path(&["publishers", &self.id]))
    }
}

impl ConfirmedPublisher {
    /// Asks with the last use, and fails if the publisher changes meanwhile.
    fn run(self, request: impl FnOnce(&str) -> Request, done: &str) -> anyhow::Result<ExitCode> {
        let (path, PublisherArgs { id, client }, confirmation) = (self.one.path()?, self.one, self.confirmation);
        client.run(async |there| {
            let seen = there.send(Request::get(&path)).await?;
            let name = sanitize(&cell(&seen.body, "name"));
            let used = seen.body["last_used_at"].as_str().and_then(|at| at.parse().ok());
            let used = used.map_or("was never used".to_owned(), |at| format!("was last used {}", ago(at)));
            let effect = format!("{name} ({}) {used}.\nEvents that it posts are refused from now on.", sanitize(&id));
            if !confirmation.ask(there, &effect)? {
                return Ok(ExitCode::FAILURE);
            }
            show(&client, &there.send(request(&path).if_match(seen.revision)).await?.body)?;
            client.hint(|| format!("{id} {done}."));
            Ok(ExitCode::SUCCESS)
        })
    }
}
