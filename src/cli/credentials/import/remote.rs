//! Import over the management API.

use serde_json::Value;

use super::super::format_name;
use super::Args;
use super::outcome::Outcome;
use crate::cli::client::{Client, ErrorResponse, Request, path, query};
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
        let file = self.file()?;
        let (account, version) = users.map_or((None, None), |users| (Some(users.account), users.version));
        let label = |label: Option<Label>| label.map(|label| label.to_string());
        let parameters = [
            ("format", Some(format_name(format).to_owned())),
            ("dry_run", self.dry_run.then(|| "true".to_owned())),
            ("skip_unusable", self.skip_unusable.then(|| "true".to_owned())),
            ("account", label(account)),
            ("version", label(version)),
        ];
        let target = query(&path(&["credential-files"]), &parameters);
        let sent = client.send(Request::post_file(&target, file.into_file()?)).await;
        let answer = sent.map_err(|error| {
            match error.downcast_ref::<ErrorResponse>().and_then(|response| faults(&response.body["fields"])) {
                Some(faults) => anyhow::Error::new(self.located(faults)),
                None => error,
            }
        })?;
        let skipped = faults(&answer.body["skipped"]).unwrap_or_default();
        Ok(Outcome { skipped, ..serde_json::from_value(answer.body)? })
    }
}

/// The faults in a response; `None` without any.
fn faults(fields: &Value) -> Option<Diagnostics> {
    let fields = fields.as_array().filter(|fields| !fields.is_empty())?;
    let text = |fault: &Value, name: &str| sanitize(fault[name].as_str().unwrap_or_default());
    let number = |place: &Value| place.as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or_default();
    let fault = |fault: &Value| {
        let at = &fault["at"];
        let origin = Origin::File { line: number(&at["line"]), column: number(&at["column"]) };
        Diagnostic::new(origin, text(fault, "field"), text(fault, "problem"))
    };
    Some(Diagnostics(fields.iter().map(fault).collect()))
}
