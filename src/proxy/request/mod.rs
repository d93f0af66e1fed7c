//! From the head of a request to its answer.

pub(super) mod access_log;
pub(super) mod access_record;
pub(super) mod auth_request;
pub(super) mod context;
mod exchange_state;
pub(super) mod forwarded_headers;
pub(super) mod gateway;
pub(super) mod headers;
pub(super) mod lifecycle;
pub(super) mod limits;
mod response_framing;
pub(super) mod trace;
mod upstream_head;
pub(super) mod upstream_warnings;
