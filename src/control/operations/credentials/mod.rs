//! What can be done to credentials.

mod change;
mod clear;
mod create;
mod delete;
mod disable;
mod duplicate;
mod edit;
mod enable;
mod end_overlap;
mod export;
mod fields;
mod import;
mod list;
mod own_key;
mod reset;
mod upgrade_version;

pub use clear::{ClearError, clear};
pub use create::{CreateError, Created, NewCredential, create};
pub use delete::{DeleteError, delete};
pub use disable::{DisableError, disable};
pub use duplicate::{Duplicate, DuplicateError, duplicate};
pub use edit::{Edit, EditError, Patch, edit};
pub use enable::{EnableError, enable};
pub use end_overlap::{EndOverlapError, end_overlap};
pub use export::{ExportError, Exported, export};
pub(in crate::control) use fields::EMPTY_LIST;
pub use import::{ImportError, Imported, ImportedCredential, import, may_import};
pub use list::{
    CreatedWhen, CredentialsWanted, ListCredentialsError, count_credentials, list_credentials, show_credential,
};
pub use own_key::{OwnKeyError, own_key, regenerate_own_key, switch_off_own_key, switch_on_own_key};
pub use reset::{Reset, ResetDone, ResetError, reset};
pub use upgrade_version::{UpgradeVersionError, upgrade_version};
