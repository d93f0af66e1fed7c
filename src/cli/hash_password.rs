//! `claviger password hash`

use std::process::ExitCode;

use super::output::{note, print};
use super::secret::{self, Misplaced};
use crate::credential::{PasswordHash, PlainPassword};

const MIN_RECOMMENDED_CHARS: usize = 8;
/// The gate refuses longer input before hashing; RFC 7617 sets no limit.
const MAX_BYTES: usize = 1024;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Print the argon2id hash of a password, for the credentials file
    #[command(after_help = "Examples:\n  claviger password hash\n  printf %s \"$PASSWORD\" | claviger password hash")]
    Hash(Misplaced),
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Self::Hash(misplaced) = self;
        if let Some(refusal) = misplaced.refuse() {
            return Ok(refusal);
        }
        let password = secret::read("Password", true)?;
        if password.chars().any(char::is_control) {
            anyhow::bail!("a password with control characters can never be presented (RFC 7617)");
        }
        anyhow::ensure!(password.len() < MAX_BYTES, "a password of {MAX_BYTES} bytes or more can never be presented");
        if password.chars().count() < MIN_RECOMMENDED_CHARS {
            note(format!("warning: shorter than {MIN_RECOMMENDED_CHARS} characters"));
        }
        print(PasswordHash::of(&PlainPassword::new(password.as_bytes()))?.as_str())?;
        Ok(ExitCode::SUCCESS)
    }
}
