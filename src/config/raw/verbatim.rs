//! Values that keep the text they were parsed from.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::credential::{PathTemplate, RoutePath, TokenFormat};

/// Declares a parsed value that keeps its text, for `config show`.
macro_rules! kept_text {
    ($(#[$doc:meta])* $name:ident, $inner:ty, $problem:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name {
            pub value: $inner,
            text: String,
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let problem: fn(<$inner as std::str::FromStr>::Err) -> String = $problem;
                Ok(Self { value: text.parse().map_err(problem)?, text: text.to_owned() })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.text)
            }
        }
    };
}

kept_text!(
    /// A [`PathTemplate`] with its text.
    Template, PathTemplate, |error| error.to_string()
);
kept_text!(
    /// A [`RoutePath`] with its text.
    PathText, RoutePath, |error| error.to_string()
);
kept_text!(
    /// A [`TokenFormat`] with its text.
    Prefix, TokenFormat, |error| error.to_string()
);
kept_text!(
    /// A [`Date`] with its text.
    Day, Date, |_| "must be a date, such as 2026-06-30".to_owned()
);
kept_text!(
    /// A [`Timestamp`] with its text.
    Moment, Timestamp, |_| "must be a time with its zone, such as 2027-01-01T00:00:00Z".to_owned()
);

impl From<TokenFormat> for Prefix {
    fn from(value: TokenFormat) -> Self {
        Self { text: value.prefix().to_owned(), value }
    }
}
