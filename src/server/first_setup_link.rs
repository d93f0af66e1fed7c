//! The link that creates the first staff member, printed while no staff member has a password.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use crate::clock::Clock;
use crate::control::operations::{
    Caller, NewSetupLink, OperationContext, OperationError, SetupLinkError, create_first_setup_link,
};
use crate::control::{LiveSettings, setup_url_at};
use crate::store::Store;

/// Between attempts while the database does not answer.
const RETRY_INTERVAL: Duration = Duration::from_secs(2);

/// Prints a set-up link, unless a staff member has a password. Each process prints its own; using one invalidates the
/// others.
pub(super) async fn print_first_link(store: Store, live: Arc<ArcSwap<LiveSettings>>, listener_url: String) {
    loop {
        let live = live.load_full();
        match create(&store, &live).await {
            Ok(link) => return print(&link, &live, &listener_url),
            Err(OperationError::Other(SetupLinkError::AlreadySetUp)) => {
                return tracing::debug!("no set-up link: a staff member has a password");
            }
            Err(OperationError::Store(error)) => tracing::debug!("cannot create the first set-up link yet: {error}"),
            Err(error) => return tracing::error!("cannot create the first set-up link: {error}"),
        }
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
}

async fn create(store: &Store, live: &LiveSettings) -> Result<NewSetupLink, OperationError<SetupLinkError>> {
    // Most starts find staff; this read takes no lock.
    if store.has_staff().await? {
        return Err(SetupLinkError::AlreadySetUp.into());
    }
    let system = Caller::system();
    create_first_setup_link(&OperationContext::new(store, &system, Clock::System.now(), live.terms())).await
}

/// Not a log event: programs collect and keep those.
fn print(link: &NewSetupLink, live: &LiveSettings, listener_url: &str) {
    let (until, token) = (link.ends_at.strftime("%Y-%m-%d %H:%M:%SZ"), link.ticket.reveal());
    let url = live.setup_url(token).unwrap_or_else(|| setup_url_at(listener_url, token));
    let text =
        format!("No staff member has a password yet. This link sets one. It works once, until {until}:\n{url}\n");
    // Without standard error, claviger admin setup-link prints one.
    let _unread = std::io::stderr().lock().write_all(text.as_bytes());
}
