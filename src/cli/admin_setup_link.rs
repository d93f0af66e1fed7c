//! `claviger admin setup-link`

use std::process::ExitCode;

use serde_json::json;

use super::client::NO_CONSOLE;
use super::config_args::ConfigArgs;
use super::database_target::{DatabaseTarget, block_on};
use super::output::{is_json, note, print};
use crate::clock::Clock;
use crate::config::shell_user;
use crate::control::operations::{Caller, OperationContext, create_first_setup_link};
use crate::control::setup_url_at;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Print a link that sets the password of the first staff member
    #[command(
        after_help = "Examples:\n  claviger admin setup-link --config config/claviger.yaml\n\nThe link works once, and only until a staff member has a password. There is no default password."
    )]
    SetupLink {
        /// Print JSON, as always when standard output is not a terminal
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        source: ConfigArgs,
    },
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Self::SetupLink { json, source } = self;
        block_on(async {
            let target = DatabaseTarget::read(&source.source())?;
            let store = target.open_ready().await?;
            let caller = Caller::shell(shell_user());
            let created =
                create_first_setup_link(&OperationContext::new(&store, &caller, Clock::System.now(), target.terms()))
                    .await;
            store.close().await;
            let link = created?;
            let ticket = link.ticket.reveal();
            let url = target.console_url().map(|console| setup_url_at(&console, ticket));
            if is_json(json) {
                print(json!({"ticket": ticket, "url": url, "ends_at": link.ends_at.to_string()}).to_string())?;
                return Ok(ExitCode::SUCCESS);
            }
            note(format!("Works once, until {}:", link.ends_at.strftime("%Y-%m-%d %H:%M:%SZ")));
            match url {
                Some(url) => print(url)?,
                None => {
                    print(ticket)?;
                    note(NO_CONSOLE);
                }
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}
