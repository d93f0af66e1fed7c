//! The operations of the management API, by group, from its OpenAPI description.

use serde_json::{Map, Value};

use super::curl;
use super::schema::{Field, Part, Shape, component, fields, kind, kind_and_bounds, shapes};
use crate::control::api::ROLES;
use crate::control::web::problem::Code;
use crate::store::Role;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// What the pages show.
pub(super) struct Reference {
    pub(super) description: String,
    /// In the order of their first operations.
    pub(super) groups: Vec<Group>,
    pub(super) schemas: Vec<Schema>,
}

/// The operations of a tag.
pub(super) struct Group {
    /// The last part of the address of its page.
    pub(super) slug: String,
    pub(super) title: String,
    pub(super) operations: Vec<Operation>,
}

pub(super) struct Schema {
    pub(super) name: String,
    pub(super) shapes: Vec<Shape>,
}

pub(super) struct Operation {
    /// The `operationId`, which links lead to.
    pub(super) id: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) summary: String,
    pub(super) description: String,
    pub(super) callers: Callers,
    pub(super) parameters: Vec<Parameter>,
    /// Names. The first page explains them.
    pub(super) headers: Vec<String>,
    pub(super) body: Option<Body>,
    pub(super) answers: Vec<Response>,
    pub(super) refusals: Vec<Refusal>,
    pub(super) curl: curl::Example,
}

pub(super) enum Callers {
    /// No credential is needed.
    Everyone,
    /// Users of these roles, with a session.
    Sessions(Vec<Role>),
    /// Users and operator tokens of these roles.
    Roles(Vec<Role>),
    /// Programs with an API key.
    ApiKeys,
    /// The API behind, with a publisher's token.
    Publishers,
}

pub(super) struct Parameter {
    pub(super) field: Field,
    /// `path` or `query`.
    pub(super) place: String,
}

pub(super) struct Body {
    pub(super) kind: Vec<Part>,
    /// The media type, unless it is JSON.
    pub(super) media: Option<String>,
    pub(super) fields: Vec<Field>,
}

/// A success.
pub(super) struct Response {
    pub(super) status: String,
    pub(super) description: String,
    pub(super) bodies: Vec<Body>,
    pub(super) headers: Vec<String>,
}

pub(super) struct Refusal {
    pub(super) status: String,
    pub(super) codes: Vec<Code>,
}

impl Reference {
    pub(super) fn of(api: &Value) -> Self {
        let schemas = api["components"]["schemas"].as_object().into_iter().flatten();
        Self {
            description: text(&api["info"]["description"]),
            groups: groups(api),
            schemas: schemas.map(|(name, schema)| Schema { name: name.clone(), shapes: shapes(schema) }).collect(),
        }
    }
}

fn groups(api: &Value) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (path, item) in api["paths"].as_object().into_iter().flatten() {
        for method in METHODS {
            let Some(described) = item.get(method) else { continue };
            let operation = operation(method, path, described, &api["components"]["schemas"]);
            let tag = described["tags"][0].as_str().unwrap_or_default();
            let slug = tag.replace(' ', "-");
            match groups.iter_mut().find(|group| group.slug == slug) {
                Some(group) => group.operations.push(operation),
                None => groups.push(Group { slug, title: capitalized(tag), operations: vec![operation] }),
            }
        }
    }
    groups
}

fn operation(method: &str, path: &str, described: &Value, schemas: &Value) -> Operation {
    let parameters = described["parameters"].as_array().into_iter().flatten();
    let (headers, own): (Vec<_>, Vec<_>) = parameters.partition(|parameter| parameter["in"] == "header");
    let (answers, refusals): (Vec<_>, Vec<_>) =
        described["responses"].as_object().into_iter().flatten().partition(|(status, _)| status.as_str() < "400");
    let contents = described["requestBody"]["content"].as_object();
    Operation {
        id: text(&described["operationId"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&described["summary"]),
        description: text(&described["description"]),
        callers: callers(described),
        parameters: own.into_iter().map(parameter).collect(),
        headers: headers.into_iter().map(|header| text(&header["name"])).collect(),
        body: contents
            .and_then(|contents| contents.iter().next())
            .map(|(media, content)| body(media, content, schemas)),
        answers: answers.into_iter().map(|(status, response)| answer(status, response)).collect(),
        refusals: refusals.into_iter().map(|(status, response)| refusal(status, response)).collect(),
        curl: curl::Example::of(method, path, described),
    }
}

fn callers(described: &Value) -> Callers {
    let security: Vec<&Map<String, Value>> =
        described["security"].as_array().into_iter().flatten().filter_map(Value::as_object).collect();
    let roles = described[ROLES].as_array().into_iter().flatten().filter_map(Value::as_str);
    let all = [Role::Staff, Role::Owner, Role::Implementer, Role::Member];
    let roles = roles.filter_map(|name| all.into_iter().find(|role| role.as_str() == name)).collect();
    if security.iter().any(|schemes| schemes.is_empty()) {
        Callers::Everyone
    } else if security.iter().any(|schemes| schemes.contains_key("api_key")) {
        Callers::ApiKeys
    } else if security.iter().any(|schemes| schemes.contains_key("publisher")) {
        Callers::Publishers
    } else if security.iter().any(|schemes| schemes.contains_key("operator_token")) {
        Callers::Roles(roles)
    } else {
        Callers::Sessions(roles)
    }
}

fn parameter(parameter: &Value) -> Parameter {
    let place = text(&parameter["in"]);
    let field = Field {
        name: text(&parameter["name"]),
        is_required: parameter["required"] == true,
        kind: kind_and_bounds(&parameter["schema"]),
        description: text(&parameter["description"]),
    };
    Parameter { field, place }
}

fn body(media: &str, content: &Value, schemas: &Value) -> Body {
    let schema = &content["schema"];
    let whole = component(schema).map_or(schema, |name| &schemas[name]);
    Body {
        kind: kind(schema),
        media: (media != "application/json").then(|| media.to_owned()),
        fields: if media == "application/json" { fields(whole) } else { Vec::new() },
    }
}

fn answer(status: &str, response: &Value) -> Response {
    let contents = response["content"].as_object().into_iter().flatten();
    let headers = response["headers"].as_object().into_iter().flat_map(Map::keys);
    Response {
        status: status.to_owned(),
        description: text(&response["description"]),
        bodies: contents.map(|(media, content)| body(media, content, &Value::Null)).collect(),
        headers: headers.cloned().collect(),
    }
}

/// The description lists the codes.
fn refusal(status: &str, response: &Value) -> Refusal {
    let words = response["description"].as_str().unwrap_or_default().split(", ");
    let codes = words.filter_map(|word| Code::ALL.iter().copied().find(|code| code.as_str() == word));
    Refusal { status: status.to_owned(), codes: codes.collect() }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// `operator tokens` becomes `Operator tokens`.
fn capitalized(tag: &str) -> String {
    let mut letters = tag.chars();
    letters.next().map(|first| first.to_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}
