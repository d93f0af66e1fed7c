//! The cost of attacks for other callers. `cargo bench --bench hostile`, or one of them: `-- slow`, `-- hashes`,
//! `-- junk`, `-- timing`, `-- memory`, `-- uploads`.
//!
//! What is measured with and without an attack is measured in turns, and reported as a ratio: times of two
//! machines, or of two hours, cannot be compared.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench that cannot go on has failed"
)]

mod hashes;
mod junk;
mod measure;
mod memory;
mod slow;
#[expect(dead_code, reason = "upgrades are for the other bench")]
#[path = "../support/mod.rs"]
mod support;
mod timing;
mod uploads;

fn main() {
    let benches: [(&str, fn()); 6] = [
        ("slow", slow::run),
        ("hashes", hashes::run),
        ("junk", junk::run),
        ("timing", timing::run),
        ("memory", memory::run),
        ("uploads", uploads::run),
    ];
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    for (name, run) in benches {
        if wanted.is_empty() || wanted.iter().any(|one| one == name) {
            println!("{name}:");
            run();
        }
    }
}
