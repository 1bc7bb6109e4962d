//! The parsers of the messages that ingest takes, by the names of their published schemas.

use std::error::Error;

use model::json;
use model::notification::elastic_transcoder::{self, JobNotificationError};
use model::notification::media_convert::{self, JobStateEventError};
use model::notification::message::SnsNotification;
use model::notification::s3::{self, S3MessageError};

/// Returns what the parser makes of a message: an error if the first stage refuses the message's shape, and otherwise a
/// description of the outcome, which may be an error of the second stage.
pub type Parser = fn(&str) -> Result<String, String>;

/// The messages with their parsers.
pub const PARSERS: [(&str, Parser); 6] = [
    ("s3-notification", parse_s3),
    ("s3-eventbridge", parse_s3),
    ("s3-test-event", parse_s3),
    ("sns-notification", parse_sns),
    ("elastic-transcoder-notification", parse_elastic_transcoder),
    ("media-convert-event", parse_media_convert),
];

/// Returns the parser of a message.
pub fn parser(document: &str) -> Parser {
    let found = PARSERS.iter().find(|(name, _)| *name == document);
    found
        .unwrap_or_else(|| panic!("{document} has no parser: add it to PARSERS"))
        .1
}

fn parse_s3(body: &str) -> Result<String, String> {
    let records = s3::parse(body).map_err(|error| chain(&error))?;
    for record in &records {
        if let Err(error @ S3MessageError::Notification(_)) = record {
            return Err(chain(error));
        }
    }
    Ok(format!("{records:?}"))
}

fn parse_sns(body: &str) -> Result<String, String> {
    let message = serde_json::from_str(body).map_err(|error| chain(&error))?;
    let envelope: SnsNotification = json::from_value(message).map_err(|error| chain(&error))?;
    Ok(format!("{envelope:?}"))
}

fn parse_elastic_transcoder(body: &str) -> Result<String, String> {
    match elastic_transcoder::parse(body) {
        Err(error @ (JobNotificationError::Message(_) | JobNotificationError::Shape(_))) => {
            Err(chain(&error))
        }
        outcome => Ok(format!("{outcome:?}")),
    }
}

fn parse_media_convert(body: &str) -> Result<String, String> {
    match media_convert::parse(body) {
        Err(error @ (JobStateEventError::Message(_) | JobStateEventError::Shape(_))) => Err(chain(&error)),
        outcome => Ok(format!("{outcome:?}")),
    }
}

/// Returns an error with its sources, as ingest logs it.
pub fn chain(error: &dyn Error) -> String {
    aws::error::chain(error)
}
