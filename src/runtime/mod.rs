//! Background threads and background work.

mod background_work;
mod deferred_drop;

pub use background_work::{BackgroundWork, WorkInFlight};
pub use deferred_drop::DeferredDrop;

/// How far a thread gives way to those that answer requests at the gate. A lower priority could starve next to a busy
/// process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LowPriority {
    /// Hashes and reloads: about a ninth of the CPU under contention.
    Background,
    /// People wait for it: about a quarter.
    Console,
}

/// Lowers the priority of the calling thread, and of the threads that it starts. If the call fails, the priority is
/// unchanged.
pub fn lower_priority(to: LowPriority) {
    let nice = match to {
        LowPriority::Background => 10,
        LowPriority::Console => 5,
    };
    // On Linux this sets one thread, despite its name.
    #[cfg(target_os = "linux")]
    let _unchanged = rustix::process::setpriority_process(Some(rustix::thread::gettid()), nice);
    #[cfg(not(target_os = "linux"))]
    let _not_here: i32 = nice;
}
