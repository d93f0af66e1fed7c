//! The OpenAPI 3.1 description, built from the operations themselves.

pub(super) mod docs;

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse as _;
use axum::routing::get;
use axum::{Extension, Router};
use utoipa::PartialSchema as _;
use utoipa::openapi::path::{HttpMethod, Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ContentBuilder, HeaderBuilder, InfoBuilder, ObjectBuilder, OpenApi, PathItem, Ref, RefOr, Required,
    ResponseBuilder, Schema, ServerBuilder, Type,
};
use utoipa_axum::router::UtoipaMethodRouter;

use super::call::Idempotent;
use super::{PREFIX, operations};
use crate::control::web::caller::COOKIE_NAME;
use crate::control::web::problem::{Code, Document, FieldProblem, Position};
use crate::control::web::state::ControlState;

/// Problems of every operation.
const COMMON_PROBLEMS: [StatusCode; 6] = [
    StatusCode::BAD_REQUEST,
    StatusCode::FORBIDDEN,
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::UNPROCESSABLE_ENTITY,
];
/// Problems of every operation that writes.
const WRITE_PROBLEMS: [StatusCode; 3] =
    [StatusCode::CONFLICT, StatusCode::PRECONDITION_FAILED, StatusCode::PAYLOAD_TOO_LARGE];

const DESCRIPTION: &str = "Accounts, credentials, users and operator tokens. To change a resource that you read before, send If-Match with \
     its ETag. To retry a call safely, send an Idempotency-Key. Every refusal is a problem document (RFC 9457) with a \
     stable code.";

pub(super) fn routes() -> Router<ControlState> {
    Router::new().route("/openapi.json", get(document))
}

/// Built once: building takes long, and the document needs no credential.
static TEXT: LazyLock<Bytes> = LazyLock::new(|| {
    let mut text = openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text.into()
});

async fn document() -> axum::response::Response {
    ([(CONTENT_TYPE, "application/json")], TEXT.clone()).into_response()
}

/// Marks routes whose operations store their response under the caller's `Idempotency-Key`: it is read and described
/// only there.
pub(super) fn idempotent(routes: UtoipaMethodRouter<ControlState>) -> UtoipaMethodRouter<ControlState> {
    let (schemas, mut paths, router) = routes;
    let items = paths.paths.values_mut();
    for operation in items.flat_map(|item| [&mut item.post, &mut item.put]).flatten() {
        let description = "A unique value that the caller chooses; calls with the same one run once.";
        add_parameter(operation, ParameterIn::Header, "Idempotency-Key", Some(description));
        describe_replay(operation);
    }
    (schemas, paths, router.layer(Extension(Idempotent)))
}

/// What the operations say of themselves, and what all of them have in common.
pub fn openapi() -> OpenApi {
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
        if path.contains("{id}") {
            add_parameter(operation, ParameterIn::Path, "id", None);
            add_problems(operation, &[StatusCode::NOT_FOUND]);
        }
        if method != HttpMethod::Get {
            let description = "The ETag of the revision that you read; 412 where the resource has changed since.";
            add_parameter(operation, ParameterIn::Header, "If-Match", Some(description));
            add_problems(operation, &WRITE_PROBLEMS);
        }
        if method == HttpMethod::Patch {
            add_problems(operation, &[StatusCode::PRECONDITION_REQUIRED]);
        }
        if operation.request_body.is_some() {
            add_problems(operation, &[StatusCode::UNSUPPORTED_MEDIA_TYPE]);
        }
        add_problems(operation, &COMMON_PROBLEMS);
        if requires_caller(operation) {
            add_problems(operation, &[StatusCode::UNAUTHORIZED]);
        }
        if method != HttpMethod::Delete {
            add_success_headers(operation, versioned);
        }
        // Those that the operation names itself get the same body.
        let statuses = operation.responses.responses.keys().filter_map(|status| status.parse().ok());
        let statuses: Vec<StatusCode> = statuses.filter(|status: &StatusCode| status.as_u16() >= 400).collect();
        add_problems(operation, &statuses);
    }
}

/// Adds the security requirement, unless the operation declares that it needs none: `security(())`.
fn requires_caller(operation: &mut Operation) -> bool {
    let schemes = operation.security.get_or_insert_with(|| {
        let requirement = |name: &str| SecurityRequirement::new(name, std::iter::empty::<String>());
        ["operator_token", "session"].map(requirement).to_vec()
    });
    !schemes.contains(&SecurityRequirement::default())
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
fn add_problems(operation: &mut Operation, statuses: &[StatusCode]) {
    for status in statuses {
        let codes: Vec<_> =
            Code::ALL.iter().filter(|code| code.status() == *status).map(|code| code.as_str()).collect();
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response =
            ResponseBuilder::new().description(codes.join(", ")).content("application/problem+json", content).build();
        operation.responses.responses.insert(status.as_str().to_owned(), RefOr::T(response));
    }
}
