//! Sends what waits in the outbox: claims a message by lease, mints its link or code, writes its text, sends it, and
//! records what became of it. Runs in every process with the control plane.

mod expiry_notices;
mod facts;
mod links_and_codes;
mod mail_body;
mod message_texts;
mod reset_overlap;
mod retry_schedule;
mod send_attempt;
mod senders;
mod test_message;
mod text_message;
mod worker;

pub use self::senders::Senders;
pub use self::test_message::{TestOutcome, send_test_mail, send_test_sms};
pub use self::worker::OutboxWorker;
