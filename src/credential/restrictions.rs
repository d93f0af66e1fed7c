//! What a credential is restricted to, and whether a change narrows it.

use ipnet::IpNet;
use jiff::Timestamp;

use super::{Label, RateLimit};

/// The fields of a credential by which requests with the right secret are refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restrictions {
    /// The API version it is pinned to.
    pub version: Option<Label>,
    /// `None` permits every request, an empty list none.
    pub scopes: Option<Vec<Label>>,
    /// Empty permits every address.
    pub addresses: Vec<IpNet>,
    /// `None` for never.
    pub expires_at: Option<Timestamp>,
    /// `None` for the default of the settings.
    pub rate_limit: Option<RateLimit>,
}

/// A field of [`Restrictions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restriction {
    Version,
    Scopes,
    Addresses,
    ExpiresAt,
    RateLimit,
}

impl Restriction {
    pub const ALL: [Self; 5] = [Self::Version, Self::Scopes, Self::Addresses, Self::ExpiresAt, Self::RateLimit];

    /// The name of the field in the management API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Scopes => "scopes",
            Self::Addresses => "addresses",
            Self::ExpiresAt => "expires_at",
            Self::RateLimit => "rate_limit",
        }
    }
}

impl Restrictions {
    /// The fields by which `after` may refuse requests that these restrictions permit. A restriction that is removed
    /// narrows nothing.
    pub fn narrowed_fields(&self, after: &Self) -> Vec<Restriction> {
        Restriction::ALL.into_iter().filter(|field| self.is_narrowed(*field, after)).collect()
    }

    fn is_narrowed(&self, field: Restriction, after: &Self) -> bool {
        match field {
            Restriction::Version => after.version.is_some() && after.version != self.version,
            Restriction::Scopes => narrows_list(self.scopes.as_deref(), after.scopes.as_deref(), |old, new| old == new),
            Restriction::Addresses => {
                narrows_list(some(&self.addresses), some(&after.addresses), |old, new| new.contains(old))
            }
            Restriction::ExpiresAt => {
                after.expires_at.is_some_and(|end| self.expires_at.is_none_or(|before| end < before))
            }
            Restriction::RateLimit => {
                after.rate_limit.is_some_and(|rate| self.rate_limit.is_none_or(|before| !allows_at_least(rate, before)))
            }
        }
    }
}

/// `None` for an empty list, which permits every address.
fn some<T>(list: &[T]) -> Option<&[T]> {
    (!list.is_empty()).then_some(list)
}

/// Whether an item of the old list is covered by none of the new one. `None` permits everything.
fn narrows_list<T>(old: Option<&[T]>, new: Option<&[T]>, covers: impl Fn(&T, &T) -> bool) -> bool {
    match (old, new) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(old), Some(new)) => old.iter().any(|old| !new.iter().any(|new| covers(old, new))),
    }
}

/// By rate and by burst. The default of the settings is not known here, so a limit in its place counts as narrower.
fn allows_at_least(new: RateLimit, old: RateLimit) -> bool {
    let share = |rate: RateLimit, other: RateLimit| u64::from(rate.requests.get()) * u64::from(other.seconds.get());
    share(new, old) >= share(old, new) && new.burst >= old.burst
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn rate(requests: u32, seconds: u32, burst: u32) -> Option<RateLimit> {
        let number = |number| NonZeroU32::new(number).unwrap();
        Some(RateLimit { requests: number(requests), seconds: number(seconds), burst: number(burst) })
    }

    fn restricted(version: &str, scopes: &[&str], addresses: &[&str], expires_at: &str) -> Restrictions {
        Restrictions {
            version: Some(version.parse().unwrap()),
            scopes: Some(scopes.iter().map(|scope| scope.parse().unwrap()).collect()),
            addresses: addresses.iter().map(|range| range.parse().unwrap()).collect(),
            expires_at: Some(expires_at.parse().unwrap()),
            rate_limit: rate(1, 1, 1),
        }
    }

    #[test]
    fn changes_that_can_refuse_requests_are_narrowing() {
        let open = Restrictions { version: Some("2".parse().unwrap()), ..Restrictions::default() };
        let all = restricted("1", &["a"], &["10.0.0.0/8"], "2027-01-01T00:00:00Z");
        assert_eq!(open.narrowed_fields(&all), Restriction::ALL);
        assert_eq!(Restrictions::default().narrowed_fields(&all), Restriction::ALL);
        assert!(all.narrowed_fields(&all).is_empty());
        let less = Restrictions {
            rate_limit: rate(59, 60, 59),
            ..restricted("1", &["b"], &["10.0.0.0/9", "192.0.2.0/24"], "2026-12-31T23:59:59Z")
        };
        assert_eq!(
            all.narrowed_fields(&less),
            [Restriction::Scopes, Restriction::Addresses, Restriction::ExpiresAt, Restriction::RateLimit]
        );
        let nothing = Restrictions { scopes: Some(Vec::new()), ..all.clone() };
        assert_eq!(all.narrowed_fields(&nothing), [Restriction::Scopes]);
        let of_burst = |burst| Restrictions { rate_limit: rate(10, 10, burst), ..Restrictions::default() };
        assert_eq!(of_burst(10).narrowed_fields(&of_burst(1)), [Restriction::RateLimit]);
        let families = restricted("1", &["a"], &["::/0"], "2027-01-01T00:00:00Z");
        assert_eq!(all.narrowed_fields(&families), [Restriction::Addresses]);
    }

    #[test]
    fn changes_that_permit_at_least_as_much_are_not_narrowing() {
        let before = restricted("1", &["a"], &["10.0.0.0/8"], "2027-01-01T00:00:00Z");
        let more = Restrictions {
            rate_limit: rate(120, 60, 120),
            ..restricted("1", &["b", "a"], &["192.0.2.7/32", "10.0.0.0/7"], "2027-01-01T00:00:01Z")
        };
        assert!(before.narrowed_fields(&more).is_empty());
        assert!(before.narrowed_fields(&Restrictions::default()).is_empty());
        let nothing = Restrictions { scopes: Some(Vec::new()), ..before.clone() };
        assert!(nothing.narrowed_fields(&before).is_empty());
    }
}
