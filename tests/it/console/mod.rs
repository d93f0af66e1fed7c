//! The pages of the console in a real browser, as people use them.

mod access;
mod credentials;
mod demo;
mod descriptions;
mod people;
mod people_flow;
mod reveal_page;
mod sign_in;
mod webhooks;
