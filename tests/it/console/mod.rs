//! The pages of the console in a real browser, as people use them.

mod access;
mod people;
mod sign_in;
