//! Webhooks: each belongs to a credential, receives events of its account, and stops with its credential.

mod change;
mod create;
mod delete;
mod deliveries;
mod edit;
mod list;
mod pause;
mod reach;
mod replay;
mod rest_hooks;
mod secret;
mod skip_deliveries;
mod stopped;
mod subscription;
mod terms;
mod test_event;
mod url_faults;

pub use change::WebhookConflict;
pub(in crate::control) use change::entry as webhook_entry;
pub use create::{CreatedWebhook, NewWebhook, create_webhook};
pub use delete::delete_webhook;
pub use deliveries::{list_deliveries, show_delivery};
pub use edit::{EditWebhook, edit_webhook};
pub use list::{WebhookSearch, count_missed, is_replaying, list_webhooks, show_webhook};
pub use pause::{pause_webhook, play_webhook};
pub use replay::{ReplayWhat, replay_delivery, replay_since, stop_replay};
pub use rest_hooks::{
    HookSubscription, list_hooks, sample_events, subscribe_hook, unsubscribe_hook, unsubscribe_hook_url,
};
pub use secret::{NewWebhookSecret, end_previous_secret, renew_secret};
pub use skip_deliveries::skip_deliveries_of_expired;
pub(super) use skip_deliveries::{skip_deliveries_of_account, skip_deliveries_of_credential, skip_deliveries_of_user};
pub use stopped::explanation;
pub(in crate::control) use subscription::offered_events;
pub use subscription::{ANY, Subscription};
pub use terms::WebhookTerms;
pub use test_event::send_test_event;

/// Webhooks of one credential.
pub(super) const MAX_WEBHOOKS_OF_CREDENTIAL: u64 = 20;
/// Webhooks of one account.
pub(super) const MAX_WEBHOOKS_OF_ACCOUNT: u64 = 100;
