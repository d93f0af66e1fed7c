//! What forms offer: the parts of the settings that callers choose from.

use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::control::api::call::ApiCall;
use crate::control::api::response::ApiResponse;
use crate::control::api::routes::routes;
use crate::control::views::RoleName;
use crate::control::web::problem::Problem;
use crate::control::web::state::{ControlState, LiveSettings};
use crate::credential::{RouteRule, Version};
use crate::store::Role;

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(routes!(form_settings))
}

/// What the fields of a request may hold.
#[derive(Serialize, ToSchema)]
struct FormSettings {
    /// The versions of the API, oldest first.
    versions: Vec<OfferedVersion>,
    /// In the order of the settings.
    scopes: Vec<OfferedScope>,
    roles: Vec<NamedRole>,
    /// The address of the API behind the gate.
    api_url: Option<String>,
    /// The documentation of the API behind the gate.
    docs_url: Option<String>,
}

/// A version of the API.
#[derive(Serialize, ToSchema)]
struct OfferedVersion {
    name: String,
    #[schema(format = "date")]
    deprecated_on: Option<String>,
    /// The announced end.
    #[schema(format = "date")]
    sunset_on: Option<String>,
    /// Requests for it answer 410 from this day (UTC) on.
    #[schema(format = "date")]
    retired_on: Option<String>,
    /// The documentation of the migration.
    link: Option<String>,
}

/// A scope with the routes that it permits.
#[derive(Serialize, ToSchema)]
struct OfferedScope {
    name: String,
    routes: Vec<ScopeRoute>,
}

/// A route and all below it.
#[derive(Serialize, ToSchema)]
struct ScopeRoute {
    /// Empty for every method.
    methods: Vec<String>,
    path: String,
}

/// A role and the name that people see.
#[derive(Serialize, ToSchema)]
struct NamedRole {
    role: RoleName,
    label: String,
}

/// Shows the versions, scopes and roles of the settings.
#[utoipa::path(get, path = "/form-settings", tag = "session", responses((status = 200, body = FormSettings)))]
async fn form_settings(call: ApiCall) -> Result<ApiResponse<FormSettings>, Problem> {
    Ok(ApiResponse::ok(FormSettings::from(call.settings())))
}

impl From<&LiveSettings> for FormSettings {
    fn from(settings: &LiveSettings) -> Self {
        let (scopes, console) = (settings.scopes.iter(), &settings.console);
        let roles = [Role::Staff, Role::Owner, Role::Implementer, Role::Member].map(RoleName::from);
        Self {
            versions: settings.versions.known.iter().map(OfferedVersion::from).collect(),
            scopes: scopes
                .map(|(name, rules)| OfferedScope {
                    name: name.to_string(),
                    routes: rules.iter().map(ScopeRoute::from).collect(),
                })
                .collect(),
            roles: roles.map(|role| NamedRole { role, label: role.label(&console.roles) }).into(),
            api_url: console.api_url.as_ref().map(|url| url.0.to_string()),
            docs_url: console.docs_url.as_ref().map(|url| url.0.to_string()),
        }
    }
}

impl From<&Version> for OfferedVersion {
    fn from(version: &Version) -> Self {
        let day = |date: Option<Date>| date.map(|date| date.to_string());
        Self {
            name: version.name.to_string(),
            deprecated_on: day(version.deprecated_on),
            sunset_on: day(version.sunset_on),
            retired_on: day(version.retired_on),
            link: version.link.as_deref().map(str::to_owned),
        }
    }
}

impl From<&RouteRule> for ScopeRoute {
    fn from(rule: &RouteRule) -> Self {
        Self { methods: rule.methods.iter().map(ToString::to_string).collect(), path: rule.path.to_string() }
    }
}
