//! Tokens of the API behind, which post its events and can do nothing else.

mod authenticate;
mod create;
mod delete;
mod list;
mod lock_and_audit;
mod post_events;
mod posted_event;
mod set_enabled;

pub use self::list::{list_publishers, show_publisher};
pub use authenticate::publisher_of_token;
pub use create::{CreatedPublisher, NewPublisher, create_publisher};
pub use delete::delete_publisher;
pub use post_events::{AcceptedEvent, post_events};
pub(in crate::control) use posted_event::event_field;
pub use posted_event::{MAX_EVENT_BYTES, MAX_EVENTS, PostedEvent};
pub use set_enabled::{disable_publisher, enable_publisher};
