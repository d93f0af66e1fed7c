//! Whether a secret is sent to the contact or shown to the caller, and what the contact needs for it.

use crate::control::Sentence;
use crate::control::operations::{Invalid, OperationContext};
use crate::store::{ActorKind, Role};

/// How a secret gets to the person who is to use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deliver {
    /// By a link in a mail to the contact, and a code in a text message. The caller never sees it.
    Send,
    /// In the response, once.
    Show,
}

/// Whether the caller may see the secret that an operation gives to a credential.
pub fn may_show_secret(call: &OperationContext<'_>) -> bool {
    call.terms.delivery.show_to_creator || !call.terms.delivery.is_on() || is_operator(call)
}

/// A token of the staff, or the shell: not a person of the console.
pub(super) fn is_operator(call: &OperationContext<'_>) -> bool {
    match call.actor().kind {
        ActorKind::Token => call.caller.role == Role::Staff,
        ActorKind::Shell | ActorKind::System => true,
        ActorKind::User | ActorKind::Link | ActorKind::Credential => false,
    }
}

/// Whether secrets can be sent.
pub fn may_send_secret(call: &OperationContext<'_>) -> bool {
    call.terms.delivery.is_on()
}

impl Deliver {
    /// As requested, or the way of the settings. The key of a user is shown: its user is no contact.
    pub(super) fn resolved(
        requested: Option<Self>,
        call: &OperationContext<'_>,
        is_own_key: bool,
    ) -> Result<Self, Invalid> {
        let delivery = call.terms.delivery;
        let is_shown = is_own_key || delivery.show_to_creator || !delivery.is_on();
        let by_default = if is_shown { Self::Show } else { Self::Send };
        match requested.unwrap_or(by_default) {
            Self::Send if is_own_key => Err(Invalid::one("deliver", Sentence::DeliverOwnKey)),
            Self::Send if !delivery.is_on() => Err(Invalid::one("deliver", Sentence::DeliverNotConfigured)),
            Self::Show if !is_own_key && !may_show_secret(call) => {
                Err(Invalid::one("deliver", Sentence::DeliverToContactOnly))
            }
            way => Ok(way),
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Show => "show",
        }
    }

    /// What an audit entry adds, where there is a choice.
    pub(super) fn audited(self, call: &OperationContext<'_>) -> Option<(&'static str, &'static str)> {
        call.terms.delivery.is_on().then_some(("deliver", self.as_str()))
    }
}

/// What is missing, or wrong, for a secret to be sent there.
pub(super) fn contact_faults(call: &OperationContext<'_>, email: Option<&str>, mobile: Option<&str>) -> Invalid {
    let mut faults = Invalid::default();
    for (field, text) in [("contact_email", email), ("contact_mobile", mobile)] {
        if text.is_none_or(str::is_empty) {
            faults.add(field, Sentence::ContactMissing);
        }
    }
    if let Some(fault) = mobile.and_then(|mobile| country_fault(call, mobile)) {
        faults.add("contact_mobile", fault);
    }
    faults
}

/// What is wrong with the country of a mobile number.
pub(super) fn country_fault(call: &OperationContext<'_>, mobile: &str) -> Option<Sentence> {
    let sms = call.terms.delivery.sms.as_ref().filter(|_| call.terms.delivery.is_on())?;
    let countries = || sms.countries.as_deref().unwrap_or_default().iter().map(|country| country.as_str().into());
    (!sms.reaches(mobile)).then(|| Sentence::MobileCountry { countries: Sentence::any_of(countries()) })
}
