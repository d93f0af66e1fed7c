//! Webhooks: which events there are, and where they may go.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::path::PathBuf;

#[cfg(test)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::config::values::{AddressRange, DayCount, EntityName, OperationName, Parsed, ProxyAddress};

/// Events that callers of the API receive at addresses of their own.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Webhooks {
    /// The events that the API behind reports: its entities, each with its operations, such as
    /// {contact: [created, updated]}. None by default: only events about credentials and access.
    pub entities: BTreeMap<Parsed<EntityName>, Vec<Parsed<OperationName>>>,
    /// How long events and attempts to deliver them are kept, from 1d to 90d.
    pub keep: Parsed<DayCount>,
    /// True: a webhook may lead to http://, where events can be read on their way.
    pub allow_http: bool,
    /// The ports that a webhook may lead to. 443 and 8443 by default, with allow_http 80 too.
    pub ports: Option<Vec<NonZeroU16>>,
    /// Addresses and ranges that a webhook may lead to although they are not public, such as 10.1.0.0/16. What a
    /// server there answers is not kept.
    pub allow: Vec<Parsed<AddressRange>>,
    /// A forward proxy for all webhooks, http://HOST:PORT. It then decides which addresses may be reached. None by
    /// default.
    pub proxy: Option<Parsed<ProxyAddress>>,
    /// Certificates (PEM) of the authorities that may sign the certificates of receivers. Those of the system by
    /// default.
    pub ca: Option<PathBuf>,
    /// For an entity, the data of an example event, for people who set up a webhook before the first event.
    pub examples: BTreeMap<Parsed<EntityName>, Map<String, Value>>,
}
