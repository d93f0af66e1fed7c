//! `claviger token new|digest`

use std::process::ExitCode;

use super::output::{note, print};
use super::secret::{self, Misplaced};
use crate::credential::{TokenDigest, TokenFormat};

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Print a new token and its digest, for the credentials file
    #[command(
        after_help = "Examples:\n  claviger token new --prefix acme_\n\nGive the token to the client; it cannot be shown again. Write the digest as `token:`."
    )]
    New {
        /// Prefix of the token
        #[arg(long, default_value = "clv_", value_name = "PREFIX")]
        prefix: TokenFormat,
    },
    /// Print the digest of an existing token
    #[command(after_help = "Examples:\n  claviger token digest\n  printf %s \"$TOKEN\" | claviger token digest")]
    Digest(Misplaced),
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::New { prefix } => {
                let token = prefix.mint().map_err(|_| anyhow::anyhow!("the system returned no random bytes"))?;
                note("Token, for the client; it cannot be shown again:");
                print(token.reveal())?;
                note("Digest, for the credentials file (token:):");
                print(token.digest().to_string())?;
            }
            Self::Digest(misplaced) => {
                if let Some(refusal) = misplaced.refuse() {
                    return Ok(refusal);
                }
                let token = secret::read("Token", false)?;
                if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
                    anyhow::bail!("a token with spaces, control or non-ASCII characters can never be presented");
                }
                print(TokenDigest::of(token.as_bytes()).to_string())?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
