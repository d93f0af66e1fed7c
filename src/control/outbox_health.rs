//! What waits, since when, and why: for `/readyz?verbose`, metrics and the console.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::store::{Channel, OutboxBacklog};

/// How long the oldest message may wait before the channel counts as failing, in seconds.
const MAX_WAIT: i64 = 15 * 60;

/// Of this process; updated by its worker.
#[derive(Debug, Default)]
pub struct OutboxHealth(Mutex<Vec<ChannelHealth>>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelHealth {
    pub channel: Channel,
    pub waiting: u64,
    /// When the oldest of them was queued.
    pub oldest: Option<Timestamp>,
    /// The newest failure of this process, and when it was; `None` after a success.
    pub fault: Option<(String, Timestamp)>,
}

impl OutboxHealth {
    /// The channels that the settings name.
    pub fn channels(&self) -> Vec<ChannelHealth> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the counts, and keeps the faults.
    pub(in crate::control) fn measured(&self, backlog: impl Iterator<Item = OutboxBacklog>) {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = |channel| {
            let known = channels.iter().find(|health: &&ChannelHealth| health.channel == channel);
            known.and_then(|health| health.fault.clone())
        };
        *channels = backlog
            .map(|OutboxBacklog { channel, waiting, oldest }| ChannelHealth {
                channel,
                waiting,
                oldest,
                fault: fault(channel),
            })
            .collect();
    }

    pub(in crate::control) fn attempted(&self, channel: Channel, fault: Option<(String, Timestamp)>) {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match channels.iter_mut().find(|health| health.channel == channel) {
            Some(health) => health.fault = fault,
            None => channels.push(ChannelHealth { channel, waiting: 0, oldest: None, fault }),
        }
    }
}

impl ChannelHealth {
    pub fn oldest_seconds(&self, now: Timestamp) -> i64 {
        self.oldest.map_or(0, |oldest| now.duration_since(oldest).as_secs().max(0))
    }

    pub fn is_ok(&self, now: Timestamp) -> bool {
        self.oldest_seconds(now) <= MAX_WAIT
    }

    /// For operators: what waits, and the newest failure.
    pub fn lines(&self, now: Timestamp) -> Vec<String> {
        let mut lines = vec![match self.oldest {
            None => "nothing waits".to_owned(),
            Some(_) => format!("{} waiting, the oldest for {} s", self.waiting, self.oldest_seconds(now)),
        }];
        if let Some((fault, at)) = &self.fault {
            lines.push(format!("the last attempt failed at {}: {fault}", at.strftime("%Y-%m-%dT%H:%M:%SZ")));
        }
        lines
    }
}
