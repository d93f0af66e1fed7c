//! What can be done to credentials and accounts, one verb a file: the rules. The API, the console and the command
//! line only translate. Each asks the table of rights first, then is one transaction with its line in the audit;
//! secrets are made here, returned once and kept nowhere.

mod call;
mod caller;
mod change;
mod create;
mod delete;
mod disable;
mod enable;
mod export;
mod facts;
mod import;
mod refusal;
mod reset;
mod rights;
mod secrets;
mod switch_account;

pub use call::{Call, Once, Terms};
pub use caller::{Caller, Reach};
pub use create::{CreateError, Created, NewCredential, create};
pub use delete::{DeleteError, delete};
pub use disable::{DisableError, disable};
pub use enable::{EnableError, enable};
pub use export::{ExportError, Exported, export};
pub use facts::{account_facts, credential_facts};
pub use import::{ImportError, Imported, ImportedCredential, import};
pub use refusal::{FieldFault, Invalid, NotFound, Refusal};
pub use reset::{Reset, ResetDone, ResetError, reset};
pub use rights::Right;
pub use secrets::{NewSecret, PasswordUnfit, PlainSecret, SecretError};
pub use switch_account::{SwitchAccountError, switch_account};
