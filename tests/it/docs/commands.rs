//! docs/reference/commands.md is the help of the program.

use std::path::Path;

use super::keep_current;
use crate::cli::commands;
use crate::support::{Run, book};

const PAGE: &str = "docs/reference/commands.md";

fn help(command: &[String]) -> String {
    let words: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
    let ended = Run::within(Path::new("/"), &words).end();
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{words:?}");
    ended.stdout
}

/// The names below `Commands:`, but for `help`.
fn below(help: &str) -> Vec<String> {
    let list = help.split("\nCommands:\n").nth(1).unwrap_or_default().lines().take_while(|line| !line.is_empty());
    let names = list.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    names.map(str::to_owned).collect()
}

/// A command and those below it, in the order of their help.
fn render(command: &[String], into: &mut String) {
    let help = help(command);
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    let name = ["claviger".to_owned()].iter().chain(command).cloned().collect::<Vec<_>>().join(" ");
    let level = "#".repeat(2 + command.len().saturating_sub(1));
    into.push_str(&format!("{level} {name}\n\n```text\n{}\n```\n\n", lines.join("\n").trim()));
    for name in below(&help) {
        render(&[command, &[name]].concat(), into);
    }
}

#[test]
fn the_page_of_commands_is_the_help_of_the_program() {
    let mut rendered = String::new();
    render(&[], &mut rendered);
    keep_current(PAGE, "commands", &rendered);
}

#[test]
fn every_command_has_a_heading() {
    let page = book::page(PAGE);
    for command in commands() {
        let level = "#".repeat(1 + command.len());
        assert!(page.contains(&format!("\n{level} claviger {}\n", command.join(" "))), "{command:?}");
    }
}

#[test]
fn the_commands_without_a_server_are_those_that_the_page_names() {
    let page = book::page(PAGE);
    let (_, rest) = page.split_once("[running process](../guide/management-api.md#scripts); ").unwrap();
    assert!(rest.starts_with("`admin` goes to the database alone."), "{}", &rest[..80]);
    for (command, has_server) in
        [("admin setup-link", false), ("credential import", true), ("credential export", true), ("audit list", true)]
    {
        let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
        assert_eq!(help(&words).contains("--server"), has_server, "{command}");
    }
}
