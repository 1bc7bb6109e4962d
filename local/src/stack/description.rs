//! `stack.json`: where everything of a running stack is, for people, tests and front ends.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::ports::Ports;
use super::{token, transcoder};
use crate::aws;
use crate::error::{Error, Result};
use crate::files;
use crate::paths::Paths;
use crate::session::Session;
use crate::setup::Setup;

/// What `local` itself reads of it; the file has more.
#[derive(Debug, Clone, Deserialize)]
pub struct Description {
    pub api_url: String,
    pub aws_endpoint_url: String,
    pub region: String,
    pub table: String,
    pub uploads_bucket: String,
    pub renditions_bucket: String,
    pub transcoder_url: String,
    pub token: String,
    pub token_url: String,
    pub token_client_id: String,
    pub token_client_secret: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    pub user_pool_id: String,
    pub brief_client_id: String,
    pub functions: Map<String, Value>,
    pub ffmpeg: PathBuf,
}

impl Description {
    pub fn read(paths: &Paths) -> Option<Description> {
        files::read_json(&paths.stack())
    }

    pub fn client(&self) -> aws::Client {
        aws::Client {
            endpoint: self.aws_endpoint_url.clone(),
            region: self.region.clone(),
            access_key_id: self.access_key_id.clone(),
            secret_access_key: self.secret_access_key.clone(),
        }
    }

    /// The log group of each function.
    pub fn log_groups(&self) -> impl Iterator<Item = (&str, String)> {
        let name =
            |(function, name): (_, &Value)| Some((function, format!("/aws/lambda/{}", name.as_str()?)));
        self.functions
            .iter()
            .map(|(function, name)| (function.as_str(), name))
            .filter_map(name)
    }
}

/// Composes it from Terraform's outputs, with a fresh owner's token; writes it; hands the transcoder its keys.
pub fn write(
    session: &Session,
    setup: &Setup,
    ports: Ports,
    mut outputs: Map<String, Value>,
    tests_python: Option<&Path>,
) -> Result<Description> {
    let endpoint = format!("http://127.0.0.1:{}", ports.emulator);
    let take = |outputs: &mut Map<String, Value>, name: &str| match outputs.remove(name) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(Error::said(format!("the local stage has no output `{name}`"))),
    };
    let key = take(&mut outputs, "transcoder_access_key_id")?;
    let secret = take(&mut outputs, "transcoder_secret_access_key")?;
    transcoder::hand_over(session, &key, &secret)?;

    let client_id = take(&mut outputs, "token_client_id")?;
    let client_secret = take(&mut outputs, "token_client_secret")?;
    let token_url = format!("{endpoint}/oauth2/token");
    let token = token::request(&token_url, &client_id, &client_secret)?;

    let python = tests_python.unwrap_or(&setup.python.program);
    let ours = json!({
        "aws_endpoint_url": endpoint,
        "transcoder_url": ports.transcoder_url(),
        "token": token,
        "token_url": token_url,
        "token_client_id": client_id,
        "token_client_secret": client_secret,
        "ffmpeg": setup.python.ffmpeg,
        "python": python,
        "state": session.paths.state,
    });
    if let Value::Object(ours) = ours {
        outputs.extend(ours);
    }
    // Told to nobody but the transcoder.
    let all = Value::Object(outputs);
    files::write_json(&session.paths.stack(), &all, files::SECRET)?;
    let description: Description = serde_json::from_value(all)
        .map_err(|error| Error::said(format!("the local stage's outputs: {error}")))?;
    // Less than Terraform's provider allows. Tokens are issued in whole seconds: with one, most would never be good.
    description
        .client()
        .shorten_tokens(&description.user_pool_id, &description.brief_client_id, 2)?;
    Ok(description)
}
