//! `claviger publisher …`

use std::process::ExitCode;

use serde_json::json;

use super::client::{
    ClientArgs, Column, Confirmation, MachineToken, Request, cell, list, parse_time, path, query, show_secret, time,
};
use crate::credential::Label;

const TOKEN: MachineToken = MachineToken {
    collection: "publishers",
    token_prefix: "clvpub_",
    id_prefix: "pub_",
    effect: "Events that it posts are refused from now on.",
};
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
            Self::Show(PublisherArgs { id, client }) => client.show(Request::get(&TOKEN.path(&id)?)),
            Self::Create { name, account, expires, client } => {
                let mut body = json!({"name": name});
                for (field, value) in [("account", account.map(|id| id.to_string())), ("expires_at", expires)] {
                    if let Some(value) = value {
                        body[field] = value.into();
                    }
                }
                client.run(async |there| {
                    let answer = there.send(Request::post(&path(&["publishers"]), body).idempotent()?).await?;
                    show_secret(&client, there, &answer.body)
                })
            }
            Self::Disable(ConfirmedPublisher { one: PublisherArgs { id, client }, confirmation }) => {
                TOKEN.disable(&id, &client, &confirmation)
            }
            Self::Enable(PublisherArgs { id, client }) => TOKEN.enable(&id, &client),
            Self::Delete(ConfirmedPublisher { one: PublisherArgs { id, client }, confirmation }) => {
                TOKEN.delete(&id, &client, &confirmation)
            }
        }
    }
}
