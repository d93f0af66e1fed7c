//! Where a command finds the settings.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::config::{ConfigSource, Override, process_environment};

/// Tried in this order when no file is named.
const USUAL: [&str; 3] = ["claviger.yaml", "config/claviger.yaml", "/etc/claviger/claviger.yaml"];

/// The settings file and what overrides it.
#[derive(Args, Clone)]
pub(super) struct SourceArgs {
    /// Settings file [default: claviger.yaml, config/claviger.yaml or /etc/claviger/claviger.yaml]
    #[arg(long, short, value_name = "FILE", env = "CLAVIGER_CONFIG")]
    pub(super) config: Option<PathBuf>,
    /// The API behind: http://host:port, https://host:port or unix:/path; enough without a file
    #[arg(long, value_name = "URL")]
    pub(super) upstream: Option<String>,
    /// Credentials file
    #[arg(long, value_name = "FILE")]
    pub(super) credentials: Option<PathBuf>,
}

impl SourceArgs {
    /// File, environment and flags, in rising priority.
    ///
    /// # Errors
    /// When the environment cannot be read.
    pub(super) fn source(&self) -> anyhow::Result<ConfigSource> {
        let mut overrides = process_environment()?;
        if let Some(url) = &self.upstream {
            overrides.push(Override::flag("--upstream", &["proxy", "upstream"], url.clone()));
        }
        if let Some(path) = &self.credentials {
            // Relative to where the command runs, not to the settings file.
            let path = std::path::absolute(path)?;
            let text = path.to_str().ok_or_else(|| anyhow::anyhow!("--credentials: the path is not valid UTF-8"))?;
            overrides.push(Override::flag("--credentials", &["credentials", "file"], text));
        }
        let is_enough = self.upstream.is_some() && self.credentials.is_some();
        let file = self.config.clone().or_else(|| if is_enough { None } else { settings_file() });
        if file.is_none() && overrides.is_empty() {
            let usual = USUAL.join(", ");
            anyhow::bail!(
                "no settings: there is none of {usual}; name one with --config, or give --upstream and --credentials"
            );
        }
        Ok(ConfigSource { file, overrides })
    }
}

/// The first of the usual places where there is one.
pub(super) fn settings_file() -> Option<PathBuf> {
    USUAL.iter().map(Path::new).find(|path| path.exists()).map(Path::to_owned)
}
