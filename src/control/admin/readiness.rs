//! Whether load balancers should send requests here: `/readyz`, and the probes that it answers from.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::Admin;
use crate::control::Sentence;
use crate::source::ReloadOutcome;
use crate::store::Channel;

/// A process is ready from the first successful load of the files until it begins to stop.
#[derive(Debug, Default)]
pub struct Readiness {
    is_stopping: Arc<AtomicBool>,
}

/// One line of `/readyz?verbose`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    pub name: Sentence,
    /// Lines below the probe.
    pub details: Vec<String>,
    pub is_ok: bool,
    /// A failure makes the process not ready.
    pub is_vital: bool,
}

impl Readiness {
    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::SeqCst);
    }

    /// For code that may not import this module.
    pub fn stopping_flag(&self) -> Arc<AtomicBool> {
        self.is_stopping.clone()
    }

    pub fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::SeqCst)
    }
}

pub(super) async fn readyz(State(admin): State<Admin>, RawQuery(query): RawQuery) -> Response {
    let probes = admin.probes();
    let is_ready = probes.iter().all(|probe| probe.is_ok || !probe.is_vital);
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut text = String::new();
    let is_verbose = query.is_some_and(|query| query.split('&').any(|pair| pair.split('=').next() == Some("verbose")));
    if is_verbose {
        for Probe { name, details, is_ok, .. } in probes {
            // Writing to a String cannot fail.
            let _infallible = writeln!(text, "[{}] {name}", if is_ok { '+' } else { '-' });
            for line in details {
                let _infallible = writeln!(text, "    {line}");
            }
        }
    }
    text.push_str(if is_ready { "ok\n" } else { "not ready\n" });
    (status, text).into_response()
}

impl Admin {
    /// An outage of the database concerns the whole fleet at once, so it must not make every gate not ready: known
    /// credentials still work. A gate that never read it knows none, and a process without a gate only has the database.
    pub(in crate::control) fn probes(&self) -> Vec<Probe> {
        let is_published = matches!(self.reload.last(), ReloadOutcome::Published(_));
        let mut probes = vec![
            Probe { name: Sentence::FilesInForce, details: Vec::new(), is_ok: is_published, is_vital: false },
            Probe {
                name: Sentence::NotStopping,
                details: Vec::new(),
                is_ok: !self.readiness.is_stopping(),
                is_vital: true,
            },
        ];
        if let Some(state) = &self.management {
            probes.extend(database_probes(state.answers(), state.is_primary(), state.fault(), true));
        }
        if let Some(database) = self.gate.as_ref().and_then(|gate| gate.database.as_ref()) {
            probes.push(Probe {
                name: Sentence::DatabaseRead,
                details: Vec::new(),
                is_ok: database.is_synced(),
                is_vital: true,
            });
            probes.push(Probe {
                name: Sentence::DatabaseFollowed,
                details: Vec::new(),
                is_ok: database.is_followed(),
                is_vital: false,
            });
            probes.extend(database_probes(database.answers(), database.is_primary(), database.fault(), false));
            let details = database.catalog_mismatch().lines();
            let name = Sentence::DatabaseNamesConfigured;
            probes.push(Probe { name, is_ok: details.is_empty(), details, is_vital: false });
        }
        let now = self.clock.now();
        probes.extend(self.outbox.channels().iter().map(|channel| Probe {
            name: match channel.channel {
                Channel::Mail => Sentence::MailsGoOut,
                Channel::Sms => Sentence::TextsGoOut,
            },
            details: channel.lines(now),
            is_ok: channel.is_ok(now),
            is_vital: false,
        }));
        probes
    }
}

/// Whether the database answers, with the cause where it does not, and whether what answers is a primary.
fn database_probes(answers: bool, is_primary: Option<bool>, fault: Option<String>, is_vital: bool) -> Vec<Probe> {
    let name = Sentence::DatabaseAnswers;
    let mut probes = vec![Probe { name, details: fault.into_iter().collect(), is_ok: answers, is_vital }];
    if let Some(is_ok) = is_primary {
        let name = Sentence::DatabaseIsPrimary;
        probes.push(Probe { name, details: Vec::new(), is_ok, is_vital: false });
    }
    probes
}
