//! Commands on one credential that ask for no confirmation: enable, end-overlap, diagnose.

use std::process::ExitCode;

use serde_json::json;

use super::credential_args::CredentialArgs;
use crate::cli::client::{Request, path, show};
use crate::cli::diagnosis_output::show_diagnosis;

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

    pub(super) fn diagnose(self) -> anyhow::Result<ExitCode> {
        let Self { id, client } = self;
        client.run(async |there| {
            let answer = there.send(Request::get(&path(&["credentials", &id, "diagnosis"]))).await?;
            show_diagnosis(&client, &answer.body)?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
