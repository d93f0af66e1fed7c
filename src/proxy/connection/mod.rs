//! From an accepted socket to the head of a request.

pub(super) mod head_timeout;
pub(super) mod lazy_select;
pub(super) mod limits;
pub(super) mod listener;
pub(super) mod prebound;
pub(super) mod protocol;
pub(super) mod tls;
