use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::control::api::call::ApiCall;
use crate::control::api::extract::CredentialId;
use crate::control::api::response::ApiResponse;
use crate::control::api::routes::routes;
use crate::control::operations::list_used_addresses;
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::store::AddressRecord;

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(routes!(list_credential_addresses))
}

#[derive(Serialize, ToSchema)]
struct UsedAddresses {
    /// The last used first; at most 16.
    items: Vec<UsedAddress>,
}

/// A client address of a credential.
#[derive(Serialize, ToSchema)]
struct UsedAddress {
    /// An IPv4 address, or the first address of an IPv6 network (/64).
    #[schema(example = "192.0.2.7")]
    address: String,
    /// The last use from there, exact to a few seconds.
    #[schema(format = "date-time")]
    last_used_at: String,
}

/// Lists the addresses that a credential was used from within 30 days.
#[utoipa::path(
    get, path = "/credentials/{id}/addresses", tag = "credentials", responses((status = 200, body = UsedAddresses))
)]
async fn list_credential_addresses(
    call: ApiCall,
    CredentialId(id): CredentialId,
) -> Result<ApiResponse<UsedAddresses>, Problem> {
    let addresses = list_used_addresses(&call.context(), id.as_str()).await?;
    Ok(ApiResponse::ok(UsedAddresses { items: addresses.into_iter().map(UsedAddress::from).collect() }))
}

impl From<AddressRecord> for UsedAddress {
    fn from(record: AddressRecord) -> Self {
        Self { address: record.address, last_used_at: record.last_used_at.to_string() }
    }
}
