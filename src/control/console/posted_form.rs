//! The fields of a form, as a browser posts them (`application/x-www-form-urlencoded`). Unknown and repeated fields are
//! refused.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::control::Sentence;
use crate::control::operations::IdempotencyKey;
use crate::control::web::problem::{Code, Problem};
use crate::control::web::state::ControlState;
use crate::credential::PlainPassword;

const MAX_FIELDS: usize = 1000;
/// Random, in every form: what is posted with it happens once.
pub(super) const ONCE: &str = "once";
/// The revision that the form showed.
pub(super) const REVISION: &str = "revision";
/// Fields whose names begin so are never written back into a page.
const SECRET_PREFIX: &str = "password";
/// Nor is this one.
const CODE: &str = "code";

/// Names and values in their order. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Fields(Arc<[(String, String)]>);

/// The form of a POST request. Handlers read it with [`Posted::reader`].
pub(super) struct Posted {
    pub(super) fields: Fields,
    /// From the hidden field `once`.
    pub(super) key: Option<IdempotencyKey>,
    /// From the hidden field `revision`.
    pub(super) revision: Option<i64>,
}

/// What the middleware found beside the fields.
#[derive(Clone)]
pub(super) struct OnceKey(pub(super) IdempotencyKey);

/// Reads fields by name; [`Reader::finish`] refuses what is left.
pub(super) struct Reader<'p> {
    fields: &'p Fields,
    single: Vec<&'p str>,
    many: Vec<&'p str>,
}

impl Fields {
    /// Reads a body or a query.
    ///
    /// # Errors
    /// For text that is not UTF-8, and for too many fields.
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        if text.split('&').count() > MAX_FIELDS {
            return Err(Problem::new(Code::Malformed, Sentence::FormTooManyFields { max: MAX_FIELDS.into() }));
        }
        let decode = |text: &str| {
            let spaced = text.replace('+', " ");
            let decoded = percent_decode_str(&spaced).decode_utf8().map(|text| text.replace("\r\n", "\n"));
            decoded.map_err(|_| Problem::new(Code::Malformed, Sentence::FormFieldNotText))
        };
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.map(|(name, value)| Ok((decode(name)?, decode(value)?))).collect::<Result<_, _>>().map(Self)
    }

    /// The first value of this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// With one value of this name.
    #[must_use]
    pub(super) fn with(&self, name: &str, value: &str) -> Self {
        let others = self.0.iter().filter(|(own, _)| own != name).cloned();
        Self(others.chain([(name.to_owned(), value.to_owned())]).collect())
    }

    /// Without passwords: for a page that sends them again.
    pub(super) fn without_secrets(&self) -> Vec<(String, String)> {
        self.0.iter().filter(|(name, _)| !is_secret(name)).cloned().collect()
    }

    /// Names of passwords that were typed.
    pub(super) fn filled_secrets(&self) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(name, value)| is_secret(name) && !value.is_empty())
            .map(|(name, _)| name.as_str())
            .collect()
    }

    pub(super) fn reader(&self) -> Reader<'_> {
        Reader { fields: self, single: vec![ONCE, REVISION], many: Vec::new() }
    }
}

pub(super) fn is_secret(name: &str) -> bool {
    name.starts_with(SECRET_PREFIX) || name == CODE
}

impl Posted {
    pub(super) fn reader(&self) -> Reader<'_> {
        self.fields.reader()
    }
}

impl<'p> Reader<'p> {
    /// Without white space at the ends; empty where the field is missing.
    pub(super) fn text(&mut self, name: &'p str) -> &'p str {
        self.single.push(name);
        self.fields.get(name).unwrap_or_default().trim()
    }

    /// `None` where it is empty or missing.
    pub(super) fn optional(&mut self, name: &'p str) -> Option<String> {
        let text = self.text(name);
        (!text.is_empty()).then(|| text.to_owned())
    }

    pub(super) fn password(&mut self, name: &'p str) -> PlainPassword {
        debug_assert!(is_secret(name), "{name}");
        self.single.push(name);
        PlainPassword::new(self.fields.get(name).unwrap_or_default().as_bytes())
    }

    /// Whether a checkbox is ticked.
    pub(super) fn is_checked(&mut self, name: &'p str) -> bool {
        self.single.push(name);
        self.fields.get(name).is_some()
    }

    /// The values of checkboxes that share a name.
    pub(super) fn many(&mut self, name: &'p str) -> Vec<&'p str> {
        self.many.push(name);
        self.fields.all(name).collect()
    }

    /// # Errors
    /// For a field that was not read, and for one that was posted twice.
    pub(super) fn finish(self) -> Result<(), Problem> {
        for (at, (name, _)) in self.fields.0.iter().enumerate() {
            if self.many.contains(&name.as_str()) {
                continue;
            }
            if !self.single.contains(&name.as_str()) {
                return Err(Problem::new(Code::Malformed, Sentence::FormFieldUnknown));
            }
            if self.fields.0[..at].iter().any(|(other, _)| other == name) {
                return Err(Problem::new(Code::Malformed, Sentence::FormFieldTwice));
            }
        }
        Ok(())
    }
}

impl FromRequestParts<ControlState> for Posted {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &ControlState) -> Result<Self, Problem> {
        let Some(fields) = parts.extensions.get::<Fields>().cloned() else {
            return Err(Problem::new(Code::UnsupportedMediaType, Sentence::FormMediaType));
        };
        let unreadable = || Problem::new(Code::Malformed, Sentence::FormRevision);
        let revision = fields.get(REVISION).map(str::parse).transpose().map_err(|_| unreadable())?;
        let key = parts.extensions.get::<OnceKey>().map(|OnceKey(key)| key.clone());
        Ok(Self { fields, key, revision })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Fields {
        Fields::parse(text).unwrap()
    }

    #[test]
    fn a_form_is_decoded() {
        let fields = fields("name=Zo%C3%AB+%26+co&note=a%0D%0Ab&empty=&bare");
        assert_eq!(fields.get("name"), Some("Zoë & co"));
        assert_eq!(fields.get("note"), Some("a\nb"));
        assert_eq!((fields.get("empty"), fields.get("bare"), fields.get("other")), (Some(""), Some(""), None));
    }

    #[test]
    fn what_is_no_form_is_refused() {
        assert!(Fields::parse("a=%ff").is_err());
        assert!(Fields::parse("%ff=a").is_err());
        assert!(Fields::parse(&"&".repeat(MAX_FIELDS)).is_err());
        for junk in ["", "&&&", "=", "%", "%zz", "a=%", "=&=", "\u{0}"] {
            assert!(Fields::parse(junk).is_ok(), "{junk:?}");
        }
    }

    #[test]
    fn unknown_and_repeated_fields_are_refused() {
        let read = |text: &str| {
            let fields = fields(text);
            let mut reader = fields.reader();
            let (name, scopes) = (reader.text("name").to_owned(), reader.many("scope").len());
            reader.finish().map(|()| (name, scopes))
        };
        assert_eq!(read("name=+a+&scope=x&scope=y&once=1&revision=2").unwrap(), ("a".to_owned(), 2));
        for bad in ["name=a&name=b", "name=a&role=staff", "once=1&once=2", "name=a&NAME=b"] {
            assert_eq!(read(bad).unwrap_err().code, Code::Malformed, "{bad}");
        }
    }

    #[test]
    fn passwords_and_codes_are_not_carried_on() {
        let fields = fields("email=a&password=b&password_new=c&note=d&code=e");
        let names: Vec<_> = fields.without_secrets().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["email", "note"]);
    }
}
