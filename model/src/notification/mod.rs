//! Notifications from AWS: parsers of S3 events and of both engines' job events.
//!
//! A parser works in two stages. The first stage checks the shape: it accepts a message exactly if the published schema of
//! the message does, and its errors name the path of the fault. The second stage reads the content, and rejects messages
//! whose shape is valid: of a job of another program, of a complete job without an output, of a key that is not UTF-8.
//! The type of a message is known by one member: `Records`, `detail-type`, `Event`, `state`, or `Type` of the envelope of
//! Amazon SNS. A path in a message that has an envelope begins in the enveloped message.

use thiserror::Error;

use crate::transcode::JobReport;

pub mod elastic_transcoder;
mod field;
pub mod media_convert;
pub mod message;
mod metadata;
pub mod s3;

pub use field::{ErrorCode, JsonInteger, NonEmptyString};
use message::{MessageError, describe};
pub use metadata::UserMetadata;

/// Why a message is not a job event of this system.
#[derive(Debug, Error)]
pub enum JobMessageError {
    /// The message cannot be read.
    #[error("the message is no job event")]
    Message(#[from] MessageError),
    /// The message has neither shape. `found` describes it.
    #[error(
        "the message is neither a MediaConvert event (with detail-type) nor a notification of Elastic Transcoder (with state): {found}"
    )]
    Unknown {
        /// The members of the message.
        found: String,
    },
    /// The event of MediaConvert is malformed or of another program.
    #[error(transparent)]
    MediaConvert(#[from] media_convert::JobStateEventError),
    /// The notification of Elastic Transcoder is malformed or of another program.
    #[error(transparent)]
    ElasticTranscoder(#[from] elastic_transcoder::JobNotificationError),
}

/// Parses a job event of either engine: a stage may change its engine while jobs are running.
pub fn parse_job(body: &str) -> Result<JobReport, JobMessageError> {
    let message = message::parse(body, &[media_convert::TELLTALE, elastic_transcoder::TELLTALE])?;
    if message.get(media_convert::TELLTALE).is_some() {
        Ok(media_convert::report(message)?)
    } else if message.get(elastic_transcoder::TELLTALE).is_some() {
        Ok(elastic_transcoder::report(message)?)
    } else {
        Err(JobMessageError::Unknown {
            found: describe(&message),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unknown_message_is_described() {
        let error = |body: &str| parse_job(body).unwrap_err().to_string();
        let unknown = error(&json!({"jobId": "j", "ann@example.com": 1}).to_string());
        for part in ["detail-type", "state", "its members: *, jobId"] {
            assert!(unknown.contains(part), "{unknown}");
        }
        assert_eq!(error("{"), "the message is no job event");
    }
}
