//! `claviger serve`

use std::process::ExitCode;

use super::config_target::SourceArgs;
use crate::config::Override;
use crate::server::{ServeOptions, Start};
use crate::source::Loader;

/// Arguments of `serve`.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger serve --config config/claviger.yaml\n  claviger serve --upstream http://127.0.0.1:9000 --credentials credentials.yaml\n  claviger serve --config claviger.yaml --listen 0.0.0.0:8080\n\nSignals: HUP reads the files again, USR2 starts the program that is there now to take over, TERM finishes what is in\nflight, INT ends at once."
)]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Where metrics, health and reload are [default: 127.0.0.1:8081]
    #[arg(long, value_name = "ADDRESS:PORT")]
    admin_listen: Option<String>,
    /// Bring the schema of a PostgreSQL database up to date first; that of an SQLite file always is
    #[arg(long)]
    migrate: bool,
    /// Take the listeners over from the process that serves now, which then ends; see handover.socket
    #[arg(long)]
    upgrade: bool,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        crate::server::prefer_small_pages();
        let mut source = self.source.source()?;
        if let Some(address) = self.listen {
            source.overrides.push(Override::flag("--listen", &["proxy", "listen"], address));
        }
        if let Some(address) = self.admin_listen {
            source.overrides.push(Override::flag("--admin-listen", &["admin", "listen"], address));
        }
        let loader = Loader::new(source);
        let loaded = loader.load()?;
        let start = if self.upgrade { Start::Upgrade } else { Start::Fresh };
        let options = ServeOptions { start, migrate: self.migrate };
        crate::server::serve(loader, loaded, options, |_| {})?;
        Ok(ExitCode::SUCCESS)
    }
}
