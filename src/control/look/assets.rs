//! Stylesheet, script, and the colours and logo of the brand. Their addresses have a digest, so that browsers keep them
//! for ever.

use std::borrow::Cow;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::brand::{Brand, LogoKind};
use crate::control::web::html_escape::Text;

/// The path below which they are.
pub(in crate::control) const ASSETS: &str = "/assets";

const STYLESHEET: &str = include_str!("../console/assets/console.css");
const SCRIPT: &str = include_str!("../console/assets/console.js");

pub(in crate::control) struct Assets {
    pub(in crate::control) stylesheet: Asset,
    pub(in crate::control) script: Asset,
    pub(in crate::control) colours: Asset,
    pub(in crate::control) logo: Option<Asset>,
    /// The mark of the browser's tab.
    pub(in crate::control) icon: Asset,
}

pub(in crate::control) struct Asset {
    /// `/assets/DIGEST/NAME`
    pub(in crate::control) path: String,
    pub(in crate::control) content_type: &'static str,
    pub(in crate::control) bytes: Cow<'static, [u8]>,
}

impl Assets {
    pub(super) fn new(brand: &Brand) -> Self {
        let logo = brand.logo.as_ref().map(|logo| {
            let (name, content_type) = match logo.kind {
                LogoKind::Png => ("logo.png", "image/png"),
                LogoKind::Svg => ("logo.svg", "image/svg+xml"),
            };
            Asset::new(name, content_type, logo.bytes.clone())
        });
        Self {
            stylesheet: Asset::new("console.css", "text/css; charset=utf-8", STYLESHEET.as_bytes()),
            script: Asset::new("console.js", "text/javascript; charset=utf-8", SCRIPT.as_bytes()),
            colours: Asset::new("brand.css", "text/css; charset=utf-8", colours(brand).into_bytes()),
            logo,
            icon: Asset::new("icon.svg", "image/svg+xml", icon(brand).into_bytes()),
        }
    }

    pub(in crate::control) fn find(&self, path: &str) -> Option<&Asset> {
        let all =
            [Some(&self.stylesheet), Some(&self.script), Some(&self.colours), self.logo.as_ref(), Some(&self.icon)];
        all.into_iter().flatten().find(|asset| asset.path == path)
    }
}

impl Asset {
    fn new(name: &str, content_type: &'static str, bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        let bytes = bytes.into();
        let digest = Sha256::digest(&bytes);
        let digest = digest[..8].iter().fold(String::new(), |mut text, byte| {
            // Writing to a String cannot fail.
            let _infallible = write!(text, "{byte:02x}");
            text
        });
        Self { path: format!("{ASSETS}/{digest}/{name}"), content_type, bytes }
    }
}

/// The first letter of the name on the colour of the brand.
fn icon(brand: &Brand) -> String {
    let colour = brand.colour.map_or_else(|| "#0b5fff".to_owned(), |colour| colour.to_string());
    let ink = brand.colour.map_or_else(|| "#fff".to_owned(), |colour| colour.ink().to_string());
    let letter = brand.initial();
    let letter = Text(&letter);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\"><rect width=\"32\" height=\"32\" rx=\"7\" \
         fill=\"{colour}\"/><text x=\"16\" y=\"23\" text-anchor=\"middle\" font-family=\"sans-serif\" font-size=\"20\" \
         font-weight=\"bold\" fill=\"{ink}\">{letter}</text></svg>"
    )
}

/// The custom properties that follow from the colour of the brand; the stylesheet has those of ours.
fn colours(brand: &Brand) -> String {
    let Some(colour) = brand.colour else { return String::new() };
    let mut css = format!(":root {{ --brand: {colour}; --brand-ink: {}; }}\n", colour.ink());
    let [is_readable_on_light, is_readable_on_dark] = colour.is_readable();
    let link = |is_readable: bool| if is_readable { colour.to_string() } else { "var(--ink)".to_owned() };
    // Writing to a String cannot fail.
    let _infallible =
        writeln!(css, ":root {{ --link: light-dark({}, {}); }}", link(is_readable_on_light), link(is_readable_on_dark));
    css
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stylesheet_and_script_stay_small() {
        assert!(STYLESHEET.len() <= 12 * 1024, "{}", STYLESHEET.len());
        assert!(SCRIPT.len() <= 4 * 1024, "{}", SCRIPT.len());
    }

    #[test]
    fn a_brand_has_its_colours_at_an_address_of_their_own() {
        let brand =
            |colour: Option<&str>| Brand { colour: colour.map(|colour| colour.parse().unwrap()), ..Brand::default() };
        let [ours, theirs] = [None, Some("#c2410c")].map(|colour| Assets::new(&brand(colour)));
        assert_ne!(ours.colours.path, theirs.colours.path);
        assert_eq!(ours.stylesheet.path, theirs.stylesheet.path);
        let css = String::from_utf8(theirs.colours.bytes.to_vec()).unwrap();
        assert!(css.contains("--brand: #c2410c; --brand-ink: #ffffff;"), "{css}");
        assert!(theirs.find(&theirs.colours.path).is_some() && theirs.find("/assets/x/brand.css").is_none());
    }
}
