//! The control plane: console, management API and admin listener, the operations under them, and their state.

mod admin;
pub mod api;
mod console;
mod database_probe;
mod demo_mailbox;
mod installation_key;
mod listener_routers;
mod look;
pub mod operations;
mod outbox;
mod outbox_health;
mod prune;
mod sentence;
pub mod views;
mod web;
mod webhooks;

pub use self::admin::{Admin, GateState, Probe, Readiness, router};
pub use self::database_probe::DatabaseProbe;
pub use self::demo_mailbox::{DemoMailbox, DemoMessage};
pub use self::installation_key::{InstallationKeyFault, SharedKeys, open_installation_keys, read_installation_keys};
pub use self::listener_routers::{console_listener, reveal_listener};
pub use self::look::Look;
pub use self::outbox::{OutboxWorker, Senders, TestOutcome, send_test_mail, send_test_sms};
pub use self::outbox_health::{ChannelHealth, OutboxHealth};
pub use self::prune::prune;
pub use self::sentence::{Argument, Sentence};
pub use self::web::caller::{COOKIE_NAME, Peer};
pub use self::web::demo_sign_in::DemoSignInLinks;
pub use self::web::problem::{Code, FieldProblem, Position, Problem};
pub use self::web::state::{ControlState, LiveSettings, Throttles, local_url, setup_url_at};
pub use self::webhooks::WebhookWorker;
