//! `claviger credential deliver`

use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::{Map, Value};

use super::credential_args::CredentialArgs;
use crate::cli::client::{Request, path, show};

/// How a secret gets to its user.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Way {
    /// By a link in a mail and a code in a text message, to the contact alone
    Send,
    /// In the answer, once
    Show,
}

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger credential deliver acme-billing           a new link, and a code\n  claviger credential deliver acme-billing --code    a new code for the link that was sent\n\nFor a secret that was not shown yet. A new link ends the previous one."
)]
pub(in crate::cli) struct Deliver {
    #[command(flatten)]
    one: CredentialArgs,
    /// Send a text message with a new code only
    #[arg(long)]
    code: bool,
}

impl Way {
    /// As the API has it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Show => "show",
        }
    }
}

impl Deliver {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let CredentialArgs { id, client } = self.one;
        let mut body = Map::new();
        if self.code {
            body.insert("what".into(), "code".into());
        }
        client.run(async |there| {
            let request = Request::post(&path(&["credentials", &id, "deliver"]), Value::Object(body)).idempotent()?;
            show(&client, &there.send(request).await?.body)?;
            let what = if self.code { "A code is" } else { "A link and a code are" };
            client.hint(|| format!("{what} on the way to the contact of {id}."));
            Ok(ExitCode::SUCCESS)
        })
    }
}
