//! The arguments of commands on one credential.

use crate::cli::client::ClientArgs;

#[derive(clap::Args)]
pub(in crate::cli) struct CredentialArgs {
    /// Credential id
    #[arg(value_name = "CREDENTIAL")]
    pub(super) id: String,
    #[command(flatten)]
    pub(super) client: ClientArgs,
}
