//! The server's side of HTTPS.

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// Why a certificate can not be used.
#[derive(Debug, thiserror::Error)]
pub enum PapersProblem {
    /// It can not be read.
    #[error("{0} can not be read: {1}")]
    Pem(&'static str, rustls::pki_types::pem::Error),
    /// It can be read, and not be used.
    #[error("{0}")]
    Unusable(#[from] rustls::Error),
}

/// TLS 1.2 and 1.3 under a certificate.
#[derive(Clone)]
pub struct Tls(pub(super) TlsAcceptor);

impl Tls {
    /// From PEM text: the certificate with those up to its authority, and its private key.
    ///
    /// # Errors
    /// When they can not be used.
    pub fn new(chain: &[u8], key: &[u8]) -> Result<Tls, PapersProblem> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
        let chain = chain.map_err(|e| PapersProblem::Pem("the certificate", e))?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|e| PapersProblem::Pem("the private key", e))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        Ok(Tls(TlsAcceptor::from(Arc::new(config))))
    }
}
