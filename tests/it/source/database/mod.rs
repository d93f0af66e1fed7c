//! The gate on a database, as the real program: what is written by the store is what the gate does.

mod admission;
mod revocation;

use claviger::credential::StoredSecret;
use claviger::store::CredentialRecord;

use crate::store::beds::{Bed, token};
use crate::support::{Gate, GateBuilder, RecordingApi, Reply, Request};

/// The usual gate on this database alone.
fn gate(api: &RecordingApi, bed: &Bed) -> GateBuilder {
    Gate::before(api.url()).database(&bed.address()).settings("throttle: {enabled: false}")
}

/// A request with this token.
fn bearer(token: &str) -> Request {
    Request::get("/x").bearer(token)
}

/// Status and code of an answer; the code is empty for what was let through.
fn verdict(reply: &Reply) -> (u16, String) {
    (reply.status, reply.code())
}

fn asked(gate: &Gate, request: &Request) -> (u16, String) {
    verdict(&gate.send(request))
}

/// A Basic pair with nothing but what it needs.
fn pair(id: &str, account: &str, username: &str, hash: &str) -> CredentialRecord {
    let mut record = token(id, account, "");
    record.secret = StoredSecret::Password { username: username.into(), hash: hash.parse().unwrap() };
    record
}

/// What became of look-ups in the database so far.
fn lookups(gate: &Gate, result: &str) -> f64 {
    gate.metric(&format!("claviger_database_lookups_total{{result=\"{result}\"}}"))
}

/// Look-ups that what is remembered has answered.
fn hits(gate: &Gate) -> f64 {
    gate.metric("claviger_cache_hits_total{cache=\"credential\"}")
}
