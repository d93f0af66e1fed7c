//! Everything about a request that a reload may change, swapped as one.

use std::sync::Arc;

use http::HeaderValue;
use ipnet::IpNet;

use super::Upstream;
use super::request::headers::HeaderNames;
use super::respond::Refusals;
use crate::auth::{Directory, RateLimiters, Rules, ThrottleRules};
use crate::config::{Diagnostics, Settings, raw};
use crate::credential::{Version, midnight};

/// What is in force for the requests that arrive now. A request keeps the one it began with.
pub struct Policy {
    /// What is decided.
    pub(super) rules: Rules,
    /// Who may call.
    pub(super) directory: Arc<dyn Directory>,
    /// How often credentials have called.
    pub(super) meters: RateLimiters,
    /// How much guessing is tolerated; `None` for any amount.
    pub(super) throttle: Option<ThrottleRules>,
    /// Where requests go; nowhere from a process that is only asked.
    pub(super) upstream: Option<Upstream>,
    /// Which headers are ours.
    pub(super) names: HeaderNames,
    /// How refusals look.
    pub(super) refusals: Refusals,
    /// What answers of each version carry, by rank.
    pub(super) notices: Vec<VersionNotice>,
    /// Whose X-Forwarded-For is believed.
    pub(super) trusted_proxies: Box<[IpNet]>,
    /// Who may ask for verdicts.
    pub(super) askers: Box<[IpNet]>,
    /// How long things may take.
    pub(super) timeouts: raw::Timeouts,
    /// How much callers may ask for.
    pub(super) limits: raw::Limits,
    /// Leave the credential in the forwarded request.
    pub(super) forward_credential: bool,
}

/// The headers that tell a client about the end of a version.
#[derive(Default)]
pub(super) struct VersionNotice {
    /// RFC 9745.
    pub(super) deprecation: Option<HeaderValue>,
    /// RFC 8594.
    pub(super) sunset: Option<HeaderValue>,
    /// RFC 8288, with the relations of the two.
    pub(super) link: Option<HeaderValue>,
}

impl Policy {
    /// From settings that make sense; `before` is what was in force until now.
    ///
    /// # Errors
    /// When the API behind cannot be set up.
    pub fn new(
        settings: &Settings,
        rules: Rules,
        directory: Arc<dyn Directory>,
        meters: RateLimiters,
        before: Option<&Self>,
    ) -> Result<Self, Diagnostics> {
        let before = before.and_then(|before| before.upstream.as_ref());
        let upstream = settings
            .upstream
            .as_ref()
            .map(|upstream| Upstream::new(upstream, &settings.timeouts, before))
            .transpose()?;
        Ok(Self {
            names: HeaderNames::new(&settings.identity.prefix.0.0, &rules),
            refusals: Refusals::new(&rules.accept, &settings.error_docs),
            notices: rules.versions.known.iter().map(VersionNotice::new).collect(),
            trusted_proxies: settings.trusted_proxies.clone(),
            askers: settings.forward_auth.iter().flat_map(|asked| &asked.trusted_proxies).copied().collect(),
            timeouts: settings.timeouts.clone(),
            limits: settings.limits.clone(),
            forward_credential: settings.identity.forward_credential,
            rules,
            directory,
            meters,
            throttle: settings.throttle.enabled.then(|| throttle_rules(&settings.throttle)),
            upstream,
        })
    }
}

impl Policy {
    /// True where requests go somewhere from here.
    pub fn forwards(&self) -> bool {
        self.upstream.is_some()
    }

    /// How often credentials have called; a reload goes on counting from there.
    pub fn meters(&self) -> &RateLimiters {
        &self.meters
    }

    /// Looks the API behind up again, where it has a name. Blocks.
    pub fn refresh_upstream(&self) {
        if let Some(upstream) = &self.upstream {
            upstream.refresh();
        }
    }
}

fn throttle_rules(written: &raw::Throttle) -> ThrottleRules {
    ThrottleRules {
        free_per_pair: written.free_per_pair.get(),
        free_per_address: written.free_per_address.get(),
        first_delay: written.first_delay.duration(),
        longest_delay: written.longest_delay.duration(),
        window: written.window.duration(),
    }
}

impl VersionNotice {
    fn new(version: &Version) -> Self {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_are_written_as_their_documents_say() {
        let notice = VersionNotice::new(&Version {
            name: "2".parse().unwrap(),
            deprecated_on: "2026-09-01".parse().ok(),
            sunset_on: "2027-03-01".parse().ok(),
            retired_on: None,
            link: Some("https://example.org/move".into()),
        });
        assert_eq!(notice.deprecation.unwrap(), "@1788220800");
        assert_eq!(notice.sunset.unwrap(), "Mon, 01 Mar 2027 00:00:00 GMT");
        assert_eq!(notice.link.unwrap(), "<https://example.org/move>; rel=\"deprecation sunset\"");
    }
}
