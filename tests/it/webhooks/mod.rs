//! Webhooks as the account and its integrators use them: events, what stops them, and how they are sent.

mod audience;
mod backlog;
mod bed;
mod events_api;
mod expiry;
mod failures;
mod faults;
mod halted_mails;
mod hook_junk;
mod hook_stops;
mod hooks_api;
pub mod installation;
mod locks;
mod name_lookups;
mod processes;
mod publisher_tokens;
mod restart;
mod sending;
mod stops;
mod zapier;
