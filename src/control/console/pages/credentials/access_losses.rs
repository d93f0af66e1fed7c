//! What an edit takes away from a credential, in words.

use super::field_texts;
use crate::control::console::confirmation::Loss;
use crate::control::console::view::View;
use crate::control::operations::Edit;
use crate::credential::Restriction;
use crate::store::CredentialRecord;

pub(super) fn losses(v: &View, before: &CredentialRecord, edit: &Edit) -> Vec<Loss> {
    let after = edit.applied_to(before);
    let loss = |field: Restriction| {
        let [before, after] = [before, &after].map(|record| value(v, field, record));
        let change = v.t2("confirm-instead", ("after", &after), ("before", &before));
        Loss { word: field.as_str(), text: format!("{}: {change}", v.t(label(field))) }
    };
    edit.narrowed_fields(before).into_iter().map(loss).collect()
}

/// A message.
fn label(field: Restriction) -> &'static str {
    match field {
        Restriction::Scopes => "credentials-rights",
        Restriction::Addresses => "credentials-addresses",
        Restriction::ExpiresAt => "credentials-expires",
        Restriction::RateLimit => "credentials-rate",
        Restriction::Version => "credentials-version",
    }
}

fn value(v: &View, field: Restriction, record: &CredentialRecord) -> String {
    match field {
        Restriction::Scopes => match record.scopes.as_deref() {
            None => v.t("credentials-scopes-all"),
            Some([]) => v.t("credentials-scopes-none"),
            Some(scopes) => scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        },
        Restriction::Addresses if record.addresses.is_empty() => v.t("credentials-anywhere"),
        Restriction::Addresses => field_texts::addresses(record).join(", "),
        Restriction::ExpiresAt => {
            record.expires_at.map_or_else(|| v.t("credentials-never"), |end| v.date_and_time(&end))
        }
        Restriction::RateLimit => match record.rate_limit {
            Some(limit) => {
                let rate = field_texts::rate(v, record);
                v.t2("credentials-rate-with-burst", ("rate", &rate), ("burst", &limit.burst))
            }
            None => v.t("credentials-rate-default"),
        },
        Restriction::Version => {
            field_texts::version(v, record.version.as_ref()).unwrap_or_else(|| v.t("credentials-version-none"))
        }
    }
}
