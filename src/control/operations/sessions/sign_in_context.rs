use std::net::IpAddr;

use super::SessionLimits;
use crate::auth::{HashPool, Throttle, ThrottleRules};
use crate::clock::Clock;
use crate::control::operations::Caller;
use crate::credential::Label;
use crate::store::{Actor, ActorKind, Role, Store};

/// What authenticating a user, who has not signed in yet, depends on.
#[derive(Clone, Copy)]
pub struct SignInContext<'d> {
    pub store: &'d Store,
    pub clock: &'d Clock,
    pub hashes: &'d HashPool,
    /// Counts wrong passwords by user and client network.
    pub throttle: &'d Throttle,
    /// `None` turns throttling off.
    pub rules: Option<ThrottleRules>,
    pub limits: SessionLimits,
    /// Client address.
    pub address: IpAddr,
    pub request_id: Option<&'d str>,
}

impl SignInContext<'_> {
    pub(in crate::control::operations) fn actor(&self, kind: ActorKind, id: &str) -> Actor {
        Actor {
            kind,
            id: id.to_owned(),
            request_id: self.request_id.map(str::to_owned),
            address: Some(self.address.to_string()),
        }
    }

    pub(super) fn caller(&self, kind: ActorKind, id: &Label, role: Role, account: Option<&Label>) -> Caller {
        let user = (kind == ActorKind::User).then(|| id.clone());
        Caller { actor: self.actor(kind, id.as_str()), role, account: account.cloned(), user }
    }
}
