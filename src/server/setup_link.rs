//! The link that makes the first of the staff, offered while there is nobody.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use crate::clock::Clock;
use crate::control::LiveSettings;
use crate::control::operations::{
    Caller, NewSetupLink, OperationContext, OperationError, SetupLinkError, create_first_setup_link,
};
use crate::store::Store;

/// Until a database that does not answer is asked again.
const AGAIN: Duration = Duration::from_secs(2);

/// Prints a link, once, unless somebody of the staff has a password. Every process with a desk may: all of these links
/// are worth nothing once one of them is used.
pub(super) async fn offer(store: Store, in_force: Arc<ArcSwap<LiveSettings>>) {
    loop {
        let in_force = in_force.load_full();
        match make(&store, &in_force).await {
            Ok(link) => return print(&link, in_force.public_url.as_deref()),
            Err(OperationError::Other(SetupLinkError::AlreadySetUp)) => return,
            Err(OperationError::Store(error)) => tracing::debug!("no first link yet: {error}"),
            Err(error) => return tracing::error!("there is no first link: {error}"),
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn make(store: &Store, in_force: &LiveSettings) -> Result<NewSetupLink, OperationError<SetupLinkError>> {
    // Nothing is locked for what is not needed most of the time.
    if store.has_staff().await? {
        return Err(SetupLinkError::AlreadySetUp.into());
    }
    let system = Caller::system();
    create_first_setup_link(&OperationContext::new(store, &system, Clock::System.now(), in_force.terms())).await
}

/// For people, as `claviger admin setup-link` does: no event of the log, which programs collect and keep.
fn print(link: &NewSetupLink, public_url: Option<&str>) {
    let (until, ticket) = (link.ends_at.strftime("%Y-%m-%d %H:%MZ"), link.ticket.reveal());
    let text = match public_url {
        Some(base) => format!(
            "Nobody of the staff has a password yet. This link chooses one. It works once, until {until}:\n\
             {base}/setup#{ticket}\n"
        ),
        None => format!(
            "Nobody of the staff has a password yet. This chooses one, at POST /api/v1/setup. It works once, until \
             {until}:\n{ticket}\nWith admin.public_url in the settings, this would be a link.\n"
        ),
    };
    // Where nobody reads it, there is claviger admin setup-link.
    let _unread = std::io::stderr().lock().write_all(text.as_bytes());
}
