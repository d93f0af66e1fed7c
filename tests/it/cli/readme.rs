//! What README.md tells people to type at the desk, typed, in its order.

use std::path::Path;

use super::client::steady;
use crate::support::{Gate, Run, Step, steps};

/// What README.md calls something, and what it is called here.
#[derive(Default)]
struct Names(Vec<(String, String)>);

impl Names {
    fn here(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (there, here)| text.replace(there, here))
    }

    /// Ids and secrets, wherever the two lines differ by nothing else.
    fn learn(&mut self, there: &str, here: &str) {
        for (there, here) in there.split_whitespace().zip(here.split_whitespace()) {
            if there.len() > 20 && there != here && self.here(there) == there {
                self.0.push((there.to_owned(), here.to_owned()));
            }
        }
    }

    /// Line by line; `…` stands for any number of lines.
    fn compare(&mut self, step: &Step, actual: &str) {
        let mut lines = actual.lines();
        let mut expected = step.printed.iter().peekable();
        while let Some(there) = expected.next() {
            let here = if there == "…" {
                let Some(next) = expected.next() else { return };
                let found = lines.find(|line| steady(line) == steady(next));
                self.learn(next, found.unwrap_or_else(|| panic!("{}: no line is like {next}\n{actual}", step.line)));
                continue;
            } else {
                lines.next().unwrap_or_default()
            };
            assert_eq!(steady(here), steady(there), "{}\n{actual}", step.line);
            self.learn(there, here);
        }
        assert_eq!(lines.next(), None, "{}", step.line);
    }
}

#[test]
fn the_commands_of_the_desk_do_in_their_order_what_the_readme_says() {
    let settings = "scopes: {pay: [{methods: [POST], path: /payments}]}";
    let gate = Gate::before("http://127.0.0.1:9").database("sqlite:claviger.db").settings(settings).start();
    let (mut names, mut variables) = (Names::default(), Vec::new());
    let steps = steps("## The desk");
    assert!(steps.len() > 30, "{}", steps.len());
    for step in &steps {
        if let Some((name, value)) = step.line.strip_prefix("export ").and_then(|line| line.split_once('=')) {
            variables.push((name.to_owned(), names.here(value)));
            continue;
        }
        if step.line.contains("@first.json") {
            let (_, ticket) = names.0.iter().find(|(there, _)| there.len() == 43).unwrap();
            let first =
                serde_json::json!({"ticket": ticket, "email": "ann@example.org", "password": "correct horse 4711"});
            std::fs::write(gate.folder().join("first.json"), first.to_string()).unwrap();
        }
        let line = names.here(&step.line).replace("127.0.0.1:8081", &gate.admin.to_string());
        let run =
            Run::line_on_terminal(gate.folder(), &format!("set -o pipefail; {line}")).variable("SUDO_USER", "ann");
        let ended = variables.iter().fold(run, |run, (name, value)| run.variable(name, value)).end();
        let printed = ended.stdout.replace("\r\n", "\n");
        assert_eq!(ended.code, 0, "{line}\n{printed}");
        assert!(!printed.contains("\"request_id\":\""), "{line}\n{printed}");
        names.compare(step, &printed);
    }
}

#[test]
fn every_command_stands_in_the_readme() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let part = readme.split("\n## Commands\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows: Vec<&str> = part.lines().filter(|line| line.starts_with("| `claviger ")).collect();
    for command in super::commands() {
        let (first, rest) = command.split_first().unwrap();
        let is_told = |row: &&&str| {
            let names = row.split(" | ").next().unwrap().replace(['`', '|', '\\', ','], " ");
            let words: Vec<&str> = names.split_whitespace().collect();
            words.get(1) == Some(&first.as_str()) && rest.iter().all(|word| words.contains(&word.as_str()))
        };
        assert!(rows.iter().find(is_told).is_some(), "{command:?}");
    }
    let help = Run::within(Path::new("/"), &["--help"]).end().stdout;
    let list = help.split("\nCommands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    for line in list.lines().filter(|line| !line.trim_start().starts_with("help ")) {
        assert!(part.contains(line), "{line}");
    }
}
