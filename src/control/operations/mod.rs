//! What can be done to credentials and accounts, one verb a file: the rules. The API, the console and the command
//! line only translate. Each asks the table of rights first, then is one transaction with its line in the audit;
//! secrets are made here, returned once and kept nowhere.

mod access_requests;
mod accounts;
mod audit;
mod authorize;
mod caller;
mod contacts;
mod context;
mod credentials;
mod diagnosis;
mod hashing;
mod idempotent;
mod ids;
mod operator_tokens;
mod paging;
mod refusal;
mod rights;
mod secrets;
mod sessions;
mod text_rules;
mod users;

pub use self::context::{IdempotencyKey, OperationContext, Terms};
pub use self::idempotent::Once;
pub use super::views::{
    AccessRequestView, AccountView, AuditView, CredentialView, OperatorTokenView, RoleName, UserView,
};
pub use access_requests::{
    AskForAccessError, DecideRequestsError, Decision, NewAccessRequest, NotDecidable, WithdrawRequestError,
    ask_for_access, decide_requests, list_access_requests, show_access_request, withdraw_request,
};
pub use accounts::{
    ChangeAccountError, CreateAccountError, NewAccount, ReadAccountError, SwitchAccountError, create_account,
    grant_access, list_accounts, rename_account, set_member_policy, show_account, switch_account, withdraw_access,
};
pub use audit::{AuditTable, ReadAuditError, export_audit, list_audit};
pub use caller::{AccountScope, Caller};
pub use credentials::{
    ClearError, CreateError, Created, CreatedWhen, CredentialsWanted, DeleteError, DisableError, Duplicate,
    DuplicateError, Edit, EditError, EnableError, EndOverlapError, ExportError, Exported, ImportError, Imported,
    ImportedCredential, ListCredentialsError, NewCredential, OwnKeyError, Patch, Reset, ResetDone, ResetError,
    UpgradeVersionError, clear, count_credentials, create, delete, disable, duplicate, edit, enable, end_overlap,
    export, import, list_credentials, may_import, own_key, regenerate_own_key, reset, show_credential,
    switch_off_own_key, switch_on_own_key, upgrade_version,
};
pub use diagnosis::{DiagnoseError, Step, StepCode, diagnose};
pub use ids::NoRandomness;
pub use operator_tokens::{
    ChangeOperatorTokenError, CreateOperatorTokenError, CreatedOperatorToken, NewOperatorToken, ReadOperatorTokenError,
    create_operator_token, delete_operator_token, disable_operator_token, enable_operator_token, list_operator_tokens,
    show_operator_token,
};
pub use paging::Paging;
pub use refusal::{FieldFault, Invalid, NotFound, Refusal};
pub use rights::Right;
pub use secrets::{NewSecret, NoSecret, PasswordUnfit, PlainSecret};
pub use sessions::{
    Busy, ChangePasswordError, GuessError, SessionLimits, SignInContext, SignInError, SignedIn, caller_of_token,
    change_password, sign_in, sign_out, who_is,
};
pub use users::{
    ChangeUserError, CreateUserError, CreatedUser, EditUser, FirstUser, NewSetupLink, NewUser, ReadUserError,
    SetupLinkError, SetupLinkFor, UseSetupLinkError, create_user, disable_user, edit_user, enable_user,
    first_setup_link, list_users, look_at_setup_link, new_setup_link, show_user, use_setup_link,
};
