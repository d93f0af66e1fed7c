//! `claviger admin setup-link`

use std::process::ExitCode;

use serde_json::json;

use super::config_target::SourceArgs;
use super::database_target::{DatabaseTarget, block_on};
use super::output::{is_json, note, print};
use crate::clock::Clock;
use crate::config::shell_user;
use crate::control::operations::{Caller, OperationContext, create_first_setup_link};

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
        source: SourceArgs,
    },
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Self::SetupLink { json, source } = self;
        block_on(async {
            let target = DatabaseTarget::read(&source)?;
            let store = target.open_ready().await?;
            let caller = Caller::shell(shell_user());
            let created =
                create_first_setup_link(&OperationContext::new(&store, &caller, Clock::System.now(), target.terms()))
                    .await;
            store.close().await;
            let (link, base) = (created?, target.settings.public_url.as_deref());
            let ticket = link.ticket.reveal();
            let url = base.map(|base| format!("{base}/setup#{ticket}"));
            if is_json(json) {
                print(json!({"ticket": ticket, "url": url, "ends_at": link.ends_at.to_string()}).to_string())?;
                return Ok(ExitCode::SUCCESS);
            }
            note(format!("Works once, until {}:", link.ends_at.strftime("%Y-%m-%d %H:%MZ")));
            print(url.as_deref().unwrap_or(ticket))?;
            if url.is_none() {
                note("With admin.public_url in the settings, this would be a link.");
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}
