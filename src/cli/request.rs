//! `claviger request …`

use std::process::ExitCode;

use serde_json::json;

use super::client::{ClientArgs, Column, Request, cell, list, moment, path, query, show};
use crate::credential::Label;

const COLUMNS: [Column; 6] = [
    ("ID", |request| cell(request, "id")),
    ("ACCOUNT", |request| cell(request, "account")),
    ("STATE", |request| cell(request, "state")),
    ("START", |request| cell(request, "start_on")),
    ("ASKED", |request| moment(request, "created_at")),
    ("ASKED BY", |request| cell(request, "asked_by")),
];

/// What to do with requests for API access.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Print those that wait for a decision, or others
    #[command(after_help = "Examples:\n  claviger request list --state declined")]
    List {
        /// How they stand
        #[arg(long, default_value = "pending", value_parser = ["pending", "approved", "declined", "withdrawn", "all"])]
        state: String,
        /// Only those of this account
        #[arg(long, value_name = "ID")]
        account: Option<Label>,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Print everything that is known of one
    #[command(after_help = "Examples:\n  claviger request show req_0a1b2c3d4e5f6g7h8i9j")]
    Show(One),
    /// Ask for API access for an account
    #[command(
        after_help = "Examples:\n  claviger request ask --account acme --start 2027-01-01 --use-case third_party_tool"
    )]
    Ask {
        /// For which account
        #[arg(long, value_name = "ID")]
        account: Label,
        /// When the use of the API is to begin
        #[arg(long, value_name = "DATE")]
        start: String,
        /// third_party_tool, data_extraction, reporting, integration, automation, or "other: " and what; may be given
        /// several times
        #[arg(long = "use-case", value_name = "WORDS", required = true)]
        use_cases: Vec<String>,
        /// Where the public can read the privacy policy
        #[arg(long, value_name = "URL")]
        privacy_policy: Option<String>,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Take a request back
    #[command(after_help = "Examples:\n  claviger request withdraw req_0a1b2c3d4e5f6g7h8i9j")]
    Withdraw(One),
    /// Approve: the accounts that asked may use the API
    #[command(
        after_help = "Examples:\n  claviger request approve req_0a1b2c3d4e5f6g7h8i9j\n  claviger request list --json | jq -r '.[].id' | xargs claviger request approve"
    )]
    Approve(Several),
    /// Decline, and say why
    #[command(after_help = "Examples:\n  claviger request decline req_0a1b2c3d4e5f6g7h8i9j --reason 'No contract yet'")]
    Decline {
        #[command(flatten)]
        several: Several,
        /// For whoever asked
        #[arg(long)]
        reason: String,
    },
}

/// One request.
#[derive(clap::Args)]
pub(super) struct One {
    /// Id of the request
    #[arg(value_name = "REQUEST")]
    id: String,
    #[command(flatten)]
    client: ClientArgs,
}

/// All of them, or none.
#[derive(clap::Args)]
pub(super) struct Several {
    /// Ids of the requests; all of them are decided, or none
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
            Self::Show(One { id, client }) => client.show(Request::get(&path(&["access-requests", &id]))),
            Self::Ask { account, start, use_cases, privacy_policy, client } => {
                let body = json!({
                    "account": account.as_str(), "start_on": start, "use_cases": use_cases,
                    "privacy_policy": privacy_policy,
                });
                client.run(async |there| {
                    let asked = there.send(Request::post(&path(&["access-requests"]), body).once()?).await?.body;
                    show(&client, &asked)?;
                    client.hint(|| format!("Staff decides: claviger request approve {}", cell(&asked, "id")));
                    Ok(ExitCode::SUCCESS)
                })
            }
            Self::Withdraw(One { id, client }) => {
                client.show(Request::post(&path(&["access-requests", &id, "withdraw"]), json!({})))
            }
            Self::Approve(several) => several.decide("approve", None),
            Self::Decline { several, reason } => several.decide("decline", Some(&reason)),
        }
    }
}

impl Several {
    fn decide(self, decision: &str, reason: Option<&str>) -> anyhow::Result<ExitCode> {
        let body = json!({"ids": self.ids, "decision": decision, "reason": reason});
        self.client.run(async |there| {
            let answer = there.send(Request::post(&path(&["access-requests", "decide"]), body)).await?;
            if self.client.is_for_programs() {
                super::output::say(answer.body.to_string())?;
                return Ok(ExitCode::SUCCESS);
            }
            for request in answer.body["items"].as_array().into_iter().flatten() {
                let cells = ["id", "account", "state"].map(|name| super::output::harmless(&cell(request, name)));
                super::output::say(cells.join("  "))?;
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}
