//! Why a message did not arrive, in a sentence.

/// The text for a stable word of the outbox; `None` for a word of a newer version.
pub(super) fn failure_text(code: &str) -> Option<&'static str> {
    Some(match code {
        "connect" => "credentials-failure-connect",
        "tls" => "credentials-failure-tls",
        "login" => "credentials-failure-login",
        "timeout" => "credentials-failure-timeout",
        "busy" => "credentials-failure-busy",
        "response" => "credentials-failure-response",
        "refused" => "credentials-failure-refused",
        "unfit" => "credentials-failure-unfit",
        "invalid_number" => "credentials-failure-invalid-number",
        "not_mobile" => "credentials-failure-not-mobile",
        "country_off" => "credentials-failure-country-off",
        "opted_out" => "credentials-failure-opted-out",
        "ended" => "credentials-failure-ended",
        "expired" => "credentials-failure-expired",
        "off" => "credentials-failure-off",
        "replaced" => "credentials-failure-replaced",
        "used_up" => "credentials-failure-used-up",
        "unreadable" => "credentials-failure-unreadable",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::look::{Arguments, Look};
    use crate::delivery::FailureKind;
    use crate::store::NotSent;

    #[test]
    fn every_failure_of_a_message_has_a_sentence() {
        let language = Look::default().language("en");
        let (kinds, reasons) = (FailureKind::ALL.map(FailureKind::as_str), NotSent::ALL.map(NotSent::as_str));
        for code in kinds.into_iter().chain(reasons) {
            let text = failure_text(code).and_then(|key| language.find(key, &Arguments::default()));
            assert!(text.is_some_and(|text| text.ends_with('.')), "{code}");
        }
        assert_eq!(failure_text("of a newer version"), None);
    }
}
