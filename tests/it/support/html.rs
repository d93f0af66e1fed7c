//! Pages as a strict parser reads them.

use std::collections::HashSet;

use axum::http::HeaderMap;
use html5ever::tendril::TendrilSink as _;
use html5ever::tokenizer::TokenizerOpts;
use html5ever::tree_builder::TreeBuilderOpts;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::RcDom;

/// Fails for a response whose type is HTML, and which the parser of a browser would have to repair, or in which two
/// elements share an id.
pub fn assert_is_strict_html(headers: &HeaderMap, text: &str) {
    let kind = headers.get("content-type").map(|kind| kind.to_str().unwrap());
    if text.is_empty() || kind.is_none_or(|kind| !kind.starts_with("text/html")) {
        return;
    }
    let opts = ParseOpts {
        tokenizer: TokenizerOpts { exact_errors: true, ..Default::default() },
        tree_builder: TreeBuilderOpts { exact_errors: true, ..Default::default() },
    };
    let page = parse_document(RcDom::default(), opts).one(text);
    let errors = page.errors.borrow();
    assert!(errors.is_empty(), "{errors:#?} in\n{text}");
    let mut ids = HashSet::new();
    for id in text.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(ids.insert(id), "two elements have the id {id} in\n{text}");
    }
}

#[test]
fn a_page_that_needs_repair_is_found() {
    let headers = HeaderMap::from_iter([("content-type".parse().unwrap(), "text/html".parse().unwrap())]);
    let is_fine = |body: &str| {
        let text = format!("<!doctype html><html lang=\"en\"><head><title>x</title></head><body>{body}</body></html>");
        std::panic::catch_unwind(|| assert_is_strict_html(&headers, &text)).is_ok()
    };
    assert!(is_fine("<p>a &amp; b</p><ul><li>c</li></ul>"));
    for bad in ["<p>a</div>", "<b><p>a</b></p>", "<p id=\"a\"></p><p id=\"a\"></p>", "<a href=\"x\" href=\"y\">z</a>"] {
        assert!(!is_fine(bad), "{bad}");
    }
}
