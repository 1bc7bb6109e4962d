//! Notifications of Elastic Transcoder, which it publishes to SNS when a job's state changes. The field names are those of
//! "Notifications of Job Status" in its developer guide.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use super::field::{ErrorCode, JsonInteger, NonEmptyString};
use super::message::{self, MessageError};
use super::metadata::UserMetadata;
use crate::json::{self, ShapeError};
use crate::transcode::{JobMetadata, JobReport, JobState, MetadataError};
use crate::{Failure, Rendition};

/// The number of a job's first thumbnail, in five digits.
pub const FIRST_THUMBNAIL: &str = "00001";

/// The member by which a notification is known.
pub(super) const TELLTALE: &str = "state";

/// A notification of Elastic Transcoder about a job.
///
/// A notification is valid, but rejected, if its job is of another program or if it has no output for a complete job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
#[schemars(title = "Elastic Transcoder notification")]
pub struct ElasticTranscoderNotification {
    /// The job's new state.
    pub state: ElasticTranscoderState,
    /// The job's id.
    pub job_id: NonEmptyString,
    /// The beginning of every output's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_key_prefix: Option<String>,
    /// The job's outputs. Jobs of this system have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Vec<NotifiedOutput>>,
    /// The job's metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_metadata: Option<UserMetadata>,
    /// The code of the job's error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<ErrorCode>,
    /// A description of the error or the warning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_details: Option<String>,
}

/// The state of a job in a notification of Elastic Transcoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ElasticTranscoderState {
    /// Elastic Transcoder has started to process the job.
    Progressing,
    /// The job has a problem that does not end it.
    Warning,
    /// The job has created its outputs.
    Completed,
    /// The job has failed.
    Error,
}

/// An output of a job in a notification of Elastic Transcoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct NotifiedOutput {
    /// The object key after the prefix of all outputs.
    pub key: NonEmptyString,
    /// The key of a thumbnail after the prefix of all outputs, with `{count}` for its number and without its extension. It is
    /// empty or absent if the output has no thumbnails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail_pattern: Option<String>,
    /// The width in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 4_294_967_295_u32))]
    pub width: Option<u32>,
    /// The height in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 4_294_967_295_u32))]
    pub height: Option<u32>,
    /// The duration in seconds, rounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<f64>,
    /// The duration in milliseconds. It takes precedence over the duration in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_millis: Option<JsonInteger>,
    /// The code of the output's error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<ErrorCode>,
    /// A description of the output's status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_detail: Option<String>,
}

/// Why a message is not a valid notification of a job of this system.
#[derive(Debug, Error)]
pub enum JobNotificationError {
    /// The message cannot be read.
    #[error("the message is no notification of Elastic Transcoder")]
    Message(#[from] MessageError),
    /// The message has another shape.
    #[error("the notification of Elastic Transcoder is malformed")]
    Shape(#[source] ShapeError),
    /// The job is complete, but the notification has no output.
    #[error("the notification of a completed job has no output")]
    NoOutput,
    /// The job's metadata is not that of this system.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
}

/// Parses the body of a queue's message.
pub fn parse(body: &str) -> Result<JobReport, JobNotificationError> {
    report(message::parse(body, &[TELLTALE])?)
}

/// Reads a message without an envelope.
pub(super) fn report(message: Value) -> Result<JobReport, JobNotificationError> {
    let notification: ElasticTranscoderNotification =
        json::from_value(message).map_err(JobNotificationError::Shape)?;
    let metadata = notification.user_metadata.clone().unwrap_or_default();
    let (tag, input_key) = JobMetadata::from_metadata(metadata.entries())?;
    let state = match notification.state {
        ElasticTranscoderState::Progressing | ElasticTranscoderState::Warning => JobState::Progressing,
        ElasticTranscoderState::Completed => JobState::Complete(rendition(&notification)?),
        ElasticTranscoderState::Error => JobState::Failed(failure(&notification)),
    };
    Ok(JobReport {
        frames_decoded: None,
        job_id: notification.job_id.into(),
        input_key,
        tag,
        state,
    })
}

impl ElasticTranscoderNotification {
    fn first_output(&self) -> Option<&NotifiedOutput> {
        self.outputs.as_deref()?.first()
    }
}

fn rendition(notification: &ElasticTranscoderNotification) -> Result<Rendition, JobNotificationError> {
    let output = notification
        .first_output()
        .ok_or(JobNotificationError::NoOutput)?;
    let prefix = notification.output_key_prefix.as_deref().unwrap_or_default();
    let thumbnail = |pattern: &String| format!("{prefix}{}.png", pattern.replace("{count}", FIRST_THUMBNAIL));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates"
    )]
    let duration = output.duration.map(|seconds| (seconds * 1000.0) as u64);
    Ok(Rendition {
        key: format!("{prefix}{}", output.key.as_str()),
        poster: output
            .thumbnail_pattern
            .as_ref()
            .filter(|pattern| !pattern.is_empty())
            .map(thumbnail),
        width: output.width,
        height: output.height,
        duration: output.duration_millis.map(JsonInteger::get).or(duration),
        cut_at_seconds: None,
    })
}

fn failure(notification: &ElasticTranscoderNotification) -> Failure {
    let output = notification.first_output();
    let code = notification
        .error_code
        .as_ref()
        .or(output.and_then(|output| output.error_code.as_ref()))
        .map(ErrorCode::to_string);
    let detail = output.and_then(|output| output.status_detail.as_ref());
    let message = detail.or(notification.message_details.as_ref());
    Failure::of_elastic_transcoder(code.as_deref(), message.map(String::as_str))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn notification(state: &str, output: serde_json::Value) -> String {
        json!({
            "state": state, "version": "2012-09-25", "jobId": "1353713300000-abcdef", "pipelineId": "1111111111111-abcde1",
            "input": {"key": "demo/0/47fbd3b6a2bd1bd3e7d5/018bcfe5-6800-7001-8101-010101010101.mp4"}, "inputCount": 1,
            "outputKeyPrefix": "output/web/demo/0/47fbd3b6a2bd1bd3e7d5/",
            "outputs": [output],
            "userMetadata": {
                "response": "demo/0/47fbd3b6a2bd1bd3e7d5", "take": "018bcfe5-6800-7001-8101-010101010101",
                "attempt": "1", "version": "v1",
                "input": "demo/0/47fbd3b6a2bd1bd3e7d5/018bcfe5-6800-7001-8101-010101010101.mp4",
            },
        })
        .to_string()
    }

    #[test]
    fn notifications_are_parsed() {
        let name = "018bcfe5-6800-7001-8101-010101010101-1";
        let complete = json!({
            "id": "1", "presetId": "1351620000001-100070", "key": format!("{name}.mp4"), "status": "Complete",
            "thumbnailPattern": format!("{name}-{{count}}"), "duration": 10, "width": 1280, "height": 720,
        });
        let error = json!({
            "id": "1", "presetId": "1351620000001-100070", "key": format!("{name}.mp4"), "status": "Error",
            "statusDetail": "4000 018b: the input\nis no video", "errorCode": 4000,
        });
        for (state, output) in [
            ("PROGRESSING", &complete),
            ("WARNING", &complete),
            ("COMPLETED", &complete),
            ("ERROR", &error),
        ] {
            insta::assert_debug_snapshot!(state, parse(&notification(state, output.clone())).unwrap());
        }
    }

    #[test]
    fn error_without_input_and_output_is_matched_by_its_metadata() {
        let mut minimal: serde_json::Value = serde_json::from_str(&notification("ERROR", json!({}))).unwrap();
        let fields = minimal.as_object_mut().unwrap();
        fields.retain(|name, _| {
            ["state", "version", "jobId", "pipelineId", "userMetadata"].contains(&name.as_str())
        });
        let report = parse(&minimal.to_string()).unwrap();
        assert_eq!(
            report.input_key,
            "demo/0/47fbd3b6a2bd1bd3e7d5/018bcfe5-6800-7001-8101-010101010101.mp4"
        );
        assert!(matches!(report.state, JobState::Failed(_)));
    }

    #[test]
    fn sns_envelope_is_removed() {
        let plain = notification("COMPLETED", json!({"key": "a.mp4"}));
        let wrapped =
            json!({"Type": "Notification", "TopicArn": "arn", "Message": plain.clone()}).to_string();
        assert_eq!(parse(&wrapped).unwrap(), parse(&plain).unwrap());
    }

    #[test]
    fn notification_of_another_program_is_rejected() {
        let foreign =
            json!({"state": "COMPLETED", "jobId": "j", "input": {"key": "a"}, "outputs": []}).to_string();
        assert!(
            parse(&foreign)
                .unwrap_err()
                .to_string()
                .contains("another program")
        );
        let empty = notification("COMPLETED", json!({})).replace("[{}]", "[]");
        assert!(matches!(parse(&empty), Err(JobNotificationError::NoOutput)));
    }

    proptest! {
        #[test]
        fn parsing_never_panics(body in "\\PC*", detail in any::<String>(), seconds in any::<f64>()) {
            let _ = parse(&body);
            let _ = parse(&notification("ERROR", json!({"key": "a", "statusDetail": detail})));
            let _ = parse(&notification("COMPLETED", json!({"key": "a", "duration": seconds})));
        }
    }
}
