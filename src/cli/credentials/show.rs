//! `claviger credential show`

use std::process::ExitCode;

use serde_json::{Map, Value};

use super::state_text::state;
use crate::cli::client::{ClientArgs, Request, path, show};

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger credential show acme-billing\n  claviger credential show acme-billing --json | jq .last_used_at\n\nSecrets are stored as digest or hash only, and neither is shown. Of a token that claviger created, the last four characters are."
)]
pub(in crate::cli) struct Args {
    /// Credential id
    #[arg(value_name = "CREDENTIAL")]
    id: String,
    #[command(flatten)]
    client: ClientArgs,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        self.client.run(async |client| {
            let credential = client.send(Request::get(&path(&["credentials", &self.id]))).await?.body;
            let account = credential["account"].as_str().unwrap_or_default();
            let account = client.send(Request::get(&path(&["accounts", account]))).await?.body;
            show(&self.client, &with_state(credential, &account))?;
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// Adds the credential's state and whether its account has API access, behind `id`.
fn with_state(credential: Value, account: &Value) -> Value {
    let has_access = account["granted"] == true && account["switched_on"] == true;
    let state = state(&credential);
    let Value::Object(entries) = credential else { return credential };
    let mut shown = Map::new();
    for (name, value) in entries {
        let is_id = name == "id";
        shown.insert(name, value);
        if is_id {
            shown.insert("state".to_owned(), state.as_str().into());
            shown.insert("account_access".to_owned(), has_access.into());
        }
    }
    Value::Object(shown)
}
