//! Secrets come from a prompt or from standard input, never from the command line: others can see that.

use std::io::{IsTerminal, Read};
use std::process::ExitCode;

use zeroize::Zeroizing;

use super::output::remark;

const LONGEST: u64 = 64 * 1024;

// What stands on the command line all the same. Taken only to be refused, because clap would repeat it.
#[derive(clap::Args)]
pub(super) struct Misplaced {
    #[arg(hide = true, allow_hyphen_values = true)]
    secrets: Vec<String>,
}

impl Misplaced {
    /// How the command ends when something stands there.
    pub(super) fn refusal(&self) -> Option<ExitCode> {
        if self.secrets.is_empty() {
            return None;
        }
        remark(
            "claviger: others can see the command line, so a secret must not stand there; give it on standard input",
        );
        Some(ExitCode::from(2))
    }
}

/// Reads a secret; asks twice where `confirm` is set and a person is asked.
///
/// # Errors
/// When there is none, or the two differ.
pub(super) fn read(prompt: &str, confirm: bool) -> anyhow::Result<Zeroizing<String>> {
    let secret = if std::io::stdin().is_terminal() { ask(prompt, confirm)? } else { piped()? };
    anyhow::ensure!(!secret.is_empty(), "the secret is empty");
    Ok(secret)
}

fn ask(prompt: &str, confirm: bool) -> anyhow::Result<Zeroizing<String>> {
    let secret = Zeroizing::new(rpassword::prompt_password(format!("{prompt}: "))?);
    if confirm {
        let again = Zeroizing::new(rpassword::prompt_password("Again: ")?);
        anyhow::ensure!(*secret == *again, "the two differ");
    }
    Ok(secret)
}

fn piped() -> anyhow::Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::new());
    std::io::stdin().lock().take(LONGEST + 1).read_to_end(&mut bytes)?;
    anyhow::ensure!(bytes.len() as u64 <= LONGEST, "the secret is longer than {LONGEST} bytes");
    let text = std::str::from_utf8(&bytes).map_err(|_| anyhow::anyhow!("the secret is not valid UTF-8"))?;
    // PowerShell and editors put a byte-order mark in front.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // echo and editors add one line end; a secret does not have one.
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    Ok(Zeroizing::new(text.to_owned()))
}
