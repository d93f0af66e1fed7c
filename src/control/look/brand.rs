use std::io::Read as _;
use std::path::Path;

use crate::config::{Colour, Diagnostic, Origin, raw};

const MAX_LOGO_BYTES: usize = 100 * 1024;

/// The provider, as pages name it.
pub(in crate::control) struct Brand {
    pub(in crate::control) name: String,
    pub(super) logo: Option<Logo>,
    pub(super) colour: Option<Colour>,
    pub(in crate::control) support: Option<Contact>,
    pub(in crate::control) privacy_url: Option<String>,
    pub(in crate::control) imprint_url: Option<String>,
}

pub(super) struct Logo {
    pub(super) bytes: Vec<u8>,
    pub(super) kind: LogoKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LogoKind {
    Png,
    Svg,
}

/// Where to ask for help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::control) struct Contact {
    pub(in crate::control) text: String,
    /// `None` for a sentence.
    pub(in crate::control) link: Option<String>,
}

impl Brand {
    /// # Errors
    /// For a logo that cannot be read, is too large, or is neither PNG nor SVG.
    pub(super) fn load(settings: &raw::Brand) -> Result<Self, Diagnostic> {
        let logo = settings.logo.as_deref().map(Logo::read).transpose();
        let logo = logo.map_err(|problem| Diagnostic::new(Origin::WHOLE_FILE, "console.brand.logo", problem))?;
        Ok(Self {
            name: settings.name.clone(),
            logo,
            colour: settings.colour.as_ref().map(|colour| colour.0),
            support: settings.support.as_deref().map(Contact::new),
            privacy_url: settings.privacy_url.as_ref().map(|url| url.0.0.clone()),
            imprint_url: settings.imprint_url.as_ref().map(|url| url.0.0.clone()),
        })
    }

    /// The first letter of the name, where there is no logo.
    pub(in crate::control) fn initial(&self) -> String {
        self.name.chars().next().unwrap_or('C').to_uppercase().collect()
    }
}

impl Default for Brand {
    fn default() -> Self {
        let raw::Brand { name, .. } = raw::Brand::default();
        Self { name, logo: None, colour: None, support: None, privacy_url: None, imprint_url: None }
    }
}

impl Logo {
    fn read(path: &Path) -> Result<Self, String> {
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path);
        file.and_then(|file| file.take(MAX_LOGO_BYTES as u64 + 1).read_to_end(&mut bytes))
            .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        if bytes.len() > MAX_LOGO_BYTES {
            return Err(format!("{} has more than {MAX_LOGO_BYTES} bytes", path.display()));
        }
        let is_svg = || std::str::from_utf8(&bytes).is_ok_and(|text| text.contains("<svg"));
        let kind = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            LogoKind::Png
        } else if is_svg() {
            LogoKind::Svg
        } else {
            return Err(format!("{} is neither PNG nor SVG", path.display()));
        };
        Ok(Self { bytes, kind })
    }
}

impl Contact {
    fn new(text: &str) -> Self {
        let is_address = text.contains('@') && !text.contains(char::is_whitespace);
        let is_url = text.starts_with("https://") || text.starts_with("http://");
        let link = if is_address {
            Some(format!("mailto:{text}"))
        } else {
            (is_url && !text.contains(char::is_whitespace)).then(|| text.to_owned())
        };
        Self { text: text.to_owned(), link }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_an_address_a_link_or_a_sentence() {
        let link = |text| Contact::new(text).link;
        assert_eq!(link("help@example.org").as_deref(), Some("mailto:help@example.org"));
        assert_eq!(link("https://example.org/help").as_deref(), Some("https://example.org/help"));
        assert_eq!(link("javascript:alert(1)"), None);
        assert_eq!(link("call 112 or write to help@example.org"), None);
    }

    #[test]
    fn a_logo_is_a_small_image() {
        let folder = tempfile::tempdir().unwrap();
        let read = |bytes: &[u8]| {
            std::fs::write(folder.path().join("logo"), bytes).unwrap();
            Logo::read(&folder.path().join("logo")).map(|logo| logo.kind)
        };
        assert_eq!(read(b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), Ok(LogoKind::Svg));
        assert_eq!(read(b"\x89PNG\r\n\x1a\n.."), Ok(LogoKind::Png));
        assert!(read(b"<html>").unwrap_err().contains("neither PNG nor SVG"));
        assert!(read(&vec![b' '; MAX_LOGO_BYTES + 1]).unwrap_err().contains("more than 102400 bytes"));
        assert!(Logo::read(&folder.path().join("nowhere")).is_err());
    }
}
