//! `claviger password hash`

use std::process::ExitCode;

use super::output::{remark, say};
use super::secret::{self, Misplaced};
use crate::credential::{PasswordHash, PlainPassword};

const SHORT: usize = 8;
/// What a Basic pair may hold in all (RFC 7617 sets no limit; we refuse more before hashing).
const LONGEST: usize = 1024;

/// What to do with passwords.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Print the argon2id hash of a password, to paste into the credentials file
    #[command(after_help = "Examples:\n  claviger password hash\n  printf %s \"$PASSWORD\" | claviger password hash")]
    Hash(Misplaced),
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Self::Hash(misplaced) = self;
        if let Some(refusal) = misplaced.refusal() {
            return Ok(refusal);
        }
        let password = secret::read("Password", true)?;
        if password.chars().any(char::is_control) {
            anyhow::bail!("a password with control characters can never be presented (RFC 7617)");
        }
        anyhow::ensure!(password.len() < LONGEST, "a password of {LONGEST} bytes or more can never be presented");
        if password.chars().count() < SHORT {
            remark(format!("warning: shorter than {SHORT} characters"));
        }
        say(PasswordHash::of(&PlainPassword::new(password.as_bytes()))?.as_str())?;
        Ok(ExitCode::SUCCESS)
    }
}
