//! `stack.json`: the addresses, names and credentials of a running stack.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::ports::Ports;
use super::token;
use crate::aws::AwsClient;
use crate::error::{Error, Result};
use crate::files;
use crate::paths::StackPaths;

/// The description of a running stack.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StackDescription {
    /// The URL of the HTTP API.
    pub api_url: String,
    /// The URL of the emulator, for AWS clients.
    pub aws_endpoint_url: String,
    /// The URL of the transcoder.
    pub transcoder_url: String,
    /// The region of every resource.
    pub region: String,
    /// The name of the responses table.
    pub table: String,
    /// The name of the uploads bucket.
    pub uploads_bucket: String,
    /// The name of the renditions bucket.
    pub renditions_bucket: String,
    /// The name of each function.
    pub functions: BTreeMap<String, String>,
    /// An owner's token for the HTTP API.
    pub token: String,
    /// The URL that issues such tokens.
    pub token_url: String,
    /// The client that tokens are issued to.
    pub token_client_id: String,
    /// The client's secret.
    pub token_client_secret: String,
    /// The access key of the operator, an IAM user.
    pub access_key_id: String,
    /// The operator's secret key.
    pub secret_access_key: String,
    /// The path of ffmpeg.
    pub ffmpeg: PathBuf,
}

impl StackDescription {
    /// Composes the description from Terraform's outputs, requests an owner's token, and writes `stack.json`.
    pub(super) fn create(
        paths: &StackPaths,
        ports: Ports,
        ffmpeg: &Path,
        outputs: &Map<String, Value>,
    ) -> Result<StackDescription> {
        let endpoint = ports.emulator_url();
        let token_url = format!("{endpoint}/oauth2/token");
        let client_id = text_output(outputs, "token_client_id")?;
        let client_secret = text_output(outputs, "token_client_secret")?;
        let mut fields = outputs.clone();
        if let Value::Object(addresses) = json!({
            "aws_endpoint_url": endpoint,
            "transcoder_url": ports.transcoder_url(),
            "token": token::request(&token_url, client_id, client_secret)?,
            "token_url": token_url,
            "ffmpeg": ffmpeg,
        }) {
            fields.extend(addresses);
        }
        let description: StackDescription = serde_json::from_value(Value::Object(fields))
            .map_err(|error| Error::message(format!("the outputs of the local stage: {error}")))?;
        files::write_json(&paths.description(), &description, files::SECRET)?;
        Ok(description)
    }

    pub(crate) fn read(paths: &StackPaths) -> Option<StackDescription> {
        files::read_json(&paths.description())
    }

    /// Returns an AWS client that acts as the operator.
    pub fn client(&self) -> AwsClient {
        AwsClient {
            endpoint: self.aws_endpoint_url.clone(),
            region: self.region.clone(),
            access_key_id: self.access_key_id.clone(),
            secret_access_key: self.secret_access_key.clone(),
        }
    }
}

/// Returns one of Terraform's outputs, which must be a string.
pub(super) fn text_output<'a>(outputs: &'a Map<String, Value>, name: &str) -> Result<&'a str> {
    let value = outputs.get(name).and_then(Value::as_str);
    value.ok_or_else(|| Error::message(format!("the local stage has no output `{name}`")))
}
