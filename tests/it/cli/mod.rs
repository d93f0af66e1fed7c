//! Commands of the program: exit code, standard output, standard error.

pub mod account_commands;
mod config;
mod credential_commands;
mod credentials;
pub mod database;
mod explain;
mod faults;
mod file_commands;
mod health;
mod lost_responses;
mod passwords;
mod remote_commands;
mod serve;
mod shells;
mod throttle;
mod tokens;
mod user_commands;
mod webhook_commands;

use tempfile::TempDir;

use crate::support::{Run, credentials};

/// A folder with credentials and settings: `proxy`, `credentials` and what is given.
fn folder_with(settings: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let text = format!(
        "proxy: {{listen: 127.0.0.1:0, upstream: http://127.0.0.1:9}}\ncredentials: {{file: credentials.yaml}}\n{settings}"
    );
    std::fs::write(folder.path().join("claviger.yaml"), text).unwrap();
    std::fs::write(folder.path().join("credentials.yaml"), credentials()).unwrap();
    folder
}

#[test]
fn wrong_usage_exits_with_code_2_and_prints_usage() {
    let folder = TempDir::new().unwrap();
    let wrong: [&[&str]; 11] = [
        &[],
        &["frobnicate"],
        &["serve", "--frobnicate"],
        &["token"],
        &["token", "new", "--prefix", "no spaces"],
        &["config", "validate", "--format", "xml"],
        &["credentials"],
        &["credentials", "import", "x", "--format", "xml"],
        &["database"],
        &["explain", "acme-billing"],
        &["explain", "acme-billing", "GET", "/x", "--from", "nowhere"],
    ];
    for arguments in wrong {
        let ended = Run::within(folder.path(), arguments).end();
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(ended.stderr.contains("--help") || ended.stderr.contains("Usage:"), "{}", ended.stderr);
    }
}

#[test]
fn help_and_version_go_to_standard_output() {
    let folder = TempDir::new().unwrap();
    for arguments in [["--help"], ["--version"], ["help"]] {
        let ended = Run::within(folder.path(), &arguments).end();
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{arguments:?}");
        assert!(ended.stdout.contains("laviger"));
    }
}

/// Names of the commands in a help text, but for `help`: they stand between its usage and its options.
pub fn subcommands(help: &str) -> Vec<&str> {
    let (_, rest) = help.split_once("\nUsage: ").unwrap();
    let list = rest.split("\nOptions:\n").next().unwrap_or_default().lines().skip(1);
    let names = list.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help" && name.starts_with(|letter: char| letter.is_ascii_lowercase())).collect()
}

/// Every leaf command, found by walking the help.
pub fn commands() -> Vec<Vec<String>> {
    let folder = TempDir::new().unwrap();
    let (mut found, mut open) = (Vec::new(), vec![Vec::<String>::new()]);
    while let Some(command) = open.pop() {
        let words: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let ended = Run::within(folder.path(), &words).end();
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{words:?}");
        let names = subcommands(&ended.stdout);
        open.extend(names.iter().map(|name| command.iter().cloned().chain([(*name).to_owned()]).collect()));
        if names.is_empty() {
            found.push(command);
        }
    }
    found
}

#[test]
fn every_command_has_examples_in_its_help() {
    let (folder, commands) = (TempDir::new().unwrap(), commands());
    assert!(commands.len() > 55, "{commands:?}");
    for command in commands {
        let words: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let help = Run::within(folder.path(), &words).end().stdout;
        let examples = help.split("\nExamples:\n").nth(1).unwrap_or_default();
        assert!(examples.contains(&format!("claviger {}", command.join(" "))), "{}\n{help}", command.join(" "));
        // Other users can read the command line.
        for secret in ["--password", "--secret", "--token"] {
            assert!(!help.contains(secret), "{} takes {secret}", command.join(" "));
        }
    }
}
