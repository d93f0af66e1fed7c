//! Confirmation before a command that stops something from working.

use std::io::{BufRead, IsTerminal, Write};

use super::Client;
use crate::cli::output::note;

#[derive(clap::Args)]
pub(in crate::cli) struct Confirmation {
    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
}

impl Confirmation {
    /// Asks at the terminal, unless `--yes` was given. False when the answer is no.
    ///
    /// # Errors
    /// When there is no terminal to ask at.
    pub(in crate::cli) fn ask(&self, client: &Client, effect: &str) -> anyhow::Result<bool> {
        if self.yes {
            return Ok(true);
        }
        // An operator may use several servers.
        let effect = client.server().map_or(effect.to_owned(), |server| format!("At {server}:\n{effect}"));
        let (input, mut output) = (std::io::stdin(), std::io::stderr());
        anyhow::ensure!(
            input.is_terminal() && output.is_terminal(),
            "{effect}\nNothing was done: there is no terminal to ask for confirmation. Pass --yes to proceed"
        );
        write!(output, "{effect}\nContinue? [y/N] ")?;
        output.flush()?;
        let mut line = String::new();
        if input.lock().read_line(&mut line)? == 0 {
            note("");
        }
        let is_confirmed = matches!(line.trim().to_lowercase().as_str(), "y" | "yes");
        if !is_confirmed {
            note("Nothing was done.");
        }
        Ok(is_confirmed)
    }
}
