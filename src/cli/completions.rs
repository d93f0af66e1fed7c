//! `claviger completions`, generated from the commands.

use std::process::ExitCode;

use clap::CommandFactory as _;

use super::Cli;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger completions bash > /etc/bash_completion.d/claviger\n  claviger completions zsh > \"${fpath[1]}/_claviger\"\n  claviger completions fish > ~/.config/fish/completions/claviger.fish"
)]
pub(super) struct Args {
    /// The shell
    shell: clap_complete::Shell,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        // clap_complete panics when it writes to a closed pipe.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "claviger", &mut script);
        std::io::Write::write_all(&mut std::io::stdout().lock(), &script)?;
        Ok(ExitCode::SUCCESS)
    }
}
