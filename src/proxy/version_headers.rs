//! Response headers that announce the end of an API version.

use http::HeaderValue;
use pingora::http::ResponseHeader;

use crate::credential::{Version, midnight};

/// The headers of one version; all absent where no end is planned.
#[derive(Default)]
pub(super) struct VersionHeaders {
    /// RFC 9745.
    deprecation: Option<HeaderValue>,
    /// RFC 8594.
    sunset: Option<HeaderValue>,
    /// RFC 8288, with the relation types of both.
    link: Option<HeaderValue>,
}

impl VersionHeaders {
    pub(super) fn new(version: &Version) -> Self {
        let value = |text: String| HeaderValue::from_str(&text).ok();
        let moment = |date: Option<jiff::civil::Date>| date.and_then(midnight);
        let relations = match (version.deprecated_on, version.sunset_on) {
            (_, None) => "deprecation",
            (None, Some(_)) => "sunset",
            (Some(_), Some(_)) => "deprecation sunset",
        };
        let ends = version.deprecated_on.is_some() || version.sunset_on.is_some();
        let link = version.link.as_deref().filter(|_| ends);
        Self {
            deprecation: moment(version.deprecated_on).and_then(|moment| value(format!("@{}", moment.as_second()))),
            sunset: moment(version.sunset_on)
                .and_then(|moment| value(moment.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())),
            link: link.and_then(|link| value(format!("<{link}>; rel=\"{relations}\""))),
        }
    }
}

/// Replaces the upstream's Deprecation and Sunset; keeps its Link fields, which are a list.
pub(super) fn set(head: &mut ResponseHeader, headers: &VersionHeaders) -> pingora::Result<()> {
    if let Some(value) = &headers.deprecation {
        head.insert_header("Deprecation", value.clone())?;
    }
    if let Some(value) = &headers.sunset {
        head.insert_header("Sunset", value.clone())?;
    }
    if let Some(value) = &headers.link {
        head.append_header("Link", value.clone())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_the_formats_of_their_rfcs() {
        let headers = VersionHeaders::new(&Version {
            name: "2".parse().unwrap(),
            deprecated_on: "2026-09-01".parse().ok(),
            sunset_on: "2027-03-01".parse().ok(),
            retired_on: None,
            link: Some("https://example.org/move".into()),
        });
        assert_eq!(headers.deprecation.unwrap(), "@1788220800");
        assert_eq!(headers.sunset.unwrap(), "Mon, 01 Mar 2027 00:00:00 GMT");
        assert_eq!(headers.link.unwrap(), "<https://example.org/move>; rel=\"deprecation sunset\"");
    }
}
