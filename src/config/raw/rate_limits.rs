//! How often things may happen, as it is written.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::values::{HumanDuration, Parsed};
use crate::credential;

/// How often a credential may be used.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Requests in each window.
    pub requests: NonZeroU32,
    /// The window: whole seconds, such as 1s, 1m or 1h.
    pub per: Parsed<Window>,
    /// Requests that may come at once; as many as in a window by default.
    #[serde(default)]
    pub burst: Option<NonZeroU32>,
}

impl RateLimit {
    /// As it is counted.
    pub fn limit(&self) -> credential::RateLimit {
        let burst = self.burst.unwrap_or(self.requests);
        credential::RateLimit { requests: self.requests, seconds: self.per.0.0, burst }
    }
}

/// How much guessing is tolerated.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Throttle {
    /// Off: wrong guesses cost nothing.
    pub enabled: bool,
    /// Wrong passwords of one user name from one address that cost nothing.
    pub free_per_pair: NonZeroU32,
    /// Wrong passwords from one address that cost nothing; as many wrong tokens.
    pub free_per_address: NonZeroU32,
    /// The wait after the last of these; each further wrong guess doubles it.
    pub first_delay: Parsed<HumanDuration>,
    /// The wait grows no longer than this.
    pub longest_delay: Parsed<HumanDuration>,
    /// After so long without a wrong guess the count begins anew; longer than longest_delay.
    pub window: Parsed<HumanDuration>,
}

impl Default for Throttle {
    fn default() -> Self {
        const FREE: [NonZeroU32; 2] = [NonZeroU32::new(5).unwrap(), NonZeroU32::new(10).unwrap()];
        let seconds = |seconds| Parsed(HumanDuration::seconds(seconds));
        Self {
            enabled: true,
            free_per_pair: FREE[0],
            free_per_address: FREE[1],
            first_delay: seconds(1),
            longest_delay: seconds(300),
            // At the longest wait a place gets fewer guesses in an hour than are free after one of quiet.
            window: seconds(3600),
        }
    }
}

/// A number of seconds: the fields that tell callers of a limit know no fractions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window(NonZeroU32);

impl FromStr for Window {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const LONGEST: u64 = 366 * 24 * 3600;
        let HumanDuration(period) = text.parse()?;
        let whole = period.subsec_nanos() == 0 && period.as_secs() <= LONGEST;
        let seconds = u32::try_from(period.as_secs()).ok().filter(|_| whole).and_then(NonZeroU32::new);
        seconds.map(Self).ok_or("must be whole seconds, at most a year, such as 1s, 1m or 24h")
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        HumanDuration::seconds(self.0.get().into()).fmt(f)
    }
}
