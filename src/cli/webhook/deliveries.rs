use std::process::ExitCode;

use serde_json::json;

use crate::cli::client::{ClientArgs, Column, Request, cell, list, parse_time, path, query, show, time};

const COLUMNS: [Column; 7] = [
    ("ID", |delivery| cell(delivery, "id")),
    ("CREATED", |delivery| time(delivery, "created_at")),
    ("EVENT", |delivery| cell(delivery, "type")),
    ("STATE", |delivery| cell(delivery, "state")),
    ("ATTEMPTS", |delivery| cell(delivery, "attempts")),
    ("STATUS", |delivery| cell(delivery, "last_status")),
    ("ERROR", |delivery| cell(delivery, "last_error")),
];

#[derive(clap::Args)]
pub(in crate::cli) struct DeliveryArgs {
    /// Id of the webhook (wh_…)
    #[arg(value_name = "ID")]
    id: String,
    /// State
    #[arg(long, value_parser = ["waiting", "delivered", "failed", "skipped", "dropped"])]
    state: Option<String>,
    /// Show this delivery with its attempts
    #[arg(long, value_name = "DELIVERY", conflicts_with = "state")]
    delivery: Option<String>,
    #[command(flatten)]
    client: ClientArgs,
}

#[derive(clap::Args)]
pub(in crate::cli) struct ReplayArgs {
    /// Id of the webhook (wh_…)
    #[arg(value_name = "ID")]
    id: String,
    /// This delivery
    #[arg(long, value_name = "DELIVERY", conflicts_with_all = ["since", "what", "stop"])]
    delivery: Option<String>,
    /// Deliveries that were created from this date or time on
    #[arg(long, value_name = "WHEN", value_parser = parse_time, required_unless_present_any = ["delivery", "stop"])]
    since: Option<String>,
    /// Which of them: failed, missed (skipped or dropped) or both
    #[arg(long, value_parser = ["failed", "missed", "both"], default_value = "both")]
    what: String,
    /// Take back the replays that are not sent yet
    #[arg(long, conflicts_with = "since")]
    stop: bool,
    #[command(flatten)]
    client: ClientArgs,
}

impl DeliveryArgs {
    pub(in crate::cli) fn run(self) -> anyhow::Result<ExitCode> {
        let Self { id, state, delivery, client } = self;
        if let Some(delivery) = delivery {
            return client.show(Request::get(&path(&["webhooks", &id, "deliveries", &delivery])));
        }
        client.run(async |there| {
            let path = query(&path(&["webhooks", &id, "deliveries"]), &[("state", state)]);
            list(&client, there, &path, &COLUMNS, "no deliveries").await
        })
    }
}

impl ReplayArgs {
    pub(in crate::cli) fn run(self) -> anyhow::Result<ExitCode> {
        let Self { id, delivery, since, what, stop, client } = self;
        let request = match (delivery, stop) {
            (Some(delivery), _) => {
                Request::post(&path(&["webhooks", &id, "deliveries", &delivery, "replay"]), json!({}))
            }
            (None, true) => Request::post(&path(&["webhooks", &id, "stop-replay"]), json!({})),
            (None, false) => Request::post(&path(&["webhooks", &id, "replay"]), json!({"what": what, "since": since})),
        };
        client.run(async |there| {
            show(&client, &there.send(request).await?.body)?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
