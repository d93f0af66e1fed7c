//! Output of commands: results on standard output, everything else on standard error.

use std::io::{ErrorKind, IsTerminal, Write};

use crate::config::Diagnostics;

/// Writes a result as a line of standard output.
///
/// # Errors
/// When standard output is closed.
pub(super) fn print(text: impl AsRef<str>) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{}", text.as_ref())?;
    Ok(())
}

/// Writes a line for people to standard error.
pub(super) fn note(text: impl AsRef<str>) {
    // A command does not fail because standard error is closed.
    let _unread = writeln!(std::io::stderr().lock(), "{}", text.as_ref());
}

/// True when the output is JSON: with `--json`, or when standard output is not a terminal.
pub(super) fn is_json(json: bool) -> bool {
    json || !std::io::stdout().is_terminal()
}

/// Replaces control and bidirectional characters, which a terminal would interpret, in text that others wrote.
pub(super) fn sanitize(text: &str) -> String {
    let is_interpreted =
        |letter: char| letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|letter| if is_interpreted(letter) { '\u{fffd}' } else { letter }).collect()
}

/// The end of the source chain.
pub(super) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut root = error;
    while let Some(source) = root.source() {
        root = source;
    }
    sanitize(&root.to_string())
}

/// Writes why a command failed: diagnostics a line each, anything else as a chain.
pub(super) fn report(error: &anyhow::Error) {
    match error.downcast_ref::<Diagnostics>() {
        Some(faults) => note(format!("{faults}\n{}", counted(faults.0.len(), "fault"))),
        None => note(format!("claviger: {error:#}")),
    }
}

pub(super) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// "1 fault", "2 faults"
pub(super) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
