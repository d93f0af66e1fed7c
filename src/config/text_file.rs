//! Reads files as text.

use std::path::Path;

use super::{Diagnostic, Origin};

/// # Errors
/// When the file cannot be read, or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, Diagnostic> {
    let bytes = std::fs::read(path)
        .map_err(|error| Diagnostic::new(Origin::WHOLE_FILE, "", format!("cannot be read: {error}")))?;
    text_of(bytes)
}

/// UTF-8 without a byte-order mark.
///
/// # Errors
/// When the text is not UTF-8, with the line; Windows editors write UTF-16 too.
pub fn text_of(bytes: Vec<u8>) -> Result<String, Diagnostic> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(Diagnostic::new(Origin::WHOLE_FILE, "", "is UTF-16").hint("save it as UTF-8"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = 1 + error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|b| **b == b'\n').count();
        let origin = Origin::File { line: u32::try_from(line).unwrap_or(u32::MAX), column: 1 };
        Diagnostic::new(origin, "", "is not valid UTF-8")
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_removed_and_utf_16_is_refused() {
        let read = |bytes: &[u8]| text_of(bytes.to_vec()).map_err(|fault| fault.to_string());
        assert_eq!(read(b"\xef\xbb\xbfproxy: {}"), Ok("proxy: {}".into()));
        assert_eq!(read(b"\xff\xfep\0"), Err("is UTF-16; save it as UTF-8".into()));
        assert_eq!(read(b"a\nb\xff"), Err("2:1  is not valid UTF-8".into()));
    }
}
