//! Which desk commands ask.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use arc_swap::ArcSwap;

use super::Client;
use super::remote::Remote;
use crate::cli::config_target::SourceArgs;
use crate::cli::database_target::Named;
use crate::clock::Clock;
use crate::config::shell_user;
use crate::control::api::Local;
use crate::control::operations::Caller;
use crate::control::{ControlState as Api, LiveSettings};

/// Which desk.
#[derive(clap::Args)]
pub(in crate::cli) struct ClientTarget {
    /// The desk of a running claviger, with an operator token in CLAVIGER_TOKEN [default: the database that the settings name]
    #[arg(long, value_name = "URL", env = "CLAVIGER_SERVER", help_heading = "Desk")]
    server: Option<http::Uri>,
    /// Who may have signed its certificate (PEM), instead of those that this system trusts
    #[arg(long, value_name = "FILE", env = "CLAVIGER_CA", help_heading = "Desk")]
    ca: Option<PathBuf>,
    /// Settings file that names the database [default: claviger.yaml, config/claviger.yaml or /etc/claviger/claviger.yaml]
    #[arg(long, short, value_name = "FILE", env = "CLAVIGER_CONFIG", help_heading = "Desk")]
    config: Option<PathBuf>,
}

impl ClientTarget {
    /// Another process, where one is named.
    ///
    /// # Errors
    /// When it cannot be asked this way.
    pub(in crate::cli) fn there(&self) -> anyhow::Result<Option<Client>> {
        let remote = self.server.as_ref().map(|server| Remote::new(server, self.ca.as_deref())).transpose()?;
        Ok(remote.map(Client::There))
    }

    /// Where the settings are that name the database.
    pub(in crate::cli) fn source(&self) -> SourceArgs {
        SourceArgs { config: self.config.clone(), upstream: None, credentials: None }
    }

    pub(super) async fn open(&self) -> anyhow::Result<Client> {
        if let Some(there) = self.there()? {
            return Ok(there);
        }
        log();
        let named = Named::read(&self.source())
            .context("no desk: name one with --server, or the settings of its database with --config")?;
        let store = named.open_current().await?;
        let in_force = LiveSettings::of(&named.settings);
        let api = Api::new(store.clone(), Clock::System, Arc::new(ArcSwap::from_pointee(in_force)), Arc::default())?;
        Ok(Client::Here(Local::new(api, Caller::shell(shell_user())), store))
    }
}

/// What an operator finds in the log of a process, whoever sits beside the database is told at once.
fn log() {
    let lines = tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(tracing::Level::ERROR);
    // Tests may have one already.
    let _there = lines.without_time().with_level(false).with_target(false).with_ansi(false).try_init();
}
