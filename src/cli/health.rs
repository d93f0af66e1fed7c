//! `claviger health`: whether a running process is well. For containers without a shell.

use std::process::ExitCode;

use http::Method;

use super::admin_listener::AdminListener;
use super::output::say;

/// Arguments of `health`.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger health\n  claviger health --ready --admin http://127.0.0.1:8081\n\nExit code 0: it is well, 1: it is not, or nobody answers."
)]
pub(super) struct Args {
    /// Whether requests should be sent there, instead of whether it lives
    #[arg(long)]
    ready: bool,
    #[command(flatten)]
    admin: AdminListener,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let answer = self.admin.ask(Method::GET, if self.ready { "/readyz?verbose" } else { "/livez" })?;
        say(&answer.body)?;
        Ok(if answer.status.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
