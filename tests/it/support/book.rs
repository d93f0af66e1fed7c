//! The documentation as tests read it: README.md and the pages of docs/, and the commands in their console blocks.

use std::path::{Path, PathBuf};

/// A command of a console block, and the lines that the page shows below it.
pub struct Step {
    pub line: String,
    pub printed: Vec<String>,
}

/// A file by its path within the repository.
pub fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The text of a page by its path within the repository, such as `docs/guide/install.md`.
pub fn page(path: &str) -> String {
    std::fs::read_to_string(file(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The paths of README.md and of every page of docs/, sorted.
pub fn pages() -> Vec<String> {
    let mut found = pages_within("docs");
    found.push("README.md".to_owned());
    found.sort();
    found
}

/// The paths of every page below a folder, sorted.
pub fn pages_within(folder: &str) -> Vec<String> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(file(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if Path::new(&path).extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The part of a page under a heading, such as `## First request`, up to the next heading of its level or above.
pub fn section(path: &str, heading: &str) -> String {
    let level = heading.split(' ').next().unwrap().len();
    let text = page(path);
    let (_, part) =
        text.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("{path} has no heading {heading}"));
    let (mut lines, mut is_code) = (Vec::new(), false);
    for line in part.lines() {
        is_code ^= line.starts_with("```");
        if !is_code && (1..=level).any(|level| line.starts_with(&format!("{} ", "#".repeat(level)))) {
            break;
        }
        lines.push(line);
    }
    lines.join("\n")
}

/// The commands of a page, or of a part of one, in their order.
pub fn steps(text: &str) -> Vec<Step> {
    let (mut steps, mut is_console) = (Vec::<Step>::new(), false);
    for line in text.lines() {
        match (line.strip_prefix("```"), line.strip_prefix("$ ")) {
            (Some(kind), _) => is_console = kind == "console",
            (None, Some(line)) if is_console => steps.push(Step { line: line.to_owned(), printed: Vec::new() }),
            (None, _) if is_console => steps.last_mut().unwrap().printed.push(line.to_owned()),
            (None, _) => {}
        }
    }
    steps
}

/// The first block of this kind, such as `yaml`.
pub fn block(text: &str, kind: &str) -> String {
    let (_, rest) = text.split_once(&format!("\n```{kind}\n")).unwrap_or_else(|| panic!("there is no {kind} block"));
    rest.split_once("\n```").unwrap().0.to_owned() + "\n"
}
