//! `claviger health`: a probe for containers without a shell.

use std::process::ExitCode;

use http::Method;

use super::admin_client::AdminClient;
use super::output::print;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger health\n  claviger health --ready --admin http://127.0.0.1:8081\n\nExit code 0: live, or ready with --ready; 1: not, or no response."
)]
pub(super) struct Args {
    /// Check readiness (/readyz) instead of liveness (/livez)
    #[arg(long)]
    ready: bool,
    #[command(flatten)]
    admin: AdminClient,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let response = self.admin.send(Method::GET, if self.ready { "/readyz?verbose" } else { "/livez" })?;
        print(&response.body)?;
        Ok(if response.status.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
