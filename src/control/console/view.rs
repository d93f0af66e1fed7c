//! What every page and template needs: language, time, links, the provider.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::header::{ACCEPT_LANGUAGE, LOCATION, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use percent_encoding::percent_decode_str;

use super::base_path::{RevealSite, base_path};
use super::flash_message::{self, FlashMessage};
use super::time::Time;
use crate::control::look::{Arguments, Brand, Language};
use crate::control::views::RoleName;
use crate::control::web::caller::request_id;
use crate::control::web::state::{ControlState, LiveSettings};
use crate::store::Role;

/// In templates: `v`.
pub(super) struct View {
    pub(super) settings: Arc<LiveSettings>,
    pub(super) language: Arc<Language>,
    pub(super) now: Timestamp,
    pub(super) request_id: String,
    /// Of the previous request, for the status line.
    pub(super) notice: Option<FlashMessage>,
    /// The request has the cookie of a notice, readable or not.
    pub(super) has_notice_cookie: bool,
    /// Below the base path, with the query.
    pub(super) target: String,
    /// Where a browser finds this page; `None` where that is not configured.
    pub(super) public_url: Option<String>,
    /// The page of a link to a secret: for strangers, who know nothing of the console.
    pub(super) is_reveal: bool,
}

impl View {
    pub(super) fn new(state: &ControlState, parts: &Parts) -> Self {
        let settings = state.settings.load_full();
        let site = parts.extensions.get::<RevealSite>();
        let public_url = site.map_or_else(|| settings.public_url.clone(), |RevealSite(url)| url.clone());
        let accepted = parts.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self {
            language: settings.look.language(accepted),
            is_reveal: site.is_some(),
            public_url,
            settings,
            now: state.clock.now(),
            request_id: request_id(parts).unwrap_or_default().to_owned(),
            notice: FlashMessage::read(&parts.headers),
            has_notice_cookie: flash_message::is_present(&parts.headers),
            target: parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned(),
        }
    }

    /// A text.
    pub(super) fn t(&self, message: &str) -> String {
        self.language.text(message, &Arguments::default())
    }

    /// A text with one variable.
    pub(super) fn t1(&self, message: &str, name: &str, value: &(impl ToString + ?Sized)) -> String {
        self.language.text(message, &Arguments::default().with(name, value))
    }

    /// A text with two variables.
    pub(super) fn t2(
        &self,
        message: &str,
        (one, value): (&str, &(impl ToString + ?Sized)),
        (two, other): (&str, &(impl ToString + ?Sized)),
    ) -> String {
        let arguments = Arguments::default().with(one, value).with(two, other);
        self.language.text(message, &arguments)
    }

    /// A text with the variable `$count`, which selects a plural form.
    pub(super) fn tn<C: TryInto<i64> + Copy>(&self, message: &str, count: &C) -> String {
        let count = (*count).try_into().unwrap_or(i64::MAX);
        self.language.text(message, &Arguments::default().number("count", count))
    }

    /// `None` for a text that is not there, such as a hint that a label does not have.
    pub(super) fn find(&self, message: &str) -> Option<String> {
        self.language.find(message, &Arguments::default())
    }

    /// The address of a page, or of an asset, for `href` and `action`. `path` begins with a slash.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", base_path(self.public_url.as_deref()))
    }

    /// "3 minutes ago", with the moment beside.
    pub(super) fn time(&self, moment: &Timestamp) -> Time {
        Time::new(*moment, self.now, &self.language)
    }

    /// `28 Nov 2026`
    pub(super) fn date(&self, date: Date) -> String {
        self.language.date(date)
    }

    /// The date of a moment, in UTC.
    pub(super) fn date_of(&self, moment: &Timestamp) -> String {
        self.language.date_of(*moment)
    }

    /// `28 Nov 2026, 14:03 UTC`
    pub(super) fn date_and_time(&self, moment: &Timestamp) -> String {
        self.language.date_and_time(*moment)
    }

    /// As `console.roles` names it.
    pub(super) fn role(&self, role: &Role) -> String {
        RoleName::from(*role).label(&self.settings.console.roles)
    }

    pub(super) fn brand(&self) -> &Brand {
        &self.settings.look.brand
    }

    /// Answers a POST: the browser gets `path`, and its page shows the notice.
    pub(super) fn redirect(&self, path: &str, notice: Option<&FlashMessage>) -> Response {
        let mut response = StatusCode::SEE_OTHER.into_response();
        if let Ok(location) = HeaderValue::from_str(&self.url(path)) {
            response.headers_mut().insert(LOCATION, location);
        }
        if let Some(cookie) = notice.and_then(FlashMessage::cookie) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }
}

impl FromRequestParts<ControlState> for View {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &ControlState) -> Result<Self, Infallible> {
        Ok(Self::new(state, parts))
    }
}

/// A path of the console, from a parameter that anyone can write; `None` for every other address.
pub(super) fn own_path(text: &str) -> Option<&str> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_path = text.starts_with('/') && !text.starts_with("//") && text.len() <= 2000;
    let uri: Option<Uri> = text.parse().ok();
    // They would lead out of the base path.
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let is_dots = |segment: &str| matches!(&*percent_decode_str(segment).collect::<Vec<_>>(), b"." | b"..");
    let has_dots = path.split('/').any(is_dots);
    (is_plain && is_path && !has_dots && uri.is_some_and(|uri| uri.authority().is_none())).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_the_console_is_followed() {
        for path in ["/", "/credentials?state=enabled&part=a%20b", "/a//b"] {
            assert_eq!(own_path(path), Some(path));
        }
        for other in [
            "",
            "x",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\nb",
            "/\u{e9}",
            "javascript:alert(1)",
            "/../other",
            "/a/%2e%2E/other",
            "/.",
            "/\t/evil.example",
        ] {
            assert_eq!(own_path(other), None, "{other}");
        }
    }
}
