//! What the management API and the console share: who is calling, CSRF, rate limits, security headers.

pub(super) mod anonymous;
pub(super) mod caller;
pub(super) mod csrf;
pub(super) mod middleware;
pub(super) mod rate_limits;
pub(super) mod state;
