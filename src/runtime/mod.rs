//! Background threads and background work.

mod background_work;
mod deferred_drop;

pub use background_work::{BackgroundWork, WorkInFlight};
pub use deferred_drop::DeferredDrop;

/// About 1/9 of the CPU share under contention. A lower priority could starve next to a busy process.
#[cfg(target_os = "linux")]
const LOW_NICE: i32 = 10;

/// Lowers the priority of the calling thread below that of the threads that answer requests, so that no request waits
/// for a hash or a reload. If the call fails, the priority is unchanged.
pub fn lower_priority() {
    // On Linux this sets one thread, despite its name.
    #[cfg(target_os = "linux")]
    let _unchanged = rustix::process::setpriority_process(Some(rustix::thread::gettid()), LOW_NICE);
}
