//! Reads the files again when they change and applies them. Faulty files change nothing.

use std::collections::HashSet;
use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::fingerprints::Fingerprints;
use super::loader::Unusable;
use super::watch::{Change, Watch};
use super::{Difference, Loaded, Loader};
use crate::clock::Clock;
use crate::config::{Diagnostic, Diagnostics, Origin, Settings};
use crate::runtime::{LowPriority, lower_priority};
use crate::telemetry::Metrics;

/// Time without events before files are read: writers often truncate first and write then.
const QUIET_TIME: Duration = Duration::from_millis(80);
/// Bound of the wait for quiet files.
const MAX_SETTLE_TIME: Duration = Duration::from_secs(2);
/// Faulty files are read once more after this time: they may have been half written.
const RETRY_DELAY: Duration = Duration::from_millis(300);
/// Files are polled too, because events can be lost.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub enum ReloadOutcome {
    /// With a description of the changes.
    Published(String),
    /// The previous state stays in force.
    Refused(Diagnostics),
}

/// Puts loaded files in force.
pub type Publish = Box<dyn FnMut(&Loaded) -> Result<(), Diagnostics> + Send>;

enum Trigger {
    Change(Change),
    Request(oneshot::Sender<ReloadOutcome>),
    Stop,
}

#[derive(Clone)]
pub struct ReloadHandle {
    triggers: Sender<Trigger>,
    last: Arc<Mutex<ReloadOutcome>>,
}

impl ReloadHandle {
    /// Reads the files, changed or not.
    pub async fn reload(&self) -> ReloadOutcome {
        let (answer, outcome) = oneshot::channel();
        let stopped = || ReloadOutcome::Refused(Diagnostic::new(Origin::WHOLE_FILE, "", "claviger is stopping").into());
        if self.triggers.send(Trigger::Request(answer)).is_err() {
            return stopped();
        }
        outcome.await.unwrap_or_else(|_| stopped())
    }

    /// The outcome of the last reload.
    pub fn last(&self) -> ReloadOutcome {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn stop(&self) {
        let _stopped = self.triggers.send(Trigger::Stop);
    }
}

/// The reload thread.
pub struct Reloader {
    loader: Loader,
    started: Settings,
    current: Loaded,
    publish_to: Publish,
    metrics: Arc<Metrics>,
    clock: Clock,
    triggers: Sender<Trigger>,
    /// Of every file that was read last, or that is in force.
    seen: Fingerprints,
    watch: Watch,
    last: Arc<Mutex<ReloadOutcome>>,
}

impl Reloader {
    /// `current` is in force already.
    ///
    /// # Errors
    /// When the thread cannot be spawned.
    pub fn start(
        loader: Loader,
        current: Loaded,
        publish_to: Publish,
        metrics: Arc<Metrics>,
        clock: Clock,
    ) -> std::io::Result<ReloadHandle> {
        let (triggers, inbox) = channel();
        let events = triggers.clone();
        let watch = Watch::new(move |change| drop(events.send(Trigger::Change(change))));
        let last = Arc::new(Mutex::new(ReloadOutcome::Published("as started".into())));
        let handle = ReloadHandle { triggers: triggers.clone(), last: last.clone() };
        let seen = current.fingerprints.clone();
        let started = current.settings.clone();
        let mut reloader = Self { loader, started, current, publish_to, metrics, clock, triggers, seen, watch, last };
        reloader.count_credentials();
        reloader.watch.follow(reloader.seen.files());
        // A file may have changed between the first read and the watch.
        reloader.trigger_check();
        std::thread::Builder::new().name("reload".into()).spawn(move || {
            lower_priority(LowPriority::Background);
            reloader.run(&inbox);
        })?;
        Ok(handle)
    }

    fn trigger_check(&self) {
        let unknown = Change { files: Vec::new(), is_unfinished: false };
        // Cannot fail: this thread has the receiver.
        let _sent = self.triggers.send(Trigger::Change(unknown));
    }

    fn run(mut self, inbox: &Receiver<Trigger>) {
        loop {
            match inbox.recv_timeout(POLL_INTERVAL) {
                Ok(Trigger::Change(first)) => {
                    if self.wait_until_quiet(&first, inbox) {
                        return;
                    }
                    self.reload_if_changed();
                }
                Err(RecvTimeoutError::Timeout) => {
                    if self.watch.looks_changed() {
                        self.reload_if_changed();
                    }
                }
                Ok(Trigger::Request(answer)) => {
                    let outcome = self.reload();
                    // Fails when the caller went away.
                    let _sent = answer.send(outcome);
                }
                Ok(Trigger::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Waits until files are quiet and none is open for writing: half a list is a valid list. Answers requests
    /// meanwhile. True on a stop.
    fn wait_until_quiet(&mut self, first: &Change, inbox: &Receiver<Trigger>) -> bool {
        let start = Instant::now();
        let mut open = HashSet::new();
        self.note_open(first, &mut open);
        while start.elapsed() < MAX_SETTLE_TIME {
            match inbox.recv_timeout(QUIET_TIME) {
                Ok(Trigger::Change(change)) => self.note_open(&change, &mut open),
                Ok(Trigger::Request(answer)) => {
                    let _sent = answer.send(self.reload());
                }
                Ok(Trigger::Stop) | Err(RecvTimeoutError::Disconnected) => return true,
                Err(RecvTimeoutError::Timeout) if open.is_empty() => return false,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        false
    }

    /// Tracks which files are open for writing.
    fn note_open(&self, change: &Change, open: &mut HashSet<OsString>) {
        let names = change.files.iter().filter_map(|file| file.file_name());
        for name in names.filter(|name| self.watch.follows(name)) {
            if change.is_unfinished {
                open.insert(name.to_owned());
            } else {
                open.remove(name);
            }
        }
    }

    fn reload_if_changed(&mut self) {
        if self.seen.are_current() {
            return;
        }
        let reading = self.read();
        if reading.is_ok() {
            self.publish(reading);
            return;
        }
        std::thread::sleep(RETRY_DELAY);
        if !self.seen.are_current() {
            self.reload();
        }
    }

    fn reload(&mut self) -> ReloadOutcome {
        let reading = self.read();
        self.publish(reading)
    }

    fn read(&self) -> Result<Loaded, Unusable> {
        without_panic(|| self.loader.attempt()).unwrap_or_else(|faults| {
            // After a panic the files that were read are unknown; wait for a change of any.
            Err(Unusable { faults, fingerprints: Fingerprints::of(self.seen.files()) })
        })
    }

    fn publish(&mut self, reading: Result<Loaded, Unusable>) -> ReloadOutcome {
        let applied = reading.and_then(|loaded| match without_panic(|| (self.publish_to)(&loaded)).flatten() {
            Ok(()) => Ok(loaded),
            Err(faults) => Err(Unusable { faults, fingerprints: loaded.fingerprints }),
        });
        let outcome = match applied {
            Ok(loaded) => {
                self.seen = loaded.fingerprints.clone();
                self.applied(loaded)
            }
            Err(unusable) => self.refused(unusable),
        };
        self.watch.follow(self.seen.files());
        // Certificates are read while they are applied, and a new folder had no watch until now.
        if !self.seen.are_current() {
            self.trigger_check();
        }
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = outcome.clone();
        outcome
    }

    fn refused(&mut self, Unusable { faults, fingerprints }: Unusable) -> ReloadOutcome {
        // A correction of the faulty files, and a return to the files in force, both count as changes.
        self.seen = fingerprints;
        self.seen.add(self.current.fingerprints.files());
        for fault in &faults.0 {
            tracing::error!("{fault}");
        }
        let count = faults.0.len();
        let word = if count == 1 { "fault" } else { "faults" };
        tracing::error!("{count} {word}; the previous files stay in force");
        self.metrics.reloaded(None, 0.0);
        ReloadOutcome::Refused(faults)
    }

    fn applied(&mut self, loaded: Loaded) -> ReloadOutcome {
        let difference = Difference::between(&self.current.set, &loaded.set).to_string();
        let files = loaded.fingerprints.changed_since(&self.current.fingerprints);
        let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        tracing::info!(credentials = loaded.set.len(), changed = files.join(" "), "reloaded: {difference}");
        for key in self.started.restart_needed(&loaded.settings) {
            tracing::warn!("{key} has changed and takes effect after a restart");
        }
        self.current = loaded;
        self.count_credentials();
        ReloadOutcome::Published(difference)
    }

    fn count_credentials(&self) {
        let enabled = self.current.set.iter().filter(|credential| credential.enabled).count();
        let counts = (enabled, self.current.set.len() - enabled);
        self.metrics.reloaded(Some(counts), self.clock.now().as_second() as f64);
    }
}

/// Turns a panic into a fault: it would end the thread, and with it all reloads. Its message may hold a secret and is
/// not repeated.
fn without_panic<T>(work: impl FnOnce() -> T) -> Result<T, Diagnostics> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        let problem = "claviger panicked while it applied the files; please report this";
        Diagnostic::new(Origin::WHOLE_FILE, "", problem).into()
    })
}

#[cfg(test)]
#[path = "reloader_tests.rs"]
mod tests;
