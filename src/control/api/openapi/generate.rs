//! Writes the description from the operations themselves.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use serde::Serialize as _;
use serde_json::json;
use serde_json::ser::{PrettyFormatter, Serializer};
use utoipa::PartialSchema as _;
use utoipa::openapi::path::{HttpMethod, Operation, ParameterBuilder, ParameterIn, Paths};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ContentBuilder, HeaderBuilder, InfoBuilder, ObjectBuilder, OpenApi, PathItem, Ref, RefOr, Required,
    ResponseBuilder, Schema, ServerBuilder, Type,
};

use super::body_examples::BODY_EXAMPLES;
use super::operation_permissions::{Callers, PERMISSIONS};
use super::{ROLES, openapi};
use crate::config::is_docs_update;
use crate::control::api::{PREFIX, operations};
use crate::control::views::RoleName;
use crate::control::web::caller::COOKIE_NAME;
use crate::control::web::problem::{Code, Document, FieldProblem, Position};
use crate::store::Role;

const DESCRIPTION: &str = "Accounts, credentials, users and operator tokens. To change a resource that you read before, send If-Match with \
     its ETag. To retry a call safely, send an Idempotency-Key. Every refusal is a problem document (RFC 9457) with a \
     stable code.";

/// The description of [`Idempotent`](crate::control::api::call::Idempotent) routes.
pub(in crate::control::api) fn with_idempotency(mut paths: Paths) -> Paths {
    let items = paths.paths.values_mut();
    for operation in items.flat_map(|item| [&mut item.post, &mut item.put]).flatten() {
        let description = "A unique value that the caller chooses; calls with the same one run once.";
        add_parameter(operation, ParameterIn::Header, "Idempotency-Key", Some(description));
        describe_replay(operation);
    }
    paths
}

/// What the operations say of themselves, and what all of them have in common.
fn generate() -> OpenApi {
    let mut api = operations().into_openapi();
    api.info = InfoBuilder::new().title("Claviger").version("1").description(Some(DESCRIPTION)).build();
    api.servers = Some(vec![ServerBuilder::new().url(PREFIX).build()]);
    let components = api.components.get_or_insert_default();
    components.schemas.insert("Problem".into(), Document::schema());
    components.schemas.insert("FieldProblem".into(), FieldProblem::schema());
    components.schemas.insert("Position".into(), Position::schema());
    components.add_security_scheme(
        "operator_token",
        SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()),
    );
    for name in ["publisher", "api_key"] {
        components
            .add_security_scheme(name, SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()));
    }
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(COOKIE_NAME))));
    let versioned = versioned(&components.schemas);
    for (path, item) in &mut api.paths.paths {
        complete(path, item, &versioned);
    }
    api
}

fn complete(path: &str, item: &mut PathItem, versioned: &HashSet<String>) {
    let methods = [
        (HttpMethod::Get, &mut item.get),
        (HttpMethod::Post, &mut item.post),
        (HttpMethod::Put, &mut item.put),
        (HttpMethod::Patch, &mut item.patch),
        (HttpMethod::Delete, &mut item.delete),
    ];
    for (method, operation) in methods {
        let Some(operation) = operation else { continue };
        let rule = PERMISSIONS.iter().find(|rule| Some(rule.operation) == operation.operation_id.as_deref());
        let callers = rule.map_or(Callers::With(&[]), |rule| rule.callers);
        describe_callers(operation, callers);
        add_example(operation);
        for name in ["id", "delivery"].into_iter().filter(|name| path.contains(&format!("{{{name}}}"))) {
            add_parameter(operation, ParameterIn::Path, name, None);
        }
        if method != HttpMethod::Get {
            let description = "The ETag of the revision that you read; 412 where the resource has changed since.";
            add_parameter(operation, ParameterIn::Header, "If-Match", Some(description));
        }
        let mut codes = common_codes(path, &method, operation, callers);
        codes.extend(rule.map_or(&[][..], |rule| rule.codes));
        describe_problems(operation, &codes);
        if method != HttpMethod::Delete {
            add_success_headers(operation, versioned);
        }
    }
}

/// `security`, and the roles by name.
fn describe_callers(operation: &mut Operation, callers: Callers) {
    let requirement = |name: &str| SecurityRequirement::new(name, std::iter::empty::<String>());
    operation.security = Some(match callers {
        Callers::Everyone => vec![SecurityRequirement::default()],
        Callers::Sessions => vec![requirement("session")],
        Callers::ApiKeys => vec![requirement("api_key")],
        Callers::Publishers => vec![requirement("publisher")],
        Callers::With(_) => ["operator_token", "session"].map(requirement).to_vec(),
    });
    if callers.have_roles() {
        let roles = [Role::Staff, Role::Owner, Role::Implementer, Role::Member].into_iter();
        let roles = roles.filter(|role| callers.includes(*role)).map(|role| json!(RoleName::from(role)));
        operation.extensions.get_or_insert_default().insert(ROLES.into(), roles.collect());
    }
}

fn add_example(operation: &mut Operation) {
    let example = BODY_EXAMPLES.iter().find(|(name, _)| Some(*name) == operation.operation_id.as_deref());
    let contents = operation.request_body.iter_mut().flat_map(|body| body.content.values_mut());
    if let Some((_, example)) = example {
        contents.for_each(|content| content.example = serde_json::from_str(example).ok());
    }
}

/// Problems that follow from the shape of an operation.
fn common_codes(path: &str, method: &HttpMethod, operation: &Operation, callers: Callers) -> Vec<Code> {
    let parameters = || operation.parameters.iter().flatten();
    let is_write = *method != HttpMethod::Get;
    let has_id = path.contains("{id}");
    let has_body = operation.request_body.is_some();
    let has_query = parameters().any(|parameter| parameter.parameter_in == ParameterIn::Query);
    let has_key = parameters().any(|parameter| parameter.name == "Idempotency-Key");
    let roles = [Role::Staff, Role::Owner, Role::Implementer, Role::Member];
    let is_limited = matches!(callers, Callers::Sessions | Callers::ApiKeys)
        || (callers.have_roles() && roles.iter().any(|role| !callers.includes(*role)));
    let conditions: [(bool, &[Code]); 11] = [
        (true, &[Code::Malformed, Code::TooManyRequests, Code::Internal]),
        (true, &[Code::DatabaseUnavailable, Code::DatabaseUnusable]),
        (callers != Callers::Everyone, &[Code::Unauthenticated, Code::CrossSite]),
        (is_limited, &[Code::Forbidden]),
        (has_id, &[Code::NotFound]),
        (has_id && is_write, &[Code::Stale]),
        (is_write, &[Code::CrossSite, Code::TooLarge, Code::DatabaseFull, Code::DatabaseReadOnly]),
        (*method == HttpMethod::Patch, &[Code::PreconditionRequired]),
        (has_body, &[Code::UnsupportedMediaType, Code::Invalid]),
        (has_query, &[Code::Invalid]),
        (has_key, &[Code::IdempotencyKeyBusy, Code::IdempotencyKeyReused]),
    ];
    conditions.into_iter().filter(|(holds, _)| *holds).flat_map(|(_, codes)| codes.iter().copied()).collect()
}

fn add_parameter(operation: &mut Operation, place: ParameterIn, name: &str, description: Option<&str>) {
    let required = if place == ParameterIn::Path { Required::True } else { Required::False };
    let parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(description)
        .schema(Some(text()))
        .build();
    operation.parameters.get_or_insert_default().push(parameter);
}

fn text() -> Schema {
    ObjectBuilder::new().schema_type(Type::String).into()
}

fn describe_replay(operation: &mut Operation) {
    let description = "true where the response repeats that of an earlier call with this Idempotency-Key; secrets are \
                       left out";
    let header = HeaderBuilder::new().description(Some(description)).build();
    for (status, response) in &mut operation.responses.responses {
        if let (true, RefOr::T(response)) = (status.starts_with('2'), response) {
            response.headers.insert("Idempotent-Replayed".to_owned(), header.clone());
        }
    }
}

/// A created resource has a path, and a body with a revision an `ETag`.
fn add_success_headers(operation: &mut Operation, versioned: &HashSet<String>) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        let mut schemas = response.content.values().filter_map(|content| content.schema.as_ref());
        let has_revision = schemas.any(|schema| component(schema).is_some_and(|name| versioned.contains(name)));
        let headers = [("ETag", has_revision), ("Location", status == "201")];
        for (name, _) in headers.into_iter().filter(|(_, is_sent)| *is_sent) {
            response.headers.insert(name.to_owned(), HeaderBuilder::new().schema(text()).build());
        }
    }
}

/// Names of the schemas that have a field `revision`, themselves or in a nested object.
fn versioned(schemas: &BTreeMap<String, RefOr<Schema>>) -> HashSet<String> {
    let matching = |is_match: &dyn Fn(&str, &RefOr<Schema>) -> bool| -> HashSet<String> {
        let objects = schemas.iter().filter_map(|(name, schema)| match schema {
            RefOr::T(Schema::Object(object)) => Some((name, object)),
            _ => None,
        });
        let matching =
            objects.filter(|(_, object)| object.properties.iter().any(|(name, field)| is_match(name, field)));
        matching.map(|(name, _)| name.clone()).collect()
    };
    let own = matching(&|name, _| name == "revision");
    let nested = matching(&|_, field| component(field).is_some_and(|name| own.contains(name)));
    own.union(&nested).cloned().collect()
}

fn component(schema: &RefOr<Schema>) -> Option<&str> {
    match schema {
        RefOr::Ref(reference) => reference.ref_location.strip_prefix("#/components/schemas/"),
        RefOr::T(_) => None,
    }
}

/// The body is the same everywhere; the description lists the codes with this status.
fn describe_problems(operation: &mut Operation, codes: &[Code]) {
    let statuses: BTreeSet<u16> = codes.iter().map(|code| code.status().as_u16()).collect();
    for status in statuses {
        let of_status = Code::ALL.iter().filter(|code| code.status().as_u16() == status && codes.contains(code));
        let words: Vec<_> = of_status.map(|code| code.as_str()).collect();
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response =
            ResponseBuilder::new().description(words.join(", ")).content("application/problem+json", content).build();
        operation.responses.responses.insert(status.to_string(), RefOr::T(response));
    }
}

/// `UPDATE_DOCS=1` writes the file.
#[test]
fn the_committed_description_is_current() {
    // A line for each value, for diffs; without indents, which would be half of the file.
    let mut current = Vec::new();
    let formatter = PrettyFormatter::with_indent(b"");
    generate().serialize(&mut Serializer::with_formatter(&mut current, formatter)).unwrap();
    let mut current = String::from_utf8(current).unwrap();
    current.push('\n');
    let is_update = is_docs_update();
    if is_update {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/control/api/openapi.json");
        std::fs::write(file, &current).unwrap();
    }
    let is_current = is_update || openapi() == current;
    assert!(is_current, "openapi.json is out of date: UPDATE_DOCS=1 cargo test --lib control::api::openapi writes it");
}
