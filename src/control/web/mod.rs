//! What the management API and the console share: the state behind both, who is calling, CSRF, rate limits, request
//! ids, security headers and problem documents. Nothing here knows either of them.

pub(super) mod anonymous_caller;
pub(super) mod api_key;
pub(super) mod caller;
pub(super) mod csrf;
pub(super) mod demo_sign_in;
pub(super) mod file_body;
pub(super) mod html_escape;
pub(super) mod middleware;
pub(super) mod problem;
mod problem_code;
pub(super) mod rate_limits;
pub(super) mod state;
