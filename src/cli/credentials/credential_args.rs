//! The arguments of commands on one credential, and what those without further arguments send.

use std::process::ExitCode;

use serde_json::json;

use crate::cli::client::{ClientArgs, Request, path, show};

#[derive(clap::Args)]
pub(in crate::cli) struct CredentialArgs {
    /// Credential id
    #[arg(value_name = "CREDENTIAL")]
    pub(super) id: String,
    #[command(flatten)]
    pub(super) client: ClientArgs,
}

impl CredentialArgs {
    /// `done` describes the state afterwards, as in "is enabled".
    pub(super) fn post(self, verb: &str, done: &str) -> anyhow::Result<ExitCode> {
        let Self { id, client } = self;
        client.run(async |there| {
            let answer = there.send(Request::post(&path(&["credentials", &id, verb]), json!({}))).await?;
            show(&client, &answer.body)?;
            client.hint(|| format!("{id} {done}."));
            Ok(ExitCode::SUCCESS)
        })
    }
}
