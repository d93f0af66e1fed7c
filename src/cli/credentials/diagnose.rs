//! `claviger credential diagnose`

use std::process::ExitCode;

use super::credential_args::CredentialArgs;
use crate::cli::client::{Request, path};
use crate::cli::diagnosis_output::show_diagnosis;

impl CredentialArgs {
    pub(super) fn diagnose(self) -> anyhow::Result<ExitCode> {
        let Self { id, client } = self;
        client.run(async |there| {
            let answer = there.send(Request::get(&path(&["credentials", &id, "diagnosis"]))).await?;
            show_diagnosis(&client, &answer.body)?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
