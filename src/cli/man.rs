//! `claviger man`: manual pages, generated from the commands.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::CommandFactory as _;

use super::Cli;
use super::output::note;

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  claviger man /usr/local/share/man/man1")]
pub(super) struct Args {
    /// Folder to write to, one page a command
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let folder = &self.folder;
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        clap_mangen::generate_to(Cli::command(), folder).with_context(|| folder.display().to_string())?;
        note(format!("wrote the pages to {}", folder.display()));
        Ok(ExitCode::SUCCESS)
    }
}
