//! The cost of a database, and the delay of its changes: `cargo bench --bench database -- fleet` (about 6
//! minutes) or `million` (about 10). Needs the programs of a PostgreSQL server, as the tests do.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on has failed; its figures are for people"
)]

mod fleet;
mod million;
mod records;
#[expect(dead_code, unused_imports, reason = "shared with the tests, which use more of it")]
#[path = "../../tests/it/support/mod.rs"]
mod support;
mod wire;

fn main() {
    let chosen: Vec<String> = arguments();
    let all = ["fleet", "million"];
    let is_chosen = |name: &str| chosen.is_empty() || chosen.iter().any(|each| each == name);
    for name in all.into_iter().filter(|name| is_chosen(name)) {
        match name {
            "fleet" => fleet::run(),
            _ => million::run(),
        }
    }
}

/// Without the arguments that cargo adds.
fn arguments() -> Vec<String> {
    std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect()
}
