//! A page for each code of a problem document, for everyone who receives one.

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::html::{PAGE_HEADERS, Text};
use super::problem::{Code, Problem};

/// The path below which every code has its page.
pub(crate) const ERROR_PAGES: &str = "/errors";

pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route(ERROR_PAGES, get(index)).route(&format!("{ERROR_PAGES}/{{code}}"), get(page))
}

async fn index() -> Response {
    let entry = |code: &Code| {
        let (word, title) = (code.as_str(), Text(code.title()));
        format!("<li><a href=\"errors/{word}\"><code>{word}</code></a> {title}</li>\n")
    };
    let entries: String = Code::ALL.iter().map(entry).collect();
    html("Errors", &format!("<ul>\n{entries}</ul>\n"))
}

async fn page(Path(word): Path<String>) -> Result<Response, Problem> {
    let code = Code::ALL.iter().find(|code| code.as_str() == word);
    let code = code.ok_or_else(|| Problem::new(Code::NotFound, "no error has this code"))?;
    let (explanation, status) = (Text(code.explanation()), code.status());
    Ok(html(
        code.title(),
        &format!("<p>{explanation}</p>\n<p>Code <code>{}</code>, status {status}</p>\n", code.as_str()),
    ))
}

fn html(title: &str, body: &str) -> Response {
    let title = Text(title);
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>\n{body}</main>\n</body>\n</html>\n"
    );
    (PAGE_HEADERS, page).into_response()
}
