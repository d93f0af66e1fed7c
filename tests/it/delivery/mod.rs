//! Mails, text messages and webhooks, sent to a real mail server and to stand-ins of the provider of text messages and of
//! receivers.

pub mod bed;
mod caps;
mod card;
mod codes;
mod connections;
mod doomed;
mod expiry;
mod hosts;
mod https_server;
mod keys;
mod killed_lane;
mod kills;
mod mails;
mod notices;
mod outages;
pub mod post;
mod processes;
mod reload;
mod settings;
mod slow_smtp;
pub mod smtp_server;
mod texts;
pub mod twilio;
pub mod webhooks;
