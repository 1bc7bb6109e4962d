//! Clients of AWS's services for a short cold start.
//!
//! The SDK's defaults take most of a cold start: they search for credentials in many places, read every root
//! certificate of the system and seed a cryptographic library that measures its own entropy. A function on Lambda
//! needs none of that: docs/adr/0004-lean-aws-clients.md has the figures.

use std::{fs, io};

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::IdentityCache;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use thiserror::Error;

use crate::lambda_context::{AwsService, LambdaContext};
use crate::timeouts;

/// The root certificates of AWS's endpoints, as Amazon Trust Services publishes them.
const ROOTS: [&str; 5] = [
    include_str!("roots/amazon-root-ca-1.pem"),
    include_str!("roots/amazon-root-ca-2.pem"),
    include_str!("roots/amazon-root-ca-3.pem"),
    include_str!("roots/amazon-root-ca-4.pem"),
    include_str!("roots/starfield-services-root-g2.pem"),
];

/// Creates the clients of one function, which share a connection pool.
pub struct Clients {
    context: LambdaContext,
    http: SharedHttpClient,
}

/// Why the root certificates cannot be used.
#[derive(Debug, Error)]
pub enum TlsError {
    /// The HTTP client refuses them.
    #[error("the root certificates cannot be used: {0}")]
    Refused(String),
    /// The file cannot be read.
    #[error("the file that AWS_CA_BUNDLE names cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// The file is not a list of certificates.
    #[error("the file that AWS_CA_BUNDLE names must have one certificate or more, in PEM: {0}")]
    Malformed(String),
}

impl Clients {
    /// Clients for this context. Nothing is called yet.
    pub fn new(context: LambdaContext) -> Result<Self, TlsError> {
        let roots = match context.ca_bundle() {
            Some(path) => read_bundle(path)?,
            None => embedded_roots(),
        };
        let tls = TlsContext::builder().with_trust_store(roots).build();
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(tls.map_err(|error| TlsError::Refused(error.to_string()))?)
            .build_https();
        Ok(Self { context, http })
    }

    /// Returns the context.
    pub fn context(&self) -> &LambdaContext {
        &self.context
    }

    /// Returns the client of the responses table.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config(AwsService::DynamoDb))
    }

    /// Returns the client of the buckets. With another endpoint than AWS's, the bucket is part of the path.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.config(AwsService::S3))
            .force_path_style(self.context.endpoint(AwsService::S3).is_some());
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// Returns the client of the rejects queue.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.config(AwsService::Sqs))
    }

    /// Returns the client of the stage's secret.
    pub fn ssm(&self) -> aws_sdk_ssm::Client {
        aws_sdk_ssm::Client::new(&self.config(AwsService::Ssm))
    }

    /// Returns the client of Elastic Transcoder. It does not retry: CreateJob has no token that would make a second call
    /// idempotent.
    pub fn elastic_transcoder(&self) -> aws_sdk_elastictranscoder::Client {
        let config =
            aws_sdk_elastictranscoder::config::Builder::from(&self.config(AwsService::ElasticTranscoder))
                .retry_config(RetryConfig::disabled())
                .timeout_config(timeouts::engine());
        aws_sdk_elastictranscoder::Client::from_conf(config.build())
    }

    /// Returns the client of MediaConvert. It retries: CreateJob has a token.
    pub fn media_convert(&self) -> aws_sdk_mediaconvert::Client {
        let config = aws_sdk_mediaconvert::config::Builder::from(&self.config(AwsService::MediaConvert))
            .timeout_config(timeouts::engine());
        aws_sdk_mediaconvert::Client::from_conf(config.build())
    }

    fn config(&self, service: AwsService) -> SdkConfig {
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.context.region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(self.context.credentials.clone()))
            .identity_cache(IdentityCache::no_cache())
            .http_client(self.http.clone())
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .timeout_config(timeouts::usual())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        config.set_endpoint_url(self.context.endpoint(service).map(str::to_owned));
        config.build()
    }
}

fn embedded_roots() -> TrustStore {
    let store = TrustStore::empty();
    ROOTS
        .iter()
        .fold(store, |store, root| store.with_pem_certificate(root.as_bytes()))
}

/// Reads a list of certificates, and checks each: the HTTP client panics on a malformed one.
fn read_bundle(path: &str) -> Result<TrustStore, TlsError> {
    let malformed = |problem: &dyn std::fmt::Display| TlsError::Malformed(problem.to_string());
    let text = fs::read(path)?;
    let mut checked = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|error| malformed(&error))?;
        checked.add(certificate).map_err(|error| malformed(&error))?;
    }
    if checked.is_empty() {
        return Err(malformed(&"it has none"));
    }
    Ok(TrustStore::empty().with_pem_certificate(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EnvVars;

    /// Clients that trust the certificates in this file.
    fn with_bundle(path: &str) -> Result<Clients, TlsError> {
        let environment = EnvVars::from([
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_CA_BUNDLE", path),
        ]);
        Clients::new(LambdaContext::new(&environment).unwrap())
    }

    #[test]
    fn bundle_must_have_certificates() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/roots");
        assert!(with_bundle(&format!("{folder}/amazon-root-ca-1.pem")).is_ok());
        let error = |path: &str| with_bundle(path).err().unwrap();
        assert!(matches!(
            error(&format!("{folder}/missing.pem")),
            TlsError::Unreadable(_)
        ));
        assert!(matches!(
            error(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")),
            TlsError::Malformed(_)
        ));
    }

    #[test]
    fn engines_have_longer_limits_than_other_services() {
        let clients = with_bundle("").unwrap();
        let engines = [
            clients.elastic_transcoder().config().timeout_config().cloned(),
            clients.media_convert().config().timeout_config().cloned(),
        ];
        let others = [
            clients.dynamodb().config().timeout_config().cloned(),
            clients.s3().config().timeout_config().cloned(),
            clients.sqs().config().timeout_config().cloned(),
            clients.ssm().config().timeout_config().cloned(),
        ];
        assert!(engines.iter().all(|limits| *limits == Some(timeouts::engine())));
        assert!(others.iter().all(|limits| *limits == Some(timeouts::usual())));
    }
}
