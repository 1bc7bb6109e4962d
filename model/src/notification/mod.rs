//! What AWS sends us, in its own shapes; and what of it concerns us.

use crate::transcode::JobReport;

mod code;
pub mod elastic_transcoder;
pub mod media_convert;
pub mod s3;
mod sns;

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
