//! The parts of pages that are made from the program, between `<!-- generated: NAME -->` and `<!-- end -->`.

use crate::support::book::{file, page};

/// The part of this name is what the program says now. With `UPDATE_DOCS=1` in the environment, the page is rewritten.
pub fn keep_current(path: &str, name: &str, rendered: &str) {
    let (text, start) = (page(path), format!("<!-- generated: {name} -->\n"));
    let (head, rest) = text.split_once(&start).unwrap_or_else(|| panic!("{path} has no line {start}"));
    let (part, tail) = rest.split_once("<!-- end -->").unwrap_or_else(|| panic!("{path}: {name} has no end"));
    let wanted = format!("\n{}\n\n", rendered.trim());
    if part == wanted {
        return;
    }
    #[expect(clippy::disallowed_methods, reason = "the switch is for the person who runs the tests")]
    let is_update = std::env::var("UPDATE_DOCS").is_ok_and(|value| value == "1");
    if is_update {
        return std::fs::write(file(path), format!("{head}{start}{wanted}<!-- end -->{tail}")).unwrap();
    }
    let differing = part.lines().zip(wanted.lines()).find(|(there, here)| there != here);
    let (there, here) = differing.unwrap_or(("fewer or more lines", ""));
    panic!(
        "{path} is out of date: UPDATE_DOCS=1 cargo test --test it -- docs:: telemetry::metrics writes it again\n- {there}\n+ {here}"
    );
}
