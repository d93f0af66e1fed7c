//! `claviger credentials list|show|import|export`: those of the database.

mod export;
mod import;
mod list;
mod show;

use std::process::ExitCode;

use clap::ValueEnum;

use crate::source::formats;

/// What to do with credentials.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Print all of them, or those of an account
    List(list::Args),
    /// Print everything that is known of one; never its secret
    Show(show::Args),
    /// Add and replace those of a file; all of them or none
    Import(import::Args),
    /// Print all of them as a file, with digests and hashes
    Export(export::Args),
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// The credentials file
    Yaml,
    /// USER:HASH lines; Basic pairs only
    Htpasswd,
    /// A table with a line of column names
    Csv,
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List(args) => args.run(),
            Self::Show(args) => args.run(),
            Self::Import(args) => args.run(),
            Self::Export(args) => args.run(),
        }
    }
}

impl From<Format> for formats::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Yaml => Self::Yaml,
            Format::Htpasswd => Self::Htpasswd,
            Format::Csv => Self::Csv,
        }
    }
}
