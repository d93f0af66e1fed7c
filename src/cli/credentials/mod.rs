//! `claviger credential …`: those of the database.

mod create;
mod destructive;
mod export;
mod flags;
mod import;
mod list;
mod modify;
mod show;

use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::json;

use crate::formats;

/// What to do with credentials.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Print all of them, or those that are looked for
    List(list::Args),
    /// Print everything that is known of one; never its secret
    Show(show::Args),
    /// Make one, and print its secret this once
    Create(create::Args),
    /// Change details and rights, never the secret
    Edit(modify::Edit),
    /// Give it a new secret; the one it has is dead at once, or after an overlap
    Reset(destructive::Reset),
    /// Let the secret from before a reset count no longer
    #[command(after_help = "Examples:\n  claviger credential end-overlap acme-billing")]
    EndOverlap(modify::One),
    /// Make one with the same rights and settings, and a secret of its own
    Duplicate(create::Duplicate),
    /// Pin it to another version of the API
    Upgrade(modify::Upgrade),
    /// Print why the gate would refuse it
    #[command(after_help = "Examples:\n  claviger credential diagnose acme-billing")]
    Diagnose(modify::One),
    /// Refuse it until it is enabled again
    Disable(destructive::Disable),
    /// Let it through again, with the secret it had
    #[command(after_help = "Examples:\n  claviger credential enable acme-billing")]
    Enable(modify::One),
    /// Take its secret away; it stays without one until it is reset
    #[command(after_help = "Examples:\n  claviger credential clear acme-billing")]
    Clear(destructive::Breaking),
    /// Delete it for good
    #[command(after_help = "Examples:\n  claviger credential delete acme-billing")]
    Delete(destructive::Breaking),
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
            Self::Create(args) => args.run(),
            Self::Edit(args) => args.run(),
            Self::Reset(args) => args.run(),
            Self::EndOverlap(one) => one.post("end-overlap", json!({})),
            Self::Duplicate(args) => args.run(),
            Self::Upgrade(args) => args.run(),
            Self::Diagnose(one) => one.diagnose(),
            Self::Disable(args) => args.run(),
            Self::Enable(one) => one.post("enable", json!({})),
            Self::Clear(breaking) => breaking.clear(),
            Self::Delete(breaking) => breaking.delete(),
            Self::Import(args) => args.run(),
            Self::Export(args) => args.run(),
        }
    }
}

impl Format {
    /// As the API calls it.
    fn asked(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
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
