//! Who may call each operation, and the problems that only it has. Tests compare both with what the API answers.

use crate::control::operations::Right;
use crate::control::web::problem::Code;
use crate::store::Role;

pub(super) struct OperationPermission {
    /// The `operationId`.
    pub(super) operation: &'static str,
    pub(super) callers: Callers,
    /// Beside those that follow from its parameters, body and method.
    pub(super) codes: &'static [Code],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Callers {
    /// Needs no credential.
    Everyone,
    /// Any user with a session; no operator token.
    Sessions,
    /// Any role with one of these rights.
    With(&'static [Right]),
}

use Callers::{Everyone, Sessions, With};
use Code::{
    AccessNotGranted, Busy, Conflict, IdTaken, LastStaff, LinkWorthless, MembersNotAllowed, NotAskable, NotFound,
    NotGranted, NotPending, SignInFailed, Taken, UsernameTaken,
};

const ANY_ROLE: Callers = With(&[Right::SeeAccount]);
const PROVIDER: Callers = With(&[Right::GrantAccess]);
const SWITCH: Callers = With(&[Right::SwitchAccess]);
const OWNER: Callers = With(&[Right::AskForAccess]);
const PROVIDER_AND_OWNER: Callers = With(&[Right::GrantAccess, Right::AskForAccess]);
const MANAGER: Callers = With(&[Right::ManageCredentials]);
/// Members see their own key alone.
const KEY_HOLDER: Callers = With(&[Right::ManageCredentials, Right::OwnKey]);
const OWN_KEY: Callers = With(&[Right::OwnKey]);
const ADMINISTRATOR: Callers = With(&[Right::ManageUsers]);
const AUDITOR: Callers = With(&[Right::ReadAudit]);

pub(super) const PERMISSIONS: [OperationPermission; 67] = [
    rule("me", ANY_ROLE, &[]),
    rule("form_settings", ANY_ROLE, &[]),
    rule("begin_session", Everyone, &[SignInFailed, Busy]),
    rule("end_session", Everyone, &[]),
    rule("choose_password", Sessions, &[SignInFailed, Busy]),
    rule("request_password_link", Everyone, &[]),
    rule("look_at_link", Everyone, &[LinkWorthless]),
    rule("use_link", Everyone, &[LinkWorthless, Conflict, Taken, Busy]),
    rule("list_accounts", ANY_ROLE, &[]),
    rule("create_account", PROVIDER, &[IdTaken]),
    rule("show_account", ANY_ROLE, &[]),
    rule("summarize_account", MANAGER, &[]),
    rule("rename_account", PROVIDER, &[]),
    rule("grant_access", PROVIDER, &[]),
    rule("withdraw_access", PROVIDER, &[]),
    rule("switch_account_on", SWITCH, &[NotGranted]),
    rule("switch_account_off", SWITCH, &[]),
    rule("set_member_policy", SWITCH, &[]),
    rule("list_access_requests", PROVIDER_AND_OWNER, &[NotFound]),
    rule("ask_for_access", OWNER, &[NotFound, NotAskable]),
    rule("show_access_request", PROVIDER_AND_OWNER, &[]),
    rule("withdraw_access_request", OWNER, &[NotPending]),
    rule("approve_access_request", PROVIDER, &[NotPending]),
    rule("decline_access_request", PROVIDER, &[NotPending]),
    rule("decide_access_requests", PROVIDER, &[NotFound, NotPending]),
    rule("list_credentials", KEY_HOLDER, &[AccessNotGranted, MembersNotAllowed, NotFound]),
    rule("create_credential", MANAGER, &[AccessNotGranted, NotFound, IdTaken, UsernameTaken, Conflict, Busy]),
    rule("count_credentials", KEY_HOLDER, &[AccessNotGranted, MembersNotAllowed, NotFound]),
    rule("show_credential", KEY_HOLDER, &[AccessNotGranted, MembersNotAllowed]),
    rule("delete_credential", MANAGER, &[AccessNotGranted]),
    rule("edit_credential", MANAGER, &[AccessNotGranted, UsernameTaken, Conflict]),
    rule("upgrade_credential", MANAGER, &[AccessNotGranted, Conflict]),
    rule("upgrade_unversioned_credentials", MANAGER, &[AccessNotGranted, NotFound]),
    rule("list_credential_addresses", KEY_HOLDER, &[AccessNotGranted, MembersNotAllowed]),
    rule("diagnose_credential", KEY_HOLDER, &[AccessNotGranted, MembersNotAllowed]),
    rule("duplicate_credential", MANAGER, &[AccessNotGranted, IdTaken, UsernameTaken, Conflict, Busy]),
    rule("reset_credential", MANAGER, &[AccessNotGranted, Conflict, Busy]),
    rule("deliver_credential", MANAGER, &[AccessNotGranted, Conflict]),
    rule("void_delivery", MANAGER, &[AccessNotGranted, Conflict]),
    rule("end_overlap", MANAGER, &[AccessNotGranted]),
    rule("clear_credential", MANAGER, &[AccessNotGranted]),
    rule("disable_credential", MANAGER, &[AccessNotGranted]),
    rule("enable_credential", MANAGER, &[AccessNotGranted, Conflict]),
    rule("export_credentials", MANAGER, &[AccessNotGranted, NotFound]),
    rule("import_credentials", PROVIDER, &[UsernameTaken, Conflict]),
    rule("show_own_key", OWN_KEY, &[AccessNotGranted, MembersNotAllowed]),
    rule("switch_on_own_key", OWN_KEY, &[AccessNotGranted, MembersNotAllowed, Conflict, IdTaken]),
    rule("regenerate_own_key", OWN_KEY, &[AccessNotGranted, MembersNotAllowed, NotFound, Conflict]),
    rule("switch_off_own_key", OWN_KEY, &[AccessNotGranted, MembersNotAllowed, NotFound, Conflict]),
    rule("list_file_credentials", MANAGER, &[AccessNotGranted]),
    rule("list_users", ADMINISTRATOR, &[NotFound]),
    rule("create_user", ADMINISTRATOR, &[NotFound, Taken]),
    rule("show_user", ADMINISTRATOR, &[]),
    rule("edit_user", ADMINISTRATOR, &[Taken, Conflict, LastStaff]),
    rule("disable_user", ADMINISTRATOR, &[Conflict, LastStaff]),
    rule("enable_user", ADMINISTRATOR, &[]),
    rule("end_sessions_of_user", ADMINISTRATOR, &[]),
    rule("new_setup_link", ADMINISTRATOR, &[]),
    rule("diagnose_user", ADMINISTRATOR, &[]),
    rule("list_operator_tokens", ADMINISTRATOR, &[NotFound]),
    rule("create_operator_token", ADMINISTRATOR, &[NotFound]),
    rule("show_operator_token", ADMINISTRATOR, &[]),
    rule("delete_operator_token", ADMINISTRATOR, &[]),
    rule("disable_operator_token", ADMINISTRATOR, &[]),
    rule("enable_operator_token", ADMINISTRATOR, &[]),
    rule("list_audit", AUDITOR, &[NotFound]),
    rule("export_audit", AUDITOR, &[NotFound]),
];

const fn rule(operation: &'static str, callers: Callers, codes: &'static [Code]) -> OperationPermission {
    OperationPermission { operation, callers, codes }
}

impl Callers {
    pub(super) fn includes(self, role: Role) -> bool {
        match self {
            Everyone | Sessions => true,
            With(rights) => rights.iter().any(|right| right.is_of(role)),
        }
    }
}
