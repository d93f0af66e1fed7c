//! Credentials: one operation a file.

mod change;
mod clear;
mod code_texts;
mod create;
mod delete;
mod delivery_choice;
mod disable;
mod duplicate;
mod edit;
mod enable;
mod end_overlap;
mod expiring;
mod export;
mod field_validation;
mod import;
mod list;
mod own_key;
mod refusal_reasons;
mod resend_or_void;
mod reset;
mod reveal;
mod reveal_obstacle;
mod start_delivery;
mod upgrade_unversioned;
mod upgrade_version;

pub use self::list::{
    CreatedWhen, CredentialSearch, count_credentials, list_credentials, list_used_addresses, show_credential,
};
pub use change::CredentialConflict;
pub use clear::clear;
pub use code_texts::NextText;
pub(in crate::control) use code_texts::count_text_to;
pub use create::{Created, NewCredential, create};
pub use delete::delete;
pub use delivery_choice::{Deliver, may_send_secret, may_show_secret};
pub use disable::disable;
pub use duplicate::{Duplicate, duplicate};
pub use edit::{Edit, edit};
pub use enable::enable;
pub use end_overlap::end_overlap;
pub use expiring::list_expiring;
pub use export::{Exported, export};
pub use field_validation::{MAX_ADDRESSES, MAX_DEVELOPER_EMAILS, MAX_SCOPES};
pub use import::{Imported, ImportedCredential, import, may_import};
pub(super) use own_key::holder;
pub use own_key::{disable_own_key, enable_own_key, own_key, own_key_obstacle, regenerate_own_key};
pub use resend_or_void::{can_send_again, send_again, text_again, void_delivery};
pub use reset::{Reset, reset};
pub use reveal::{CodeProgress, RevealPage, RevealStanding, Revealed, reveal_secret, send_reveal_code, show_reveal};
pub use reveal_obstacle::RevealObstacle;
pub use upgrade_unversioned::upgrade_unversioned;
pub use upgrade_version::{ALLOW_OLDER, UpgradeVersion, upgrade_version};
