//! The page: operations by tag, then the schemas.

use serde_json::{Map, Value};

use super::schema::{Field, bounds, component, description, fields, kind};
use crate::control::api::PREFIX;
use crate::control::web::html::{Text, code};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

struct Operation<'d> {
    method: &'static str,
    path: &'d str,
    about: &'d Value,
}

pub(super) fn page(api: &Value) -> String {
    let title = Text(api["info"]["title"].as_str().unwrap_or_default()).to_string();
    let tags = by_tag(api);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title} API</title>\n\
         <link rel=\"stylesheet\" href=\"docs.css\">\n</head>\n<body>\n"
    );
    contents(&mut out, &title, &tags, &api["components"]["schemas"]);
    out.push_str(&format!(
        "<main>\n<h1 id=\"top\">{title} API</h1>\n<p>{}</p>\n<p>Everything is under <code>{PREFIX}</code>. Scripts \
         send an operator token, browsers the cookie of a session:</p>\n<pre>curl -H \"Authorization: Bearer \
         $CLAVIGER_TOKEN\" https://keys.example.org{PREFIX}/me</pre>\n<p>For programs: <a \
         href=\"openapi.json\">openapi.json</a>.</p>\n",
        Text(api["info"]["description"].as_str().unwrap_or_default())
    ));
    for (tag, operations) in &tags {
        out.push_str(&format!("<section>\n<h2 id=\"tag-{0}\">{1}</h2>\n", Text(tag), named(tag)));
        operations.iter().for_each(|operation| describe(&mut out, operation, &api["components"]["schemas"]));
        out.push_str("</section>\n");
    }
    out.push_str("<section>\n<h2 id=\"schemas\">Schemas</h2>\n");
    for (name, schema) in api["components"]["schemas"].as_object().into_iter().flatten() {
        out.push_str(&format!("<article id=\"schema-{0}\">\n<h3>{0}</h3>\n", Text(name)));
        shape(&mut out, schema);
        out.push_str("</article>\n");
    }
    out.push_str("</section>\n</main>\n</body>\n</html>\n");
    out
}

/// In the order of their first operation.
fn by_tag(api: &Value) -> Vec<(&str, Vec<Operation<'_>>)> {
    let mut tags: Vec<(&str, Vec<Operation<'_>>)> = Vec::new();
    for (path, item) in api["paths"].as_object().into_iter().flatten() {
        for method in METHODS {
            let Some(about) = item.get(method) else { continue };
            let operation = Operation { method, path, about };
            let tag = about["tags"][0].as_str().unwrap_or_default();
            match tags.iter_mut().find(|(other, _)| *other == tag) {
                Some((_, operations)) => operations.push(operation),
                None => tags.push((tag, vec![operation])),
            }
        }
    }
    tags
}

fn contents(out: &mut String, title: &str, tags: &[(&str, Vec<Operation<'_>>)], schemas: &Value) {
    out.push_str(&format!("<nav aria-label=\"Contents\">\n<p><a href=\"#top\">{title} API</a></p>\n"));
    for (tag, operations) in tags {
        out.push_str(&format!("<h2><a href=\"#tag-{0}\">{1}</a></h2>\n<ul>\n", Text(tag), named(tag)));
        for operation in operations {
            let Operation { method, path, .. } = operation;
            out.push_str(&format!(
                "<li><a href=\"#{}\"><b class=\"{method}\">{}</b><span>{}</span></a></li>\n",
                operation.id(),
                method.to_uppercase(),
                breakable(path)
            ));
        }
        out.push_str("</ul>\n");
    }
    out.push_str("<h2><a href=\"#schemas\">Schemas</a></h2>\n<ul>\n");
    for name in schemas.as_object().into_iter().flat_map(Map::keys) {
        out.push_str(&format!("<li><a href=\"#schema-{0}\">{0}</a></li>\n", Text(name)));
    }
    out.push_str("</ul>\n</nav>\n");
}

fn describe(out: &mut String, operation: &Operation, schemas: &Value) {
    let Operation { method, path, about } = operation;
    out.push_str(&format!(
        "<article id=\"{}\">\n<h3><b class=\"{method}\">{}</b> {}</h3>\n<p>{}</p>\n",
        operation.id(),
        method.to_uppercase(),
        breakable(path),
        Text(about["summary"].as_str().unwrap_or_default())
    ));
    if let Some(more) = about["description"].as_str() {
        out.push_str(&format!("<p>{}</p>\n", Text(more)));
    }
    let is_open =
        about["security"].as_array().is_some_and(|ways| ways.iter().any(|way| *way == Value::Object(Map::new())));
    if is_open {
        out.push_str("<p class=\"open\">Needs no authentication.</p>\n");
    }
    let parameters = about["parameters"].as_array().into_iter().flatten();
    // The description at the top explains the headers.
    let (headers, own): (Vec<_>, Vec<_>) = parameters.partition(|parameter| parameter["in"] == "header");
    table(out, "Parameters", "parameter", &own.into_iter().map(parameter).collect::<Vec<_>>());
    if !headers.is_empty() {
        let names: Vec<_> = headers.iter().map(|header| code(&header["name"])).collect();
        out.push_str(&format!("<p>Headers: {}</p>\n", names.join(", ")));
    }
    for (media, content) in about["requestBody"]["content"].as_object().into_iter().flatten() {
        let schema = &content["schema"];
        out.push_str(&format!("<p>Body: {}</p>\n", body(media, schema)));
        let whole = component(schema).map_or(schema, |name| &schemas[name]);
        table(out, "Fields of the body", "field", &fields(whole).iter().map(field).collect::<Vec<_>>());
    }
    answers(out, about);
    out.push_str("</article>\n");
}

/// Refusals are collapsed.
fn answers(out: &mut String, about: &Value) {
    let (mut done, mut refused, mut statuses) = (String::new(), String::new(), Vec::new());
    for (status, response) in about["responses"].as_object().into_iter().flatten() {
        let text = Text(response["description"].as_str().unwrap_or_default()).to_string();
        if status.as_str() < "400" {
            let contents = response["content"].as_object().into_iter().flatten();
            let bodies: Vec<_> = contents.map(|(media, content)| body(media, &content["schema"])).collect();
            let headers = response["headers"].as_object().into_iter().flat_map(Map::keys);
            let headers: Vec<_> = headers.map(|name| format!("<code>{}</code>", Text(name))).collect();
            let parts = [
                if bodies.is_empty() { "nothing".into() } else { bodies.join(" or ") },
                if headers.is_empty() { String::new() } else { format!("with {}", headers.join(", ")) },
                text,
            ];
            let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            done.push_str(&format!("<p>Response <b>{}</b>: {}</p>\n", Text(status), parts.join("; ")));
        } else {
            statuses.push(Text(status).to_string());
            refused.push_str(&format!("<li><b>{}</b> {text}</li>\n", Text(status)));
        }
    }
    out.push_str(&done);
    if !refused.is_empty() {
        out.push_str(&format!(
            "<details>\n<summary>May be refused with {}</summary>\n<ul>\n{refused}</ul>\n</details>\n",
            statuses.join(", ")
        ));
    }
}

/// Names the media type unless it is JSON.
fn body(media: &str, schema: &Value) -> String {
    let kind = kind(schema);
    if media == "application/json" { kind } else { format!("{kind}, <code>{}</code>", Text(media)) }
}

/// The fields of an object, or another kind of schema.
fn shape(out: &mut String, schema: &Value) {
    let about = description(schema);
    if !about.is_empty() {
        out.push_str(&format!("<p>{}</p>\n", Text(about)));
    }
    let rows: Vec<_> = fields(schema).iter().map(field).collect();
    if !rows.is_empty() {
        return table(out, "Fields", "field", &rows);
    }
    match schema["oneOf"].as_array() {
        Some(alternatives) if schema["properties"].is_null() => {
            for (number, alternative) in alternatives.iter().enumerate() {
                out.push_str(if number == 0 { "<p class=\"or\">Either</p>\n" } else { "<p class=\"or\">or</p>\n" });
                shape(out, alternative);
            }
        }
        _ => {
            let rest = [vec![kind(schema)], bounds(schema)].concat().join("; ");
            out.push_str(&format!("<p>{rest}</p>\n"));
        }
    }
}

/// Name, type, description.
type Row = [String; 3];

fn parameter(parameter: &Value) -> Row {
    let place = parameter["in"].as_str().unwrap_or_default();
    let name = code(&parameter["name"]);
    let needed = if parameter["required"] == true && place != "path" { ", required" } else { "" };
    let schema = &parameter["schema"];
    let what = [vec![kind(schema)], bounds(schema)].concat().join("; ");
    let about = parameter["description"].as_str().unwrap_or_default();
    [format!("{name}<small>{place}{needed}</small>"), what, Text(about).to_string()]
}

fn field(field: &Field) -> Row {
    let needed = if field.is_required { "" } else { "<small>optional</small>" };
    let what = [vec![kind(field.schema)], bounds(field.schema)].concat().join("; ");
    [format!("<code>{}</code>{needed}", breakable(&field.name)), what, Text(description(field.schema)).to_string()]
}

fn table(out: &mut String, caption: &str, first: &str, rows: &[Row]) {
    if rows.is_empty() {
        return;
    }
    out.push_str(&format!(
        "<table>\n<caption>{caption}</caption>\n<thead><tr><th scope=\"col\">{first}</th><th scope=\"col\">type</th><th \
         scope=\"col\">description</th></tr></thead>\n<tbody>\n"
    ));
    for [name, what, about] in rows {
        out.push_str(&format!("<tr><th scope=\"row\">{name}</th><td>{what}</td><td>{about}</td></tr>\n"));
    }
    out.push_str("</tbody>\n</table>\n");
}

/// With opportunities for line breaks.
fn breakable(path: &str) -> String {
    Text(path).to_string().replace('/', "/<wbr>").replace('.', ".<wbr>").replace('_', "_<wbr>")
}

/// `operator-tokens` becomes `Operator tokens`.
fn named(tag: &str) -> String {
    let mut letters = tag.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    Text(&format!("{first}{}", letters.as_str().replace(['-', '_'], " "))).to_string()
}

impl Operation<'_> {
    fn id(&self) -> String {
        Text(self.about["operationId"].as_str().unwrap_or_default()).to_string()
    }
}
