//! The files of `deploy`, run or checked by the programs that read them.

mod booted;
mod compose;
mod container;
mod forward_auth;
mod helm;
mod install;
mod kubernetes;
mod kustomize;
mod licences;
mod nginx;
mod package;
mod package_booted;
mod readme;
mod systemd;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{Ended, Run};

/// A file or folder of this repository.
fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A file or folder of `deploy`.
fn shipped(path: &str) -> PathBuf {
    repository("deploy").join(path)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(repository(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The documents of a YAML file.
fn documents(text: &str) -> Vec<Value> {
    let parse = |document: &str| serde_yaml::from_str(document).unwrap_or_else(|error| panic!("{error}\n{document}"));
    text.split("\n---\n").map(parse).collect()
}

/// A program of the Python registry; `make test` installs them in target/manifests.
fn checker(name: &str) -> Command {
    let program = repository("target/manifests/bin").join(name);
    assert!(program.exists(), "make test installs {name} in target/manifests");
    Command::new(program)
}

fn succeeds(command: Command) -> Ended {
    let line = format!("{command:?}");
    let ended = Run::of(command).end();
    assert_eq!(ended.code, 0, "{line}\n{}\n{}", ended.stdout, ended.stderr);
    ended
}

/// Settings with what they name beside them are ones that the program would start with.
fn validates(files: &[(&str, &str)], variables: &[(&str, &str)]) {
    let folder = tempfile::TempDir::new().unwrap();
    for (name, text) in files {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    let run = Run::within(folder.path(), &["config", "validate", "--config", "claviger.yaml"]);
    let ended = variables.iter().fold(run, |run, (name, value)| run.variable(name, value)).end();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}
