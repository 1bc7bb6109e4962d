//! A certificate authority, made at run time, and the stub's certificate.

use std::io;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;

/// The number of root certificates in the bundle: the functions embed as many.
const ROOTS: usize = 5;

/// A root, and an intermediate as AWS's endpoints have one.
pub struct Authority {
    root: CertifiedIssuer<'static, KeyPair>,
    intermediate: CertifiedIssuer<'static, KeyPair>,
    others: Vec<CertifiedIssuer<'static, KeyPair>>,
}

/// Why the stub cannot serve TLS.
#[derive(Debug, Error)]
pub enum AuthorityError {
    /// A certificate cannot be made.
    #[error("a certificate cannot be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The certificate cannot be used.
    #[error("the certificate cannot be used: {0}")]
    Tls(#[from] rustls::Error),
    /// A port cannot be opened.
    #[error(transparent)]
    Port(#[from] io::Error),
}

impl Authority {
    /// Makes an authority with new keys.
    pub fn new() -> Result<Self, AuthorityError> {
        let root = CertifiedIssuer::self_signed(issuer("Bench Root"), KeyPair::generate()?)?;
        let intermediate =
            CertifiedIssuer::signed_by(issuer("Bench Intermediate"), KeyPair::generate()?, &root)?;
        let others = (1..ROOTS).map(|number| {
            let params = issuer(&format!("Bench Other Root {number}"));
            CertifiedIssuer::self_signed(params, KeyPair::generate()?)
        });
        Ok(Self {
            others: others.collect::<Result<_, _>>()?,
            root,
            intermediate,
        })
    }

    /// Returns the content of a file for `AWS_CA_BUNDLE`: the root among others.
    pub fn bundle(&self) -> String {
        let certificates = self.others.iter().chain([&self.root]);
        certificates.map(|issuer| issuer.pem()).collect()
    }

    /// Returns the server's side of TLS, for `localhost`.
    pub(super) fn server_config(&self) -> Result<ServerConfig, AuthorityError> {
        let key = KeyPair::generate()?;
        let params = CertificateParams::new(vec!["localhost".to_owned()])?;
        let certificate = params.signed_by(&key, &self.intermediate)?;
        let chain: [CertificateDer<'static>; 2] =
            [certificate.into(), self.intermediate.der().clone().into_owned()];
        let private = PrivateKeyDer::try_from(key.serialize_der()).map_err(io::Error::other)?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain.into(), private)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn issuer(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    params
}
