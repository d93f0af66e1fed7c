//! How the names of receivers become addresses.

use std::collections::BTreeMap;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::{Arc, LazyLock};

use tokio::sync::Semaphore;

use super::CONNECT_TIMEOUT;

/// Lookups of this process at a time.
const MAX_LOOKUPS: usize = 64;

/// Cheap to clone.
#[derive(Debug, Clone, Default)]
pub enum NameLookup {
    /// The resolver of the system.
    #[default]
    System,
    /// For tests: these names and no others.
    Fixed(Arc<BTreeMap<String, Vec<IpAddr>>>),
}

impl NameLookup {
    /// Every address of a name, in the order of preference; none where it is not found in five seconds.
    pub(super) async fn addresses(&self, name: &str) -> Vec<IpAddr> {
        match self {
            Self::System => tokio::time::timeout(CONNECT_TIMEOUT, look_up(name.to_owned())).await.unwrap_or_default(),
            Self::Fixed(names) => names.get(name).cloned().unwrap_or_default(),
        }
    }
}

/// The system's lookup cannot be cancelled: it keeps its place until it ends, so that a silent name server takes up no more
/// threads than there are places.
async fn look_up(name: String) -> Vec<IpAddr> {
    static PLACES: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(MAX_LOOKUPS)));
    let Ok(place) = PLACES.clone().acquire_owned().await else { return Vec::new() };
    let found = tokio::task::spawn_blocking(move || {
        let found = (name.as_str(), 0).to_socket_addrs();
        drop(place);
        found.map(|found| found.map(|address| address.ip()).collect()).unwrap_or_default()
    });
    found.await.unwrap_or_default()
}
