//! `claviger delivery test`

use std::process::ExitCode;

use super::config_args::ConfigArgs;
use super::database_target::block_on;
use super::output::{note, print};
use crate::clock::Clock;
use crate::control::{LiveSettings, Look, TestOutcome, send_test_mail, send_test_sms};

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Send a test mail or a test text message, and say what goes wrong
    #[command(
        after_help = "Examples:\n  claviger delivery test --mail you@example.org\n  claviger delivery test --sms +447700900123\n\nExit code 0: accepted by the mail server, or by the provider of text messages; 1: not."
    )]
    Test {
        /// Recipient of a mail
        #[arg(long, value_name = "ADDRESS", required_unless_present = "sms", conflicts_with = "sms")]
        mail: Option<String>,
        /// Recipient of a text message, with country code (E.164)
        #[arg(long, value_name = "NUMBER")]
        sms: Option<String>,
        #[command(flatten)]
        config: ConfigArgs,
    },
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Self::Test { mail, sms, config } = self;
        let settings = config.source().source()?.load()?;
        let look = Look::load(&settings)?;
        let live = LiveSettings::of(&settings).with_look(look);
        block_on(async {
            let outcome = match (mail, sms) {
                (Some(address), _) => send_test_mail(&live, &address, Clock::System.now()).await,
                (None, Some(number)) => send_test_sms(&live, &number).await,
                (None, None) => Err("name a recipient with --mail or --sms".into()),
            };
            match outcome.map_err(anyhow::Error::msg)? {
                TestOutcome::Accepted(id) => {
                    print(format!("accepted: {id}\n"))?;
                    Ok(ExitCode::SUCCESS)
                }
                TestOutcome::Failed(sentence) => {
                    note(&sentence);
                    Ok(ExitCode::FAILURE)
                }
            }
        })
    }
}
