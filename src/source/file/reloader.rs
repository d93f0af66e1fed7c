//! Reads the files again when they change, and puts a good reading in force. A bad one changes nothing.

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
use crate::clock::Clock;
use crate::config::{Diagnostic, Diagnostics, Origin, Settings};
use crate::runtime::lower_priority;
use crate::source::{Difference, Loaded, Loader};
use crate::telemetry::Metrics;

/// Quiet time after an event: writers often truncate first and write then.
const SETTLE: Duration = Duration::from_millis(80);
/// But a folder that is never quiet does not keep changes out.
const SETTLE_AT_MOST: Duration = Duration::from_secs(2);
/// A bad reading is looked at once more after this, in case it was half of one.
const SECOND_LOOK: Duration = Duration::from_millis(300);
/// How often files are looked at where events may be missing.
const LOOK: Duration = Duration::from_secs(5);

/// What became of a reload.
#[derive(Debug, Clone)]
pub enum ReloadOutcome {
    /// The new set is in force; in words what changed.
    Published(String),
    /// The old set stays in force.
    Refused(Diagnostics),
}

/// Puts a reading in force.
pub type Publish = Box<dyn FnMut(&Loaded) -> Result<(), Diagnostics> + Send>;

enum Trigger {
    Change(Change),
    Request(oneshot::Sender<ReloadOutcome>),
    Stop,
}

/// Asks for a reload and waits for its outcome.
#[derive(Clone)]
pub struct ReloadHandle {
    triggers: Sender<Trigger>,
    last: Arc<Mutex<ReloadOutcome>>,
}

impl ReloadHandle {
    /// Reads the files again now.
    pub async fn reload(&self) -> ReloadOutcome {
        let (answer, outcome) = oneshot::channel();
        let stopped = || ReloadOutcome::Refused(Diagnostic::new(Origin::WHOLE_FILE, "", "claviger is stopping").into());
        if self.triggers.send(Trigger::Request(answer)).is_err() {
            return stopped();
        }
        outcome.await.unwrap_or_else(|_| stopped())
    }

    /// What became of the last one.
    pub fn last(&self) -> ReloadOutcome {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends the reloader.
    pub fn stop(&self) {
        let _stopped = self.triggers.send(Trigger::Stop);
    }
}

/// The thread that reloads.
pub struct Reloader {
    loader: Loader,
    started: Settings,
    current: Loaded,
    publish_to: Publish,
    metrics: Arc<Metrics>,
    clock: Clock,
    triggers: Sender<Trigger>,
    /// Of every file that may change what is in force, as it was when it was read last.
    seen: Fingerprints,
    watch: Watch,
    last: Arc<Mutex<ReloadOutcome>>,
}

impl Reloader {
    /// Starts watching. `current` is in force already.
    ///
    /// # Errors
    /// When the system gives no thread.
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
        reloader.record_published();
        reloader.watch.follow(reloader.seen.files());
        // What changed between the first reading and the watch; looked at like any change, once it is finished.
        reloader.look_again();
        std::thread::Builder::new().name("reload".into()).spawn(move || {
            lower_priority();
            reloader.run(&inbox);
        })?;
        Ok(handle)
    }

    fn look_again(&self) {
        let unknown = Change { files: Vec::new(), is_unfinished: false };
        // The thread of this reloader is the one that reads it.
        let _read_by_us = self.triggers.send(Trigger::Change(unknown));
    }

    fn run(mut self, inbox: &Receiver<Trigger>) {
        loop {
            match inbox.recv_timeout(LOOK) {
                Ok(Trigger::Change(first)) => {
                    if self.settle(&first, inbox) {
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
                    // Whoever asked may have gone.
                    let _gone = answer.send(outcome);
                }
                Ok(Trigger::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Waits until nothing changes any more and nobody has a file of ours open for writing: the beginning
    /// of a list is a list too. Answers requests on the way. True when it is time to stop.
    fn settle(&mut self, first: &Change, inbox: &Receiver<Trigger>) -> bool {
        let start = Instant::now();
        let mut open = HashSet::new();
        self.note_open(first, &mut open);
        while start.elapsed() < SETTLE_AT_MOST {
            match inbox.recv_timeout(SETTLE) {
                Ok(Trigger::Change(change)) => self.note_open(&change, &mut open),
                Ok(Trigger::Request(answer)) => {
                    let _gone = answer.send(self.reload());
                }
                Ok(Trigger::Stop) | Err(RecvTimeoutError::Disconnected) => return true,
                Err(RecvTimeoutError::Timeout) if open.is_empty() => return false,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        false
    }

    /// Keeps the names of our files that are open for writing.
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
        std::thread::sleep(SECOND_LOOK);
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
            // Nobody knows what was read; these are not to be tried again before they change.
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
                self.published(loaded)
            }
            Err(unusable) => self.refused(unusable),
        };
        self.watch.follow(self.seen.files());
        // Certificates are read as they are put in force, and a folder that is new has had no watch so far.
        if !self.seen.are_current() {
            self.look_again();
        }
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = outcome.clone();
        outcome
    }

    fn refused(&mut self, Unusable { faults, fingerprints }: Unusable) -> ReloadOutcome {
        // Mending what was tried is what has to be noticed now, and so is going back.
        self.seen = fingerprints;
        self.seen.add(self.current.fingerprints.files());
        for fault in &faults.0 {
            tracing::error!("{fault}");
        }
        let count = faults.0.len();
        let word = if count == 1 { "fault" } else { "faults" };
        tracing::error!("{count} {word}; the last good set stays in force");
        self.metrics.reloaded(None, 0.0);
        ReloadOutcome::Refused(faults)
    }

    fn published(&mut self, loaded: Loaded) -> ReloadOutcome {
        let difference = Difference::between(&self.current.set, &loaded.set).to_string();
        let files = loaded.fingerprints.changed_since(&self.current.fingerprints);
        let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        tracing::info!(credentials = loaded.set.len(), changed = files.join(" "), "reloaded: {difference}");
        for key in self.started.restart_needed(&loaded.settings) {
            tracing::warn!("{key} has changed and takes effect after a restart");
        }
        self.current = loaded;
        self.record_published();
        ReloadOutcome::Published(difference)
    }

    fn record_published(&self) {
        let enabled = self.current.set.iter().filter(|credential| credential.enabled).count();
        let counts = (enabled, self.current.set.len() - enabled);
        self.metrics.reloaded(Some(counts), self.clock.now().as_second() as f64);
    }
}

/// A panic would end the thread, and with it all reloads, unnoticed. What it leaves half done is replaced as a
/// whole by the next reading. Its message is printed by the hook, and not repeated: it may hold anything.
fn without_panic<T>(work: impl FnOnce() -> T) -> Result<T, Diagnostics> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        let problem = "claviger has failed over it (a panic); please report this";
        Diagnostic::new(Origin::WHOLE_FILE, "", problem).into()
    })
}

#[cfg(test)]
#[path = "reloader_tests.rs"]
mod tests;
