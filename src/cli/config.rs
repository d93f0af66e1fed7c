//! `claviger config validate|show|schema`

use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::json;

use super::config_target::SourceArgs;
use super::output::{counted, print, report};
use crate::config::{Diagnostics, effective, schema};
use crate::source::{Loaded, Loader};

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Validate settings, credentials and certificates; report every fault
    #[command(
        after_help = "Examples:\n  claviger config validate --config config/claviger.yaml\n  claviger config validate --format json | jq .faults"
    )]
    Validate {
        #[command(flatten)]
        source: SourceArgs,
        /// Format of the report
        #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
        format: ReportFormat,
    },
    /// Print the effective settings and the source of each
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
        /// Print that of the credentials file instead
        #[arg(long)]
        credentials: bool,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum ReportFormat {
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
                print(effective(&file, &root).trim_end())?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Schema { credentials } => {
                print(format!("{:#}", schema(credentials)))?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

fn validate(source: &SourceArgs, format: ReportFormat) -> anyhow::Result<ExitCode> {
    let source = source.source()?;
    let name = source.file.as_ref().map_or("flags and environment".into(), |file| file.display().to_string());
    let loaded = Loader::new(source).load().and_then(|loaded| crate::server::check(&loaded).map(|()| loaded));
    match (loaded, format) {
        (Ok(loaded), ReportFormat::Text) => {
            print(format!("{name}: valid, {}", credentials_of(&loaded)))?;
            Ok(ExitCode::SUCCESS)
        }
        (Ok(loaded), ReportFormat::Json) => {
            let mut summary = json!({"valid": true, "credentials": loaded.set.len(), "faults": []});
            if let Some(database) = &loaded.settings.database {
                summary["database"] = database.url.to_string().into();
            }
            print(summary.to_string())?;
            Ok(ExitCode::SUCCESS)
        }
        (Err(faults), ReportFormat::Text) => {
            report(&anyhow::Error::new(faults));
            Ok(ExitCode::FAILURE)
        }
        (Err(Diagnostics(faults)), ReportFormat::Json) => {
            print(json!({"valid": false, "faults": faults}).to_string())?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Does not connect to the database, which may not be reachable from here.
fn credentials_of(loaded: &Loaded) -> String {
    let count = loaded.set.len();
    let in_file = counted(count, "credential");
    match (&loaded.settings.database, &loaded.settings.credentials_file) {
        (None, _) => in_file,
        (Some(database), Some(_)) => format!("{in_file}, and those of {}, which was not opened", database.url),
        (Some(database), None) => format!("credentials in {}, which was not opened", database.url),
    }
}
