//! The `claviger` program.

use std::process::ExitCode;

#[cfg(not(feature = "system-allocator"))]
mod allocator;

#[cfg(not(feature = "system-allocator"))]
#[global_allocator]
static ALLOCATOR: allocator::Allocator = allocator::Allocator;

fn main() -> ExitCode {
    claviger::cli::run()
}
