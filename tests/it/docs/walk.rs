//! The commands of a page, run in their order on a terminal. What they print is compared with the page.

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

use crate::cli::account_commands::steady;
use crate::support::{Gate, Run, Step, claviger};

/// A page on its way: where it is, and what its ids, secrets and addresses are here.
pub struct Walk {
    folder: Arc<TempDir>,
    names: Vec<(String, String)>,
    variables: Vec<(String, String)>,
    gate: Option<Gate>,
}

impl Walk {
    pub fn within(folder: impl Into<Arc<TempDir>>) -> Self {
        Self { folder: folder.into(), names: Vec::new(), variables: Vec::new(), gate: None }
    }

    /// Uses `here` wherever the page has `there`.
    pub fn name(&mut self, there: &str, here: &str) {
        self.names.push((there.to_owned(), here.to_owned()));
    }

    /// Sets a variable of the environment.
    pub fn variable(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What the page calls something, and what it is called here.
    pub fn here(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (there, here)| text.replace(there, here))
    }

    /// Runs every step; each ends with code 0.
    pub fn run(&mut self, steps: &[Step]) {
        for step in steps {
            self.step(step, 0);
        }
    }

    /// Runs one step, which ends with this code; what it prints.
    pub fn step(&mut self, step: &Step, code: i32) -> String {
        if let Some((name, value)) = step.line.strip_prefix("export ").and_then(|line| line.split_once('=')) {
            let value = self.here(value);
            self.variable(name, &value);
            return String::new();
        }
        if step.line.starts_with("claviger serve") {
            self.serve(step);
            return String::new();
        }
        let line = self.here(&step.line);
        let run =
            Run::line_on_terminal(self.folder(), &format!("set -o pipefail; {line}")).variable("SUDO_USER", "ann");
        let ended = self.variables.iter().fold(run, |run, (name, value)| run.variable(name, value)).end();
        // curl writes the names of headers in bold.
        let printed = ended.stdout.replace("\r\n", "\n").replace("\x1b[1m", "").replace("\x1b[0m", "");
        assert_eq!(ended.code, code, "{line}\n{printed}");
        self.compare(step, &printed);
        printed
    }

    /// Starts a process on ports that the system picks, and uses its addresses in place of the default ones.
    fn serve(&mut self, step: &Step) {
        let line = self.here(&step.line);
        let mut command = claviger();
        command.current_dir(self.folder()).args(line.split(' ').skip(1));
        command.env("CLAVIGER__PROXY__LISTEN", "127.0.0.1:0").env("CLAVIGER__ADMIN__LISTEN", "127.0.0.1:0");
        command.env("CLAVIGER__CONSOLE__LISTEN", "127.0.0.1:0");
        let gate = Gate::launch(&mut command, self.folder.clone());
        self.name("127.0.0.1:8080", &gate.address.to_string());
        self.name("127.0.0.1:8081", &gate.admin.to_string());
        self.name("127.0.0.1:8083", &gate.console.to_string());
        self.gate = Some(gate);
    }

    /// Line by line; `…` stands for any number of lines.
    fn compare(&mut self, step: &Step, actual: &str) {
        // Elsewhere a digest is of something that the page names, and is the same.
        let is_drawn = step.line.starts_with("claviger token new");
        let steady = |line: &str| {
            let line = without_fraction(line);
            if is_drawn { steady(&without_digest(&line)) } else { steady(&line) }
        };
        // Commands print the configured port; here the system picks one.
        let actual = &actual.replace("http://127.0.0.1:0/", &self.here("http://127.0.0.1:8083/"));
        let mut lines = actual.lines();
        let mut expected = step.printed.iter().peekable();
        while let Some(there) = expected.next() {
            let here = if there == "…" {
                let Some(next) = expected.next() else { return };
                let wanted = steady(&self.here(next));
                let found = lines.find(|line| steady(line) == wanted);
                self.learn(next, found.unwrap_or_else(|| panic!("{}: no line is like {next}\n{actual}", step.line)));
                continue;
            } else {
                lines.next().unwrap_or_default()
            };
            assert_eq!(steady(here), steady(&self.here(there)), "{}\n{actual}", step.line);
            self.learn(there, here);
        }
        assert_eq!(lines.next(), None, "{}", step.line);
    }

    /// Ids and secrets, wherever two lines differ by nothing else.
    fn learn(&mut self, there: &str, here: &str) {
        let words = |line: &'_ str| {
            line.split([' ', '/']).filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        for (there, here) in words(there).iter().map(String::as_str).zip(words(here).iter().map(String::as_str)) {
            if there.len() > 20 && there != here && self.here(there) == there {
                self.name(there, here);
            }
        }
    }
}

/// The last word without the fraction of its seconds, which has as many digits as it needs.
fn without_fraction(line: &str) -> String {
    let whole = line.strip_suffix('Z').and_then(|line| line.rsplit_once('.'));
    let whole = whole.filter(|(_, digits)| digits.bytes().all(|digit| digit.is_ascii_digit()));
    whole.map_or_else(|| line.to_owned(), |(before, _)| format!("{before}Z"))
}

fn without_digest(line: &str) -> String {
    line.split_once("sha256:").map_or_else(|| line.to_owned(), |(before, digest)| format!("{before}{}", digest.len()))
}
