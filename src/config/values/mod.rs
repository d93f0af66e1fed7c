//! Values that are parsed from text.

mod appearance;
mod database;
mod delivery;
mod headers;
mod network;
mod origin;
mod webhooks;

#[cfg(test)]
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

#[cfg(test)]
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, SeqAccess, Unexpected, Visitor, value::SeqAccessDeserializer};
use serde::{Serialize, Serializer};

pub use appearance::Colour;
pub(crate) use appearance::LanguageTag;
pub use database::{DatabaseTls, DatabaseUrl, PostgresUrl};
pub(crate) use delivery::{CountryCode, MailHeader, is_loopback};
pub use delivery::{MailAddress, MailServer, SecretText};
pub(crate) use headers::{AuthScheme, MethodName, ProtocolName};
pub use headers::{HeaderField, HeaderPrefix};
pub use network::UpstreamUrl;
pub(crate) use network::{AddressRange, CheckPath, ListenAddress, WebAddress};
pub(crate) use origin::{AllowedHeader, WebOrigin};
pub(crate) use webhooks::{DayCount, EntityName, OperationName, ProxyAddress};

/// A `T` that is written as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Parsed<T>(pub T);

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Parsed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text<T>(std::marker::PhantomData<T>);

        impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for Text<T> {
            type Value = Parsed<T>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                text.parse().map(Parsed).map_err(E::custom)
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Self::Value, E> {
                Err(self.refuse(&number, Unexpected::Signed(number)))
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
                Err(self.refuse(&number, Unexpected::Unsigned(number)))
            }

            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Self::Value, E> {
                Err(self.refuse(&number, Unexpected::Float(number)))
            }

            fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Self::Value, E> {
                Err(self.refuse(&value, Unexpected::Bool(value)))
            }
        }

        impl<T: FromStr<Err: fmt::Display>> Text<T> {
            /// Quotes are the advice only where they help: `30` is no length of time with them either.
            fn refuse<E: serde::de::Error>(&self, value: &impl ToString, found: Unexpected) -> E {
                match value.to_string().parse::<T>() {
                    Ok(_) => E::invalid_type(found, self),
                    Err(error) => E::custom(error),
                }
            }
        }

        deserializer.deserialize_str(Text(std::marker::PhantomData))
    }
}

impl<T: fmt::Display> Serialize for Parsed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

#[cfg(test)]
impl<T> JsonSchema for Parsed<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string"})
    }
}

/// One value, or a list of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("text or a list")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                T::deserialize(serde::de::value::StrDeserializer::new(text)).map(|one| OneOrMany(vec![one]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(items)).map(OneOrMany)
            }
        }

        deserializer.deserialize_any(Either(std::marker::PhantomData))
    }
}

#[cfg(test)]
impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]})
    }
}

/// A duration, such as `500ms`, `30s` or `5m`; more than zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HumanDuration(pub Duration);

impl HumanDuration {
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }
}

impl Parsed<HumanDuration> {
    pub fn duration(&self) -> Duration {
        self.0.0
    }
}

impl FromStr for HumanDuration {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let duration: jiff::SignedDuration =
            text.parse().map_err(|_| "must be a duration, such as 500ms, 30s or 5m")?;
        let duration = Duration::try_from(duration).map_err(|_| "must not be negative")?;
        if duration.is_zero() { Err("must be more than zero") } else { Ok(Self(duration)) }
    }
}

impl fmt::Display for HumanDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::SignedDuration::try_from(self.0) {
            Ok(duration) => write!(f, "{duration:#}"),
            Err(_) => write!(f, "{:?}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstream_is_displayed_as_it_was_parsed() {
        for text in ["http://127.0.0.1:9000", "https://api.example.org:443", "unix:/run/api.sock", "http://[::1]:80"] {
            assert_eq!(text.parse::<UpstreamUrl>().unwrap().to_string(), text);
        }
        assert_eq!("https://api".parse::<UpstreamUrl>().unwrap().to_string(), "https://api:443");
        for odd in [
            "",
            "127.0.0.1:9000",
            "ftp://x",
            "http://",
            "http://x/base",
            "http://u:p@x",
            "unix:sock",
            "http://x:0",
            "http://x:",
        ] {
            assert!(odd.parse::<UpstreamUrl>().is_err(), "{odd}");
        }
    }

    #[test]
    fn a_duration_is_displayed_as_it_was_parsed() {
        for text in ["500ms", "30s", "5m", "1h 30m"] {
            assert_eq!(text.parse::<HumanDuration>().unwrap().to_string(), text);
        }
        for odd in ["", "30", "-1s", "0s", "soon"] {
            assert!(odd.parse::<HumanDuration>().is_err(), "{odd}");
        }
    }

    /// Headers with this prefix are removed from every request.
    #[test]
    fn an_identity_prefix_matches_no_standard_header() {
        for fine in ["X-Claviger-", "x-acme-2-", "X-A-"] {
            assert_eq!(fine.parse::<HeaderPrefix>().unwrap().0, fine);
        }
        for odd in
            ["Content-", "Accept-", "Sec-", "X-", "X--", "x-forwarded-", "X-Forwarded-Acme-", "X-Acme", "X-A b-", ""]
        {
            assert!(odd.parse::<HeaderPrefix>().is_err(), "{odd}");
        }
    }

    #[test]
    fn a_standard_header_cannot_carry_a_key_or_a_version() {
        for odd in [
            "Expect",
            "Trailer",
            "Content-Type",
            "X-Forwarded-For",
            "X_Forwarded_For",
            "X!Forwarded!For",
            "X-Forwarded-Host",
            "X-Forwarded-Proto",
            "traceparent",
            "tracestate",
            "Cookie",
        ] {
            assert!(odd.parse::<HeaderField>().is_err(), "{odd}");
        }
        assert!("X-API-Key".parse::<HeaderField>().is_ok());
    }

    #[test]
    fn a_further_scheme_is_a_token_without_a_key_of_its_own() {
        for fine in ["Token", "ApiKey", "GenieKey", "AWS4-HMAC-SHA256"] {
            assert!(fine.parse::<AuthScheme>().is_ok(), "{fine}");
        }
        for odd in ["", "Bearer", "BASIC", "a b", "Token:", "Tök"] {
            assert!(odd.parse::<AuthScheme>().is_err(), "{odd}");
        }
        assert!("bearer".parse::<ProtocolName>().is_ok() && "a,b".parse::<ProtocolName>().is_err());
    }

    /// Addresses of callers are never IPv4-mapped, on dual-stack sockets either.
    #[test]
    fn an_ipv4_mapped_range_is_an_ipv4_range() {
        let range = |text: &str| text.parse::<AddressRange>().map(|range| range.to_string());
        assert_eq!(range("::ffff:10.0.0.0/104").as_deref(), Ok("10.0.0.0/8"));
        assert_eq!(range("::ffff:192.0.2.7").as_deref(), Ok("192.0.2.7/32"));
        assert_eq!(range("::ffff:0:0/96").as_deref(), Ok("0.0.0.0/0"));
        assert_eq!(range("2001:db8::/32").as_deref(), Ok("2001:db8::/32"));
        assert_eq!(range("::/0").as_deref(), Ok("::/0"));
        assert!(range("::ffff:10.0.0.0/90").is_err() && range("::ffff:0:0/95").is_err());
    }
}
