//! Threads that work for long, beside those that answer.

/// A ninth of what others get where there is not enough for all; lower, and they would starve beside a busy
/// neighbour.
#[cfg(target_os = "linux")]
const LOW: i32 = 10;

/// Lets the calling thread come behind those that answer requests, from now on. Whoever brings a token must not wait
/// for a hash or for the reading of a file. Where the system refuses, it does as it did.
pub fn lower_priority() {
    // Of this thread alone, though its name says process.
    #[cfg(target_os = "linux")]
    let _refused = rustix::process::setpriority_process(Some(rustix::thread::gettid()), LOW);
}
