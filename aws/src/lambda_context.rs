//! Lambda's environment of a function: the region, the credentials of its role, and, on the local stage, other endpoints
//! than AWS's.

use aws_credential_types::Credentials;

use crate::settings::{EnvVars, SettingError};

/// A service that the functions call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AwsService {
    /// DynamoDB
    DynamoDb,
    /// S3
    S3,
    /// SQS
    Sqs,
    /// Systems Manager, for its parameter store
    Ssm,
    /// Elastic Transcoder
    ElasticTranscoder,
    /// MediaConvert
    MediaConvert,
}

impl AwsService {
    /// Returns the variable with another endpoint of this service, as the AWS SDKs name it.
    const fn endpoint_variable(self) -> &'static str {
        match self {
            Self::DynamoDb => "AWS_ENDPOINT_URL_DYNAMODB",
            Self::S3 => "AWS_ENDPOINT_URL_S3",
            Self::Sqs => "AWS_ENDPOINT_URL_SQS",
            Self::Ssm => "AWS_ENDPOINT_URL_SSM",
            Self::ElasticTranscoder => "AWS_ENDPOINT_URL_ELASTIC_TRANSCODER",
            Self::MediaConvert => "AWS_ENDPOINT_URL_MEDIACONVERT",
        }
    }
}

/// Region, credentials and endpoints, from Lambda's variables.
#[derive(Clone)]
pub struct LambdaContext {
    /// Such as `eu-west-1`.
    pub region: String,
    /// The credentials of the role, valid for the life of the execution environment.
    pub credentials: Credentials,
    environment: EnvVars,
}

impl LambdaContext {
    /// Reads `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, and where set `AWS_SESSION_TOKEN`
    /// and `AWS_ENDPOINT_URL[_SERVICE]`. `AWS_CA_BUNDLE` is read with the clients.
    pub fn new(environment: &EnvVars) -> Result<Self, SettingError> {
        let credentials = Credentials::new(
            environment.required("AWS_ACCESS_KEY_ID")?,
            environment.required("AWS_SECRET_ACCESS_KEY")?,
            environment.optional("AWS_SESSION_TOKEN").map(str::to_owned),
            None,
            "lambda",
        );
        Ok(Self {
            region: environment.required("AWS_REGION")?.to_owned(),
            credentials,
            environment: environment.clone(),
        })
    }

    /// Returns the file with the root certificates of the endpoints, where it replaces the embedded ones: `AWS_CA_BUNDLE`,
    /// as in every AWS SDK.
    pub fn ca_bundle(&self) -> Option<&str> {
        self.environment.optional("AWS_CA_BUNDLE")
    }

    /// Returns the endpoint of a service, where it is not AWS's.
    pub fn endpoint(&self, service: AwsService) -> Option<&str> {
        let own = self.environment.optional(service.endpoint_variable());
        own.or_else(|| self.environment.optional("AWS_ENDPOINT_URL"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoint_of_a_service_overrides_the_common_one() {
        let environment = EnvVars::from([
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_ENDPOINT_URL_ELASTIC_TRANSCODER", "http://127.0.0.1:2"),
        ]);
        let context = LambdaContext::new(&environment).unwrap();
        assert_eq!(context.endpoint(AwsService::S3), Some("http://127.0.0.1:1"));
        assert_eq!(
            context.endpoint(AwsService::ElasticTranscoder),
            Some("http://127.0.0.1:2")
        );
    }

    #[test]
    fn missing_variable_is_named() {
        let error = LambdaContext::new(&EnvVars::from([("AWS_ACCESS_KEY_ID", "key")])).err();
        assert_eq!(error, Some(SettingError::Missing("AWS_SECRET_ACCESS_KEY")));
    }
}
