//! Webhooks, events and deliveries.

mod attempts;
mod batches;
mod bed;
mod bounds;
mod claims;
mod events;
mod fan_out;
mod lists;
mod prune;
mod publishers;
mod records;
mod replays;
mod samples;
mod stops;
mod unreadable;
