//! Mails and text messages that wait for their turn, and what became of them. A row holds no secret and no text.

mod backlog;
mod claim;
mod enqueue;
mod message;
mod read;

pub use backlog::OutboxBacklog;
pub use claim::{AttemptOutcome, ClaimedMessage, SendFailure};
pub use enqueue::NewMessage;
pub use message::{Channel, MessageState, NotSent, Purpose};
pub use read::OutboxRecord;
