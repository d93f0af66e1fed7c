//! `claviger completions` and `claviger man`: what a shell and man(1) want to know, from the program itself.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::CommandFactory as _;

use super::Cli;
use super::output::remark;

/// Arguments of `completions`.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger completions bash > /etc/bash_completion.d/claviger\n  claviger completions zsh > \"${fpath[1]}/_claviger\"\n  claviger completions fish > ~/.config/fish/completions/claviger.fish"
)]
pub(super) struct Completions {
    /// Which shell
    shell: clap_complete::Shell,
}

/// Arguments of `man`.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  claviger man /usr/local/share/man/man1")]
pub(super) struct Man {
    /// Folder that the pages are written to, one a command
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

impl Completions {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        // Into memory first: what is written into a closed pipe would panic.
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
        remark(format!("the pages are in {}", folder.display()));
        Ok(ExitCode::SUCCESS)
    }
}
