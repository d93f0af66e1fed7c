//! Which management API a command uses.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use arc_swap::ArcSwap;

use super::Client;
use super::http_client::Remote;
use crate::cli::config_args::SourceArgs;
use crate::cli::database_target::{DatabaseTarget, block_on};
use crate::clock::Clock;
use crate::config::shell_user;
use crate::control::api::InProcessApi;
use crate::control::operations::Caller;
use crate::control::{ControlState, LiveSettings, Throttles, read_installation_keys};

#[derive(clap::Args)]
pub(in crate::cli) struct ClientTarget {
    /// Management API of a running claviger, with an operator token in CLAVIGER_TOKEN [default: the database that the settings name]
    #[arg(long, value_name = "URL", env = "CLAVIGER_SERVER", help_heading = "Management API")]
    server: Option<http::Uri>,
    /// Certificate authorities (PEM) to trust for the server, instead of the system's
    #[arg(long, value_name = "FILE", env = "CLAVIGER_CA", help_heading = "Management API")]
    ca: Option<PathBuf>,
    /// Settings file that names the database [default: claviger.yaml, config/claviger.yaml or /etc/claviger/claviger.yaml]
    #[arg(long, short, value_name = "FILE", env = "CLAVIGER_CONFIG", help_heading = "Management API")]
    config: Option<PathBuf>,
}

impl ClientTarget {
    /// `None` without `--server`.
    ///
    /// # Errors
    /// As [`Remote::new`].
    pub(in crate::cli) fn remote(&self) -> anyhow::Result<Option<Client>> {
        let remote = self.server.as_ref().map(|server| Remote::new(server, self.ca.as_deref())).transpose()?;
        Ok(remote.map(Client::Remote))
    }

    pub(in crate::cli) fn source(&self) -> SourceArgs {
        SourceArgs { config: self.config.clone(), upstream: None, credentials: None }
    }

    /// # Errors
    /// When the API cannot be reached, and those of `work`.
    pub(in crate::cli) fn run(
        &self,
        work: impl AsyncFnOnce(&Client) -> anyhow::Result<ExitCode>,
    ) -> anyhow::Result<ExitCode> {
        block_on(async {
            let client = self.open().await?;
            let outcome = work(&client).await;
            if let Client::Local { store, .. } = &client {
                store.close().await;
            }
            outcome
        })
    }

    async fn open(&self) -> anyhow::Result<Client> {
        if let Some(remote) = self.remote()? {
            return Ok(remote);
        }
        log_errors();
        let target = DatabaseTarget::read(&self.source())
            .context("no management API: name one with --server, or the settings of its database with --config")?;
        let store = target.open_current().await?;
        let live = LiveSettings::of(&target.settings);
        let state = ControlState::new(
            store.clone(),
            Clock::System,
            Arc::new(ArcSwap::from_pointee(live)),
            Throttles::default(),
        )?;
        // Secrets of webhooks derive from it; all other commands work without it.
        let keys = match target.settings.webhooks {
            Some(_) => read_installation_keys(&target.settings, &store, Clock::System.now()).await.map(Some),
            None => Ok(None),
        };
        let (keys, key_fault) = match keys {
            Ok(keys) => (keys, None),
            Err(fault) => (None, Some(fault.to_string())),
        };
        let state = state.with_installation_keys(keys.map(Arc::new));
        let api = Box::new(InProcessApi::new(state, Caller::shell(shell_user())));
        Ok(Client::Local { api, store, console: target.console_url(), key_fault })
    }
}

/// The in-process API logs to standard error what a server logs to its log.
fn log_errors() {
    let lines = tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(tracing::Level::ERROR);
    // A test may have installed a subscriber.
    let _installed = lines.without_time().with_level(false).with_target(false).with_ansi(false).try_init();
}
