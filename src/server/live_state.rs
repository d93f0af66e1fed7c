//! Everything that follows the files: the gate, certificates, the settings of the management API, the log level.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::gate::LiveGate;
use super::tls::read_admin_tls;
use crate::config::{Diagnostic, Diagnostics, Origin};
use crate::control::LiveSettings;
use crate::proxy::Certificates;
use crate::source::Loaded;
use crate::telemetry::{Log, Metrics, TlsListener};

pub(super) struct LiveState {
    pub(super) gate: Option<LiveGate>,
    pub(super) admin_certificates: Option<Arc<Certificates>>,
    pub(super) management: Arc<ArcSwap<LiveSettings>>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) log: Log,
}

impl LiveState {
    /// Publishes all of a reading or nothing: every step that can fail comes first.
    ///
    /// # Errors
    /// When certificates, the upstream or the log level cannot be used, or a change needs a restart.
    pub(super) fn publish(&self, loaded: &Loaded) -> Result<(), Diagnostics> {
        self.try_publish(loaded).map_err(|faults| loaded.settings.origins.locate(faults))
    }

    fn try_publish(&self, loaded: &Loaded) -> Result<(), Diagnostics> {
        let next = self.gate.as_ref().map(|gate| gate.prepare(loaded)).transpose();
        let admin = loaded.settings.admin_tls.as_ref().map(read_admin_tls).transpose();
        let (next, admin) = match (next, admin) {
            (Ok(next), Ok(admin)) => (next, admin),
            (next, admin) => {
                let faults = next.err().into_iter().chain(admin.err());
                return Err(Diagnostics(faults.flat_map(|faults| faults.0).collect()));
            }
        };
        let invalid_level = |problem| Diagnostic::new(Origin::WHOLE_FILE, "log.level", problem);
        self.log.set_level(&loaded.settings.log.level).map_err(invalid_level)?;
        if let (Some(certificates), Some(loaded)) = (&self.admin_certificates, admin) {
            self.metrics.certificate_shown(TlsListener::Admin, loaded.not_after);
            certificates.swap(loaded);
        }
        self.management.store(Arc::new(LiveSettings::new(loaded)));
        if let (Some(gate), Some(next)) = (&self.gate, next) {
            gate.publish(next);
        }
        Ok(())
    }
}
