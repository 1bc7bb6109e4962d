//! The stage's secret, kept in Systems Manager's parameter store.

use aws_sdk_ssm::Client;
use thiserror::Error;

use crate::AwsError;

/// The least length of a secret that nobody guesses, in characters.
const SHORTEST: usize = 32;

/// A parameter that holds a secret.
#[derive(Clone)]
pub struct Secret {
    client: Client,
    parameter: String,
}

/// The secret could not be had.
#[derive(Debug, Error)]
pub enum SecretError {
    /// A call failed.
    #[error("{}", .0.chain())]
    Call(#[from] AwsError),
    /// What is there is no secret.
    #[error("the parameter {0} is shorter than {SHORTEST} characters: whoever guesses it opens every token")]
    TooShort(String),
}

impl Secret {
    /// The parameter of this name, a `SecureString`; nothing is called yet.
    pub fn new(client: Client, parameter: String) -> Self {
        Self { client, parameter }
    }

    /// Reads it.
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
            .filter(|value| value.len() >= SHORTEST)
            .ok_or_else(|| SecretError::TooShort(self.parameter.clone()))
    }
}
