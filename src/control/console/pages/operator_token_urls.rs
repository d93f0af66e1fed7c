//! Addresses of the pages for script tokens.

use super::page_urls::{page_of, with_query};
use crate::control::console::posted_form::Reader;
use crate::credential::Label;

pub(super) const LIST: &str = "/operator-tokens";

/// Which page of the list; in its address, and in the forms of its cards.
pub(super) struct Wanted<'p> {
    pub(super) account: &'p str,
    pub(super) cursor: &'p str,
}

/// The page that asks before it disables this token.
pub(super) fn disable_page(id: &Label) -> String {
    format!("{}/disable", page_of(LIST, id))
}

/// The page that asks before it deletes this token.
pub(super) fn delete_page(id: &Label) -> String {
    format!("{}/delete", page_of(LIST, id))
}

impl<'p> Wanted<'p> {
    pub(super) fn read(reader: &mut Reader<'p>) -> Self {
        Self { account: reader.text("account"), cursor: reader.text("cursor") }
    }

    /// A page of the list.
    pub(super) fn path(&self, cursor: &str) -> String {
        with_query(LIST, &[("account", self.account), ("cursor", cursor)])
    }

    /// The URL of another page, which leads back here.
    pub(super) fn appended_to(&self, page: &str) -> String {
        with_query(page, &[("account", self.account), ("cursor", self.cursor)])
    }
}
