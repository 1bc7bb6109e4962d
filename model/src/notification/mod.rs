//! Notifications from AWS: parsers of S3 events and of both engines' job events.

use crate::transcode::JobReport;

pub mod elastic_transcoder;
mod error_code;
pub mod media_convert;
pub mod s3;
mod sns;

/// Parses a job event of either engine: a stage may change its engine while jobs are running.
///
/// A message that is no EventBridge event is parsed as a notification of Elastic Transcoder. The error is the one of the
/// last parser.
pub fn parse_job(body: &str) -> Result<JobReport, String> {
    match media_convert::parse(body) {
        Err(media_convert::JobStateEventError::Shape(_)) => {
            elastic_transcoder::parse(body).map_err(|error| error.to_string())
        }
        report => report.map_err(|error| error.to_string()),
    }
}
