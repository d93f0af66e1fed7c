//! Asking before something breaks.

use std::io::{BufRead, IsTerminal, Write};

use super::Client;
use crate::cli::output::remark;

/// Whether a person has to be asked.
#[derive(clap::Args)]
pub(in crate::cli) struct Consent {
    /// Do it without asking
    #[arg(long, short)]
    yes: bool,
}

impl Consent {
    /// Asks, unless that was answered already. False when the answer is no.
    ///
    /// # Errors
    /// When there is nobody to ask.
    pub(in crate::cli) fn to(&self, client: &Client, what: &str) -> anyhow::Result<bool> {
        if self.yes {
            return Ok(true);
        }
        // Whoever has several of them should see which one this is.
        let what = client.server().map_or(what.to_owned(), |server| format!("At {server}:\n{what}"));
        let (input, mut output) = (std::io::stdin(), std::io::stderr());
        anyhow::ensure!(
            input.is_terminal() && output.is_terminal(),
            "{what}\nNobody is here to be asked: nothing was done. Say --yes if it is meant"
        );
        write!(output, "{what}\nGo on? [y/N] ")?;
        output.flush()?;
        let mut line = String::new();
        if input.lock().read_line(&mut line)? == 0 {
            remark("");
        }
        let is_agreed = matches!(line.trim().to_lowercase().as_str(), "y" | "yes");
        if !is_agreed {
            remark("Nothing was done.");
        }
        Ok(is_agreed)
    }
}
