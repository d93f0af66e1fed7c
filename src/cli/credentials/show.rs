//! `claviger credential show`

use std::process::ExitCode;

use crate::cli::desk::{DeskArgs, Request, path};

/// Arguments of `show`.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger credential show acme-billing\n  claviger credential show acme-billing --json | jq .last_used_at\n\nA secret is kept as digest or hash only, and neither is shown: of a token that was made here there are its last\nfour characters."
)]
pub(in crate::cli) struct Args {
    /// Id of the credential
    #[arg(value_name = "CREDENTIAL")]
    id: String,
    #[command(flatten)]
    desk: DeskArgs,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        self.desk.show(Request::get(&path(&["credentials", &self.id])))
    }
}
