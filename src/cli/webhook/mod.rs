//! `claviger webhook …`

mod deliveries;

use std::process::ExitCode;

use serde_json::json;

use self::deliveries::{DeliveryArgs, ReplayArgs};
use super::client::{ClientArgs, Column, Confirmation, Request, cell, list, path, query, show, show_secret, time};
use super::output::sanitize;
use crate::credential::Label;

const COLUMNS: [Column; 6] = [
    ("ID", |webhook| cell(webhook, "id")),
    ("CREDENTIAL", |webhook| cell(webhook, "credential")),
    ("EVENT", |webhook| format!("{}.{}", cell(webhook, "entity"), cell(webhook, "operation"))),
    ("STATE", |webhook| cell(webhook, "state")),
    ("LAST DELIVERY", |webhook| time(webhook, "last_delivery_at")),
    ("URL", |webhook| cell(webhook, "url")),
];

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// List webhooks
    #[command(after_help = "Examples:\n  claviger webhook list --account acme --state failing")]
    List {
        /// Only webhooks of this account
        #[arg(long, value_name = "ID")]
        account: Option<Label>,
        /// Only webhooks of this credential
        #[arg(long, value_name = "ID")]
        credential: Option<Label>,
        /// State
        #[arg(long, value_parser = ["active", "failing", "paused", "switched_off", "stopped"])]
        state: Option<String>,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Show one webhook, without its secret
    #[command(after_help = "Examples:\n  claviger webhook show wh_0a1b2c3d4e5f6g7h8i9j")]
    Show(WebhookArgs),
    /// Create a webhook for a credential
    #[command(
        after_help = "Examples:\n  claviger webhook create --credential acme-billing --url https://hooks.example.org/claviger\n  claviger webhook create --credential acme-billing --url https://hooks.example.org/claviger --entity credential --operation disabled"
    )]
    Create {
        /// Credential that it belongs to, and stops with
        #[arg(long, value_name = "ID")]
        credential: Label,
        /// Where events are sent
        #[arg(long)]
        url: String,
        /// What it receives events about [default: anything]
        #[arg(long)]
        entity: Option<String>,
        /// What has happened to that [default: anything]
        #[arg(long)]
        operation: Option<String>,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Pause a webhook: events are missed, and can be replayed
    #[command(after_help = "Examples:\n  claviger webhook pause wh_0a1b2c3d4e5f6g7h8i9j")]
    Pause(WebhookArgs),
    /// Let a webhook go on that was paused or switched off
    #[command(after_help = "Examples:\n  claviger webhook play wh_0a1b2c3d4e5f6g7h8i9j")]
    Play(WebhookArgs),
    /// Give a webhook a new secret
    #[command(after_help = "Examples:\n  claviger webhook new-secret wh_0a1b2c3d4e5f6g7h8i9j")]
    NewSecret {
        #[command(flatten)]
        one: WebhookArgs,
        /// The previous secret signs no more [default: it signs as well for 24 hours]
        #[arg(long)]
        at_once: bool,
    },
    /// Send a test event
    #[command(after_help = "Examples:\n  claviger webhook test wh_0a1b2c3d4e5f6g7h8i9j")]
    Test(WebhookArgs),
    /// List the deliveries of a webhook
    #[command(after_help = "Examples:\n  claviger webhook deliveries wh_0a1b2c3d4e5f6g7h8i9j --state failed")]
    Deliveries(DeliveryArgs),
    /// Send deliveries once more
    #[command(
        after_help = "Examples:\n  claviger webhook replay wh_0a1b2c3d4e5f6g7h8i9j --since 2026-11-28\n  claviger webhook replay wh_0a1b2c3d4e5f6g7h8i9j --delivery msg_0192…\n  claviger webhook replay wh_0a1b2c3d4e5f6g7h8i9j --stop"
    )]
    Replay(ReplayArgs),
    /// Delete a webhook with its deliveries
    #[command(after_help = "Examples:\n  claviger webhook delete wh_0a1b2c3d4e5f6g7h8i9j")]
    Delete {
        #[command(flatten)]
        one: WebhookArgs,
        #[command(flatten)]
        confirmation: Confirmation,
    },
}

#[derive(clap::Args)]
pub(super) struct WebhookArgs {
    /// Id of the webhook (wh_…)
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    client: ClientArgs,
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List { account, credential, state, client } => client.run(async |there| {
                let filters = [
                    ("account", account.as_ref().map(Label::to_string)),
                    ("credential", credential.as_ref().map(Label::to_string)),
                    ("state", state),
                ];
                list(&client, there, &query(&path(&["webhooks"]), &filters), &COLUMNS, "no webhooks").await
            }),
            Self::Show(one) => one.client.show(Request::get(&one.path())),
            Self::Create { credential, url, entity, operation, client } => {
                let mut body = json!({"credential": credential.as_str(), "url": url});
                for (field, value) in [("entity", entity), ("operation", operation)] {
                    if let Some(value) = value {
                        body[field] = value.into();
                    }
                }
                client.run(async |there| {
                    let answer = there.send(Request::post(&path(&["webhooks"]), body).idempotent()?).await?;
                    show_secret(&client, there, &answer.body)
                })
            }
            Self::Pause(one) => one.post("pause", "is paused"),
            Self::Play(one) => one.post("play", "goes on"),
            Self::NewSecret { one, at_once } => {
                let request =
                    Request::post(&format!("{}/secret", one.path()), json!({"at_once": at_once})).idempotent()?;
                let client = one.client;
                client.run(async |there| show_secret(&client, there, &there.send(request).await?.body))
            }
            Self::Test(one) => one.post("test", "is about to be sent a test event: see its deliveries"),
            Self::Deliveries(args) => args.run(),
            Self::Replay(args) => args.run(),
            Self::Delete { one, confirmation } => one.delete(&confirmation),
        }
    }
}

impl WebhookArgs {
    fn path(&self) -> String {
        path(&["webhooks", &self.id])
    }

    fn post(self, verb: &str, done: &str) -> anyhow::Result<ExitCode> {
        let request = Request::post(&format!("{}/{verb}", self.path()), json!({}));
        let Self { id, client } = self;
        client.run(async |there| {
            show(&client, &there.send(request).await?.body)?;
            client.hint(|| format!("{id} {done}."));
            Ok(ExitCode::SUCCESS)
        })
    }

    /// Asks first, and fails if the webhook changes meanwhile.
    fn delete(self, confirmation: &Confirmation) -> anyhow::Result<ExitCode> {
        let (path, Self { id, client }) = (self.path(), self);
        client.run(async |there| {
            let seen = there.send(Request::get(&path)).await?;
            let url = sanitize(&cell(&seen.body, "url"));
            let effect =
                format!("{} sends events to {url}.\nIt and the log of its deliveries are deleted.", sanitize(&id));
            if !confirmation.ask(there, &effect)? {
                return Ok(ExitCode::FAILURE);
            }
            show(&client, &there.send(Request::delete(&path).if_match(seen.revision)).await?.body)?;
            client.hint(|| format!("{id} is deleted."));
            Ok(ExitCode::SUCCESS)
        })
    }
}
