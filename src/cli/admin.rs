//! `claviger admin setup-link`

use std::process::ExitCode;

use serde_json::json;

use super::config_target::SourceArgs;
use super::database_target::{Named, wait};
use super::output::{is_for_programs, remark, say};
use crate::clock::Clock;
use crate::config::shell_user;
use crate::control::operations::{Caller, OperationContext, create_first_setup_link};

/// What is done once, beside the database.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Print a link with which the first person of the staff chooses a password
    #[command(
        after_help = "Examples:\n  claviger admin setup-link --config config/claviger.yaml\n\nThe link works once, and only until somebody of the staff has a password. There is no default password."
    )]
    SetupLink {
        /// JSON, as always when something else than a terminal reads it
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        source: SourceArgs,
    },
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Self::SetupLink { json, source } = self;
        wait(async {
            let named = Named::read(&source)?;
            let store = named.open_ready().await?;
            let caller = Caller::shell(shell_user());
            let made =
                create_first_setup_link(&OperationContext::new(&store, &caller, Clock::System.now(), named.terms()))
                    .await;
            store.close().await;
            let (link, base) = (made?, named.settings.public_url.as_deref());
            let ticket = link.ticket.reveal();
            let url = base.map(|base| format!("{base}/setup#{ticket}"));
            if is_for_programs(json) {
                say(json!({"ticket": ticket, "url": url, "ends_at": link.ends_at.to_string()}).to_string())?;
                return Ok(ExitCode::SUCCESS);
            }
            remark(format!("Works once, until {}:", link.ends_at.strftime("%Y-%m-%d %H:%MZ")));
            say(url.as_deref().unwrap_or(ticket))?;
            if url.is_none() {
                remark("With admin.public_url in the settings, this would be a link.");
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}
