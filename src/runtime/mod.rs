//! Threads: their priority, and frees that take long.

mod deferred_drop;
mod threads;

pub use deferred_drop::DeferredDrop;
pub use threads::lower_priority;
