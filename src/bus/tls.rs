//! Modbus/TCP Security (MB-TCP-Security V2.1): TLS with certificates on both sides, and the client's role in its certificate.
//!
//! Certificates, keys and authorities come as PEM text; files are the command line's.

use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{AlertDescription, CertificateError, ClientConfig, RootCertStore, ServerConfig};
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

/// The port of Modbus/TCP Security.
pub const PORT: u16 = 802;
/// OID 1.3.6.1.4.1.50316.802.1, the role, as DER has it.
const ROLE: [u8; 11] = [0x2B, 0x06, 0x01, 0x04, 0x01, 0x83, 0x89, 0x0C, 0x86, 0x22, 0x01];

/// Who we are and whom we trust, as PEM text.
#[derive(Debug, Clone, Copy)]
pub struct Credentials<'a> {
    /// Our certificate, and those between it and its authority.
    pub chain: &'a [u8],
    /// Its private key.
    pub key: &'a [u8],
    /// The authorities whose certificates we believe.
    pub authorities: &'a [u8],
}

/// Why credentials can not be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsProblem {
    /// There is no such thing in the text.
    #[error("no {0} in it")]
    Missing(&'static str),
    /// It can not be read.
    #[error("{0} is no PEM: {1}")]
    Pem(&'static str, rustls::pki_types::pem::Error),
    /// It can be read, and not be used.
    #[error("{0}")]
    Unusable(String),
}

fn unusable(error: impl ToString) -> TlsProblem {
    TlsProblem::Unusable(error.to_string())
}

type Parts = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>, Arc<RootCertStore>);

impl Credentials<'_> {
    fn parts(&self) -> Result<Parts, TlsProblem> {
        let certificates = |what, pem| {
            let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
            let all = all.map_err(|e| TlsProblem::Pem(what, e))?;
            if all.is_empty() { Err(TlsProblem::Missing(what)) } else { Ok(all) }
        };
        let chain = certificates("certificate", self.chain)?;
        let key = PrivateKeyDer::from_pem_slice(self.key).map_err(|e| TlsProblem::Pem("private key", e))?;
        let mut roots = RootCertStore::empty();
        for authority in certificates("authority's certificate", self.authorities)? {
            roots.add(authority).map_err(unusable)?;
        }
        Ok((chain, key, Arc::new(roots)))
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Our side of connections to cabinets.
#[derive(Debug, Clone)]
pub struct TlsClient(Arc<ClientConfig>);

impl TlsClient {
    /// From PEM text.
    ///
    /// # Errors
    /// When it can not be used.
    pub fn new(credentials: &Credentials<'_>) -> Result<TlsClient, TlsProblem> {
        let (chain, key, roots) = credentials.parts()?;
        let builder = ClientConfig::builder_with_provider(provider());
        let builder = builder.with_safe_default_protocol_versions().map_err(unusable)?;
        let mut config = builder.with_root_certificates(roots).with_client_auth_cert(chain, key).map_err(unusable)?;
        // Certificates are looked at on every connection, so that one that expires is noticed.
        config.resumption = Resumption::disabled();
        Ok(TlsClient(Arc::new(config)))
    }

    /// The cabinet's certificate must be made out to its address.
    pub(super) async fn secure(&self, ip: IpAddr, stream: TcpStream) -> io::Result<client::TlsStream<TcpStream>> {
        TlsConnector::from(self.0.clone()).connect(ServerName::IpAddress(ip.into()), stream).await
    }
}

/// Which roles may do what; anybody else is answered with exception 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    /// May read and write.
    pub write: Vec<String>,
    /// May read.
    pub read: Vec<String>,
}

impl Default for Roles {
    fn default() -> Self {
        Roles { write: vec!["Operator".to_owned(), "Engineer".to_owned()], read: vec!["Viewer".to_owned()] }
    }
}

/// What a client may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rights {
    pub(super) read: bool,
    pub(super) write: bool,
}

impl Rights {
    /// Where there are no roles.
    pub(super) const ALL: Rights = Rights { read: true, write: true };
}

/// A cabinet's side: asks for a certificate, and looks for the role in it.
#[derive(Clone)]
pub struct TlsServer {
    acceptor: TlsAcceptor,
    roles: Arc<Roles>,
}

impl std::fmt::Debug for TlsServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsServer").field("roles", &self.roles).finish_non_exhaustive()
    }
}

impl TlsServer {
    /// From PEM text.
    ///
    /// # Errors
    /// When it can not be used.
    pub fn new(credentials: &Credentials<'_>, roles: Roles) -> Result<TlsServer, TlsProblem> {
        let (chain, key, roots) = credentials.parts()?;
        let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider()).build().map_err(unusable)?;
        let builder = ServerConfig::builder_with_provider(provider());
        let builder = builder.with_safe_default_protocol_versions().map_err(unusable)?;
        let config = builder.with_client_cert_verifier(verifier).with_single_cert(chain, key).map_err(unusable)?;
        Ok(TlsServer { acceptor: TlsAcceptor::from(Arc::new(config)), roles: Arc::new(roles) })
    }

    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<(server::TlsStream<TcpStream>, Rights)> {
        let stream = self.acceptor.accept(stream).await?;
        let peer = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        let role = peer.and_then(|certificate| role(certificate));
        let is = |names: &[String]| role.as_ref().is_some_and(|role| names.contains(role));
        let write = is(&self.roles.write);
        Ok((stream, Rights { read: write || is(&self.roles.read), write }))
    }
}

/// What TLS has against a peer, or it against us, in words; `None` when TLS has no part in it.
pub(super) fn explain(error: &io::Error) -> Option<String> {
    use rustls::Error;
    let error = error.get_ref()?.downcast_ref::<Error>()?;
    Some(match error {
        Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "the cabinet's certificate has expired".to_owned()
        }
        Error::InvalidCertificate(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => {
            "the cabinet's certificate is not valid yet".to_owned()
        }
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "the cabinet's certificate is by an authority that we do not trust".to_owned()
        }
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "the cabinet's certificate is made out to another address".to_owned(),
        Error::InvalidCertificate(other) => format!("the cabinet's certificate is not good: {other}"),
        Error::AlertReceived(AlertDescription::CertificateExpired) => {
            "the cabinet refuses us: our certificate has expired".to_owned()
        }
        Error::AlertReceived(AlertDescription::UnknownCA) => {
            "the cabinet refuses us: it does not trust the authority of our certificate".to_owned()
        }
        Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "the cabinet refuses us: it wants a certificate".to_owned()
        }
        Error::AlertReceived(alert) => format!("the cabinet refuses us: {alert:?}"),
        other => format!("no secure connection: {other}"),
    })
}

/// The role in a certificate that was verified; none when there is not exactly one.
fn role(certificate: &[u8]) -> Option<String> {
    let (certificate, _) = element(certificate, 0x30)?;
    let (mut rest, _) = element(certificate, 0x30)?;
    let extensions = loop {
        let (tag, content, after) = any(rest)?;
        if tag == 0xA3 {
            break element(content, 0x30)?.0;
        }
        rest = after;
    };
    let (mut rest, mut roles) = (extensions, Vec::new());
    while !rest.is_empty() {
        let (extension, after) = element(rest, 0x30)?;
        let (oid, value) = element(extension, 0x06)?;
        if oid == ROLE {
            let value = element(value, 0x01).map_or(value, |(_critical, value)| value);
            let (text, _) = element(element(value, 0x04)?.0, 0x0C)?;
            roles.push(std::str::from_utf8(text).ok()?.to_owned());
        }
        rest = after;
    }
    let [role] = roles.try_into().ok()?;
    Some(role)
}

/// The content of a DER element of this tag, and what follows.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    any(bytes).filter(|(t, ..)| *t == tag).map(|(_, content, rest)| (content, rest))
}

/// The next DER element: tag, content, and what follows.
fn any(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        short @ 0..=0x7F => (usize::from(short), rest),
        0x81..=0x83 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
            (length.iter().fold(0, |l, b| l << 8 | usize::from(*b)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_found_only_where_it_is() {
        let utf8 = [&[0x0C, 0x06][..], b"Viewer"].concat();
        let wrap = |tag: u8, content: &[u8]| [&[tag, content.len() as u8][..], content].concat();
        let extension = |value: &[u8]| wrap(0x30, &[wrap(0x06, &ROLE), wrap(0x04, value)].concat());
        let certificate = |extensions: &[Vec<u8>]| {
            let all = wrap(0xA3, &wrap(0x30, &extensions.concat()));
            wrap(0x30, &wrap(0x30, &[wrap(0x02, &[7]), all].concat()))
        };
        let one = certificate(&[extension(&utf8)]);
        assert_eq!(role(&one).as_deref(), Some("Viewer"));
        assert_eq!(role(&certificate(&[extension(&utf8), extension(&utf8)])), None, "two are none");
        assert_eq!(role(&certificate(&[])), None);
        assert_eq!(role(&certificate(&[extension(&wrap(0x13, b"Viewer"))])), None, "another string type");
        for n in 0..one.len() {
            assert_eq!(role(&one[..n]), None, "{n}");
        }
    }
}
