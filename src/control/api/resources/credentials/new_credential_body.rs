//! The body of a request for a new credential.

use serde::Deserialize;
use utoipa::ToSchema;

use super::secret_response::DeliverWord;
use crate::control::Sentence;
use crate::control::api::extract::JsonObject;
use crate::control::api::fields::FieldReader;
use crate::control::operations::{
    Deliver, MAX_ADDRESSES, MAX_DESCRIPTION_LENGTH, MAX_EMAIL_LENGTH, MAX_NAME_LENGTH, MAX_SCOPES, NewCredential,
    NewSecret, OperationContext,
};
use crate::control::views::{RateLimitView, SecretKind};
use crate::control::web::problem::Problem;
use crate::credential::{PlainPassword, RateLimit};

pub(in crate::control::api) const MAX_MOBILE_CHARS: usize = 40;

/// A new credential.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCredential)]
pub(in crate::control::api) struct NewCredentialBody {
    /// Generated from the id of the account if left out.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:@/+-]+$")]
    id: Option<String>,
    /// The id of the account.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:@/+-]+$", example = "acme")]
    account: String,
    kind: SecretKind,
    /// Required for a password, and unique; without colon.
    #[schema(min_length = 1, max_length = 256)]
    username: Option<String>,
    /// For a password; generated if left out.
    #[schema(min_length = 8, max_length = 1022, format = Password)]
    password: Option<String>,
    /// Send the secret to the contact, or show it in the response. By default as delivery.show_to_creator has it.
    deliver: Option<DeliverWord>,
    /// Display name.
    #[schema(min_length = 1, max_length = 200, example = "Billing export")]
    name: Option<String>,
    #[schema(min_length = 1, max_length = 2000)]
    description: Option<String>,
    /// The e-mail address of the contact at the integrator.
    #[schema(min_length = 1, max_length = 254, example = "dev@integrator.example")]
    contact_email: Option<String>,
    /// The contact's mobile number (E.164).
    #[schema(min_length = 1, max_length = 40, example = "+441632960961")]
    contact_mobile: Option<String>,
    /// Further e-mail addresses that receive notices about it.
    #[serde(default)]
    #[schema(max_items = 5, example = json!(["api@integrator.example"]))]
    developer_emails: Vec<String>,
    /// The version of the API; the newest if left out.
    #[schema(min_length = 1, max_length = 128)]
    version: Option<String>,
    /// The scopes; without restriction if left out.
    #[schema(min_items = 1, max_items = 100)]
    scopes: Option<Vec<String>>,
    /// Addresses and ranges that it may be used from; without restriction if left out.
    #[schema(min_items = 1, max_items = 200, example = json!(["192.0.2.7", "10.0.0.0/8"]))]
    addresses: Option<Vec<String>>,
    /// Refused from this time on.
    #[schema(format = "date-time")]
    expires_at: Option<String>,
    /// The rate limit; that of the settings if left out.
    #[schema(value_type = Option<RateLimitView>)]
    rate_limit: Option<JsonObject<RateLimitView>>,
}

impl NewCredentialBody {
    /// # Errors
    /// With every invalid field.
    pub(in crate::control::api) fn read(self, call: &OperationContext<'_>) -> Result<NewCredential, Problem> {
        let mut fields = FieldReader::default();
        let secret = secret(&mut fields, self.kind, self.username, self.password);
        let account = fields.label("account", &self.account);
        let id = fields.optional_label("id", self.id.as_deref());
        let name = fields.line("name", self.name, MAX_NAME_LENGTH);
        let description = fields.lines("description", self.description, MAX_DESCRIPTION_LENGTH);
        let contact_email = fields.line("contact_email", self.contact_email, MAX_EMAIL_LENGTH);
        let contact_mobile = fields.line("contact_mobile", self.contact_mobile, MAX_MOBILE_CHARS);
        let version = fields.optional_label("version", self.version.as_deref());
        let scopes = self.scopes.map(|scopes| fields.some_labels("scopes", &scopes, MAX_SCOPES));
        let addresses = self.addresses.map(|addresses| fields.addresses("addresses", &addresses, MAX_ADDRESSES));
        let expires_at = fields.timestamp("expires_at", self.expires_at.as_deref());
        let rate_limit = self.rate_limit.and_then(|JsonObject(limit)| rate_limit(&mut fields, limit));
        let (Some(account), Some(secret)) = (account, secret) else {
            fields.finish()?;
            return Err(Problem::of_field("account", Sentence::Empty));
        };
        let new = NewCredential {
            id,
            name,
            description,
            contact_email,
            contact_mobile,
            developer_emails: self.developer_emails,
            version,
            scopes,
            addresses,
            expires_at,
            rate_limit,
            deliver: self.deliver.map(Deliver::from),
            ..NewCredential::new(account, secret)
        };
        fields.merge(new.faults(call));
        fields.finish()?;
        Ok(new)
    }
}

fn secret(
    fields: &mut FieldReader,
    kind: SecretKind,
    username: Option<String>,
    password: Option<String>,
) -> Option<NewSecret> {
    match (kind, username) {
        (SecretKind::Token, username) => {
            for (field, is_there) in [("username", username.is_some()), ("password", password.is_some())] {
                if is_there {
                    fields.add(field, Sentence::english("does not apply to a token, which is generated"));
                }
            }
            Some(NewSecret::Token)
        }
        (SecretKind::Password, None) => {
            fields.add("username", Sentence::Missing);
            None
        }
        (SecretKind::Password, Some(username)) => {
            let chosen = password.map(|password| PlainPassword::new(password.as_bytes()));
            Some(NewSecret::Password { username, chosen })
        }
    }
}

pub(in crate::control::api) fn rate_limit(fields: &mut FieldReader, written: RateLimitView) -> Option<RateLimit> {
    let limit = written.limit();
    if limit.is_none() {
        fields.add("rate_limit", Sentence::english("must count from 1"));
    }
    limit
}
