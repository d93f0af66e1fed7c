//! The `claviger` program.

use std::process::ExitCode;

#[cfg(not(feature = "system-allocator"))]
mod mimalloc;

#[cfg(not(feature = "system-allocator"))]
#[global_allocator]
static ALLOCATOR: mimalloc::Mimalloc = mimalloc::Mimalloc;

fn main() -> ExitCode {
    claviger::cli::run()
}
