//! What is linked: THIRD-PARTY.md is current, and it and the bill of materials are equal to what cargo would link.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use super::{checker, read, repository, succeeds};
use crate::support::claviger;

fn licences(arguments: &[&str]) -> String {
    let mut command = Command::new(repository("deploy/package/licences"));
    command.args(arguments).env("CARGO", env!("CARGO")).env("SOURCE_DATE_EPOCH", "1796000000").env("VERSION", "1.2.3");
    succeeds(command).stdout
}

/// Names and versions of what cargo links on the platforms of the packages, this crate left out.
fn linked() -> BTreeSet<(String, String)> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(repository("")).args(["tree", "--locked", "--quiet", "--edges", "normal,no-proc-macro"]);
    command.args(["--prefix", "none", "--format", "{p}"]);
    command.args(["--target", "x86_64-unknown-linux-gnu", "--target", "aarch64-unknown-linux-gnu"]);
    let tree = succeeds(command).stdout;
    let row = |line: &str| {
        let (name, rest) = line.split_once(" v").unwrap();
        (name.to_owned(), rest.split(' ').next().unwrap().to_owned())
    };
    let mut found: BTreeSet<(String, String)> = tree.lines().filter(|line| !line.is_empty()).map(row).collect();
    found.retain(|(name, _)| name != "claviger");
    found
}

#[test]
fn the_licences_are_those_of_what_is_linked() {
    let page = read("THIRD-PARTY.md");
    assert!(page == licences(&["third-party"]), "THIRD-PARTY.md is out of date: make licences");
    let (_, rest) = page.split_once("## Crates\n").unwrap();
    let (table, _) = rest.split_once("\n## ").unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(1);
    let listed: BTreeSet<(String, String)> = rows
        .map(|row| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            (cells[1].to_owned(), cells[2].to_owned())
        })
        .collect();
    assert_eq!(listed, linked());
    let lock = read("Cargo.lock");
    for (name, version) in &listed {
        assert!(lock.contains(&format!("name = \"{name}\"\nversion = \"{version}\"\n")), "{name} {version}");
    }
}

#[test]
fn the_bill_of_materials_is_valid_and_has_the_edges_of_cargo() {
    let program = claviger().get_program().to_str().unwrap().to_owned();
    let text = licences(&["bill-of-materials", &program]);
    let bill: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(bill["metadata"]["component"]["version"], "1.2.3");
    assert_eq!(bill["metadata"]["timestamp"], "2026-11-30T00:53:20Z");

    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("bill.json");
    std::fs::write(&file, &text).unwrap();
    // With the schema of CycloneDX, and of SPDX for the names of licences, which a library of Python has.
    let mut command = checker("python");
    command.arg(repository("tests/it/deploy/bill_of_materials.py")).arg(&file);
    command.arg(format!("{}-unknown-linux-gnu", std::env::consts::ARCH)).env("CARGO", env!("CARGO"));
    succeeds(command);
}
