//! The process: the only place that joins both planes. `build` opens the parts, `wire` connects them, and `run` runs
//! them until they end.

mod build;
mod control_plane;
mod demo_api;
mod descriptor_limit;
mod first_setup_link;
mod gate;
mod handover;
mod http_connections;
mod http_service;
mod listeners;
mod log_outputs;
mod main_loop_event;
mod reloadable_state;
mod run;
mod service_manager;
mod signals;
mod socket_activation;
mod tls;
mod wire;

use std::net::SocketAddr;

use self::build::Parts;
use self::log_outputs::stderr_style;
use self::run::Process;
use self::tls::{ADMIN, CONSOLE};
use crate::config::Diagnostics;
use crate::control::{DemoSignInLinks, Look, Senders};
use crate::proxy::{LoadedCertificates, ResolvedUpstream};
use crate::source::{Loaded, Loader};
use crate::telemetry::Log;

pub use demo_api::DemoApi;
pub use listeners::Start;

/// Bound addresses, with the ports that the system picked.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// Empty where only the management API is served.
    pub proxy: Vec<SocketAddr>,
    pub forward_auth: Vec<SocketAddr>,
    /// `None` where this process does not serve the console.
    pub console: Option<SocketAddr>,
    /// `None` where the console serves the page of links to secrets.
    pub reveal: Option<SocketAddr>,
    pub admin: SocketAddr,
}

/// What the command line alone sets.
#[derive(Debug, Clone, Default)]
pub struct ServeOptions {
    pub start: Start,
    /// Migrate the schema of a PostgreSQL database; that of an SQLite file is always migrated.
    pub migrate: bool,
    /// Links that sign in without a password: for `claviger demo`.
    pub demo_links: Option<DemoSignInLinks>,
}

/// Call this before anything that may use TLS: two providers are compiled in, and rustls would refuse to choose.
pub fn install_crypto() {
    // A second call finds the provider installed.
    let _installed = rustls::crypto::ring::default_provider().install_default();
}

/// Call this before credentials are read. mimalloc asks for huge pages; while a million credentials are read into
/// those, requests take several times as long as usual, and into small pages hardly longer.
pub fn prefer_small_pages() {
    // If the call fails, huge pages stay on.
    #[cfg(target_os = "linux")]
    let _refused = rustix::thread::disable_transparent_huge_pages(true);
}

/// Serves until a signal stops the process. Calls `ready` once everything is bound.
///
/// # Errors
/// When an address is in use, a file or the database cannot be used, or a listener dies.
pub fn serve(
    loader: Loader,
    loaded: Loaded,
    options: &ServeOptions,
    ready: impl FnOnce(&Addresses),
) -> anyhow::Result<()> {
    let settings = &loaded.settings;
    let log = Log::start(&settings.log.level, stderr_style(settings)).map_err(anyhow::Error::msg)?;
    let outcome = run(loader, loaded, &log, options, ready);
    log.flush();
    outcome
}

fn run(
    loader: Loader,
    loaded: Loaded,
    log: &Log,
    options: &ServeOptions,
    ready: impl FnOnce(&Addresses),
) -> anyhow::Result<()> {
    // Before the database: a start that fails on a certificate must not create it.
    check(&loaded)?;
    let parts = Parts::build(&loaded, options)?;
    let process = Process::wire(parts, loader, loaded, log, options.demo_links.as_ref())?;
    ready(&process.addresses);
    process.run()
}

/// Reads certificates and keys, which are read at start and reload only.
///
/// # Errors
/// Every file that cannot be used.
pub fn check(loaded: &Loaded) -> Result<(), Diagnostics> {
    let settings = &loaded.settings;
    let proxy = settings.tls.as_ref().map(LoadedCertificates::new).transpose().err();
    let admin = ADMIN.load(settings).err();
    let console = CONSOLE.load(settings).err();
    let look = Look::load(settings).err();
    let senders = Senders::check(settings).err();
    let upstream = settings.upstream.as_ref();
    let upstream = upstream.and_then(|upstream| ResolvedUpstream::new(upstream, &settings.timeouts, None).err());
    let faults: Vec<_> = proxy
        .into_iter()
        .chain(admin)
        .chain(console)
        .chain(look)
        .chain(senders)
        .chain(upstream)
        .flat_map(|faults| faults.0)
        .collect();
    Diagnostics(faults).into_result(|| ()).map_err(|faults| settings.provenance.locate(faults))
}
