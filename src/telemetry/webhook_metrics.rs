//! Metrics of webhooks.

use prometheus::{IntCounterVec, IntGauge, IntGaugeVec};

use super::registry::Families;

/// The values of the label `result`.
const RESULTS: [&str; 6] = ["delivered", "delayed", "failed", "gone", "skipped", "dropped"];
/// The values of the label `state`.
const STATES: [&str; 5] = ["active", "failing", "paused", "switched_off", "stopped"];

pub struct WebhookMetrics {
    deliveries: IntCounterVec,
    waiting: IntGauge,
    oldest: IntGauge,
    by_state: IntGaugeVec,
}

impl WebhookMetrics {
    pub(super) fn new(all: &Families) -> prometheus::Result<Self> {
        let deliveries = all.counters(
            "webhook_deliveries_total",
            "Attempts to deliver an event to a webhook, and deliveries without one, by result.",
            &["result"],
        )?;
        for result in RESULTS {
            deliveries.with_label_values(&[result]);
        }
        let by_state = all.gauges("webhooks", "Webhooks, by state.", &["state"])?;
        for state in STATES {
            by_state.with_label_values(&[state]);
        }
        Ok(Self {
            deliveries,
            waiting: all.gauge(
                "webhook_deliveries_waiting",
                "Events and deliveries that wait for an attempt or a further one.",
            )?,
            oldest: all.gauge(
                "webhook_oldest_seconds",
                "How long the attempt that is due the longest is late; 0 while none is.",
            )?,
            by_state,
        })
    }

    /// Counts what became of deliveries.
    pub fn count_deliveries(&self, result: &str, count: u64) {
        self.deliveries.with_label_values(&[result]).inc_by(count);
    }

    /// What waits, and how late the oldest of it is, in seconds.
    pub fn set_queue(&self, waiting: i64, oldest_seconds: i64) {
        self.waiting.set(waiting);
        self.oldest.set(oldest_seconds);
    }

    /// Nothing waits, and there are no webhooks.
    pub fn clear(&self) {
        self.set_queue(0, 0);
        STATES.iter().for_each(|state| self.set_state(state, 0));
    }

    /// The number of webhooks in a state.
    pub fn set_state(&self, state: &str, count: i64) {
        self.by_state.with_label_values(&[state]).set(count);
    }
}
