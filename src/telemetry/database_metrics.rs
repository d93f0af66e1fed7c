//! Metrics of the credential database.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus::{Gauge, Histogram, IntCounter, IntGauge, IntGaugeVec};

use super::Metrics;
use super::metrics::DECISION_BUCKETS;

/// Registered only if a database is configured.
pub struct DatabaseMetrics {
    /// Lookups answered by the cache.
    pub hits: IntCounter,
    /// Lookups not answered by the cache.
    pub misses: IntCounter,
    pub lookup_duration: Histogram,
    /// By result: found, absent, unavailable.
    pub(super) lookups: [IntCounter; 3],
    /// Lookups refused because too many were in progress.
    pub lookups_refused: IntCounter,
    /// Changes applied from the change feed.
    pub changes: IntCounter,
    /// Seconds since the cache was last known to be current; -1 before that.
    pub age: Gauge,
    /// 1 while the change feed is followed.
    pub is_followed: IntGauge,
    /// Cached entries: tokens, user names, unknown tokens.
    pub remembered: [IntGauge; 3],
    snapshot: IntGaugeVec,
}

impl Metrics {
    /// # Errors
    /// The metrics are registered already.
    pub fn register_database(&self) -> prometheus::Result<DatabaseMetrics> {
        let all = &self.families;
        let lookups =
            all.counters("database_lookups_total", "Credential lookups in the database, by result.", &["result"])?;
        let remembered = all.gauges("database_remembered", "Cached database entries, by kind.", &["kind"])?;
        Ok(DatabaseMetrics {
            hits: self.cache_hits.with_label_values(&["credential"]),
            misses: self.cache_misses.with_label_values(&["credential"]),
            lookup_duration: all.histogram(
                "database_lookup_duration_seconds",
                "Time of one credential lookup in the database.",
                &DECISION_BUCKETS[3..],
            )?,
            lookups: ["found", "absent", "unavailable"].map(|result| lookups.with_label_values(&[result])),
            lookups_refused: lookups.with_label_values(&["refused"]),
            changes: all.counter("database_changes_total", "Database changes applied to the cache.")?,
            age: all.exact_gauge(
                "database_age_seconds",
                "Time since the cache was last known to be current; -1 before that.",
            )?,
            is_followed: all.gauge("database_followed", "1 while the change feed of the database is followed.")?,
            remembered: ["token", "username", "unknown"].map(|kind| remembered.with_label_values(&[kind])),
            snapshot: all.gauges(
                "database_snapshot_timestamp_seconds",
                "Time at which the snapshot was written, in seconds since 1970.",
                &[],
            )?,
        })
    }
}

impl DatabaseMetrics {
    /// Counts a lookup that was not started because the database is unavailable.
    pub fn lookup_skipped(&self) {
        self.lookups[2].inc();
    }

    /// `found` is `None` if the database did not answer.
    pub fn looked_up(&self, took: Duration, found: Option<bool>) {
        self.lookup_duration.observe(took.as_secs_f64());
        let outcome = match found {
            Some(true) => 0,
            Some(false) => 1,
            None => 2,
        };
        self.lookups[outcome].inc();
    }

    pub fn snapshot_written(&self, at: SystemTime) {
        let seconds = at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        self.snapshot.with_label_values::<&str>(&[]).set(i64::try_from(seconds).unwrap_or(i64::MAX));
    }
}
