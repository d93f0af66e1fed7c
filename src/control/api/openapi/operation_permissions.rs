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
    /// The API key itself, as at the gate.
    ApiKeys,
    /// A publisher's token, which reaches nothing else.
    Publishers,
    /// Any role with one of these rights.
    With(&'static [Right]),
}

use Callers::{ApiKeys, Everyone, Publishers, Sessions, With};
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
const WEBHOOK_READER: Callers = With(&[Right::SeeWebhooks]);
const WEBHOOK_MANAGER: Callers = With(&[Right::ManageWebhooks]);
const PUBLISHER_MANAGER: Callers = With(&[Right::ManagePublishers]);

pub(super) const PERMISSIONS: [OperationPermission; 95] = [
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
    rule("list_webhooks", WEBHOOK_READER, &[AccessNotGranted, MembersNotAllowed, NotFound]),
    rule("create_webhook", WEBHOOK_MANAGER, &[AccessNotGranted, MembersNotAllowed, NotFound, Conflict]),
    rule("show_webhook", WEBHOOK_READER, &[AccessNotGranted, MembersNotAllowed]),
    rule("edit_webhook", WEBHOOK_MANAGER, &[AccessNotGranted, MembersNotAllowed]),
    rule("delete_webhook", WEBHOOK_MANAGER, &[AccessNotGranted, MembersNotAllowed]),
    rule("pause_webhook", WEBHOOK_MANAGER, &[AccessNotGranted, MembersNotAllowed]),
    rule("play_webhook", WEBHOOK_MANAGER, &[AccessNotGranted, MembersNotAllowed]),
    rule("renew_webhook_secret", WEBHOOK_MANAGER, &[AccessNotGranted, MembersNotAllowed]),
    rule("end_webhook_overlap", WEBHOOK_MANAGER, &[AccessNotGranted, MembersNotAllowed]),
    rule("list_webhook_deliveries", WEBHOOK_READER, &[AccessNotGranted, MembersNotAllowed]),
    rule("show_webhook_delivery", WEBHOOK_READER, &[AccessNotGranted, MembersNotAllowed]),
    rule("replay_webhook_delivery", WEBHOOK_MANAGER, &[AccessNotGranted, MembersNotAllowed, Conflict]),
    rule("replay_webhook", WEBHOOK_MANAGER, &[AccessNotGranted, MembersNotAllowed, Conflict]),
    rule("stop_webhook_replay", WEBHOOK_MANAGER, &[AccessNotGranted, MembersNotAllowed]),
    rule("test_webhook", WEBHOOK_MANAGER, &[AccessNotGranted, MembersNotAllowed, Conflict]),
    rule("show_key_holder", ApiKeys, &[NotFound]),
    rule("list_hooks", ApiKeys, &[NotFound]),
    rule("subscribe_hook", ApiKeys, &[NotFound, Conflict]),
    rule("unsubscribe_hook_url", ApiKeys, &[NotFound]),
    rule("unsubscribe_hook", ApiKeys, &[]),
    rule("sample_events", ApiKeys, &[NotFound]),
    rule("list_publishers", PUBLISHER_MANAGER, &[NotFound]),
    rule("create_publisher", PUBLISHER_MANAGER, &[NotFound]),
    rule("show_publisher", PUBLISHER_MANAGER, &[]),
    rule("delete_publisher", PUBLISHER_MANAGER, &[]),
    rule("disable_publisher", PUBLISHER_MANAGER, &[]),
    rule("enable_publisher", PUBLISHER_MANAGER, &[]),
    rule("post_events", Publishers, &[NotFound]),
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
    /// Whether a role decides who may call.
    pub(super) fn have_roles(self) -> bool {
        matches!(self, Sessions | With(_))
    }

    pub(super) fn includes(self, role: Role) -> bool {
        match self {
            Everyone | Sessions => true,
            ApiKeys | Publishers => false,
            With(rights) => rights.iter().any(|right| right.is_of(role)),
        }
    }
}
