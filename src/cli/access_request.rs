//! `claviger request …`

use std::process::ExitCode;

use serde_json::json;

use super::client::{ClientArgs, Column, Request, cell, list, path, query, show, time};
use crate::credential::Label;

const COLUMNS: [Column; 6] = [
    ("ID", |request| cell(request, "id")),
    ("ACCOUNT", |request| cell(request, "account")),
    ("STATE", |request| cell(request, "state")),
    ("START", |request| cell(request, "start_on")),
    ("ASKED", |request| time(request, "created_at")),
    ("ASKED BY", |request| cell(request, "asked_by")),
];

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// List requests, by default the pending ones
    #[command(after_help = "Examples:\n  claviger request list --state declined")]
    List {
        /// State
        #[arg(long, default_value = "pending", value_parser = ["pending", "approved", "declined", "withdrawn", "all"])]
        state: String,
        /// Only requests of this account
        #[arg(long, value_name = "ID")]
        account: Option<Label>,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Show one request
    #[command(after_help = "Examples:\n  claviger request show req_0a1b2c3d4e5f6g7h8i9j")]
    Show(RequestArgs),
    /// Request API access for an account
    #[command(
        after_help = "Examples:\n  claviger request ask --account acme --start 2027-01-01 --use-case third_party_tool"
    )]
    Ask {
        /// Account
        #[arg(long, value_name = "ID")]
        account: Label,
        /// Date from which the API is to be used
        #[arg(long, value_name = "DATE")]
        start: String,
        /// third_party_tool, data_extraction, reporting, integration, automation or "other: …"; repeatable
        #[arg(long = "use-case", value_name = "WORDS", required = true)]
        use_cases: Vec<String>,
        /// Public address of the privacy policy
        #[arg(long, value_name = "URL")]
        privacy_policy: Option<String>,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Withdraw a request
    #[command(after_help = "Examples:\n  claviger request withdraw req_0a1b2c3d4e5f6g7h8i9j")]
    Withdraw(RequestArgs),
    /// Approve requests: their accounts may use the API
    #[command(
        after_help = "Examples:\n  claviger request approve req_0a1b2c3d4e5f6g7h8i9j\n  claviger request list --json | jq -r '.[].id' | xargs claviger request approve"
    )]
    Approve(RequestsArgs),
    /// Decline requests with a reason
    #[command(after_help = "Examples:\n  claviger request decline req_0a1b2c3d4e5f6g7h8i9j --reason 'No contract yet'")]
    Decline {
        #[command(flatten)]
        several: RequestsArgs,
        /// Reason, shown to the requester
        #[arg(long)]
        reason: String,
    },
}

#[derive(clap::Args)]
pub(super) struct RequestArgs {
    /// Request id
    #[arg(value_name = "REQUEST")]
    id: String,
    #[command(flatten)]
    client: ClientArgs,
}

#[derive(clap::Args)]
pub(super) struct RequestsArgs {
    /// Request ids; all of them are decided, or none
    #[arg(value_name = "REQUEST", required = true)]
    ids: Vec<String>,
    #[command(flatten)]
    client: ClientArgs,
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List { state, account, client } => client.run(async |there| {
                let wanted = (state != "all").then(|| state.clone());
                let parameters = [("state", wanted), ("account", account.as_ref().map(Label::to_string))];
                let path = query(&path(&["access-requests"]), &parameters);
                list(
                    &client,
                    there,
                    &path,
                    &COLUMNS,
                    &format!("no {} requests", if state == "all" { "such" } else { &state }),
                )
                .await
            }),
            Self::Show(RequestArgs { id, client }) => client.show(Request::get(&path(&["access-requests", &id]))),
            Self::Ask { account, start, use_cases, privacy_policy, client } => {
                let body = json!({
                    "account": account.as_str(), "start_on": start, "use_cases": use_cases,
                    "privacy_policy": privacy_policy,
                });
                client.run(async |there| {
                    let created =
                        there.send(Request::post(&path(&["access-requests"]), body).idempotent()?).await?.body;
                    show(&client, &created)?;
                    client
                        .hint(|| format!("Next, staff approve it: claviger request approve {}", cell(&created, "id")));
                    Ok(ExitCode::SUCCESS)
                })
            }
            Self::Withdraw(RequestArgs { id, client }) => {
                client.show(Request::post(&path(&["access-requests", &id, "withdraw"]), json!({})))
            }
            Self::Approve(several) => several.decide("approve", None),
            Self::Decline { several, reason } => several.decide("decline", Some(&reason)),
        }
    }
}

impl RequestsArgs {
    fn decide(self, decision: &str, reason: Option<&str>) -> anyhow::Result<ExitCode> {
        let body = json!({"ids": self.ids, "decision": decision, "reason": reason});
        self.client.run(async |there| {
            let answer = there.send(Request::post(&path(&["access-requests", "decide"]), body)).await?;
            if self.client.is_json() {
                super::output::print(answer.body.to_string())?;
                return Ok(ExitCode::SUCCESS);
            }
            for request in answer.body["items"].as_array().into_iter().flatten() {
                let cells = ["id", "account", "state"].map(|name| super::output::sanitize(&cell(request, name)));
                super::output::print(cells.join("  "))?;
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}
