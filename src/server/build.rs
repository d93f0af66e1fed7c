//! Opens everything that can fail on its own: sockets, certificates, the database, the gate.

use std::sync::Arc;

use super::gate::{self, Gate};
use super::listeners::Listeners;
use super::service_manager::Notifier;
use super::tls::{ADMIN, CONSOLE};
use super::{ServeOptions, control_plane, descriptor_limit, log_outputs};
use crate::auth::{REJECTION_CODES, Scheme};
use crate::config::{Settings, memory_limit};
use crate::control::DatabaseProbe;
use crate::proxy::{Certificates, DescriptorBudget, Tracer};
use crate::source::{DatabaseSource, Loaded};
use crate::telemetry::{LineWriter, Metrics};

pub(super) struct Parts {
    pub(super) notifier: Notifier,
    pub(super) metrics: Arc<Metrics>,
    pub(super) descriptors: DescriptorBudget,
    pub(super) listeners: Listeners,
    pub(super) admin_certificates: Option<Arc<Certificates>>,
    pub(super) console_certificates: Option<Arc<Certificates>>,
    pub(super) access_log: LineWriter,
    pub(super) tracer: Option<Tracer>,
    pub(super) database: Option<DatabaseSource>,
    pub(super) role: Role,
}

/// What this process serves beside its admin listener.
pub(super) enum Role {
    Gate(Gate),
    /// The management API only, on a database that this probe watches.
    ManagementOnly(Arc<DatabaseProbe>),
}

impl Parts {
    /// # Errors
    /// When an address is in use, a certificate cannot be read, or the database answers and cannot be used.
    pub(super) fn build(loaded: &Loaded, options: &ServeOptions) -> anyhow::Result<Self> {
        let settings = &loaded.settings;
        log_memory(settings);
        let descriptors = descriptor_limit::raise_limit(settings);
        let notifier = Notifier::open()?;
        let metrics = Arc::new(Metrics::new(&Scheme::ALL.map(Scheme::as_str), &REJECTION_CODES)?);
        let listeners = Listeners::open(settings, options.start)?;
        let admin_certificates = ADMIN.certificates(settings, &metrics)?;
        let console_certificates = CONSOLE.certificates(settings, &metrics)?;
        let access_log = log_outputs::access_lines(settings, metrics.clone())?;
        let tracer = log_outputs::tracer(settings, &metrics)?;
        let (database, role) = match &settings.database {
            _ if settings.decides() => {
                let database = gate::open_database(settings, &metrics, options.migrate)?;
                let is_unread = database.as_ref().is_some_and(|database| !database.directory().is_synced());
                if is_unread && listeners.handover.has_predecessor() {
                    anyhow::bail!(
                        "the database does not answer; the previous process goes on with the credentials it has cached"
                    );
                }
                let gate = Gate::new(loaded, database.as_ref(), metrics.clone())?;
                (database, Role::Gate(gate))
            }
            Some(database) => {
                let probe = control_plane::open_alone(database, options.migrate)?;
                (None, Role::ManagementOnly(Arc::new(probe)))
            }
            None => anyhow::bail!("the settings name neither proxy.upstream nor a database for the management API"),
        };
        Ok(Self {
            notifier,
            metrics,
            descriptors,
            listeners,
            admin_certificates,
            console_certificates,
            access_log,
            tracer,
            database,
            role,
        })
    }
}

/// The limit of the container, which defaults follow.
fn log_memory(settings: &Settings) {
    let Some(bytes) = memory_limit() else { return };
    let database = settings.database.as_ref();
    tracing::info!(
        limit_mib = bytes >> 20,
        "limits.connections" = settings.max_connections,
        "limits.connections_per_address" = settings.max_connections_per_address,
        "limits.streams" = settings.limits.streams,
        "limits.header_bytes_total" = settings.limits.header_bytes_total,
        "passwords.threads" = settings.hash_threads,
        "passwords.remembered" = settings.passwords.remembered,
        "database.cache.megabytes" = database.and_then(|database| database.options.cache.megabytes),
        "memory is limited; limits that the settings do not name follow it"
    );
}
