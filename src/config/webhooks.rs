//! Validated settings of webhooks.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use serde_json::{Map, Value};

use super::raw;

const HTTPS_PORTS: [u16; 2] = [443, 8443];
const HTTP_PORT: u16 = 80;

/// Which events there are, and where webhooks may lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhooks {
    /// The operations of each entity of the API behind.
    pub entities: BTreeMap<String, Vec<String>>,
    /// How long events, deliveries and attempts are kept.
    pub keep: Duration,
    pub allow_http: bool,
    /// Never empty.
    pub ports: Box<[u16]>,
    /// Networks that may be reached although they are not public.
    pub allow: Box<[IpNet]>,
    /// A forward proxy, which decides instead of [`Self::allow`].
    pub proxy: Option<String>,
    pub ca: Option<PathBuf>,
    /// The data of an example event, for some of the entities.
    pub examples: BTreeMap<String, Map<String, Value>>,
}

impl Webhooks {
    /// Relative paths start from `directory`.
    pub(super) fn new(written: &raw::Webhooks, directory: &Path) -> Self {
        let entities = written.entities.iter().map(|(entity, operations)| {
            (entity.0.0.clone(), operations.iter().map(|operation| operation.0.0.clone()).collect())
        });
        let ports = match &written.ports {
            Some(ports) => ports.iter().map(|port| port.get()).collect(),
            None => HTTPS_PORTS.into_iter().chain(written.allow_http.then_some(HTTP_PORT)).collect(),
        };
        Self {
            entities: entities.collect(),
            keep: written.keep.0.duration(),
            allow_http: written.allow_http,
            ports,
            allow: written.allow.iter().map(|range| range.0.0).collect(),
            proxy: written.proxy.as_ref().map(|proxy| proxy.0.to_string()),
            ca: written.ca.as_ref().map(|path| directory.join(path)),
            examples: written.examples.iter().map(|(entity, data)| (entity.0.0.clone(), data.clone())).collect(),
        }
    }

    /// Whether the API behind may report this.
    pub fn has_event(&self, entity: &str, operation: &str) -> bool {
        self.entities.get(entity).is_some_and(|operations| operations.iter().any(|known| known == operation))
    }
}
