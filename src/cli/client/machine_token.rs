//! What the commands for tokens of machines share: operator tokens and publishers.

use std::process::ExitCode;

use serde_json::json;

use super::{ClientArgs, Confirmation, Request, ago, cell, path, show};
use crate::cli::output::sanitize;

/// A kind of token.
pub(in crate::cli) struct MachineToken {
    /// The collection in the management API.
    pub(in crate::cli) collection: &'static str,
    /// How a token begins.
    pub(in crate::cli) token_prefix: &'static str,
    /// How the id of a token begins.
    pub(in crate::cli) id_prefix: &'static str,
    /// Shown before a token is disabled or deleted.
    pub(in crate::cli) effect: &'static str,
}

impl MachineToken {
    /// # Errors
    /// When `id` is a token: other users can read the command line, and a server may log the path.
    pub(in crate::cli) fn path(&self, id: &str) -> anyhow::Result<String> {
        anyhow::ensure!(
            !id.starts_with(self.token_prefix),
            "this is a token, not an id: give its id ({}…), and replace the token, since others may have read it",
            self.id_prefix
        );
        Ok(path(&[self.collection, id]))
    }

    /// # Errors
    /// Those of [`path`](Self::path) and of the request.
    pub(in crate::cli) fn enable(&self, id: &str, client: &ClientArgs) -> anyhow::Result<ExitCode> {
        let request = Request::post(&format!("{}/enable", self.path(id)?), json!({}));
        client.run(async |there| {
            show(client, &there.send(request).await?.body)?;
            client.hint(|| format!("{id} is enabled."));
            Ok(ExitCode::SUCCESS)
        })
    }

    /// Asks with the last use.
    ///
    /// # Errors
    /// As [`enable`](Self::enable), and when the token changes meanwhile.
    pub(in crate::cli) fn disable(
        &self,
        id: &str,
        client: &ClientArgs,
        confirmation: &Confirmation,
    ) -> anyhow::Result<ExitCode> {
        let request = Request::post(&format!("{}/disable", self.path(id)?), json!({}));
        self.send_confirmed(id, client, confirmation, request, "disabled")
    }

    /// As [`disable`](Self::disable).
    ///
    /// # Errors
    /// As [`disable`](Self::disable).
    pub(in crate::cli) fn delete(
        &self,
        id: &str,
        client: &ClientArgs,
        confirmation: &Confirmation,
    ) -> anyhow::Result<ExitCode> {
        self.send_confirmed(id, client, confirmation, Request::delete(&self.path(id)?), "deleted")
    }

    fn send_confirmed(
        &self,
        id: &str,
        client: &ClientArgs,
        confirmation: &Confirmation,
        request: Request,
        done: &str,
    ) -> anyhow::Result<ExitCode> {
        let path = self.path(id)?;
        client.run(async |there| {
            let seen = there.send(Request::get(&path)).await?;
            let name = sanitize(&cell(&seen.body, "name"));
            let used = seen.body["last_used_at"].as_str().and_then(|at| at.parse().ok());
            let used = used.map_or("was never used".to_owned(), |at| format!("was last used {}", ago(at)));
            let effect = format!("{name} ({}) {used}.\n{}", sanitize(id), self.effect);
            if !confirmation.ask(there, &effect)? {
                return Ok(ExitCode::FAILURE);
            }
            show(client, &there.send(request.if_match(seen.revision)).await?.body)?;
            client.hint(|| format!("{id} is {done}."));
            Ok(ExitCode::SUCCESS)
        })
    }
}
