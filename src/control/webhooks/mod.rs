//! Sends webhooks: writes the deliveries of new events, claims those that are due by lease, signs and sends them, and
//! records what became of each. Switches off what only fails. Runs in every process with the control plane.

mod attempt;
mod expiry_events;
mod failing;
mod outcome;
mod record;
mod retention;
mod schedule;
mod unrecorded;
mod worker;

pub use self::worker::WebhookWorker;
