//! TLS on the admin listener and the console listener.

use std::sync::Arc;

use anyhow::Context as _;
use tokio_rustls::TlsAcceptor;

use crate::config::{Diagnostics, Settings, raw};
use crate::proxy::{Certificates, LoadedCertificates};
use crate::telemetry::{Metrics, TlsListener};

/// Each handshake uses the certificate that is live then.
///
/// # Errors
/// When the provider supports no protocol version.
pub(super) fn acceptor(certificates: Arc<Certificates>) -> anyhow::Result<TlsAcceptor> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.context("no TLS version is supported")?;
    let mut config = config.with_no_client_auth().with_cert_resolver(certificates);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// One of the two listeners: its section of the settings, its files, its label in metrics.
pub(super) struct Section {
    name: &'static str,
    files: fn(&Settings) -> Option<&raw::Tls>,
    listener: TlsListener,
}

pub(super) const ADMIN: Section =
    Section { name: "admin.tls", files: |settings| settings.admin_tls.as_ref(), listener: TlsListener::Admin };
/// Without its database, the console is not served and its certificate not needed.
pub(super) const CONSOLE: Section = Section {
    name: "console.tls",
    files: |settings| settings.console.as_ref().and(settings.console_tls.as_ref()),
    listener: TlsListener::Console,
};

impl Section {
    /// # Errors
    /// Those of [`LoadedCertificates::new`], with the key path of this listener.
    pub(super) fn load(&self, settings: &Settings) -> Result<Option<LoadedCertificates>, Diagnostics> {
        let loaded = (self.files)(settings).map(LoadedCertificates::new).transpose();
        loaded.map_err(|mut faults| {
            for fault in &mut faults.0 {
                fault.path = fault.path.replace("proxy.tls", self.name);
            }
            faults
        })
    }

    /// # Errors
    /// Those of [`Section::load`].
    pub(super) fn certificates(
        &self,
        settings: &Settings,
        metrics: &Metrics,
    ) -> Result<Option<Arc<Certificates>>, Diagnostics> {
        let Some(loaded) = self.load(settings)? else { return Ok(None) };
        metrics.certificate_shown(self.listener, loaded.not_after);
        Ok(Some(Arc::new(Certificates::new(loaded))))
    }

    /// Publishes certificates that a reload has read.
    pub(super) fn publish(
        &self,
        certificates: Option<&Arc<Certificates>>,
        loaded: Option<LoadedCertificates>,
        metrics: &Metrics,
    ) {
        if let (Some(certificates), Some(loaded)) = (certificates, loaded) {
            metrics.certificate_shown(self.listener, loaded.not_after);
            certificates.swap(loaded);
        }
    }
}
