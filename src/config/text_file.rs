//! Reads files as text.

use std::path::Path;

use super::{Diagnostic, Origin};

/// # Errors
/// When the file cannot be read, or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, Diagnostic> {
    let bytes = std::fs::read(path)
        .map_err(|error| Diagnostic::new(Origin::WHOLE_FILE, "", format!("cannot be read: {error}")))?;
    String::from_utf8(bytes).map_err(|error| {
        let line = 1 + error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|b| **b == b'\n').count();
        let origin = Origin::File { line: u32::try_from(line).unwrap_or(u32::MAX), column: 1 };
        Diagnostic::new(origin, "", "is not valid UTF-8")
    })
}
