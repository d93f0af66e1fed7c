//! `claviger token new|digest`

use std::process::ExitCode;

use super::output::{remark, say};
use super::secret::{self, Misplaced};
use crate::credential::{TokenDigest, TokenFormat};

/// What to do with tokens.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Print a new token, and the digest to paste into the credentials file
    #[command(
        after_help = "Examples:\n  claviger token new --prefix acme_\n\nGive the token to the caller; it cannot be shown again. Paste the digest as `token:`."
    )]
    New {
        /// What the token begins with
        #[arg(long, default_value = "clv_", value_name = "PREFIX")]
        prefix: TokenFormat,
    },
    /// Print the digest of a token that is in use already
    #[command(after_help = "Examples:\n  claviger token digest\n  printf %s \"$TOKEN\" | claviger token digest")]
    Digest(Misplaced),
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::New { prefix } => {
                let token = prefix.mint().map_err(|_| anyhow::anyhow!("the system gives no randomness"))?;
                remark("The token, for the caller; it cannot be shown again:");
                say(token.reveal())?;
                remark("Its digest, for the credentials file (token:):");
                say(token.digest().to_string())?;
            }
            Self::Digest(misplaced) => {
                if let Some(refusal) = misplaced.refusal() {
                    return Ok(refusal);
                }
                let token = secret::read("Token", false)?;
                if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
                    anyhow::bail!(
                        "a token with spaces, control characters or non-ASCII letters can never be presented"
                    );
                }
                say(TokenDigest::of(token.as_bytes()).to_string())?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
