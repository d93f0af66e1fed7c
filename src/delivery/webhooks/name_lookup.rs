//! How the names of receivers become addresses.

use std::collections::BTreeMap;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::CONNECT_TIMEOUT;

/// Lookups of this process at a time.
const MAX_LOOKUPS: usize = 64;
/// Waiting for one of the lookups to end. The lookup itself has [`CONNECT_TIMEOUT`] after that.
const WAIT_TIMEOUT: Duration = Duration::from_secs(2);

/// Cheap to clone.
#[derive(Debug, Clone)]
pub enum NameLookup {
    /// The resolver of the system, for as many lookups at a time as there are permits.
    System(Arc<Semaphore>),
    /// For tests: these names and no others.
    Fixed(Arc<BTreeMap<String, Vec<IpAddr>>>),
}

/// Other lookups hold all permits: nothing is known about the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooManyLookups;

impl NameLookup {
    /// The resolver of the system, with permits that the whole process shares.
    pub fn system() -> Self {
        static PERMITS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(MAX_LOOKUPS)));
        Self::System(PERMITS.clone())
    }

    /// Every address of a name, in the order of preference; none where it is not found in five seconds.
    pub(super) async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, TooManyLookups> {
        let permits = match self {
            Self::System(permits) => permits.clone(),
            Self::Fixed(names) => return Ok(names.get(name).cloned().unwrap_or_default()),
        };
        let permit = timeout(WAIT_TIMEOUT, permits.acquire_owned()).await.map_err(|_| TooManyLookups)?;
        let permit = permit.map_err(|_| TooManyLookups)?;
        Ok(timeout(CONNECT_TIMEOUT, look_up(name.to_owned(), permit)).await.unwrap_or_default())
    }
}

/// The system's lookup cannot be cancelled: it keeps its permit until it ends, so that a silent name server takes up no
/// more threads than there are permits.
async fn look_up(name: String, permit: OwnedSemaphorePermit) -> Vec<IpAddr> {
    let found = tokio::task::spawn_blocking(move || {
        let found = (name.as_str(), 0).to_socket_addrs();
        drop(permit);
        found.map(|found| found.map(|address| address.ip()).collect()).unwrap_or_default()
    });
    found.await.unwrap_or_default()
}
