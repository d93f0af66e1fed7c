//! `claviger config validate|show|schema`

use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::json;

use super::config_target::SourceArgs;
use super::output::{complain, say};
use crate::config::{Diagnostics, effective, schema};
use crate::source::{Loaded, Loader};

/// What to do with settings.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Check settings, credentials and certificates, and report everything that is wrong
    #[command(
        after_help = "Examples:\n  claviger config validate --config config/claviger.yaml\n  claviger config validate --format json | jq .faults"
    )]
    Validate {
        #[command(flatten)]
        source: SourceArgs,
        /// How faults are reported
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Print the settings in force, and where each comes from
    #[command(after_help = "Examples:\n  claviger config show")]
    Show {
        #[command(flatten)]
        source: SourceArgs,
        /// Leave secrets out; settings hold none, so this changes nothing
        #[arg(long)]
        redacted: bool,
    },
    /// Print the JSON Schema of the settings file
    #[command(after_help = "Examples:\n  claviger config schema > claviger.schema.json")]
    Schema {
        /// Of the credentials file instead
        #[arg(long)]
        credentials: bool,
    },
}

/// How faults are reported.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// `file:line:col  key.path  problem; hint`, one line each.
    Text,
    /// One JSON object.
    Json,
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Validate { source, format } => validate(&source, format),
            Self::Show { source, redacted: _ } => {
                let (root, file) = source.source()?.read()?;
                say(effective(&file, &root).trim_end())?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Schema { credentials } => {
                say(format!("{:#}", schema(credentials)))?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

fn validate(source: &SourceArgs, format: Format) -> anyhow::Result<ExitCode> {
    let source = source.source()?;
    let name = source.file.as_ref().map_or("flags and environment".into(), |file| file.display().to_string());
    let loaded = Loader::new(source).load().and_then(|loaded| crate::server::check(&loaded).map(|()| loaded));
    match (loaded, format) {
        (Ok(loaded), Format::Text) => {
            say(format!("{name}: fine, {}", credentials_of(&loaded)))?;
            Ok(ExitCode::SUCCESS)
        }
        (Ok(loaded), Format::Json) => {
            let mut report = json!({"valid": true, "credentials": loaded.set.len(), "faults": []});
            if let Some(database) = &loaded.settings.database {
                report["database"] = database.url.to_string().into();
            }
            say(report.to_string())?;
            Ok(ExitCode::SUCCESS)
        }
        (Err(faults), Format::Text) => {
            complain(&anyhow::Error::new(faults));
            Ok(ExitCode::FAILURE)
        }
        (Err(Diagnostics(faults)), Format::Json) => {
            say(json!({"valid": false, "faults": faults}).to_string())?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Files are read; a database is only named, as it may be one that cannot be reached from here.
fn credentials_of(loaded: &Loaded) -> String {
    let count = loaded.set.len();
    let in_file = format!("{count} credential{}", if count == 1 { "" } else { "s" });
    match (&loaded.settings.database, &loaded.settings.credentials_file) {
        (None, _) => in_file,
        (Some(database), Some(_)) => format!("{in_file}, and those of {}, which was not asked", database.url),
        (Some(database), None) => format!("with the credentials of {}, which was not asked", database.url),
    }
}
