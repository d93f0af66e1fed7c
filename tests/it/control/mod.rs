//! Operations, on SQLite and on PostgreSQL by the same tests.

mod crash;
mod create;
mod import;
mod kills;
mod reset;
mod switches;

use claviger::control::operations::{Created, NewCredential, NewSecret, create};
use claviger::credential::{ScopeCatalog, TokenFormat, Version, VersionCatalog};
use claviger::source::formats::Catalogs;
use claviger::store::{Actor, ActorKind};
use jiff::Timestamp;

use crate::store::beds::{Bed, label};

fn shell() -> Actor {
    Actor { kind: ActorKind::Shell, id: "root".into(), request_id: None, address: None }
}

/// Versions 1 and 2, and the scope `pay`.
struct Known(VersionCatalog, ScopeCatalog);

impl Known {
    fn new() -> Self {
        let version = |name: &str| Version {
            name: label(name),
            deprecated_on: None,
            sunset_on: None,
            retired_on: None,
            link: None,
        };
        let versions = VersionCatalog { known: vec![version("1"), version("2")], ..Default::default() };
        Self(versions, ScopeCatalog::new(vec![(label("pay"), Box::default())]))
    }

    fn catalogs(&self) -> Catalogs<'_> {
        Catalogs { versions: &self.0, scopes: &self.1 }
    }
}

fn token_for(account: &str) -> NewCredential {
    NewCredential::new(label(account), NewSecret::Token(TokenFormat::default()))
}

fn pair_for(account: &str, username: &str) -> NewCredential {
    NewCredential { secret: NewSecret::Password { username: username.into(), chosen: None }, ..token_for(account) }
}

async fn made(bed: &Bed, now: Timestamp, new: NewCredential) -> Created {
    create(&bed.store, &shell(), now, Known::new().catalogs(), new).await.unwrap()
}

/// Verbs of the audit of a credential, the newest first.
async fn verbs(bed: &Bed, id: &str) -> Vec<String> {
    let audit = bed.store.audit_of("credential", id, 10).await.unwrap();
    audit.into_iter().map(|line| line.verb).collect()
}

async fn works(bed: &Bed, token: &str) -> bool {
    let digest = claviger::credential::TokenDigest::of(token.as_bytes());
    bed.store.find_token(&digest).await.unwrap().found.is_some()
}
