//! The fields about what a credential is for, and who is responsible for it.

use crate::control::Sentence;
use crate::control::console::form_field::{Control, Field};
use crate::control::console::form_state::Form;
use crate::control::console::posted_form::{Posted, Reader};
use crate::control::console::view::View;
use crate::control::operations::mobile_suggestions;
use crate::store::CredentialRecord;

/// The button that takes a suggested number; its value is the number.
const USE_MOBILE: &str = "use_mobile";
const MOBILE: &str = "contact_mobile";

pub(super) struct DescriptionFields {
    pub(super) name: Field,
    pub(super) description: Field,
    pub(super) email: Field,
    pub(super) mobile: Field,
    pub(super) suggestions: Vec<Suggestion>,
    pub(super) developers: Field,
}

/// A number that may be meant.
pub(super) struct Suggestion {
    pub(super) number: String,
    /// The text of its button.
    pub(super) text: String,
}

/// As posted.
pub(super) struct Description {
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) contact_email: Option<String>,
    pub(super) contact_mobile: Option<String>,
    pub(super) developer_emails: Vec<String>,
}

impl DescriptionFields {
    /// `stored` is what the form changes, `posted` what was refused.
    pub(super) fn new(
        v: &View,
        form: &mut Form<'_>,
        stored: Option<&CredentialRecord>,
        posted: Option<&Posted>,
    ) -> Self {
        let value = |text: fn(&CredentialRecord) -> &Option<String>| {
            stored.and_then(|record| text(record).clone()).unwrap_or_default()
        };
        let mobile = posted.and_then(|posted| posted.fields.get(MOBILE)).map(str::trim).unwrap_or_default();
        let suggestions = if mobile.is_empty() { Vec::new() } else { mobile_suggestions(mobile) };
        let suggestion = |(number, country): (String, Option<Sentence>)| Suggestion {
            text: match country {
                Some(country) => {
                    let country = v.language.sentence(&country);
                    v.t2("credentials-use-mobile-of", ("number", &number), ("country", &country))
                }
                None => v.t1("credentials-use-mobile", "number", &number),
            },
            number,
        };
        Self {
            name: form.line("name", "credentials-name").value(value(|record| &record.name)),
            description: form.area("description", "credentials-description").value(value(|record| &record.description)),
            email: form
                .email("contact_email", "credentials-contact-email")
                .value(value(|record| &record.contact_email)),
            mobile: form
                .field(MOBILE, "credentials-contact-mobile", Control::Input("tel"))
                .value(value(|record| &record.contact_mobile)),
            suggestions: suggestions.into_iter().map(suggestion).collect(),
            developers: form
                .line("developer_emails", "credentials-developer-emails")
                .value(stored.map(|record| record.developer_emails.join(", ")).unwrap_or_default()),
        }
    }
}

impl Description {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            name: reader.optional("name"),
            description: reader.optional("description"),
            contact_email: reader.optional("contact_email"),
            contact_mobile: reader.optional(MOBILE),
            developer_emails: words(reader.text("developer_emails")),
        }
    }
}

/// Addresses, separated by commas, semicolons or spaces.
fn words(text: &str) -> Vec<String> {
    let is_separator = |letter: char| letter.is_whitespace() || matches!(letter, ',' | ';');
    text.split(is_separator).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The form with the suggested number in its field, where its button was pressed.
pub(super) fn with_suggestion(posted: &Posted) -> Option<Posted> {
    let number = posted.fields.get(USE_MOBILE)?;
    let fields = posted.fields.with(MOBILE, number);
    Some(Posted { fields, key: posted.key.clone(), revision: posted.revision })
}
