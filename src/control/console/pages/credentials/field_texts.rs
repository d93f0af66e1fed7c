//! What pages say about a credential: state, version, scopes.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::control::console::view::View;
use crate::credential::{Label, RouteRule, Version, midnight};
use crate::store::{CredentialRecord, PreviousSecret};

/// A state in words, with a sign and a colour.
pub(super) struct Badge {
    /// `on`, `wait` or `off`
    pub(super) class: &'static str,
    pub(super) sign: &'static str,
    pub(super) text: String,
}

impl Badge {
    pub(super) fn of(record: &CredentialRecord, v: &View) -> Self {
        let is_expired = record.expires_at.is_some_and(|end| end <= v.now);
        if record.secret.is_cleared() && record.is_delivered(v.now) {
            return Self { class: "wait", sign: "✉", text: v.t("credentials-state-waiting") };
        }
        Self::new(v, record.secret.is_cleared(), record.enabled, is_expired)
    }

    /// The first state that applies, as filters have it.
    pub(super) fn new(v: &View, is_cleared: bool, is_enabled: bool, is_expired: bool) -> Self {
        let (class, sign, text) = match (is_cleared, is_enabled, is_expired) {
            (true, ..) => ("off", "∅", "credentials-state-cleared"),
            (_, false, _) => ("off", "✕", "credentials-state-disabled"),
            (.., true) => ("off", "⌛", "credentials-state-expired"),
            (false, true, false) => ("on", "✓", "credentials-state-enabled"),
        };
        Self { class, sign, text: v.t(text) }
    }
}

/// What people call it. That of a user's key is in [`display_names`](super::display_names::title).
pub(super) fn title(record: &CredentialRecord) -> &str {
    record.name.as_deref().or_else(|| record.username()).unwrap_or(record.id.as_str())
}

/// The version that it is pinned to, and how that one stands; `None` where versions are not in use.
pub(super) fn version(v: &View, pinned: Option<&Label>) -> Option<String> {
    let known = &v.settings.versions.known;
    match pinned {
        None if known.is_empty() => None,
        None => Some(v.t("credentials-version-none")),
        Some(name) => Some(match known.iter().find(|version| version.name == *name) {
            Some(version) => version_standing(v, version),
            None if known.is_empty() => name.to_string(),
            None => v.t1("credentials-version-unknown", "version", name),
        }),
    }
}

/// A version of the settings with the date that matters most.
pub(super) fn version_standing(v: &View, version: &Version) -> String {
    let (name, is_past) = (&version.name, |date: Date| midnight(date).is_some_and(|moment| moment <= v.now));
    let with = |message: &str, date: Date| v.t2(message, ("version", name), ("date", &v.date(date)));
    match (version.retired_on, version.sunset_on, version.deprecated_on) {
        (Some(date), ..) if is_past(date) => with("credentials-version-retired", date),
        (Some(date), ..) => with("credentials-version-ends", date),
        (_, Some(date), _) => with("credentials-version-ends", date),
        (.., Some(date)) if is_past(date) => with("credentials-version-deprecated", date),
        (.., Some(date)) => with("credentials-version-will-be-deprecated", date),
        (None, None, None) => name.to_string(),
    }
}

/// "GET, POST /payments"
pub(super) fn routes(v: &View, rules: &[RouteRule]) -> String {
    let rule = |rule: &RouteRule| {
        let methods: Vec<&str> = rule.methods.iter().map(http::Method::as_str).collect();
        let methods = if methods.is_empty() { v.t("credentials-any-method") } else { methods.join(", ") };
        format!("{methods} {}", rule.path)
    };
    rules.iter().map(rule).collect::<Vec<_>>().join(" · ")
}

/// Scopes with their routes; `None` for everything.
pub(super) fn scopes(v: &View, scopes: Option<&[Label]>) -> Option<Vec<(String, String)>> {
    let catalog = &v.settings.scopes;
    let describe = |scope: &Label| {
        let found = catalog.iter().find(|(name, _)| *name == scope);
        let routes = found.map_or_else(|| v.t("credentials-scope-unknown"), |(_, rules)| routes(v, rules));
        (scope.to_string(), routes)
    };
    scopes.map(|scopes| scopes.iter().map(describe).collect())
}

/// Addresses as people write them: a network of one address is that address.
pub(super) fn addresses(record: &CredentialRecord) -> Vec<String> {
    let text = |network: &ipnet::IpNet| match network.prefix_len() == network.max_prefix_len() {
        true => network.addr().to_string(),
        false => network.to_string(),
    };
    record.addresses.iter().map(text).collect()
}

pub(super) fn rate(v: &View, record: &CredentialRecord) -> String {
    match record.rate_limit {
        Some(rate) => v.t2("credentials-rate-is", ("requests", &rate.requests), ("seconds", &rate.seconds)),
        None => v.t("credentials-rate-default"),
    }
}

/// When the previous secret ends, while it is accepted.
pub(super) fn overlap_end(record: &CredentialRecord, now: Timestamp) -> Option<Timestamp> {
    let (PreviousSecret::Token { ends_at, .. } | PreviousSecret::Password { ends_at, .. }) =
        record.previous.as_ref()?;
    Some(*ends_at).filter(|end| *end > now)
}
