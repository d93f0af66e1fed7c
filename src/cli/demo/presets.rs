//! Settings and texts of `config/examples`, as `claviger demo --words` uses them.

use std::path::Path;

use super::file_contents::Ports;
use crate::config::Override;
use crate::server::DemoApi;

/// Settings and words as the customers of one kind of product know them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Preset {
    Church,
    Recruiting,
    Ticketing,
    Practice,
    Partners,
}

macro_rules! example {
    ($name:literal) => {
        (
            include_str!(concat!("../../../config/examples/", $name, "/claviger.yaml")),
            include_str!(concat!("../../../config/examples/", $name, "/texts/en/console.ftl")),
        )
    };
}

impl Preset {
    /// Writes settings and texts into a folder.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(super) fn write(self, folder: &Path) -> std::io::Result<()> {
        let (settings, texts) = match self {
            Self::Church => example!("church"),
            Self::Recruiting => example!("recruiting"),
            Self::Ticketing => example!("ticketing"),
            Self::Practice => example!("practice"),
            Self::Partners => example!("partners"),
        };
        let language = folder.join("texts/en");
        std::fs::create_dir_all(&language)?;
        std::fs::write(language.join("console.ftl"), texts)?;
        std::fs::write(folder.join("claviger.yaml"), settings)
    }
}

/// What a demo changes in the settings of an example.
pub(super) fn overrides(ports: &Ports, api: &DemoApi) -> Vec<Override> {
    let over = |path: &[&str], text: String| Override::flag("--words", path, text);
    vec![
        over(&["proxy", "listen"], format!("127.0.0.1:{}", ports.proxy)),
        over(&["proxy", "upstream"], format!("http://{}", api.address)),
        over(&["admin", "listen"], "127.0.0.1:0".into()),
        over(&["credentials", "database"], "sqlite:claviger.db".into()),
        over(&["console", "listen"], format!("127.0.0.1:{}", ports.console)),
        over(&["console", "public_url"], ports.console_url()),
        over(&["console", "api_url"], format!("http://127.0.0.1:{}", ports.proxy)),
        over(&["delivery", "mail", "server"], "smtp://127.0.0.1:2525".into()),
        over(&["delivery", "mail", "from"], "keys@example.org".into()),
        over(&["delivery", "sms", "account"], "demo".into()),
        over(&["delivery", "sms", "token"], "demo".into()),
        over(&["delivery", "sms", "from"], "+15005550006".into()),
        over(&["log", "format"], "text".into()),
        over(&["log", "level"], "warn".into()),
    ]
}
