//! The page that shows a secret, once: the answer to the form that created it.

use askama::Template;

use super::facts;
use super::paths::path_of;
use crate::control::console::page::{Answer, Page};
use crate::control::console::view::View;
use crate::control::console::visit::Visit;
use crate::control::operations::{Created, PlainSecret};

#[derive(Template)]
#[template(path = "credential_secret.html")]
struct SecretPage<'p> {
    v: &'p Visit,
    heading: String,
    title: &'p str,
    username: Option<&'p str>,
    /// `None` for a password that the person has chosen.
    secret: Option<&'p str>,
    is_password: bool,
    /// A request with it, for a shell.
    example: Option<String>,
    next: String,
}

/// `heading` is a message with the variable `$name`.
pub(super) fn show(visit: &Visit, created: &Created, heading: &str) -> Answer {
    let record = &created.record;
    let next = path_of(&record.id);
    let (title, username) = (facts::title(record), record.username());
    let secret = match &created.secret {
        PlainSecret::Token(token) => Some(token.reveal()),
        // A generated password is ASCII.
        PlainSecret::Password(password) => std::str::from_utf8(password.reveal()).ok(),
        PlainSecret::Chosen => None,
    };
    let heading = visit.t1(heading, "name", title);
    let body = SecretPage {
        v: visit,
        heading: heading.clone(),
        title,
        username,
        secret,
        is_password: username.is_some(),
        example: example(visit, username, secret),
        next: visit.url(&next),
    };
    visit.show(Page::new(heading, &body)?.secret(next))
}

/// `curl` with the credential. Without the password it asks for it.
fn example(v: &View, username: Option<&str>, secret: Option<&str>) -> Option<String> {
    let (accept, url) = (&v.settings.accept, &v.settings.console.api_url);
    let url = url.as_ref().map_or_else(|| v.t("credentials-api-url"), |url| url.0.0.clone());
    let option = match (username, secret) {
        (Some(username), secret) if accept.basic => {
            let password = secret.map(|secret| format!(":{secret}")).unwrap_or_default();
            format!("-u {}", quoted(&format!("{username}{password}")))
        }
        (None, Some(token)) if accept.bearer => format!("-H {}", quoted(&format!("Authorization: Bearer {token}"))),
        (None, Some(token)) => {
            let header = accept.api_key.as_ref()?.header.as_ref()?;
            format!("-H {}", quoted(&format!("{}: {token}", header.0.0)))
        }
        (Some(_), _) | (None, None) => return None,
    };
    Some(format!("curl {option} {}", quoted(&url)))
}

/// One word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_a_shell_is_quoted() {
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("O'Brien; $(x)"), "'O'\\''Brien; $(x)'");
    }
}
