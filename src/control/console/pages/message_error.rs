//! Why a message did not go out, in a sentence.

use crate::control::console::view::View;

/// By the stable word of the failure; `None` for one of a newer program.
pub(super) fn message_error(v: &View, code: &str) -> Option<String> {
    let key = match code {
        "connect" => "message-error-connect",
        "tls" => "message-error-tls",
        "login" => "message-error-login",
        "timeout" => "message-error-timeout",
        "busy" => "message-error-busy",
        "response" => "message-error-response",
        "refused" => "message-error-refused",
        "unfit" => "message-error-unfit",
        "not_mobile" => "message-error-not-mobile",
        "country_off" => "message-error-country-off",
        "opted_out" => "message-error-opted-out",
        "ended" => "message-error-ended",
        "expired" => "message-error-expired",
        "off" => "message-error-off",
        _ => return None,
    };
    Some(v.t(key))
}
