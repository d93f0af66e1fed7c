//! What the console looks like: its texts, the provider's brand, stylesheet and script. Loaded with the settings.

mod assets;
mod brand;
mod dates;
mod texts;

use std::sync::Arc;

pub(super) use self::assets::ASSETS;
use self::assets::Assets;
pub(super) use self::brand::Brand;
use self::texts::Texts;
pub(super) use self::texts::{Arguments, Language};
use crate::config::{Diagnostics, Settings};

/// What pages are made with.
pub struct Look {
    texts: Texts,
    pub(super) brand: Brand,
    pub(super) assets: Assets,
}

impl Look {
    /// # Errors
    /// For texts that do not fit ours, a logo that cannot be used, and a language without texts.
    pub fn load(settings: &Settings) -> Result<Self, Diagnostics> {
        let Some(console) = &settings.console else { return Ok(Self::default()) };
        let (mut faults, files) = (Diagnostics::default(), settings.console_files());
        let texts = Texts::load(console, &files).unwrap_or_else(|found| {
            faults.0.extend(found.0);
            Texts::default()
        });
        let brand = Brand::load(&console.brand).unwrap_or_else(|fault| {
            faults.push(fault);
            Brand::default()
        });
        let assets = Assets::new(&brand);
        faults.into_result(|| Self { texts, brand, assets })
    }

    /// The language that fits `Accept-Language` best, or the first one.
    pub(super) fn language(&self, accepted: &str) -> Arc<Language> {
        self.texts.language(accepted)
    }
}

impl Default for Look {
    fn default() -> Self {
        let brand = Brand::default();
        Self { texts: Texts::default(), assets: Assets::new(&brand), brand }
    }
}
