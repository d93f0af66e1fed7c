//! What a command says: results on standard output, everything else on standard error.

use std::io::{ErrorKind, IsTerminal, Write};

use crate::config::Diagnostics;

/// A result, alone on its line.
///
/// # Errors
/// When nobody reads it.
pub(super) fn say(text: impl AsRef<str>) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{}", text.as_ref())?;
    Ok(())
}

/// True when a program reads what is said, or wants to: JSON then, otherwise a table.
pub(super) fn is_for_programs(json: bool) -> bool {
    json || !std::io::stdout().is_terminal()
}

/// What others have written, without anything that a terminal would obey.
pub(super) fn harmless(text: &str) -> String {
    let is_obeyed =
        |letter: char| letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|letter| if is_obeyed(letter) { '\u{fffd}' } else { letter }).collect()
}

/// The last of the reasons, which is the first.
pub(super) fn cause(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(inner) = last.source() {
        last = inner;
    }
    harmless(&last.to_string())
}

/// Something for people, beside the result.
pub(super) fn remark(text: impl AsRef<str>) {
    // Without anybody to read it, it need not be said.
    let _unread = writeln!(std::io::stderr().lock(), "{}", text.as_ref());
}

/// Why a command has failed: faults a line each, anything else as a chain.
pub(super) fn complain(error: &anyhow::Error) {
    match error.downcast_ref::<Diagnostics>() {
        Some(faults) => {
            let count = faults.0.len();
            remark(format!("{faults}\n{count} fault{}", if count == 1 { "" } else { "s" }));
        }
        None => remark(format!("claviger: {error:#}")),
    }
}

pub(super) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
