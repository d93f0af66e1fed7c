//! What an edit takes away from a credential, in words.

use super::field_texts;
use crate::control::console::confirmation::Loss;
use crate::control::console::view::View;
use crate::control::operations::Edit;
use crate::store::CredentialRecord;

pub(super) fn losses(v: &View, before: &CredentialRecord, edit: &Edit) -> Vec<Loss> {
    let after = edit.applied_to(before);
    let loss = |word: &'static str| {
        let [before, after] = [before, &after].map(|record| value(v, word, record));
        let change = v.t2("confirm-instead", ("after", &after), ("before", &before));
        Loss { word, text: format!("{}: {change}", v.t(label(word))) }
    };
    edit.narrowed_fields(before).into_iter().map(loss).collect()
}

/// A message.
fn label(field: &str) -> &'static str {
    match field {
        "scopes" => "credentials-rights",
        "addresses" => "credentials-addresses",
        "expires_at" => "credentials-expires",
        "rate_limit" => "credentials-rate",
        _ => "credentials-version",
    }
}

fn value(v: &View, field: &str, record: &CredentialRecord) -> String {
    match field {
        "scopes" => match record.scopes.as_deref() {
            None => v.t("credentials-scopes-all"),
            Some([]) => v.t("credentials-scopes-none"),
            Some(scopes) => scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        },
        "addresses" if record.addresses.is_empty() => v.t("credentials-anywhere"),
        "addresses" => field_texts::addresses(record).join(", "),
        "expires_at" => record.expires_at.map_or_else(|| v.t("credentials-never"), |end| v.date_and_time(&end)),
        "rate_limit" => match record.rate_limit {
            Some(limit) => {
                let rate = field_texts::rate(v, record);
                v.t2("credentials-rate-with-burst", ("rate", &rate), ("burst", &limit.burst))
            }
            None => v.t("credentials-rate-default"),
        },
        _ => field_texts::version(v, record.version.as_ref()).unwrap_or_else(|| v.t("credentials-version-none")),
    }
}
