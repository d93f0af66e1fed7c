//! `claviger credentials show`

use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::list::state;
use crate::cli::output::{harmless, is_for_programs, say};
use crate::cli::source::SourceArgs;
use crate::cli::store::{Named, wait};
use crate::control::operations::credential_facts;
use crate::store::AccountRecord;

/// Arguments of `show`.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger credentials show acme-billing\n  claviger credentials show acme-billing --json | jq .last_used_at\n\nA secret is kept as digest or hash only, and neither is shown: of a token that was made here there are its last\nfour characters."
)]
pub(in crate::cli) struct Args {
    /// Id of the credential
    #[arg(value_name = "CREDENTIAL")]
    id: String,
    /// One JSON object, as always when something else than a terminal reads it
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    source: SourceArgs,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        wait(async {
            let store = Named::read(&self.source)?.open_current().await?;
            let record = store.credential(&self.id).await?;
            let record = record.with_context(|| {
                let id = harmless(&self.id);
                format!("no credential of the database has the id {id}; claviger credentials list prints all")
            })?;
            let account = store.account(record.account.as_str()).await?;
            store.close().await;
            let mut facts = credential_facts(&record);
            facts["state"] = json!(state(&record));
            facts["account_access"] = json!(account.as_ref().is_some_and(AccountRecord::has_access));
            if is_for_programs(self.json) {
                say(facts.to_string())?;
            } else {
                print(&facts)?;
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// What is not there is left out, where leaving it out says the same.
fn print(facts: &Value) -> anyhow::Result<()> {
    let Value::Object(entries) = facts else { return Ok(()) };
    for (name, value) in entries {
        let text = match (name.as_str(), value) {
            ("scopes", Value::Null) => "everything".to_owned(),
            ("addresses", Value::Array(items)) if items.is_empty() => "from anywhere".to_owned(),
            ("expires_at" | "last_used_at", Value::Null) => "never".to_owned(),
            ("hint", Value::String(hint)) => format!("…{hint}"),
            ("scopes", Value::Array(items)) if items.is_empty() => "nothing".to_owned(),
            ("rate_limit", Value::Object(rate)) => {
                format!("{} in {} s, at once {}", rate["requests"], rate["seconds"], rate["burst"])
            }
            // The state says it.
            (_, Value::Null) | ("enabled" | "cleared", _) => continue,
            (_, Value::Array(items)) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
            (_, Value::String(text)) => text.clone(),
            (_, Value::Bool(true)) => "on".to_owned(),
            (_, Value::Bool(false)) => "off".to_owned(),
            (_, other) => other.to_string(),
        };
        let name = match name.as_str() {
            "hint" => "ends with".to_owned(),
            other => other.replace('_', " "),
        };
        say(format!("{name:<23} {}", harmless(&text)))?;
    }
    Ok(())
}
