//! README.md and the book: their commands run, their links lead to something, their generated parts are current.

mod commands;
mod error_codes;
mod examples;
mod generated;
mod links;
mod settings;
mod walk;

pub use generated::keep_current;
