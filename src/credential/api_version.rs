//! API versions: how a request names one, and which a credential may use.

use std::str::FromStr;

use http::HeaderName;
use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};

use super::{Label, RoutePath};

const PLACEHOLDER: &str = "{version}";

/// The position of the version in a path: a literal, then `{version}`, then the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathTemplate {
    before: Box<str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a path with {{version}} once, at the end of its last segment, such as /v{{version}}/")]
pub struct PathTemplateError;

impl FromStr for PathTemplate {
    type Err = PathTemplateError;

    fn from_str(text: &str) -> Result<Self, PathTemplateError> {
        let (before, after) = text.split_once(PLACEHOLDER).ok_or(PathTemplateError)?;
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"*?#;%\\{}".contains(&byte);
        let fits =
            before.starts_with('/') && !before.contains("//") && before.bytes().all(plain) && matches!(after, "" | "/");
        if fits { Ok(Self { before: before.into() }) } else { Err(PathTemplateError) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathVersion<'a> {
    /// The template does not match; `rest` is the whole path.
    Unstated { rest: &'a str },
    Stated {
        version: &'a str,
        /// The path after the version; begins with `/`.
        rest: &'a str,
    },
    /// Matches only if case is ignored, as some routers do.
    Ambiguous,
}

impl PathTemplate {
    /// True where the version is read from behind all of `prefix`.
    pub fn is_below(&self, prefix: &RoutePath) -> bool {
        let folder = self.before.rsplit_once('/').map_or("", |(folder, _)| folder);
        prefix.rest(if folder.is_empty() { "/" } else { folder }).is_some()
    }

    pub fn read<'a>(&self, path: &'a str) -> PathVersion<'a> {
        let Some(front) = path.as_bytes().get(..self.before.len()) else {
            return PathVersion::Unstated { rest: path };
        };
        if front != self.before.as_bytes() {
            return if front.eq_ignore_ascii_case(self.before.as_bytes()) {
                PathVersion::Ambiguous
            } else {
                PathVersion::Unstated { rest: path }
            };
        }
        let after = &path[self.before.len()..];
        let (version, rest) = after.split_at(after.find('/').unwrap_or(after.len()));
        if version.is_empty() {
            return PathVersion::Unstated { rest: path };
        }
        PathVersion::Stated { version, rest: if rest.is_empty() { "/" } else { rest } }
    }
}

#[derive(Debug, Clone)]
pub struct Version {
    pub name: Label,
    /// RFC 9745; may be in the future.
    pub deprecated_on: Option<Date>,
    /// RFC 8594.
    pub sunset_on: Option<Date>,
    /// Answers 410 from midnight UTC of this date.
    pub retired_on: Option<Date>,
    /// Documentation of the migration.
    pub link: Option<Box<str>>,
}

impl Version {
    pub fn is_retired(&self, now: Timestamp) -> bool {
        self.retired_on.is_some_and(|date| midnight(date).is_some_and(|moment| now >= moment))
    }
}

/// Midnight UTC at the beginning of a date; `None` beyond the range of timestamps.
pub fn midnight(date: Date) -> Option<Timestamp> {
    date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// The versions that a pinned credential may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VersionRule {
    /// Only the pinned one.
    #[default]
    Exact,
    /// The pinned one and every older one.
    UpTo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhenUnstated {
    /// Serve the version of the pin.
    #[default]
    UsePin,
    /// Refuse with `version_unstated`.
    Reject,
}

/// The versions of the API and the rules about them.
#[derive(Debug, Clone, Default)]
pub struct VersionCatalog {
    pub path: Option<PathTemplate>,
    pub header: Option<HeaderName>,
    pub rule: VersionRule,
    pub when_unstated: WhenUnstated,
    /// Oldest first; empty disables versions.
    pub known: Vec<Version>,
}

impl VersionCatalog {
    /// Position in `known`.
    pub fn rank(&self, name: &str) -> Option<usize> {
        self.known.iter().position(|version| version.name.as_str() == name)
    }

    /// Whether a credential pinned to `pin` may use the version of rank `wanted`. A pin that is not in the catalog
    /// allows nothing.
    pub fn allows(&self, pin: Option<&Label>, wanted: usize) -> bool {
        let Some(pin) = pin.and_then(|pin| self.rank(pin.as_str())) else { return false };
        match self.rule {
            VersionRule::Exact => pin == wanted,
            VersionRule::UpTo => wanted <= pin,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> PathTemplate {
        text.parse().unwrap()
    }

    #[test]
    fn the_version_is_split_from_the_path() {
        let v = template("/v{version}/");
        assert_eq!(v.read("/v2/payments/7"), PathVersion::Stated { version: "2", rest: "/payments/7" });
        assert_eq!(v.read("/v2"), PathVersion::Stated { version: "2", rest: "/" });
        assert_eq!(v.read("/v2/"), PathVersion::Stated { version: "2", rest: "/" });
        assert_eq!(v.read("/events"), PathVersion::Unstated { rest: "/events" });
        assert_eq!(v.read("/v/x"), PathVersion::Unstated { rest: "/v/x" });
        assert_eq!(v.read("/"), PathVersion::Unstated { rest: "/" });
        assert_eq!(
            template("/api/{version}").read("/api/2026-01-01/x"),
            PathVersion::Stated { version: "2026-01-01", rest: "/x" }
        );
    }

    #[test]
    fn a_prefix_in_the_wrong_case_is_ambiguous() {
        assert_eq!(template("/v{version}/").read("/V1/payments"), PathVersion::Ambiguous);
    }

    #[test]
    fn a_template_is_below_the_prefixes_that_a_request_for_it_begins_with() {
        let is_below = |text: &str, prefix: &str| template(text).is_below(&prefix.parse().unwrap());
        for (text, prefix) in
            [("/v{version}/", "/"), ("/{version}", "/"), ("/api/v{version}/", "/api"), ("/api/{version}", "/api")]
        {
            assert!(is_below(text, prefix), "{text} {prefix}");
        }
        for (text, prefix) in [
            ("/v{version}/", "/v"),
            ("/v{version}/", "/api"),
            ("/api/v{version}/", "/api/v2"),
            ("/apis/{version}", "/api"),
        ] {
            assert!(!is_below(text, prefix), "{text} {prefix}");
        }
    }

    #[test]
    fn templates_that_cannot_match_are_refused() {
        for odd in [
            "/v2/",
            "v{version}/",
            "/v{version}x/",
            "/{version}/{version}/",
            "//{version}",
            "/a//{version}",
            "/a b/{version}",
            "/a;b/{version}",
            "/ä/{version}",
            "",
        ] {
            assert_eq!(odd.parse::<PathTemplate>(), Err(PathTemplateError), "{odd}");
        }
    }

    #[test]
    fn a_pin_allows_itself_or_up_to_itself() {
        let version = |name: &str| Version {
            name: name.parse().unwrap(),
            deprecated_on: None,
            sunset_on: None,
            retired_on: None,
            link: None,
        };
        let mut catalog = VersionCatalog { known: ["1", "2", "3"].map(version).into(), ..Default::default() };
        let pin: Label = "2".parse().unwrap();
        assert_eq!([0, 1, 2].map(|rank| catalog.allows(Some(&pin), rank)), [false, true, false]);
        catalog.rule = VersionRule::UpTo;
        assert_eq!([0, 1, 2].map(|rank| catalog.allows(Some(&pin), rank)), [true, true, false]);
        assert!(!catalog.allows(None, 0));
        assert!(!catalog.allows("gone".parse().ok().as_ref(), 0));
    }

    #[test]
    fn retirement_begins_at_midnight_utc() {
        let version = Version {
            name: "1".parse().unwrap(),
            deprecated_on: None,
            sunset_on: None,
            retired_on: Some("2026-06-30".parse().unwrap()),
            link: None,
        };
        assert!(!version.is_retired("2026-06-29T23:59:59Z".parse().unwrap()));
        assert!(version.is_retired("2026-06-30T00:00:00Z".parse().unwrap()));
    }
}
