//! What the book says about an error code.

const BOOK: &str = include_str!("../../../../docs/reference/error-codes.md");
const CALLER: &str = "- **Caller:** ";
const OPERATOR: &str = "- **Operator:** ";

/// Empty where the book has nothing.
#[derive(Default)]
pub(super) struct Help {
    pub(super) meaning: Vec<Span>,
    pub(super) caller: Vec<Span>,
    pub(super) operator: Vec<Span>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Span {
    Text(String),
    Code(String),
}

impl Help {
    pub(super) fn of(code: &str) -> Self {
        let Some(section) = section(code) else { return Self::default() };
        let bullet = |start: &str| {
            let from = section.find(start).map_or("", |at| &section[at + start.len()..]);
            spans(from.find("\n- ").map_or(from, |end| &from[..end]))
        };
        let end = section.find(CALLER).or_else(|| section.find(OPERATOR)).unwrap_or(section.len());
        Self { meaning: spans(&section[..end]), caller: bullet(CALLER), operator: bullet(OPERATOR) }
    }
}

/// The text below the heading of a code.
fn section(code: &str) -> Option<&'static str> {
    let heading = format!("\n### {code}\n");
    let rest = &BOOK[BOOK.find(&heading)? + heading.len()..];
    Some(rest.find("\n##").map_or(rest, |end| &rest[..end]))
}

/// Code is kept, emphasis is not, and of a link its text, since the book may be published elsewhere.
fn spans(text: &str) -> Vec<Span> {
    let text = without_links(&text.split_whitespace().collect::<Vec<_>>().join(" ")).replace("**", "");
    let pieces = text.split('`').enumerate().filter(|(_, piece)| !piece.is_empty());
    pieces
        .map(|(index, piece)| if index % 2 == 1 { Span::Code(piece.into()) } else { Span::Text(piece.into()) })
        .collect()
}

fn without_links(text: &str) -> String {
    let mut text = text.to_owned();
    while let Some(middle) = text.find("](") {
        let (Some(start), Some(length)) = (text[..middle].rfind('['), text[middle..].find(')')) else { break };
        let label = text[start + 1..middle].to_owned();
        text.replace_range(start..=middle + length, &label);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::REJECTIONS;
    use crate::control::web::problem::Code;

    #[test]
    fn every_code_has_its_help() {
        for row in REJECTIONS {
            let help = Help::of(row.code);
            assert!(!help.meaning.is_empty() && !help.caller.is_empty() && !help.operator.is_empty(), "{}", row.code);
        }
        for code in Code::ALL {
            assert!(!Help::of(code.as_str()).meaning.is_empty(), "{}", code.as_str());
        }
        assert!(Help::of("nothing").meaning.is_empty());
    }

    #[test]
    fn markdown_becomes_text_and_code() {
        let text = |text: &str| Span::Text(text.into());
        assert_eq!(
            spans("**503**, with [`a`](b.md)\n  and [c\nd](#e)."),
            [text("503, with "), Span::Code("a".into()), text(" and c d.")]
        );
    }
}
