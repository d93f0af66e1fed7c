//! The page that shows a secret, once: the answer to the form that created it.

use askama::Template;

use super::field_texts;
use super::paths::path_of;
use crate::config::raw;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::shell_quoting::quoted;
use crate::control::console::view::View;
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
    let (title, username) = (field_texts::title(record), record.username());
    let secret = match &created.secret {
        PlainSecret::Token(token) => Some(token.reveal()),
        // A generated password is ASCII.
        PlainSecret::Password(password) => std::str::from_utf8(password.reveal()).ok(),
        PlainSecret::Chosen | PlainSecret::Sent => None,
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
pub(in crate::control::console::pages) fn example(
    v: &View,
    username: Option<&str>,
    secret: Option<&str>,
) -> Option<String> {
    let (accept, url) = (&v.settings.accept, &v.settings.console.api_url);
    let url = url.as_ref().map_or_else(|| v.t("credentials-api-url"), |url| url.0.0.clone());
    let option = match (username, secret) {
        (Some(username), secret) if accept.basic => {
            let password = secret.map(|secret| format!(":{secret}")).unwrap_or_default();
            format!("-u {}", quoted(&format!("{username}{password}")))
        }
        (None, Some(token)) => with_token(accept, token)?,
        (Some(_), _) | (None, None) => return None,
    };
    Some(format!("curl {option} {}", quoted(&url)))
}

/// The first of the accepted ways in which curl can send a token.
fn with_token(accept: &raw::Accept, token: &str) -> Option<String> {
    let header = accept.api_key.as_ref().and_then(|key| key.header.as_ref());
    let line = if accept.bearer {
        format!("Authorization: Bearer {token}")
    } else if let Some(header) = header {
        format!("{}: {token}", header.0.0)
    } else if let Some(scheme) = accept.schemes.first() {
        format!("Authorization: {} {token}", scheme.0.0)
    } else if accept.bare_token {
        format!("Authorization: {token}")
    } else {
        let pair = match accept.basic_token? {
            raw::BasicToken::Username => format!("{token}:"),
            raw::BasicToken::Password => format!(":{token}"),
        };
        return Some(format!("-u {}", quoted(&pair)));
    };
    Some(format!("-H {}", quoted(&line)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_example_sends_a_token_as_the_gate_reads_it() {
        let option = |accept: Value| with_token(&serde_json::from_value(accept).unwrap(), "t");
        assert_eq!(option(json!({})).as_deref(), Some("-H 'Authorization: Bearer t'"));
        assert_eq!(option(json!({"bearer": false})).as_deref(), Some("-H 'x-api-key: t'"));
        let alone = |key: &str, value: Value| option(json!({"bearer": false, "api_key": null, key: value}));
        assert_eq!(alone("schemes", json!(["Token"])).as_deref(), Some("-H 'Authorization: Token t'"));
        assert_eq!(alone("bare_token", json!(true)).as_deref(), Some("-H 'Authorization: t'"));
        assert_eq!(alone("basic_token", json!("username")).as_deref(), Some("-u 't:'"));
        assert_eq!(alone("basic_token", json!("password")).as_deref(), Some("-u ':t'"));
        assert_eq!(alone("basic", json!(true)), None);
    }
}
