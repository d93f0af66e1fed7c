//! TLS at the admin listener.

use std::sync::Arc;

use anyhow::Context as _;
use tokio_rustls::TlsAcceptor;

use crate::config::{Diagnostics, Settings, raw};
use crate::proxy::{Certificates, LoadedCertificates};
use crate::telemetry::{Metrics, TlsListener};

/// Shakes hands with the certificates that are in force then.
///
/// # Errors
/// When the provider of cryptography knows no protocol.
pub(super) fn acceptor(certificates: Arc<Certificates>) -> anyhow::Result<TlsAcceptor> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.context("no protocol of TLS")?;
    let mut config = config.with_no_client_auth().with_cert_resolver(certificates);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// As the settings name them.
pub(super) fn admin_certificates(
    settings: &Settings,
    metrics: &Metrics,
) -> Result<Option<Arc<Certificates>>, Diagnostics> {
    let Some(files) = &settings.admin_tls else { return Ok(None) };
    let reading = read_admin_tls(files)?;
    metrics.certificate_shown(TlsListener::Admin, reading.not_after);
    Ok(Some(Arc::new(Certificates::new(reading))))
}

/// Reads them.
pub(super) fn read_admin_tls(files: &raw::Tls) -> Result<LoadedCertificates, Diagnostics> {
    LoadedCertificates::new(files).map_err(|mut faults| {
        for fault in &mut faults.0 {
            fault.path = fault.path.replace("proxy.tls", "admin.tls");
        }
        faults
    })
}
