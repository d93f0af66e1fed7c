//! What can be done to credentials and accounts, one verb a file: the rules. The API, the console and the command
//! line only translate. Each asks the table of rights first, then is one transaction with its line in the audit;
//! secrets are made here, returned once and kept nowhere.

mod call;
mod caller;
mod contacts;
mod credentials;
mod facts;
mod once;
mod refusal;
mod rights;
mod secrets;
mod switch_account;
mod texts;

pub use call::{Call, IdempotencyKey, Terms};
pub use caller::{Caller, Reach};
pub use credentials::{
    ClearError, CreateError, Created, CreatedWhen, CredentialsWanted, DeleteError, DisableError, Duplicate,
    DuplicateError, Edit, EditError, EnableError, EndOverlapError, ExportError, Exported, ImportError, Imported,
    ImportedCredential, ListCredentialsError, ListedCredentials, NewCredential, OwnKeyError, Reset, ResetDone,
    ResetError, Said, UpgradeVersionError, clear, count_credentials, create, delete, disable, duplicate, edit, enable,
    end_overlap, export, import, list_credentials, own_key, regenerate_own_key, reset, show_credential,
    switch_off_own_key, switch_on_own_key, upgrade_version,
};
pub use facts::{account_facts, credential_facts};
pub use once::Once;
pub use refusal::{FieldFault, Invalid, NotFound, Refusal};
pub use rights::Right;
pub use secrets::{NewSecret, NoSecret, PasswordUnfit, PlainSecret};
pub use switch_account::{SwitchAccountError, switch_account};
