//! Mails and text messages, sent to a real mail server and to a stand-in of the provider of text messages.

pub mod bed;
mod doomed;
mod hosts;
mod keys;
mod killed_lane;
mod kills;
mod mails;
mod notices;
mod outages;
pub mod post;
mod processes;
mod settings;
mod slow_smtp;
pub mod smtp_server;
mod texts;
pub mod twilio;
