//! Import over the management API.

use serde_json::Value;

use super::super::format_name;
use super::Args;
use super::outcome::Outcome;
use crate::cli::client::{Client, Refusal, Request, path, query};
use crate::cli::output::sanitize;
use crate::config::{Diagnostic, Diagnostics, Origin};
use crate::credential::Label;
use crate::formats::{Format, Users};

impl Args {
    pub(super) async fn upload(
        &self,
        client: &Client,
        format: Format,
        users: Option<Users>,
    ) -> anyhow::Result<Outcome> {
        let text = self.text()?;
        let (account, version) = users.map_or((None, None), |users| (Some(users.account), users.version));
        let label = |label: Option<Label>| label.map(|label| label.to_string());
        let parameters = [
            ("format", Some(format_name(format).to_owned())),
            ("dry_run", self.dry_run.then(|| "true".to_owned())),
            ("account", label(account)),
            ("version", label(version)),
        ];
        let sent = client.send(Request::post_text(&query(&path(&["credential-files"]), &parameters), text)).await;
        let answer = sent.map_err(|error| match error.downcast_ref::<Refusal>().and_then(faults_of) {
            Some(faults) => anyhow::Error::new(self.located(faults)),
            None => error,
        })?;
        Ok(serde_json::from_value(answer.body)?)
    }
}

/// `None` where the refusal is not about the contents of the file.
fn faults_of(refused: &Refusal) -> Option<Diagnostics> {
    let fields = refused.body["fields"].as_array().filter(|fields| !fields.is_empty())?;
    let text = |fault: &Value, name: &str| sanitize(fault[name].as_str().unwrap_or_default());
    let number = |place: &Value| place.as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or_default();
    let fault = |fault: &Value| {
        let at = &fault["at"];
        let origin = Origin::File { line: number(&at["line"]), column: number(&at["column"]) };
        Diagnostic::new(origin, text(fault, "field"), text(fault, "problem"))
    };
    Some(Diagnostics(fields.iter().map(fault).collect()))
}
