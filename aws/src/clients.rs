//! Clients of AWS's services for a short cold start.
//!
//! The SDK's defaults take most of a cold start: they search for credentials in many places, read every root
//! certificate of the system and seed a cryptographic library that measures its own entropy. A function on Lambda
//! needs none of that: docs/adr/0004-lean-aws-clients.md has the figures.

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

/// The embedded certificates are unusable.
#[derive(Debug, Error)]
#[error("the embedded root certificates cannot be used: {0}")]
pub struct TlsError(String);

impl Clients {
    /// Clients for this context. Nothing is called yet.
    pub fn new(context: LambdaContext) -> Result<Self, TlsError> {
        let store = TrustStore::empty().with_native_roots(false);
        let store = ROOTS
            .iter()
            .fold(store, |store, root| store.with_pem_certificate(root.as_bytes()));
        let tls = TlsContext::builder().with_trust_store(store).build();
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(tls.map_err(|error| TlsError(error.to_string()))?)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EnvVars;

    #[test]
    fn engines_have_longer_limits_than_other_services() {
        let environment = EnvVars::from([
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ]);
        let clients = Clients::new(LambdaContext::new(&environment).unwrap()).unwrap();
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
