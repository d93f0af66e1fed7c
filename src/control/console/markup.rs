use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;

use crate::control::web::problem::{Code, Problem};

/// HTML, which templates write as it is.
#[derive(Debug, Clone, Default)]
pub(super) struct Markup(String);

impl Markup {
    /// # Errors
    /// When a value of the template cannot be written.
    pub(super) fn of(template: &impl Template) -> Result<Self, Problem> {
        let rendered = template.render();
        rendered.map(Self).map_err(|error| {
            tracing::error!(%error, "a page cannot be rendered");
            Problem::english(Code::Internal, "the page cannot be rendered")
        })
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Markup {}
