//! Metrics of a database in use.

use std::time::Duration;

use prometheus::{Gauge, Histogram, IntCounter, IntGauge};

/// What is counted of a database. Stands at nothing where none is configured.
pub struct DatabaseMetrics {
    /// Look-ups that what is remembered answered.
    pub hits: IntCounter,
    /// Look-ups that it could not answer.
    pub misses: IntCounter,
    /// Time to ask the database for one credential.
    pub lookup_duration: Histogram,
    /// By outcome: found, absent, unavailable.
    pub(super) lookups: [IntCounter; 3],
    /// Look-ups that were not begun because too many were under way.
    pub lookups_refused: IntCounter,
    /// Changes that were followed.
    pub changes: IntCounter,
    /// Seconds since all changes were known; -1 before that.
    pub age: Gauge,
    /// 1 while changes are followed.
    pub is_followed: IntGauge,
    /// Entries: tokens, user names, unknown tokens.
    pub remembered: [IntGauge; 3],
}

impl DatabaseMetrics {
    /// Counts a look-up that was not begun, because there would be no answer.
    pub fn not_asked(&self) {
        self.lookups[2].inc();
    }

    /// Counts a look-up; `found` is `None` for no answer.
    pub fn looked_up(&self, took: Duration, found: Option<bool>) {
        self.lookup_duration.observe(took.as_secs_f64());
        let outcome = match found {
            Some(true) => 0,
            Some(false) => 1,
            None => 2,
        };
        self.lookups[outcome].inc();
    }
}
