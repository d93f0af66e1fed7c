//! The examples in config/: they load without a fault, and their schemas are current.

use std::path::{Path, PathBuf};

use crate::support::Run;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config")
}

/// The YAML files of `config` with this prefix.
fn examples(prefix: &str) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let is_example = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with(prefix) && name.ends_with(".yaml")
    };
    files.filter(is_example).collect()
}

fn assert_schema_is_current(file: &Path, schema: &[&str]) {
    let text = std::fs::read_to_string(file).unwrap();
    let first = text.lines().next().unwrap_or_default();
    let name = first.strip_prefix("# yaml-language-server: $schema=");
    let name = name.unwrap_or_else(|| panic!("{}: the first line names no schema: {first}", file.display()));
    let beside = std::fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let printed = Run::within(&folder(), schema).end().stdout;
    let is_current = beside.trim_end() == printed.trim_end();
    assert!(is_current, "config/{name} is not what claviger {} prints", schema.join(" "));
}

#[test]
fn every_example_of_the_settings_loads_without_a_fault() {
    let examples = examples("claviger");
    assert!(!examples.is_empty(), "config holds no example");
    for file in examples {
        let ended = Run::within(&folder(), &["config", "validate", "--config", file.to_str().unwrap()]).end();
        assert_eq!(ended.code, 0, "{}", ended.stderr);
    }
}

#[test]
fn the_schema_of_the_settings_is_current() {
    for file in examples("claviger") {
        assert_schema_is_current(&file, &["config", "schema"]);
    }
}

#[test]
fn the_schema_of_credentials_is_current() {
    for file in examples("credentials") {
        assert_schema_is_current(&file, &["config", "schema", "--credentials"]);
    }
}
