//! What the management API and the console share: the state behind both, who is calling, CSRF, rate limits, request
//! ids, security headers and problem documents. Nothing here knows either of them.

pub(super) mod anonymous;
pub(super) mod caller;
pub(super) mod csrf;
pub(super) mod demo_links;
pub(super) mod file_body;
pub(super) mod html;
pub(super) mod live_webhooks;
pub(super) mod middleware;
pub(super) mod problem;
mod problem_code;
pub(super) mod rate_limits;
pub(super) mod state;
