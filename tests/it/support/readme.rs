//! What README.md tells people to type, and what it says that comes back.

use std::path::Path;

/// A command, and what it is said to print.
pub struct Step {
    pub line: String,
    pub printed: Vec<String>,
}

/// The steps under a heading, such as `## The desk`, up to the next one of its level or above.
pub fn steps(heading: &str) -> Vec<Step> {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let level = heading.split(' ').next().unwrap().len();
    let part = readme.split(&format!("\n{heading}\n")).nth(1).unwrap_or_else(|| panic!("README.md lacks {heading}"));
    let is_end = |line: &str| (2..=level).any(|level| line.starts_with(&format!("{} ", "#".repeat(level))));
    let lines = part.lines().take_while(|line| !is_end(line));
    let (mut steps, mut is_console) = (Vec::<Step>::new(), false);
    for line in lines {
        match (line.strip_prefix("```"), line.strip_prefix("$ ")) {
            (Some(kind), _) => is_console = kind == "console",
            (None, Some(line)) if is_console => steps.push(Step { line: line.to_owned(), printed: Vec::new() }),
            (None, _) if is_console => steps.last_mut().unwrap().printed.push(line.to_owned()),
            (None, _) => {}
        }
    }
    steps
}
