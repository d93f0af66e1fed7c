//! The fields about what a credential may do: scopes, end, addresses, rate.

use std::num::NonZeroU32;

use askama::Template;
use askama::filters::HtmlSafe;
use ipnet::IpNet;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::field_texts;
use crate::control::Sentence;
use crate::control::console::form_field::{Choice, Control, Field};
use crate::control::console::form_state::Form;
use crate::control::console::posted_form::Reader;
use crate::control::console::view::View;
use crate::control::operations::{Invalid, MAX_ADDRESSES, Patch};
use crate::credential::{Label, LabelError, RateLimit, midnight};
use crate::store::CredentialRecord;

/// Presets of the end, in days.
const PRESETS: [(&str, i64); 4] = [("7", 7), ("30", 30), ("60", 60), ("90", 90)];
const PRESELECTED: &str = "90";
/// Choices beside the presets.
const KEEP: &str = "keep";
const NEVER: &str = "never";
const ON_DATE: &str = "date";
const ALL: &str = "all";
const SOME: &str = "some";

#[derive(Template)]
#[template(path = "credential_restrictions.html")]
pub(super) struct RestrictionFields<'p> {
    v: &'p View,
    /// Everything or some, and which; `None` where the settings have no scopes.
    scopes: Option<[Field; 2]>,
    expires: Field,
    expires_on: Field,
    addresses: Field,
    rate: [Field; 3],
}

impl HtmlSafe for RestrictionFields<'_> {}

/// As posted.
pub(super) struct Restrictions {
    /// Cleared: everything.
    pub(super) scopes: Patch<Vec<Label>>,
    /// Cleared: from anywhere.
    pub(super) addresses: Patch<Vec<IpNet>>,
    /// Cleared: never.
    pub(super) expires_at: Patch<Timestamp>,
    /// Cleared: that of the settings.
    pub(super) rate_limit: Patch<RateLimit>,
}

impl<'p> RestrictionFields<'p> {
    /// `stored` is what the form changes.
    pub(super) fn new(v: &'p View, form: &mut Form<'_>, stored: Option<&CredentialRecord>) -> Self {
        let rate = stored.and_then(|record| record.rate_limit);
        let number = |number: Option<NonZeroU32>| number.map(|number| number.to_string()).unwrap_or_default();
        let addresses = stored.map(field_texts::addresses).unwrap_or_default().join("\n");
        Self {
            v,
            scopes: scope_fields(v, form, stored),
            expires: form
                .select("expires", "credentials-expires", end_choices(v, stored))
                .preset(if stored.is_some() { KEEP } else { PRESELECTED }),
            expires_on: form.date("expires_on", "credentials-expires-on").preset(""),
            addresses: form.area("addresses", "credentials-addresses").value(addresses),
            rate: [
                number_field(form, "rate_requests", "credentials-rate-requests")
                    .value(number(rate.map(|rate| rate.requests))),
                number_field(form, "rate_seconds", "credentials-rate-seconds")
                    .value(number(rate.map(|rate| rate.seconds))),
                number_field(form, "rate_burst", "credentials-rate-burst").value(number(rate.map(|rate| rate.burst))),
            ],
        }
    }
}

fn number_field(form: &mut Form<'_>, name: &'static str, label: &str) -> Field {
    form.field(name, label, Control::Input("number"))
}

fn scope_fields(v: &View, form: &mut Form<'_>, stored: Option<&CredentialRecord>) -> Option<[Field; 2]> {
    let catalog = &v.settings.scopes;
    let held = stored.and_then(|record| record.scopes.as_deref());
    if catalog.is_empty() && held.is_none() {
        return None;
    }
    let rights =
        vec![Choice::new(ALL, v.t("credentials-scopes-all")), Choice::new(SOME, v.t("credentials-scopes-some"))];
    let chosen = match (stored, held) {
        (None, _) => "",
        (Some(_), None) => ALL,
        (Some(_), Some(_)) => SOME,
    };
    let rights = form.radios("rights", "credentials-rights", rights).value(chosen).required();
    let is_held = |name: &Label| held.is_some_and(|held| held.contains(name));
    let configured = catalog.iter().map(|(name, rules)| (name, field_texts::routes(v, rules)));
    let others = held.unwrap_or_default().iter().filter(|scope| !catalog.contains(scope.as_str()));
    let others = others.map(|scope| (scope, v.t("credentials-scope-unknown")));
    let choices = configured.chain(others).map(|(name, routes)| Choice {
        is_chosen: is_held(name),
        ..Choice::new(name.as_str(), name.as_str()).hint(routes)
    });
    let mut scopes = form.checkboxes("scopes", "credentials-scopes", choices.collect());
    if let (Some(words), Control::Checkboxes(choices)) = (scopes.present_words.clone(), &scopes.control)
        && choices.iter().any(|choice| {
            choice.is_chosen != held.is_some_and(|held| held.iter().any(|scope| scope.as_str() == choice.value))
        })
    {
        let names: Vec<&str> = held.unwrap_or_default().iter().map(Label::as_str).collect();
        let names = if held.is_some() { names.join(", ") } else { v.t("credentials-scopes-all") };
        scopes.present = Some((words.label, names));
    }
    Some([rights, scopes])
}

fn end_choices(v: &View, stored: Option<&CredentialRecord>) -> Vec<Choice> {
    let kept = stored.map(|record| {
        let end = record.expires_at.map(|end| v.date_and_time(&end));
        Choice::new(KEEP, v.t1("credentials-expires-keep", "end", &end.unwrap_or_else(|| v.t("credentials-never"))))
    });
    let presets = PRESETS.into_iter().map(|(value, days)| {
        let end = days_from(v.now, days).map(|end| v.date_of(&end)).unwrap_or_default();
        Choice::new(value, v.t2("credentials-expires-days", ("days", value), ("date", &end)))
    });
    let others = [Choice::new(ON_DATE, v.t("credentials-expires-date")), Choice::new(NEVER, v.t("credentials-never"))];
    kept.into_iter().chain(presets).chain(others).collect()
}

fn days_from(now: Timestamp, days: i64) -> Option<Timestamp> {
    now.checked_add(SignedDuration::from_hours(24 * days)).ok()
}

impl Restrictions {
    /// Adds what is wrong to `faults`. `stored` is what the form changes.
    pub(super) fn read(
        v: &View,
        reader: &mut Reader<'_>,
        stored: Option<&CredentialRecord>,
        faults: &mut Invalid,
    ) -> Self {
        Self {
            scopes: read_scopes(v, reader, stored, faults),
            expires_at: read_end(v, reader, stored.is_some(), faults),
            addresses: read_addresses(v, reader, faults),
            rate_limit: read_rate(v, reader, faults),
        }
    }
}

fn read_scopes(
    v: &View,
    reader: &mut Reader<'_>,
    stored: Option<&CredentialRecord>,
    faults: &mut Invalid,
) -> Patch<Vec<Label>> {
    let (rights, ticked) = (reader.text("rights"), reader.many("scopes"));
    let is_limited = stored.is_some_and(|record| record.scopes.is_some());
    match rights {
        // Boxes that are ticked beside "everything" by accident must not become the right to everything.
        ALL if !ticked.is_empty() && !is_limited => {
            faults.add("scopes", Sentence::Localized(v.t("credentials-fault-scopes-all")));
        }
        ALL => return Patch::Clear,
        SOME if ticked.is_empty() => faults.add("scopes", Sentence::Localized(v.t("credentials-fault-scopes-none"))),
        SOME => match ticked.iter().map(|scope| scope.parse()).collect::<Result<Vec<Label>, LabelError>>() {
            Ok(scopes) => return Patch::Set(scopes),
            Err(error) => faults.add("scopes", error.into()),
        },
        "" if ticked.is_empty() && v.settings.scopes.is_empty() && !is_limited => {}
        _ => faults.add("rights", Sentence::Localized(v.t("credentials-fault-choose"))),
    }
    Patch::Keep
}

fn read_end(v: &View, reader: &mut Reader<'_>, has_stored: bool, faults: &mut Invalid) -> Patch<Timestamp> {
    let (choice, date) = (reader.text("expires"), reader.text("expires_on"));
    if choice != ON_DATE && !date.is_empty() {
        faults.add("expires_on", Sentence::Localized(v.t("credentials-fault-date-unused")));
        return Patch::Keep;
    }
    match choice {
        KEEP if has_stored => return Patch::Keep,
        NEVER => return Patch::Clear,
        ON_DATE => match date.parse::<Date>().ok().and_then(midnight) {
            Some(end) => return Patch::Set(end),
            None => faults.add("expires_on", Sentence::Localized(v.t("credentials-fault-date"))),
        },
        days => {
            let preset = PRESETS.iter().find(|(value, _)| *value == days);
            if let Some(end) = preset.and_then(|(_, days)| days_from(v.now, *days)) {
                return Patch::Set(end);
            }
            faults.add("expires", Sentence::Localized(v.t("credentials-fault-choose-end")));
        }
    }
    Patch::Keep
}

/// Only a field with nothing in it lifts the restriction.
fn read_addresses(v: &View, reader: &mut Reader<'_>, faults: &mut Invalid) -> Patch<Vec<IpNet>> {
    let text = reader.text("addresses");
    if text.is_empty() {
        return Patch::Clear;
    }
    let words = || text.split(|letter: char| letter.is_whitespace() || letter == ',').filter(|word| !word.is_empty());
    if words().count() > MAX_ADDRESSES {
        faults.add("addresses", Sentence::Localized(v.tn("credentials-fault-addresses", &MAX_ADDRESSES)));
        return Patch::Keep;
    }
    let mut networks = Vec::new();
    for word in words() {
        match word.parse().or_else(|_| word.parse::<std::net::IpAddr>().map(IpNet::from)) {
            Ok(network) => networks.push(network),
            Err(_) => {
                let shown: String = word.chars().take(60).collect();
                faults.add("addresses", Sentence::Localized(v.t1("credentials-fault-address", "text", &shown)));
                return Patch::Keep;
            }
        }
    }
    if networks.is_empty() {
        faults.add("addresses", Sentence::Localized(v.t1("credentials-fault-address", "text", text)));
        return Patch::Keep;
    }
    Patch::Set(networks)
}

fn read_rate(v: &View, reader: &mut Reader<'_>, faults: &mut Invalid) -> Patch<RateLimit> {
    let texts = ["rate_requests", "rate_seconds", "rate_burst"].map(|name| (name, reader.text(name)));
    if texts.iter().all(|(_, text)| text.is_empty()) {
        return Patch::Clear;
    }
    let [requests, seconds, burst] = texts.map(|(name, text)| match (name, text) {
        ("rate_burst", "") => None,
        _ => {
            let number = text.parse::<NonZeroU32>().ok();
            if number.is_none() {
                faults.add(name, Sentence::Localized(v.t("credentials-fault-number")));
            }
            number
        }
    });
    let (Some(requests), Some(seconds)) = (requests, seconds) else { return Patch::Keep };
    Patch::Set(RateLimit { requests, seconds, burst: burst.unwrap_or(requests) })
}
