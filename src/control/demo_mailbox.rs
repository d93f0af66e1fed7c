//! What `claviger demo` would have sent, in memory, for its page.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::store::Channel;

const MAX_MESSAGES: usize = 100;

/// The newest messages of this process. They hold links and codes: of a demo only.
#[derive(Default)]
pub struct DemoMailbox(Mutex<VecDeque<DemoMessage>>);

#[derive(Clone)]
pub struct DemoMessage {
    pub channel: Channel,
    pub to: String,
    /// Empty for a text message.
    pub subject: String,
    pub text: String,
    /// The link of a mail.
    pub link: Option<String>,
    pub at: Timestamp,
}

impl DemoMailbox {
    pub(in crate::control) fn put(&self, message: DemoMessage) {
        let mut messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        messages.push_front(message);
        messages.truncate(MAX_MESSAGES);
    }

    /// The newest first.
    pub fn messages(&self) -> Vec<DemoMessage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
