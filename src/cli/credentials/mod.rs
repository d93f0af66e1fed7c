//! `claviger credential …`: credentials of the database.

mod create;
mod credential_args;
mod deliver;
mod destructive;
mod detail_flags;
mod diagnose;
mod edit;
mod export;
mod import;
mod list;
mod narrowed_fields;
mod show;
mod state_text;
mod upgrade_version;

use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::formats::Format;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// List credentials
    List(list::Args),
    /// Show one credential, without its secret
    Show(show::Args),
    /// Create a credential, and print its secret once
    Create(create::Args),
    /// Change details and rights, not the secret
    Edit(edit::Edit),
    /// Replace the secret; the previous one ends at once, or after an overlap
    Reset(destructive::Reset),
    /// End the overlap: refuse the previous secret at once
    #[command(after_help = "Examples:\n  claviger credential end-overlap acme-billing")]
    EndOverlap(credential_args::CredentialArgs),
    /// Create a credential with the same rights and another secret
    Duplicate(create::Duplicate),
    /// Pin a credential to another API version
    Upgrade(upgrade_version::Upgrade),
    /// Print why the gate would refuse a credential
    #[command(after_help = "Examples:\n  claviger credential diagnose acme-billing")]
    Diagnose(credential_args::CredentialArgs),
    /// Send a secret that was not shown yet once more
    Deliver(deliver::Deliver),
    /// Void the link that waits to show a secret
    #[command(after_help = "Examples:\n  claviger credential void acme-billing")]
    Void(credential_args::CredentialArgs),
    /// Disable a credential
    Disable(destructive::Disable),
    /// Enable a disabled credential, with the secret it had
    #[command(after_help = "Examples:\n  claviger credential enable acme-billing")]
    Enable(credential_args::CredentialArgs),
    /// Remove the secret; the credential has none until it is reset
    #[command(after_help = "Examples:\n  claviger credential clear acme-billing")]
    Clear(destructive::ConfirmedCredential),
    /// Delete a credential permanently
    #[command(after_help = "Examples:\n  claviger credential delete acme-billing")]
    Delete(destructive::ConfirmedCredential),
    /// Create and replace the credentials of a file; all of them or none
    Import(import::Args),
    /// Print credentials as a file, with digests and hashes
    Export(export::Args),
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List(args) => args.run(),
            Self::Show(args) => args.run(),
            Self::Create(args) => args.run(),
            Self::Edit(args) => args.run(),
            Self::Reset(args) => args.run(),
            Self::EndOverlap(one) => one.post("end-overlap", "accepts its current secret only"),
            Self::Duplicate(args) => args.run(),
            Self::Upgrade(args) => args.run(),
            Self::Diagnose(one) => one.diagnose(),
            Self::Deliver(args) => args.run(),
            Self::Void(one) => one.post("void", "has no link that waits"),
            Self::Disable(args) => args.run(),
            Self::Enable(one) => one.post("enable", "is enabled"),
            Self::Clear(confirmed) => confirmed.clear(),
            Self::Delete(confirmed) => confirmed.delete(),
            Self::Import(args) => args.run(),
            Self::Export(args) => args.run(),
        }
    }
}

const FORMAT_NAMES: [&str; 3] = ["yaml", "htpasswd", "csv"];

/// Parses a format by its name, which is also that of the API.
fn file_format() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(FORMAT_NAMES).map(|name| match name.as_str() {
        "htpasswd" => Format::Htpasswd,
        "csv" => Format::Csv,
        _ => Format::Yaml,
    })
}

fn format_name(format: Format) -> &'static str {
    let [yaml, htpasswd, csv] = FORMAT_NAMES;
    match format {
        Format::Yaml => yaml,
        Format::Htpasswd => htpasswd,
        Format::Csv => csv,
    }
}
