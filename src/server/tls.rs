//! TLS on the admin listener.

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

pub(super) fn admin_certificates(
    settings: &Settings,
    metrics: &Metrics,
) -> Result<Option<Arc<Certificates>>, Diagnostics> {
    let Some(files) = &settings.admin_tls else { return Ok(None) };
    let loaded = read_admin_tls(files)?;
    metrics.certificate_shown(TlsListener::Admin, loaded.not_after);
    Ok(Some(Arc::new(Certificates::new(loaded))))
}

/// # Errors
/// Those of [`LoadedCertificates::new`], with the key path of the admin listener.
pub(super) fn read_admin_tls(files: &raw::Tls) -> Result<LoadedCertificates, Diagnostics> {
    LoadedCertificates::new(files).map_err(|mut faults| {
        for fault in &mut faults.0 {
            fault.path = fault.path.replace("proxy.tls", "admin.tls");
        }
        faults
    })
}
