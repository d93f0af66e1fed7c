//! Signals that end the demo before the server handles them: its folder must not stay behind.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The main thread may write a file while the folder is removed.
const MAX_REMOVALS: u32 = 50;
const REMOVAL_INTERVAL: Duration = Duration::from_millis(10);

/// Receives signals from the beginning, also before [`Self::remove_at_end`].
pub(super) struct EarlySignals {
    runtime: Runtime,
    terminate: Signal,
    interrupt: Signal,
}

/// Until it is dropped, a signal removes the folder and ends the process.
pub(super) struct EarlyEnd(Arc<AtomicBool>);

impl EarlySignals {
    pub(super) fn open() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let (terminate, interrupt) = {
            let _entered = runtime.enter();
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
        };
        Ok(Self { runtime, terminate, interrupt })
    }

    pub(super) fn remove_at_end(self, folder: PathBuf) -> std::io::Result<EarlyEnd> {
        let Self { runtime, mut terminate, mut interrupt } = self;
        let is_disarmed = Arc::new(AtomicBool::new(false));
        let end = EarlyEnd(Arc::clone(&is_disarmed));
        let wait = async move {
            tokio::select! {
                _ = terminate.recv() => SignalKind::terminate(),
                _ = interrupt.recv() => SignalKind::interrupt(),
            }
        };
        std::thread::Builder::new().name("demo-signals".into()).spawn(move || {
            let kind = runtime.block_on(wait);
            if is_disarmed.load(Ordering::Acquire) {
                return;
            }
            for _ in 0..MAX_REMOVALS {
                if std::fs::remove_dir_all(&folder).is_ok() {
                    break;
                }
                std::thread::sleep(REMOVAL_INTERVAL);
            }
            // As a shell reports a process that a signal has ended.
            std::process::exit(128 + kind.as_raw_value());
        })?;
        Ok(end)
    }
}

impl Drop for EarlyEnd {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}
