//! Permission to forward, as a value.

use crate::auth::Admission;

/// An admission that passed every check, the rate limit and the upgrade rules included. Only a decision makes one,
/// and whatever forwards a request or names its caller takes one, so that no request is forwarded without a verdict.
pub(in crate::proxy) struct Admitted(Admission);

impl Admitted {
    pub(super) fn new(admission: Admission) -> Self {
        Self(admission)
    }

    pub(in crate::proxy) fn admission(&self) -> &Admission {
        &self.0
    }

    #[cfg(test)]
    pub(in crate::proxy) fn for_test(admission: Admission) -> Self {
        Self(admission)
    }
}
