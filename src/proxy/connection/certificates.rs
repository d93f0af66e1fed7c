//! Certificates of a listener: loaded as a whole, and swapped at run time.

use std::any::Any;
use std::path::Path;
use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use async_trait::async_trait;
use pingora::listeners::TlsAccept;
use pingora::protocols::tls::{SslDigest, TlsRef};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, DistinguishedName, RootCertStore, SignatureScheme};

use crate::config::{Diagnostic, Diagnostics, Origin, raw};

/// The server certificate and the verifier of clients; both can be swapped.
#[derive(Debug)]
pub struct Certificates {
    own: ArcSwap<CertifiedKey>,
    clients: ArcSwapOption<ClientVerifier>,
}

/// A verifier behind a thin pointer, which `ArcSwap` requires.
#[derive(Debug)]
struct ClientVerifier(Arc<dyn ClientCertVerifier>);

/// Read and checked, not yet in force.
pub struct LoadedCertificates {
    own: CertifiedKey,
    clients: Option<ClientVerifier>,
    /// Expiry of the server certificate, in seconds since 1970.
    pub not_after: i64,
}

impl LoadedCertificates {
    /// # Errors
    /// When a file cannot be read, or the key does not match the certificate.
    pub fn new(files: &raw::Tls) -> Result<Self, Diagnostics> {
        let chain = read_certificates(&files.certificate).map_err(|problem| fault("certificate", problem));
        let key = private_key(&files.key).map_err(|problem| fault("key", problem));
        let clients = files.client_ca.as_deref().map(client_verifier).transpose();
        let clients = clients.map_err(|problem| fault("client_ca", problem));
        let (chain, key, clients) = match (chain, key, clients) {
            (Ok(chain), Ok(key), Ok(clients)) => (chain, key, clients),
            (chain, key, clients) => {
                let faults = [chain.err(), key.err(), clients.err()];
                return Err(Diagnostics(faults.into_iter().flatten().flat_map(|faults| faults.0).collect()));
            }
        };
        let own = check_pair(&chain, &key).map_err(|problem| fault("key", problem))?;
        Ok(Self { not_after: not_after(&chain[0]), own, clients })
    }
}

impl Certificates {
    pub fn new(loaded: LoadedCertificates) -> Self {
        Self { own: ArcSwap::from_pointee(loaded.own), clients: ArcSwapOption::from_pointee(loaded.clients) }
    }

    /// Takes effect for new connections.
    pub fn swap(&self, loaded: LoadedCertificates) {
        self.own.store(Arc::new(loaded.own));
        self.clients.store(loaded.clients.map(Arc::new));
    }

    /// True where the client needs no certificate or has a verified one. A resumed session presents none: the one of its
    /// first handshake is verified against the CA in force now, so that a session does not outlive its trust.
    pub(in crate::proxy) fn accepts(&self, digest: &SslDigest) -> bool {
        self.clients.load().is_none() || digest.extension.get::<VerifiedClient>().is_some()
    }
}

/// Marks a connection whose client certificate was verified, in a full or a resumed handshake.
struct VerifiedClient;

/// Verifies the client certificate after each handshake.
pub(in crate::proxy) struct ClientCheck(pub(in crate::proxy) Arc<Certificates>);

#[async_trait]
impl TlsAccept for ClientCheck {
    async fn handshake_complete_callback(&self, tls: &TlsRef) -> Option<Arc<dyn Any + Send + Sync>> {
        let (end_entity, intermediates) = tls.peer_cert_chain_der()?.split_first()?;
        let verified = self.0.verify_client_cert(end_entity, intermediates, UnixTime::now());
        verified.ok().map(|_| Arc::new(VerifiedClient) as Arc<dyn Any + Send + Sync>)
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.own.load_full())
    }
}

/// Requires a client certificate where `client_ca` is set, and requests none otherwise.
impl ClientCertVerifier for Certificates {
    fn offer_client_auth(&self) -> bool {
        self.clients.load().is_some()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.clients.load().is_some()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        // The slice lives as long as `self` and could not follow a swap; hints are optional.
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        match self.clients.load_full() {
            // pingora parses the certificate with x509-parser and panics where that fails.
            Some(_) if !is_readable(end_entity) => {
                Err(rustls::Error::InvalidCertificate(rustls::CertificateError::BadEncoding))
            }
            Some(clients) => clients.0.verify_client_cert(end_entity, intermediates, now),
            None => Err(rustls::Error::General("no client certificate was requested".into())),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// All certificates of a PEM file; at least one, each of which x509-parser accepts.
pub(in crate::proxy) fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let all = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let all = all.map_err(|error| unreadable(path, &error))?;
    if all.is_empty() {
        return Err(format!("{} contains no PEM certificate", path.display()));
    }
    if !all.iter().all(|certificate| is_readable(certificate)) {
        return Err(format!("{} contains a certificate that cannot be parsed", path.display()));
    }
    Ok(all)
}

pub(in crate::proxy) fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| unreadable(path, &error))
}

/// Names the error and nothing of the content, which may be a key.
fn unreadable(path: &Path, error: &rustls::pki_types::pem::Error) -> String {
    use rustls::pki_types::pem::Error;
    let why = match error {
        Error::Io(error) => error.to_string(),
        Error::NoItemsFound => "it contains none".into(),
        _ => "it is not valid PEM".into(),
    };
    format!("{} cannot be read: {why}", path.display())
}

pub(in crate::proxy) fn check_pair(
    chain: &[CertificateDer<'static>],
    key: &PrivateKeyDer<'static>,
) -> Result<CertifiedKey, String> {
    let signer = any_supported_type(key).map_err(|_| "has an unsupported type".to_owned())?;
    let pair = CertifiedKey::new(chain.to_vec(), signer);
    match pair.keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => Ok(pair),
        Err(_) => Err("does not match the certificate".into()),
    }
}

/// True where x509-parser, which pingora uses, accepts it.
pub(in crate::proxy) fn is_readable(certificate: &[u8]) -> bool {
    x509_parser::parse_x509_certificate(certificate).is_ok()
}

fn not_after(certificate: &[u8]) -> i64 {
    x509_parser::parse_x509_certificate(certificate).map_or(0, |(_, parsed)| parsed.validity().not_after.timestamp())
}

fn client_verifier(path: &Path) -> Result<ClientVerifier, String> {
    let mut roots = RootCertStore::empty();
    for root in read_certificates(path)? {
        roots
            .add(root)
            .map_err(|_| format!("{} contains a certificate that cannot be a trust anchor", path.display()))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map(ClientVerifier)
        .map_err(|error| error.to_string())
}

fn fault(key: &str, problem: String) -> Diagnostics {
    Diagnostic::new(Origin::WHOLE_FILE, format!("proxy.tls.{key}"), problem).into()
}
