//! What leaves by itself: mails to a server, text messages to a provider, events to webhooks. Knows no database and no
//! texts; each call is one attempt, bounded in time.

mod failure;
mod mailer;
mod sms_client;
pub mod webhooks;

use std::time::Duration;

pub use failure::{FailureKind, SendFault};
pub use mailer::{Mail, Mailer};
pub use sms_client::{SmsClient, SmsStatus};

/// Connecting, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A whole attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
