//! `claviger credential upgrade`

use std::process::ExitCode;

use serde_json::json;

use super::destructive::LastUse;
use crate::cli::client::{Answer, ClientArgs, Confirmation, ErrorResponse, Request, cell, path, show};
use crate::cli::output::{note, sanitize};
use crate::control::operations::ALLOW_OLDER;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger credential upgrade acme-billing\n  claviger credential upgrade acme-billing --to 3\n  claviger credential upgrade acme-billing --to 1 --yes\n  claviger credential upgrade --unversioned --to 1    after versions were added to the settings\n\nAsks for confirmation before it pins the credential to an older version."
)]
pub(in crate::cli) struct Upgrade {
    /// Credential id
    #[arg(value_name = "CREDENTIAL", required_unless_present = "unversioned")]
    id: Option<String>,
    /// API version to pin it to [default: the newest in service]
    #[arg(long, value_name = "VERSION")]
    to: Option<String>,
    /// Pin every credential that has no version
    #[arg(long, conflicts_with = "id", requires = "to")]
    unversioned: bool,
    #[command(flatten)]
    client: ClientArgs,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Upgrade {
    /// The server refuses an older version without [`ALLOW_OLDER`], which is sent after a confirmation only.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Self { id, to, client, confirmation, .. } = self;
        let Some(id) = id else {
            return client.show(Request::post(&path(&["unversioned-credentials", "upgrade"]), json!({"version": to})));
        };
        client.run(async |there| {
            let path = path(&["credentials", &id]);
            let seen = there.send(Request::get(&path)).await?;
            if let Some(version) = to.as_deref().filter(|version| seen.body["version"] == **version) {
                show(&client, &seen.body)?;
                note(format!("{} is pinned to version {} already", sanitize(&id), sanitize(version)));
                return Ok(ExitCode::SUCCESS);
            }
            let upgrade = Request::post(&format!("{path}/upgrade"), json!({"version": to}));
            let upgraded = there.send(upgrade.if_match(seen.revision.clone())).await;
            let answer = match (upgraded, &to) {
                (Err(error), Some(version)) if is_older(&error) => {
                    if !confirmation.ask(there, &older(&id, version, &seen)?)? {
                        return Ok(ExitCode::FAILURE);
                    }
                    let body = json!({"version": version, ALLOW_OLDER: true});
                    there.send(Request::post(&format!("{path}/upgrade"), body).if_match(seen.revision)).await?
                }
                (upgraded, _) => upgraded?,
            };
            show(&client, &answer.body)?;
            client.hint(|| format!("{id} is pinned to version {}.", cell(&answer.body, "version")));
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn older(id: &str, version: &str, seen: &Answer) -> anyhow::Result<String> {
    let last_use: LastUse = serde_json::from_value(seen.body.clone())?;
    let (id, version, pinned) = (sanitize(id), sanitize(version), sanitize(&cell(&seen.body, "version")));
    Ok(format!(
        "{id} {}\nVersion {version} is not newer than {pinned}, which it is pinned to: requests for {pinned} are refused \
         from now on.",
        last_use.describe()
    ))
}

/// The server accepts the version, and asks for permission.
fn is_older(error: &anyhow::Error) -> bool {
    let response = error.downcast_ref::<ErrorResponse>();
    response.is_some_and(|response| response.body["fields"][0]["field"] == ALLOW_OLDER)
}
