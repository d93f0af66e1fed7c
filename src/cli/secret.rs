//! Secrets are read from a prompt or standard input. Other users can read the command line.

use std::io::{IsTerminal, Read};
use std::process::ExitCode;

use zeroize::Zeroizing;

use super::output::note;

const MAX_BYTES: u64 = 64 * 1024;

// Accepts arguments only to refuse them: clap's own error would print them.
#[derive(clap::Args)]
pub(super) struct Misplaced {
    #[arg(hide = true, allow_hyphen_values = true)]
    secrets: Vec<String>,
}

impl Misplaced {
    /// The exit code when a secret was given as an argument.
    pub(super) fn refuse(&self) -> Option<ExitCode> {
        if self.secrets.is_empty() {
            return None;
        }
        note("claviger: other users can read the command line; give the secret on standard input");
        Some(ExitCode::from(2))
    }
}

/// `confirm` asks twice at a terminal.
///
/// # Errors
/// When the input is empty, longer than [`MAX_BYTES`] or not UTF-8, or the two entries differ.
pub(super) fn read(prompt: &str, confirm: bool) -> anyhow::Result<Zeroizing<String>> {
    let secret = if std::io::stdin().is_terminal() { prompt_for(prompt, confirm)? } else { read_stdin()? };
    anyhow::ensure!(!secret.is_empty(), "the secret is empty");
    Ok(secret)
}

fn prompt_for(prompt: &str, confirm: bool) -> anyhow::Result<Zeroizing<String>> {
    let secret = Zeroizing::new(rpassword::prompt_password(format!("{prompt}: "))?);
    if confirm {
        let again = Zeroizing::new(rpassword::prompt_password("Again: ")?);
        anyhow::ensure!(*secret == *again, "the two entries differ");
    }
    Ok(secret)
}

fn read_stdin() -> anyhow::Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::new());
    std::io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    anyhow::ensure!(bytes.len() as u64 <= MAX_BYTES, "the secret is longer than {MAX_BYTES} bytes");
    let text = std::str::from_utf8(&bytes).map_err(|_| anyhow::anyhow!("the secret is not valid UTF-8"))?;
    // echo and editors append a line end.
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    Ok(Zeroizing::new(text.to_owned()))
}
