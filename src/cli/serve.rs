//! `claviger serve`

use std::process::ExitCode;

use super::config_args::SourceArgs;
use crate::config::Override;
use crate::server::{ServeOptions, Start};
use crate::source::Loader;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger serve --config config/claviger.yaml\n  claviger serve --upstream http://127.0.0.1:9000 --credentials credentials.yaml\n  claviger serve --config claviger.yaml --listen 0.0.0.0:8080\n\nSignals: HUP reloads the files, USR2 starts the program that is on disk now to take over, TERM finishes requests in flight and exits, INT exits at once."
)]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Address of the proxy listener [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Address of the admin listener [default: 127.0.0.1:8081]
    #[arg(long, value_name = "ADDRESS:PORT")]
    admin_listen: Option<String>,
    /// Address of the console listener [default: 127.0.0.1:8083]
    #[arg(long, value_name = "ADDRESS:PORT")]
    console_listen: Option<String>,
    /// Migrate a PostgreSQL database first; an SQLite file is always migrated
    #[arg(long)]
    migrate: bool,
    /// Take the listeners over from the running process, which then exits; needs handover.socket
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
        if let Some(address) = self.console_listen {
            source.overrides.push(Override::flag("--console-listen", &["console", "listen"], address));
        }
        let loader = Loader::new(source);
        let loaded = loader.load()?;
        let start = if self.upgrade { Start::Upgrade } else { Start::Fresh };
        let options = ServeOptions { start, migrate: self.migrate, demo_links: None };
        crate::server::serve(loader, loaded, &options, |_| {})?;
        Ok(ExitCode::SUCCESS)
    }
}
