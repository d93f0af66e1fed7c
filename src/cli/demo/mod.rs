//! `claviger demo`: the gate in front of a small API, and the console, with files in a temporary folder.

mod early_signals;
mod file_contents;
mod guide;
mod presets;
mod seed;

use std::path::Path;
use std::process::ExitCode;

use self::early_signals::{EarlyEnd, EarlySignals};
use self::file_contents::Ports;
use self::presets::Preset;
use super::database_target::block_on;
use crate::config::{ConfigSource, Override};
use crate::control::DemoSignInLinks;
use crate::credential::{PlainToken, TokenFormat};
use crate::server::{DemoApi, ServeOptions};
use crate::source::Loader;

const USERNAME: &str = "acme";
const PASSWORD: &str = "open-sesame";
const PASSWORD_OF_PEOPLE: &str = "nine grey geese";

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  claviger demo --port 8090\n  claviger demo --words ticketing")]
pub(super) struct Args {
    /// Port of the gate [default: 8080, else a free one]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Words of the console and settings as one kind of product would have them
    #[arg(long, value_enum, value_name = "KIND")]
    words: Option<Preset>,
}

struct Secrets {
    token: PlainToken,
    disabled: PlainToken,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let api = DemoApi::start()?;
        let signals = EarlySignals::open()?;
        let folder = tempfile::Builder::new().prefix("claviger-demo-").tempdir()?;
        let early_end = signals.remove_at_end(folder.path().to_owned())?;
        let ports = Ports::choose(self.port)?;
        match self.words {
            Some(words) => {
                words.write(folder.path())?;
                serve(folder.path(), presets::overrides(&ports, &api), None, early_end)
            }
            None => {
                let secrets = Secrets { token: mint()?, disabled: mint()? };
                std::fs::write(folder.path().join("claviger.yaml"), file_contents::settings(&ports, &api))?;
                std::fs::write(folder.path().join("credentials.yaml"), file_contents::credentials(&secrets)?)?;
                serve(folder.path(), Vec::new(), Some(&secrets), early_end)
            }
        }
    }
}

fn serve(
    folder: &Path,
    overrides: Vec<Override>,
    secrets: Option<&Secrets>,
    early_end: EarlyEnd,
) -> anyhow::Result<ExitCode> {
    let loader = Loader::new(ConfigSource { file: Some(folder.join("claviger.yaml")), overrides });
    let loaded = loader.load()?;
    let links = DemoSignInLinks::default();
    let people = block_on(seed::seed(&loaded.settings, &links))?;
    let options = ServeOptions { demo_links: Some(links), ..ServeOptions::default() };
    let mut printed = Ok(());
    crate::server::serve(loader, loaded, &options, |addresses| {
        // The server handles signals from here on.
        drop(early_end);
        let requests = match secrets {
            Some(secrets) => guide::print_requests(addresses, folder, secrets),
            None => guide::print_addresses(addresses, folder),
        };
        printed = requests.and_then(|()| guide::print_console(addresses, &people));
    })?;
    printed.map(|()| ExitCode::SUCCESS)
}

fn mint() -> anyhow::Result<PlainToken> {
    TokenFormat::default().mint().map_err(|_| anyhow::anyhow!("the system returned no random bytes"))
}
