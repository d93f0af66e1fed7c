//! Sends what waits in the outbox: claims a message by lease, mints its link or code, writes its text, sends it, and
//! records what became of it. Runs in every process with the control plane.

mod attempt;
mod compose;
mod expiry;
mod facts;
mod letter;
mod mint;
mod old_key;
mod schedule;
mod senders;
mod test_message;
mod text_message;
mod worker;

pub use self::senders::Senders;
pub use self::test_message::{TestOutcome, send_test_mail, send_test_sms};
pub use self::worker::OutboxWorker;
