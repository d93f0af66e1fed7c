//! A credential that is asked for.

use std::num::NonZeroU32;

use serde::Deserialize;
use utoipa::ToSchema;

use crate::control::api::fields::Fields;
use crate::control::api::json_object::Object;
use crate::control::api::problem::Problem;
use crate::control::operations::{
    MAX_ADDRESSES, MAX_DESCRIPTION_LENGTH, MAX_EMAIL_LENGTH, MAX_NAME_LENGTH, MAX_SCOPES, NewCredential, NewSecret,
    OperationContext,
};
use crate::control::views::{RateLimitView, SecretKind};
use crate::credential::{PlainPassword, RateLimit};

/// Before [`NewCredential::faults`] checks the number itself.
pub(in crate::control::api) const MAX_MOBILE_LENGTH: usize = 40;

/// What a new credential shall be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCredential)]
pub(in crate::control::api) struct NewCredentialBody {
    /// Made up from the account's when it is left out.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:@/+-]+$")]
    id: Option<String>,
    /// Whose it is.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:@/+-]+$", example = "acme")]
    account: String,
    /// What it is recognised by.
    kind: SecretKind,
    /// Of a Basic pair, and needed there: unique, without colon.
    #[schema(min_length = 1, max_length = 256)]
    username: Option<String>,
    /// Of a Basic pair; made up when it is left out.
    #[schema(min_length = 8, max_length = 1022, format = Password)]
    password: Option<String>,
    /// For people.
    #[schema(min_length = 1, max_length = 200, example = "Billing export")]
    name: Option<String>,
    /// For people.
    #[schema(min_length = 1, max_length = 2000)]
    description: Option<String>,
    /// The person at the integrator.
    #[schema(min_length = 1, max_length = 254, example = "dev@integrator.example")]
    contact_email: Option<String>,
    /// Their mobile (E.164).
    #[schema(min_length = 1, max_length = 40, example = "+441632960961")]
    contact_mobile: Option<String>,
    /// The version of the API; the newest when it is left out.
    #[schema(min_length = 1, max_length = 128)]
    version: Option<String>,
    /// What it may call; everything when it is left out.
    #[schema(max_items = 100)]
    scopes: Option<Vec<String>>,
    /// Addresses and ranges it may be used from; anywhere when it is left out.
    #[schema(max_items = 200, example = json!(["192.0.2.7", "10.0.0.0/8"]))]
    addresses: Option<Vec<String>>,
    /// Refused from this moment on.
    #[schema(format = "date-time")]
    expires_at: Option<String>,
    /// How often it may be used; as the settings say when it is left out.
    #[schema(value_type = Option<RateLimitView>)]
    rate_limit: Option<Object<RateLimitView>>,
}

impl NewCredentialBody {
    /// As it is meant.
    ///
    /// # Errors
    /// Everything that cannot be meant.
    pub(in crate::control::api) fn read(self, call: &OperationContext<'_>) -> Result<NewCredential, Problem> {
        let mut fields = Fields::default();
        let secret = secret(&mut fields, self.kind, self.username, self.password);
        let account = fields.label("account", &self.account);
        let id = fields.maybe_label("id", self.id.as_deref());
        let name = fields.line("name", self.name, MAX_NAME_LENGTH);
        let description = fields.lines("description", self.description, MAX_DESCRIPTION_LENGTH);
        let contact_email = fields.line("contact_email", self.contact_email, MAX_EMAIL_LENGTH);
        let contact_mobile = fields.line("contact_mobile", self.contact_mobile, MAX_MOBILE_LENGTH);
        let version = fields.maybe_label("version", self.version.as_deref());
        let scopes = self.scopes.map(|scopes| fields.labels("scopes", &scopes, MAX_SCOPES));
        let addresses = fields.addresses("addresses", &self.addresses.unwrap_or_default(), MAX_ADDRESSES);
        let expires_at = fields.moment("expires_at", self.expires_at.as_deref());
        let rate_limit = self.rate_limit.and_then(|Object(limit)| rate_limit(&mut fields, limit));
        let (Some(account), Some(secret)) = (account, secret) else {
            fields.finish()?;
            return Err(Problem::of_field("account", "must not be empty"));
        };
        let new = NewCredential {
            id,
            name,
            description,
            contact_email,
            contact_mobile,
            version,
            scopes,
            addresses,
            expires_at,
            rate_limit,
            ..NewCredential::new(account, secret)
        };
        fields.merge(new.faults(call));
        fields.finish()?;
        Ok(new)
    }
}

fn secret(
    fields: &mut Fields,
    kind: SecretKind,
    username: Option<String>,
    password: Option<String>,
) -> Option<NewSecret> {
    match (kind, username) {
        (SecretKind::Token, username) => {
            for (field, is_there) in [("username", username.is_some()), ("password", password.is_some())] {
                if is_there {
                    fields.add(field, "has no meaning with a token, which is made");
                }
            }
            Some(NewSecret::Token)
        }
        (SecretKind::Password, None) => {
            fields.add("username", "is missing");
            None
        }
        (SecretKind::Password, Some(username)) => {
            let chosen = password.map(|password| PlainPassword::new(password.as_bytes()));
            Some(NewSecret::Password { username, chosen })
        }
    }
}

/// The limits of numbers are those of the schema.
pub(in crate::control::api) fn rate_limit(fields: &mut Fields, written: RateLimitView) -> Option<RateLimit> {
    let count = |number| NonZeroU32::new(number);
    let burst = count(written.burst.unwrap_or(written.requests));
    let (Some(requests), Some(seconds), Some(burst)) = (count(written.requests), count(written.seconds), burst) else {
        fields.add("rate_limit", "must count from 1");
        return None;
    };
    Some(RateLimit { requests, seconds, burst })
}
