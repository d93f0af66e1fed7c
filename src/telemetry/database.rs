//! Metrics of a database in use.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus::{Gauge, Histogram, IntCounter, IntGauge, IntGaugeVec};

use super::Metrics;
use super::metrics::DECISION_BUCKETS;

/// What is counted of a database. Not there where none is configured.
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
    snapshot: IntGaugeVec,
}

impl Metrics {
    /// Adds the metrics of a database.
    ///
    /// # Errors
    /// When they are there already.
    pub fn of_database(&self) -> prometheus::Result<DatabaseMetrics> {
        let all = &self.families;
        let lookups = all.counters("database_lookups_total", "Credentials asked for, by result.", &["result"])?;
        let remembered = all.gauges("database_remembered", "What is remembered of the database.", &["kind"])?;
        Ok(DatabaseMetrics {
            hits: self.cache_hits.with_label_values(&["credential"]),
            misses: self.cache_misses.with_label_values(&["credential"]),
            lookup_duration: all.histogram(
                "database_lookup_duration_seconds",
                "Time to ask the database for one credential.",
                &DECISION_BUCKETS[3..],
            )?,
            lookups: ["found", "absent", "unavailable"].map(|result| lookups.with_label_values(&[result])),
            lookups_refused: lookups.with_label_values(&["refused"]),
            changes: all.counter("database_changes_total", "Changes that were followed.")?,
            age: all.exact_gauge("database_age_seconds", "Time since all changes were known; -1 before that.")?,
            is_followed: all.gauge("database_followed", "1 while its changes are followed.")?,
            remembered: ["token", "username", "unknown"].map(|kind| remembered.with_label_values(&[kind])),
            snapshot: all.gauges(
                "database_snapshot_timestamp_seconds",
                "When the snapshot was written, in seconds since 1970.",
                &[],
            )?,
        })
    }
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

    /// Notes when the snapshot was written.
    pub fn snapshot_written(&self, at: SystemTime) {
        let seconds = at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        self.snapshot.with_label_values::<&str>(&[]).set(i64::try_from(seconds).unwrap_or(i64::MAX));
    }
}
