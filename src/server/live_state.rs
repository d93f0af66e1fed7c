//! What is in use, and follows what is read.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::gate::GateInUse;
use super::tls::read_admin_tls;
use crate::config::{Diagnostic, Diagnostics, Origin};
use crate::control::LiveSettings;
use crate::proxy::Certificates;
use crate::source::Loaded;
use crate::telemetry::{Log, Metrics, TlsListener};

/// All of it.
pub(super) struct InUse {
    pub(super) gate: Option<GateInUse>,
    pub(super) admin_certificates: Option<Arc<Certificates>>,
    pub(super) management: Arc<ArcSwap<LiveSettings>>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) log: Log,
}

impl InUse {
    /// Puts a reading in force as a whole: everything that can fail comes first.
    ///
    /// # Errors
    /// Nothing has changed then.
    pub(super) fn replace(&self, loaded: &Loaded) -> Result<(), Diagnostics> {
        let next = self.gate.as_ref().map(|gate| gate.prepare(loaded)).transpose()?;
        let admin = loaded.settings.admin_tls.as_ref().map(read_admin_tls).transpose()?;
        let unreadable = |problem| Diagnostic::new(Origin::WHOLE_FILE, "log.level", problem);
        self.log.set_level(&loaded.settings.log.level).map_err(unreadable)?;
        if let (Some(certificates), Some(reading)) = (&self.admin_certificates, admin) {
            self.metrics.certificate_shown(TlsListener::Admin, reading.not_after);
            certificates.swap(reading);
        }
        self.management.store(Arc::new(LiveSettings::new(loaded)));
        if let (Some(gate), Some(next)) = (&self.gate, next) {
            gate.replace(next);
        }
        Ok(())
    }
}
