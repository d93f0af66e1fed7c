//! Runs a command and prints the chain of what went wrong.

use std::process::ExitCode;

fn main() -> ExitCode {
    claviger::cli::run()
}
