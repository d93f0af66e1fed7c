//! The rules of the control plane, one operation a file. An operation checks the table of rights, then changes the
//! database in one transaction with its audit entry; only [`upgrade_unversioned`] takes one for each batch.
//! API, console and command line only translate.

mod access_requests;
mod accounts;
mod audit;
mod authorize;
mod caller;
mod contact_validation;
mod context;
mod credentials;
mod diagnosis;
mod error;
mod events;
mod idempotent;
mod ids;
pub mod notice_mails;
mod operator_tokens;
mod paging;
mod patch;
mod publishers;
mod rights;
mod secrets;
mod sessions;
mod text_rules;
mod users;
mod webhooks;

pub use self::audit::{AuditTable, export_audit, list_audit};
pub use self::context::{IdempotencyKey, OperationContext, ProcessThrottle, Terms};
pub use self::error::{FieldFault, Invalid, NoSecret, NotFound, OperationError, OperationReason, OperationRefusal};
pub use self::idempotent::Outcome;
pub use self::paging::{MAX_PAGE_SIZE, Paging};
pub use access_requests::{
    AccessRequestConflict, Decision, NewAccessRequest, NotDecidable, RequestStatus, decide_requests,
    list_access_requests, newest_request_status, request_access, show_access_request, withdraw_request,
};
pub use accounts::{
    AccountConflict, AccountSummary, NewAccount, create_account, grant_access, list_accounts, member_keys_in_use,
    rename_account, set_access, set_member_policy, show_account, summarize_account, withdraw_access,
};
pub use caller::{AccountScope, Caller};
pub use contact_validation::MAX_EMAIL_LENGTH;
pub(in crate::control) use contact_validation::mobile_suggestions;
pub(in crate::control) use credentials::count_text_to;
pub use credentials::{
    ALLOW_OLDER, CodeProgress, Created, CreatedWhen, CredentialConflict, CredentialSearch, Deliver, Duplicate, Edit,
    Exported, Imported, ImportedCredential, MAX_ADDRESSES, MAX_DEVELOPER_EMAILS, MAX_SCOPES, NewCredential, NextText,
    Reset, RevealObstacle, RevealPage, RevealStanding, Revealed, UpgradeVersion, can_send_again, clear,
    count_credentials, create, delete, disable, disable_own_key, duplicate, edit, enable, enable_own_key, end_overlap,
    export, import, list_credentials, list_expiring, list_used_addresses, may_import, may_send_secret, may_show_secret,
    own_key, own_key_obstacle, regenerate_own_key, reset, reveal_secret, send_again, send_reveal_code, show_credential,
    show_reveal, text_again, upgrade_unversioned, upgrade_version, void_delivery,
};
pub use diagnosis::{Step, StepCode, diagnose, diagnose_credential};
pub(in crate::control) use events::{EXPIRED, EXPIRING, EventDraft};
pub use events::{EventType, OWN_ENTITIES};
pub use operator_tokens::{
    CreatedOperatorToken, NewOperatorToken, create_operator_token, delete_operator_token, disable_operator_token,
    enable_operator_token, list_operator_tokens, show_operator_token,
};
pub use patch::Patch;
pub(in crate::control) use publishers::event_field;
pub use publishers::{
    AcceptedEvent, CreatedPublisher, MAX_EVENT_BYTES, MAX_EVENTS, NewPublisher, PostedEvent, create_publisher,
    delete_publisher, disable_publisher, enable_publisher, list_publishers, post_events, publisher_of_token,
    show_publisher,
};
pub use rights::Right;
pub use secrets::{NewSecret, PasswordUnfit, PlainSecret};
pub use sessions::{
    OwnSession, SessionLimits, SignInContext, SignInError, SignedIn, caller_of_session, caller_of_token,
    change_password, end_other_sessions, end_session, list_sessions, note_language, sign_in, sign_in_by_demo_link,
    sign_out,
};
pub use text_rules::{MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH};
pub(in crate::control) use users::mint_setup_link;
pub use users::{
    CreatedUser, EditUser, FirstUser, NewSetupLink, NewUser, SetupLinkError, SetupLinkFor, UserConflict,
    change_own_name, check_email, create_first_setup_link, create_setup_link, create_user, disable_user, edit_user,
    enable_user, end_sessions_of_user, list_users, request_new_password, show_setup_link, show_user, use_setup_link,
};
pub(in crate::control) use webhooks::offered_events;
pub(in crate::control) use webhooks::webhook_entry;
pub use webhooks::{
    ANY, CreatedWebhook, EditWebhook, HookSubscription, NewWebhook, NewWebhookSecret, ReplayWhat, Subscription,
    WebhookConflict, WebhookSearch, WebhookTerms, count_missed, create_webhook, delete_webhook, edit_webhook,
    end_previous_secret, explanation, is_replaying, list_deliveries, list_hooks, list_webhooks, pause_webhook,
    play_webhook, renew_secret, replay_delivery, replay_since, sample_events, send_test_event, show_delivery,
    show_webhook, skip_deliveries_of_expired, stop_replay, subscribe_hook, unsubscribe_hook, unsubscribe_hook_url,
};
