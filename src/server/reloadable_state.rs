//! Everything that follows the files: the gate, certificates, the settings of the management API, the log level.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::control_plane::open_keys;
use super::gate::LiveGate;
use super::tls::{ADMIN, CONSOLE};
use crate::config::{Diagnostic, Diagnostics, Origin};
use crate::control::{LiveSettings, Look, Senders, SharedKeys};
use crate::proxy::Certificates;
use crate::source::Loaded;
use crate::telemetry::{Log, Metrics};

pub(super) struct ReloadableState {
    pub(super) gate: Option<LiveGate>,
    pub(super) admin_certificates: Option<Arc<Certificates>>,
    pub(super) console_certificates: Option<Arc<Certificates>>,
    pub(super) management: Arc<ArcSwap<LiveSettings>>,
    /// `None` where this process has no control plane.
    pub(super) keys: Option<SharedKeys>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) log: Log,
}

impl ReloadableState {
    /// Publishes all of a reading or nothing: every step that can fail comes first.
    ///
    /// # Errors
    /// When certificates, keys, the upstream or the log level cannot be used, or a change needs a restart.
    pub(super) fn publish(&self, loaded: &Loaded) -> Result<(), Diagnostics> {
        self.try_publish(loaded).map_err(|faults| loaded.settings.provenance.locate(faults))
    }

    fn try_publish(&self, loaded: &Loaded) -> Result<(), Diagnostics> {
        let next = self.gate.as_ref().map(|gate| gate.prepare(loaded)).transpose();
        let (admin, console) = (ADMIN.load(&loaded.settings), CONSOLE.load(&loaded.settings));
        let senders = Senders::check(&loaded.settings);
        let (next, admin, console, look) = match (next, admin, console, Look::load(&loaded.settings), senders) {
            (Ok(next), Ok(admin), Ok(console), Ok(look), Ok(())) => (next, admin, console, look),
            (next, admin, console, look, senders) => {
                let faults = [next.err(), admin.err(), console.err(), look.err(), senders.err()].into_iter().flatten();
                return Err(Diagnostics(faults.flat_map(|faults| faults.0).collect()));
            }
        };
        // Published settings let secrets be sent and webhooks be signed at once. As late as possible, as it may make a key;
        // the level below was validated.
        let opened = match &self.keys {
            Some(keys) if loaded.settings.needs_installation_key() && keys.get().is_none() => {
                Some((keys, open_keys(&loaded.settings)?))
            }
            Some(_) | None => None,
        };
        let invalid_level = |problem| Diagnostic::new(Origin::WHOLE_FILE, "log.level", problem);
        self.log.set_level(&loaded.settings.log.level).map_err(invalid_level)?;
        if let Some((keys, opened)) = opened {
            keys.open(opened);
        }
        ADMIN.publish(self.admin_certificates.as_ref(), admin, &self.metrics);
        CONSOLE.publish(self.console_certificates.as_ref(), console, &self.metrics);
        self.management.store(Arc::new(LiveSettings::new(loaded, look)));
        if let (Some(gate), Some(next)) = (&self.gate, next) {
            gate.publish(next);
        }
        Ok(())
    }
}
