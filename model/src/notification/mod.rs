//! What AWS sends us, in its own shapes; and what of it concerns us.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;

use crate::transcode::JobReport;

pub mod elastic_transcoder;
pub mod media_convert;
pub mod s3;

#[derive(Deserialize)]
struct SnsEnvelope {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(rename = "Message")]
    message: String,
}

/// The message in a queue's body: the body itself, or what SNS wrapped when it delivers without raw
/// delivery.
fn unwrap_sns(body: &str) -> Cow<'_, str> {
    match serde_json::from_str::<SnsEnvelope>(body) {
        Ok(envelope) if envelope.kind == "Notification" => envelope.message.into(),
        _ => body.into(),
    }
}

/// A job's state, in either engine's words: a stage may change its engine while jobs are under way.
///
/// The error tells what the message lacks to be the one that it looks most like.
pub fn parse_job(body: &str) -> Result<JobReport, String> {
    match media_convert::parse(body) {
        Err(media_convert::EventError::Shape(_)) => {
            elastic_transcoder::parse(body).map_err(|error| error.to_string())
        }
        report => report.map_err(|error| error.to_string()),
    }
}

/// A code is a number in the documentation's text and a string in some of its examples.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Code {
    Number(u32),
    Text(String),
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(formatter),
            Self::Text(text) => text.fmt(formatter),
        }
    }
}
