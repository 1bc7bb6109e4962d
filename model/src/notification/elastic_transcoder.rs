//! What Elastic Transcoder publishes to SNS when a job's state changes. Field names as in its developer
//! guide, "Notifications of job status".

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

use super::code::Code;
use super::sns::unwrap_sns;
use crate::transcode::{JobMetadata, JobReport, JobState, TagError};
use crate::{Failure, Rendition};

/// The still that a job makes first is number 1, written with five digits.
pub const FIRST_STILL: &str = "00001";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    state: State,
    job_id: String,
    output_key_prefix: Option<String>,
    #[serde(default)]
    outputs: Vec<Output>,
    #[serde(default)]
    user_metadata: BTreeMap<String, String>,
    error_code: Option<Code>,
    message_details: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum State {
    Progressing,
    Warning,
    Completed,
    Error,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    key: String,
    thumbnail_pattern: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    /// Seconds, rounded.
    duration: Option<f64>,
    duration_millis: Option<u64>,
    error_code: Option<Code>,
    status_detail: Option<String>,
}

/// Why a message tells nothing of a job of ours.
#[derive(Debug, Error)]
pub enum NotificationError {
    /// It is no notification.
    #[error("the message is no notification of Elastic Transcoder")]
    Shape(#[source] serde_json::Error),
    /// It names no output where there must be one.
    #[error("the notification of a completed job names no output")]
    NoOutput,
    /// It is of somebody else's job.
    #[error(transparent)]
    Tag(#[from] TagError),
}

/// Reads the body of a queue's message.
pub fn parse(body: &str) -> Result<JobReport, NotificationError> {
    let notification: Notification =
        serde_json::from_str(&unwrap_sns(body)).map_err(NotificationError::Shape)?;
    let (tag, input_key) = JobMetadata::from_metadata(&notification.user_metadata)?;
    let state = match notification.state {
        State::Progressing | State::Warning => JobState::Progressing,
        State::Completed => JobState::Complete(rendition(&notification)?),
        State::Error => JobState::Failed(failure(&notification)),
    };
    Ok(JobReport {
        frames_decoded: None,
        job_id: notification.job_id,
        input_key,
        tag,
        state,
    })
}

fn rendition(notification: &Notification) -> Result<Rendition, NotificationError> {
    let output = notification.outputs.first().ok_or(NotificationError::NoOutput)?;
    let prefix = notification.output_key_prefix.as_deref().unwrap_or_default();
    let still = |pattern: &String| format!("{prefix}{}.png", pattern.replace("{count}", FIRST_STILL));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates"
    )]
    let duration = output.duration.map(|seconds| (seconds * 1000.0) as u64);
    Ok(Rendition {
        key: format!("{prefix}{}", output.key),
        poster: output
            .thumbnail_pattern
            .as_ref()
            .filter(|pattern| !pattern.is_empty())
            .map(still),
        width: output.width,
        height: output.height,
        duration: output.duration_millis.or(duration),
        cut_at_seconds: None,
    })
}

fn failure(notification: &Notification) -> Failure {
    let output = notification.outputs.first();
    let code = notification
        .error_code
        .as_ref()
        .or(output.and_then(|output| output.error_code.as_ref()));
    let detail = output.and_then(|output| output.status_detail.as_ref());
    let message = detail.or(notification.message_details.as_ref());
    let code = code.map(Code::to_string);
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
    fn notifications_read_like_this() {
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
    fn an_error_that_names_no_input_and_no_output_is_matched_by_its_metadata() {
        let mut least: serde_json::Value = serde_json::from_str(&notification("ERROR", json!({}))).unwrap();
        let fields = least.as_object_mut().unwrap();
        fields.retain(|name, _| {
            ["state", "version", "jobId", "pipelineId", "userMetadata"].contains(&name.as_str())
        });
        let report = parse(&least.to_string()).unwrap();
        assert_eq!(
            report.input_key,
            "demo/0/47fbd3b6a2bd1bd3e7d5/018bcfe5-6800-7001-8101-010101010101.mp4"
        );
        assert!(matches!(report.state, JobState::Failed(_)));
    }

    #[test]
    fn it_may_come_wrapped() {
        let plain = notification("COMPLETED", json!({"key": "a.mp4"}));
        let wrapped =
            json!({"Type": "Notification", "TopicArn": "arn", "Message": plain.clone()}).to_string();
        assert_eq!(parse(&wrapped).unwrap(), parse(&plain).unwrap());
    }

    #[test]
    fn what_is_not_ours_says_so() {
        let foreign =
            json!({"state": "COMPLETED", "jobId": "j", "input": {"key": "a"}, "outputs": []}).to_string();
        assert!(
            parse(&foreign)
                .unwrap_err()
                .to_string()
                .contains("not one of ours")
        );
        let empty = notification("COMPLETED", json!({})).replace("[{}]", "[]");
        assert!(matches!(parse(&empty), Err(NotificationError::NoOutput)));
    }

    proptest! {
        #[test]
        fn reading_never_panics(body in "\\PC*", detail in any::<String>(), seconds in any::<f64>()) {
            let _ = parse(&body);
            let _ = parse(&notification("ERROR", json!({"key": "a", "statusDetail": detail})));
            let _ = parse(&notification("COMPLETED", json!({"key": "a", "duration": seconds})));
        }
    }
}
