//! The description of the API (OpenAPI 3.1), made of the operations themselves.

pub(super) mod docs;
use std::sync::LazyLock;

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse as _;
use axum::routing::get;
use utoipa::PartialSchema as _;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ContentBuilder, HeaderBuilder, InfoBuilder, ObjectBuilder, OpenApi, PathItem, Ref, RefOr, ResponseBuilder,
    ServerBuilder, Type,
};

use super::field_problem::{FieldProblem, Position};
use super::problem::{Code, Document};
use super::{PREFIX, operations};
use crate::control::web::caller::COOKIE_NAME;
use crate::control::web::state::ControlState;

/// What every operation may answer that is described with none.
const ALWAYS: [StatusCode; 6] = [
    StatusCode::BAD_REQUEST,
    StatusCode::FORBIDDEN,
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::UNPROCESSABLE_ENTITY,
];

/// Those that make a thing, a secret or a link.
const ONCE: [&str; 10] = [
    "ask_for_access",
    "create_account",
    "create_credential",
    "create_operator_token",
    "create_user",
    "duplicate_credential",
    "new_setup_link",
    "regenerate_own_key",
    "reset_credential",
    "switch_on_own_key",
];

pub(super) fn routes() -> Router<ControlState> {
    Router::new().route("/openapi.json", get(document))
}

/// Made once: it takes long, and anybody may ask for it.
static TEXT: LazyLock<Bytes> = LazyLock::new(|| {
    let mut text = openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text.into()
});

async fn document() -> axum::response::Response {
    ([(CONTENT_TYPE, "application/json")], TEXT.clone()).into_response()
}

/// The whole of it: what each operation says of itself, and what all of them have in common.
pub fn openapi() -> OpenApi {
    let mut api = operations().into_openapi();
    api.info = InfoBuilder::new()
        .title("Claviger")
        .version("1")
        .description(Some(
            "Accounts, credentials and the people who look after them. A change of a thing that was read before \
             sends If-Match with its ETag. A call that may come twice sends an Idempotency-Key. Whatever is refused \
             is a problem document (RFC 9457) with a code.",
        ))
        .build();
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
    for item in api.paths.paths.values_mut() {
        complete(item);
    }
    api
}

fn complete(item: &mut PathItem) {
    let writes = [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
    for operation in writes.into_iter().flatten() {
        header(operation, "If-Match", "The ETag of what was seen; refused with 412 when it is another by now.");
        if operation.operation_id.as_deref().is_some_and(|id| ONCE.contains(&id)) {
            header(operation, "Idempotency-Key", "Made up by the caller: with the same one, a call is done once.");
            replayed(operation);
        }
        problems(operation, &[StatusCode::CONFLICT, StatusCode::PRECONDITION_FAILED, StatusCode::PAYLOAD_TOO_LARGE]);
    }
    let all = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
    for operation in all.into_iter().flatten() {
        problems(operation, &ALWAYS);
        // One that says that it needs no caller says so by an empty list.
        if operation.security.is_none() {
            let schemes = ["operator_token", "session"];
            let needs = |name: &str| SecurityRequirement::new(name, std::iter::empty::<String>());
            operation.security = Some(schemes.into_iter().map(needs).collect());
        }
        let is_open = |schemes: &Vec<SecurityRequirement>| schemes.contains(&SecurityRequirement::default());
        if !operation.security.as_ref().is_some_and(is_open) {
            problems(operation, &[StatusCode::UNAUTHORIZED]);
        }
        if operation.request_body.is_some() {
            problems(operation, &[StatusCode::UNSUPPORTED_MEDIA_TYPE]);
        }
        let named = operation.responses.responses.keys().filter_map(|status| status.parse().ok());
        let named: Vec<StatusCode> = named.filter(|status: &StatusCode| status.as_u16() >= 400).collect();
        problems(operation, &named);
        let has_id = |parameters: &Vec<utoipa::openapi::path::Parameter>| {
            parameters.iter().any(|parameter| parameter.parameter_in == ParameterIn::Path)
        };
        if operation.parameters.as_ref().is_some_and(has_id) {
            problems(operation, &[StatusCode::NOT_FOUND]);
        }
    }
}

fn header(operation: &mut Operation, name: &str, description: &str) {
    let text = ObjectBuilder::new().schema_type(Type::String).build();
    let parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .description(Some(description))
        .schema(Some(text))
        .build();
    operation.parameters.get_or_insert_default().push(parameter);
}

/// How a caller knows that the call was answered before.
fn replayed(operation: &mut Operation) {
    let description = "true where a call with this Idempotency-Key was answered before; what is shown once is left out";
    let header = HeaderBuilder::new().description(Some(description)).build();
    for (status, response) in &mut operation.responses.responses {
        if let (true, RefOr::T(response)) = (status.starts_with('2'), response) {
            response.headers.insert("Idempotent-Replayed".to_owned(), header.clone());
        }
    }
}

/// Every problem looks the same; what a status says is told by the codes that have it.
fn problems(operation: &mut Operation, statuses: &[StatusCode]) {
    for status in statuses {
        let codes: Vec<_> = Code::all().filter(|code| code.status() == *status).map(Code::as_str).collect();
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response =
            ResponseBuilder::new().description(codes.join(", ")).content("application/problem+json", content).build();
        operation.responses.responses.insert(status.as_str().to_owned(), RefOr::T(response));
    }
}
