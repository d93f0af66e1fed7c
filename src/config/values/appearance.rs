//! What the console looks like.

use std::fmt;
use std::str::FromStr;

/// The background of pages, in the light and in the dark scheme.
const GROUNDS: [Colour; 2] = [Colour([0xf6, 0xf7, 0xf9]), Colour([0x10, 0x14, 0x18])];
const BLACK: Colour = Colour([0; 3]);
const WHITE: Colour = Colour([0xff; 3]);
/// Of text (WCAG 2.2, 1.4.3).
const TEXT_CONTRAST: f64 = 4.5;
/// Of the edge of a control (WCAG 2.2, 1.4.11).
const EDGE_CONTRAST: f64 = 3.0;

/// A colour that people can tell from the page, and read text on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour([u8; 3]);

/// The language of a set of texts, such as `en` or `pt-BR`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanguageTag(pub String);

impl Colour {
    /// Black or white, whichever is easier to read on this colour.
    pub fn ink(self) -> Self {
        if self.contrast(BLACK) > self.contrast(WHITE) { BLACK } else { WHITE }
    }

    /// Whether text in this colour can be read on the page of the light and of the dark scheme.
    pub fn is_readable(self) -> [bool; 2] {
        // Cards are lighter than the page in both.
        GROUNDS.map(|ground| self.contrast(ground) >= TEXT_CONTRAST + 0.3)
    }

    /// From 1 to 21 (WCAG 2.2).
    fn contrast(self, other: Self) -> f64 {
        let [own, other] = [self.luminance(), other.luminance()];
        (own.max(other) + 0.05) / (own.min(other) + 0.05)
    }

    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl FromStr for Colour {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "must be a colour such as \"#0b5fff\"";
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or(FORM)?;
        let part = |at: usize| digits.get(at..at + 2).and_then(|part| u8::from_str_radix(part, 16).ok()).ok_or(FORM);
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(FORM);
        }
        let colour = Self([part(0)?, part(2)?, part(4)?]);
        if GROUNDS.iter().any(|ground| colour.contrast(*ground) < EDGE_CONTRAST) {
            return Err("has too little contrast with the light or the dark page (3:1, WCAG 2.2); choose a darker or \
                        lighter shade");
        }
        if colour.contrast(colour.ink()) < TEXT_CONTRAST {
            return Err("has too little contrast with black and with white text (4.5:1, WCAG 2.2)");
        }
        Ok(colour)
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl FromStr for LanguageTag {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('-');
        let fits = |part: &str, is_fit: fn(&u8) -> bool, sizes: std::ops::RangeInclusive<usize>| {
            sizes.contains(&part.len()) && part.as_bytes().iter().all(is_fit)
        };
        let language = parts.next().is_some_and(|part| fits(part, u8::is_ascii_lowercase, 2..=3));
        let region = parts.next().is_none_or(|part| fits(part, u8::is_ascii_uppercase, 2..=2));
        if language && region && parts.next().is_none() {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be a language such as en, de or pt-BR")
        }
    }
}

impl fmt::Display for LanguageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_needs_contrast() {
        for fit in ["#0b5fff", "#0B5FFF", "#c2410c", "#7c3aed"] {
            assert_eq!(fit.parse::<Colour>().unwrap().to_string(), fit.to_lowercase());
        }
        for unfit in ["#ffff00", "#000000", "#ffffff", "#101418", "red", "#fff", "#0b5ffg", "#+b5fff", "0b5fff", ""] {
            assert!(unfit.parse::<Colour>().is_err(), "{unfit}");
        }
        assert_eq!("#0b5fff".parse::<Colour>().unwrap().ink(), WHITE);
        assert!((BLACK.contrast(WHITE) - 21.0).abs() < 0.01);
    }

    #[test]
    fn a_language_has_the_form_of_bcp_47() {
        for fit in ["en", "de", "pt-BR", "nds"] {
            assert!(fit.parse::<LanguageTag>().is_ok(), "{fit}");
        }
        for unfit in ["", "e", "EN", "en-", "en-gb", "en-GB-x", "../de", "deutsch"] {
            assert!(unfit.parse::<LanguageTag>().is_err(), "{unfit}");
        }
    }
}
