//! The stage's secret, in Systems Manager's parameter store.

use aws_sdk_ssm::Client;
use thiserror::Error;

use crate::AwsError;

/// The minimum length of a secret, in characters.
const MIN_LENGTH: usize = 32;

/// A parameter that holds a secret.
#[derive(Clone)]
pub struct Secret {
    client: Client,
    parameter: String,
}

/// Why the secret cannot be read.
#[derive(Debug, Error)]
pub enum SecretError {
    /// A call failed.
    #[error(transparent)]
    Call(#[from] AwsError),
    /// The parameter is not a usable secret.
    #[error(
        "the parameter {0} is shorter than {MIN_LENGTH} characters: generate a longer one, since its holder can read and create every token"
    )]
    TooShort(String),
}

impl Secret {
    /// Returns the parameter of this name, a `SecureString`. Makes no call.
    pub fn new(client: Client, parameter: String) -> Self {
        Self { client, parameter }
    }

    /// Reads the secret.
    pub async fn read(&self) -> Result<String, SecretError> {
        let parameter = self
            .client
            .get_parameter()
            .name(&self.parameter)
            .with_decryption(true);
        let answer = parameter.send().await;
        let answer = answer.map_err(|error| AwsError::new("GetParameter", error))?;
        let value = answer.parameter.and_then(|parameter| parameter.value);
        value
            .filter(|value| value.len() >= MIN_LENGTH)
            .ok_or_else(|| SecretError::TooShort(self.parameter.clone()))
    }
}
