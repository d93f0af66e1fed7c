//! Events: what webhooks are sent.

mod audience;
mod insert;
mod samples;

pub(super) use audience::{AUDIENCE_COLUMNS, Audience, AudienceRow, READER_COLUMNS, Reader, ReaderRow};
pub use insert::{EventSource, InsertedEvent, NewEvent};
pub use samples::EventSample;
