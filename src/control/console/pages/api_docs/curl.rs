//! A command for each operation that can be pasted into a terminal.

use serde_json::Value;

use crate::control::api::PREFIX;
use crate::control::console::pages::shell_quoting::quoted;

/// Stands for the address of the console.
const BASE: &str = "BASE";

/// The command without the address, which is known only when the page is shown.
pub(super) struct Example(String);

impl Example {
    /// `described` is the operation as OpenAPI has it.
    pub(super) fn of(method: &str, path: &str, described: &Value) -> Self {
        let path = path.replace("{id}", "ID");
        let mut lines = vec![match method {
            "get" => format!("curl {}", quoted(&format!("{BASE}{PREFIX}{path}{}", query(described)))),
            method => {
                let target = format!("{BASE}{PREFIX}{path}{}", query(described));
                format!("curl -X {} {}", method.to_uppercase(), quoted(&target))
            }
        }];
        let schemes: Vec<_> = described["security"].as_array().into_iter().flatten().collect();
        if schemes.iter().any(|scheme| !scheme["operator_token"].is_null()) {
            lines.push("-H \"Authorization: Bearer $CLAVIGER_TOKEN\"".into());
        } else if schemes.iter().any(|scheme| !scheme["session"].is_null()) || method == "delete" {
            // A request with the cookie of a session has to show that it comes from no other site.
            lines.push(format!("-b cookies.txt -H 'Origin: {BASE}'"));
        } else if described["operationId"] == "begin_session" {
            lines.push("-c cookies.txt".into());
        }
        if method == "patch" {
            lines.push("-H 'If-Match: \"1\"'".into());
        }
        let parameters = described["parameters"].as_array().into_iter().flatten();
        if parameters.into_iter().any(|parameter| parameter["name"] == "Idempotency-Key") {
            lines.push("-H \"Idempotency-Key: $(uuidgen)\"".into());
        }
        for (media, content) in described["requestBody"]["content"].as_object().into_iter().flatten() {
            lines.push(format!("-H 'Content-Type: {media}'"));
            lines.push(match &content["example"] {
                Value::Null => "--data-binary @credentials.yaml".into(),
                example => format!("-d {}", quoted(&example.to_string())),
            });
        }
        Self(lines.join(" \\\n  "))
    }

    /// `base` is the address of the console, without a slash at its end.
    pub(super) fn at(&self, base: &str) -> String {
        self.0.replace(BASE, base)
    }
}

/// Required parameters, with the first value that they may have.
fn query(described: &Value) -> String {
    let parameters = described["parameters"].as_array().into_iter().flatten();
    let needed = parameters.filter(|parameter| parameter["in"] == "query" && parameter["required"] == true);
    let pairs = needed.map(|parameter| {
        let value = parameter["schema"]["enum"][0].as_str().unwrap_or_default();
        format!("{}={value}", parameter["name"].as_str().unwrap_or_default())
    });
    let pairs: Vec<_> = pairs.collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_command_has_what_the_operation_reads() {
        let described = json!({
            "security": [{"operator_token": []}, {"session": []}],
            "parameters": [{"name": "Idempotency-Key", "in": "header"}],
            "requestBody": {"content": {"application/json": {"example": {"name": "Ann's"}}}},
        });
        let command = Example::of("post", "/things/{id}", &described).at("https://keys.example.org");
        assert_eq!(
            command,
            "curl -X POST 'https://keys.example.org/api/v1/things/ID' \\\n  \
             -H \"Authorization: Bearer $CLAVIGER_TOKEN\" \\\n  \
             -H \"Idempotency-Key: $(uuidgen)\" \\\n  \
             -H 'Content-Type: application/json' \\\n  \
             -d '{\"name\":\"Ann'\\''s\"}'"
        );
    }
}
