//! Webhooks: which addresses they may lead to, and one attempt to deliver an event there.

mod address_rules;
mod attempt;
mod client;
mod destination;
mod host_name;
mod name_lookup;
mod response;

use std::time::Duration;

pub use address_rules::is_public;
pub use client::WebhookClient;
pub use destination::{Destination, DestinationFault, DestinationRules, ResolveFault};
pub use name_lookup::NameLookup;
pub use response::{AttemptError, WebhookOutcome, WebhookRequest, WebhookResponse};

/// For looking up a name, and again for connecting with TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A whole attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
