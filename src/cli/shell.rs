//! `claviger completions` and `claviger man`, generated from the commands.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::CommandFactory as _;

use super::Cli;
use super::output::note;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger completions bash > /etc/bash_completion.d/claviger\n  claviger completions zsh > \"${fpath[1]}/_claviger\"\n  claviger completions fish > ~/.config/fish/completions/claviger.fish"
)]
pub(super) struct Completions {
    /// The shell
    shell: clap_complete::Shell,
}

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  claviger man /usr/local/share/man/man1")]
pub(super) struct Man {
    /// Folder to write to, one page a command
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

impl Completions {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        // clap_complete panics when it writes to a closed pipe.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "claviger", &mut script);
        std::io::Write::write_all(&mut std::io::stdout().lock(), &script)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Man {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let folder = &self.folder;
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        clap_mangen::generate_to(Cli::command(), folder).with_context(|| folder.display().to_string())?;
        note(format!("wrote the pages to {}", folder.display()));
        Ok(ExitCode::SUCCESS)
    }
}
