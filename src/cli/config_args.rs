//! Which settings a command reads.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::config::{ConfigSource, Override, process_environment};

/// Tried in this order without `--config`.
const DEFAULT_FILES: [&str; 3] = ["claviger.yaml", "config/claviger.yaml", "/etc/claviger/claviger.yaml"];

#[derive(Args, Clone)]
pub(super) struct SourceArgs {
    /// Settings file [default: claviger.yaml, config/claviger.yaml or /etc/claviger/claviger.yaml]
    #[arg(long, short, value_name = "FILE", env = "CLAVIGER_CONFIG")]
    pub(super) config: Option<PathBuf>,
    /// The API: http://host:port, https://host:port or unix:/path
    #[arg(long, value_name = "URL")]
    pub(super) upstream: Option<String>,
    /// Credentials file
    #[arg(long, value_name = "FILE")]
    pub(super) credentials: Option<PathBuf>,
}

/// The settings file, for commands that read the database only.
#[derive(Args, Clone)]
pub(super) struct ConfigArgs {
    /// Settings file [default: claviger.yaml, config/claviger.yaml or /etc/claviger/claviger.yaml]
    #[arg(long, short, value_name = "FILE", env = "CLAVIGER_CONFIG")]
    config: Option<PathBuf>,
}

impl ConfigArgs {
    pub(super) fn source(self) -> SourceArgs {
        SourceArgs { config: self.config, upstream: None, credentials: None }
    }
}

impl SourceArgs {
    /// File, environment and flags, in rising priority.
    ///
    /// # Errors
    /// When there are no settings, or a variable or path is not valid UTF-8.
    pub(super) fn source(&self) -> anyhow::Result<ConfigSource> {
        let mut overrides = process_environment()?;
        if let Some(url) = &self.upstream {
            overrides.push(Override::flag("--upstream", &["proxy", "upstream"], url.clone()));
        }
        if let Some(path) = &self.credentials {
            // Relative to the working folder, not to the settings file.
            let path = std::path::absolute(path)?;
            let text = path.to_str().ok_or_else(|| anyhow::anyhow!("--credentials: the path is not valid UTF-8"))?;
            overrides.push(Override::flag("--credentials", &["credentials", "file"], text));
        }
        let needs_no_file = self.upstream.is_some() && self.credentials.is_some();
        let file = self.config.clone().or_else(|| if needs_no_file { None } else { settings_file() });
        if file.is_none() && overrides.is_empty() {
            let defaults = DEFAULT_FILES.join(", ");
            anyhow::bail!(
                "no settings: none of {defaults} exists; name a file with --config, or give --upstream and --credentials"
            );
        }
        Ok(ConfigSource { file, overrides })
    }
}

pub(super) fn settings_file() -> Option<PathBuf> {
    DEFAULT_FILES.iter().map(Path::new).find(|path| path.exists()).map(Path::to_owned)
}
