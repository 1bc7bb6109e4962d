//! Test fixtures of this module.

use aws_sdk_s3::config::Builder;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector, http_client_fn};

use super::Uploads;
use crate::{Clients, EnvVars, LambdaContext};

/// Returns the clients of a function on AWS.
pub(super) fn clients() -> Clients {
    let environment = EnvVars::from([
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ]);
    Clients::new(LambdaContext::new(&environment).unwrap()).unwrap()
}

/// Returns the configuration of an S3 client without retries that sends its requests to this HTTP client.
pub(super) fn answered_by(connector: impl HttpConnector + 'static) -> Builder {
    let connector = SharedHttpConnector::new(connector);
    let config = clients().s3().config().to_builder();
    config
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .retry_config(RetryConfig::disabled())
}

/// Returns the uploads bucket with this client configuration.
pub(super) fn uploads(config: Builder) -> Uploads {
    Uploads::new(aws_sdk_s3::Client::from_conf(config.build()), "uploads".into())
}
