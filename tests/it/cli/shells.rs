//! Shell completions and manual pages.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::commands;
use crate::support::{Ended, Run};

#[test]
fn completion_scripts_parse_in_their_shells() {
    let folder = TempDir::new().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let ended = Run::within(folder.path(), &["completions", shell]).end();
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
        assert!(ended.stdout.contains("end-overlap"), "{shell}");
        let file = folder.path().join(shell);
        std::fs::write(&file, ended.stdout).unwrap();
        if let Some(checked) = checked(shell, &file) {
            assert_eq!((checked.code, checked.stderr.as_str()), (0, ""), "{shell}");
        }
    }
    assert_eq!(Run::within(folder.path(), &["completions", "tcsh"]).end().code, 2);
}

/// `None` where the shell is not installed.
fn checked(shell: &str, file: &Path) -> Option<Ended> {
    Command::new(shell).arg("--version").output().ok()?;
    let mut command = Command::new(shell);
    command.arg("-n").arg(file);
    Some(Run::of(command).end())
}

#[test]
fn bash_completes_commands_and_values() {
    let folder = TempDir::new().unwrap();
    let script = Run::within(folder.path(), &["completions", "bash"]).end().stdout;
    std::fs::write(folder.path().join("claviger.bash"), script).unwrap();
    for (words, expected) in [
        ("claviger cre", "credential"),
        ("claviger credential en", "enable\nend-overlap"),
        ("claviger user create --role own", "owner"),
        ("claviger credential list --state c", "cleared"),
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        let line = format!(
            "source ./claviger.bash; COMP_WORDS=({}); COMP_CWORD={}; _claviger claviger '{}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\" | sort",
            words.join(" "),
            words.len() - 1,
            words[words.len() - 1],
            words[words.len() - 2]
        );
        let mut bash = Command::new("bash");
        bash.current_dir(folder.path()).args(["--norc", "-c", &line]);
        assert_eq!(Run::of(bash).end().stdout, format!("{expected}\n"), "{words:?}");
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = TempDir::new().unwrap();
    let ended = Run::within(folder.path(), &["man", "pages/man1"]).end();
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (0, "", "wrote the pages to pages/man1\n"));
    for command in commands() {
        let page = folder.path().join("pages/man1").join(format!("claviger-{}.1", command.join("-")));
        let text = std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        assert!(text.contains("Examples:"), "{}", page.display());
    }
    std::fs::write(folder.path().join("file"), "").unwrap();
    let refused = Run::within(folder.path(), &["man", "file/man1"]).end();
    assert!(refused.code == 1 && refused.stderr.contains("file/man1: Not a directory"), "{}", refused.stderr);
}
