use jiff::Timestamp;
use serde_json::Value;

use crate::clock::Clock;

pub(super) fn state(credential: &Value) -> String {
    let is_over = |end: Timestamp| end <= Clock::System.now();
    let is_expired = credential["expires_at"].as_str().and_then(|end| end.parse().ok()).is_some_and(is_over);
    let state = match (credential["cleared"] == true, credential["enabled"] == true) {
        (true, _) if credential["delivery"]["state"] == "waiting" => "waiting",
        (true, _) => "cleared",
        (false, false) => "disabled",
        (false, true) if is_expired => "expired",
        (false, true) => "enabled",
    };
    state.to_owned()
}
