//! A mail as plain text and as one simple HTML part, with the same words.

use crate::control::web::html_escape::Text;

/// A paragraph.
pub(super) enum Paragraph {
    Text(String),
    /// On a line of its own.
    Link(String),
}

/// What a mail says.
pub(super) struct Letter {
    pub(super) subject: String,
    pub(super) paragraphs: Vec<Paragraph>,
    /// BCP 47.
    pub(super) language: String,
    /// `ltr` or `rtl`.
    pub(super) direction: &'static str,
}

impl Letter {
    pub(super) fn text(&self) -> String {
        let paragraphs: Vec<&str> = self
            .paragraphs
            .iter()
            .map(|paragraph| match paragraph {
                Paragraph::Text(text) => text.as_str(),
                Paragraph::Link(link) => link.as_str(),
            })
            .collect();
        format!("{}\n", paragraphs.join("\n\n"))
    }

    /// Without images, styles and tracking.
    pub(super) fn html(&self) -> String {
        let (language, direction, subject) = (Text(&self.language), self.direction, Text(&self.subject));
        let mut html = format!(
            "<!DOCTYPE html>\n<html lang=\"{language}\" dir=\"{direction}\"><head><meta charset=\"utf-8\">\
             <title>{subject}</title></head><body>\n"
        );
        for paragraph in &self.paragraphs {
            html.push_str(&match paragraph {
                Paragraph::Text(text) => format!("<p>{}</p>\n", Text(text)),
                Paragraph::Link(link) => format!("<p><a href=\"{0}\">{0}</a></p>\n", Text(link)),
            });
        }
        html.push_str("</body></html>\n");
        html
    }

    pub(super) fn link(&self) -> Option<&str> {
        self.paragraphs.iter().find_map(|paragraph| match paragraph {
            Paragraph::Link(link) => Some(link.as_str()),
            Paragraph::Text(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_of_names_is_text_in_both_parts() {
        let letter = Letter {
            subject: "<b>".into(),
            paragraphs: vec![
                Paragraph::Text("<img src=x onerror=y>".into()),
                Paragraph::Link("https://x/a?b&c".into()),
            ],
            language: "en".into(),
            direction: "ltr",
        };
        assert_eq!(letter.text(), "<img src=x onerror=y>\n\nhttps://x/a?b&c\n");
        let html = letter.html();
        assert!(
            html.contains("<p>&lt;img src=x onerror=y&gt;</p>") && html.contains("<title>&lt;b&gt;</title>"),
            "{html}"
        );
        assert!(html.contains("<a href=\"https://x/a?b&amp;c\">https://x/a?b&amp;c</a>"), "{html}");
    }
}
