//! What MediaConvert tells EventBridge when a job's state changes. Field names as in its user guide, "MediaConvert
//! job state change events".

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

use super::code::Code;
use crate::transcode::{JobMetadata, JobReport, JobState, TagError};
use crate::{Failure, Rendition};

#[derive(Debug, Deserialize)]
struct Event {
    #[serde(rename = "detail-type")]
    detail_type: String,
    detail: Detail,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    status: String,
    job_id: String,
    #[serde(default)]
    user_metadata: BTreeMap<String, String>,
    #[serde(default)]
    output_group_details: Vec<Group>,
    frames_decoded: Option<u64>,
    error_code: Option<Code>,
    error_message: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    #[serde(default)]
    output_details: Vec<Output>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    #[serde(default)]
    output_file_paths: Vec<String>,
    duration_in_ms: Option<u64>,
    video_details: Option<VideoDetails>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct VideoDetails {
    width_in_px: Option<u32>,
    height_in_px: Option<u32>,
}

/// Why a message tells nothing of a job of ours.
#[derive(Debug, Error)]
pub enum EventError {
    /// It is no event of EventBridge.
    #[error("the message is no event of EventBridge")]
    Shape(#[source] serde_json::Error),
    /// It is of something else.
    #[error("the event {0:?} is no job's change of state")]
    Kind(String),
    /// It names no output where there must be one.
    #[error("the event of a completed job names no MPEG-4 file")]
    NoOutput,
    /// It is of somebody else's job.
    #[error(transparent)]
    Tag(#[from] TagError),
}

/// Reads the body of a queue's message.
pub fn parse(body: &str) -> Result<JobReport, EventError> {
    let event: Event = serde_json::from_str(body).map_err(EventError::Shape)?;
    if event.detail_type != "MediaConvert Job State Change" {
        return Err(EventError::Kind(event.detail_type));
    }
    let detail = event.detail;
    let (tag, input_key) = JobMetadata::from_metadata(&detail.user_metadata)?;
    let state = match detail.status.as_str() {
        "COMPLETE" => JobState::Complete(rendition(&detail)?),
        "ERROR" => JobState::Failed(failure(&detail)),
        "CANCELED" => JobState::Failed(Failure::canceled()),
        // How far it is, what it found of its input, warnings, and what there may be in time to come.
        _ => JobState::Progressing,
    };
    Ok(JobReport {
        input_key,
        job_id: detail.job_id,
        frames_decoded: detail.frames_decoded,
        tag,
        state,
    })
}

fn rendition(detail: &Detail) -> Result<Rendition, EventError> {
    let outputs = || {
        detail
            .output_group_details
            .iter()
            .flat_map(|group| &group.output_details)
    };
    let ending_in = |output: &Output, ending: &str| {
        let key = |path: &String| Some(path.strip_prefix("s3://")?.split_once('/')?.1.to_owned());
        output
            .output_file_paths
            .iter()
            .filter_map(key)
            .find(|key| key.ends_with(ending))
    };
    let video = outputs().find_map(|output| Some((output, ending_in(output, ".mp4")?)));
    let (output, key) = video.ok_or(EventError::NoOutput)?;
    let pixels = output.video_details.as_ref();
    Ok(Rendition {
        key,
        poster: outputs().find_map(|output| ending_in(output, ".jpg")),
        width: pixels.and_then(|pixels| pixels.width_in_px),
        height: pixels.and_then(|pixels| pixels.height_in_px),
        duration: output.duration_in_ms,
        cut_at_seconds: None,
    })
}

fn failure(detail: &Detail) -> Failure {
    let code = detail.error_code.as_ref().map(Code::to_string);
    Failure::of_media_convert(code.as_deref(), detail.error_message.as_deref())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn event(status: &str, more: Value) -> String {
        let mut detail = json!({
            "timestamp": 1_700_000_000_123_u64, "accountId": "123456789012", "jobId": "1700000000000-abcdef",
            "queue": "arn:aws:mediaconvert:eu-west-1:123456789012:queues/responses", "status": status,
            "userMetadata": {
                "response": "demo/0/bdc9b4b08dfec1038783", "attempt": "1",
                "take": "019b76da-a800-7000-8000-000000000000", "version": "v1",
                "input-0": "ZGVtby8wL3R3byB3b3JkcyAm", "input-1": "IG1vcmUubXA0",
            },
        });
        detail
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({
            "version": "0", "id": "1234abcd", "source": "aws.mediaconvert", "account": "123456789012",
            "detail-type": "MediaConvert Job State Change", "detail": detail,
        })
        .to_string()
    }

    #[test]
    fn a_completed_job_names_its_video_and_its_poster_in_whichever_order() {
        let video = json!({
            "outputFilePaths": ["s3://renditions/output/web/demo/0/hash/take-1.mp4"],
            "durationInMs": 10_020, "videoDetails": {"widthInPx": 1280, "heightInPx": 720},
        });
        let poster =
            json!({"outputFilePaths": ["s3://renditions/output/web/demo/0/hash/take-1-poster.0000000.jpg"]});
        let group = |outputs: &[&Value]| json!({"type": "FILE_GROUP", "outputDetails": outputs});
        for groups in [
            vec![group(&[&video]), group(&[&poster])],
            vec![group(&[&poster, &video])],
        ] {
            let report = parse(&event("COMPLETE", json!({"outputGroupDetails": groups}))).unwrap();
            assert_eq!(report.input_key, "demo/0/two words & more.mp4");
            let expected = Rendition {
                key: "output/web/demo/0/hash/take-1.mp4".into(),
                poster: Some("output/web/demo/0/hash/take-1-poster.0000000.jpg".into()),
                width: Some(1280),
                height: Some(720),
                duration: Some(10_020),
                cut_at_seconds: None,
            };
            assert_eq!(report.state, JobState::Complete(expected));
        }
    }

    #[test]
    fn a_failed_job_says_why() {
        let report = parse(&event(
            "ERROR",
            json!({"errorCode": 1404, "errorMessage": "no\nsuch object"}),
        ))
        .unwrap();
        let expected = Failure::of_media_convert(Some("1404"), Some("no such object"));
        assert_eq!(report.state, JobState::Failed(expected));
        assert!(matches!(
            parse(&event("CANCELED", json!({}))).unwrap().state,
            JobState::Failed(_)
        ));
    }

    #[test]
    fn whatever_else_is_said_of_a_job_is_no_result() {
        for status in [
            "PROGRESSING",
            "STATUS_UPDATE",
            "INPUT_INFORMATION",
            "NEW_WARNING",
            "QUEUE_HOP",
            "SOMETHING_NEW",
        ] {
            assert_eq!(
                parse(&event(status, json!({}))).unwrap().state,
                JobState::Progressing,
                "{status}"
            );
        }
    }

    #[test]
    fn decoded_frames_tell_that_a_recording_is_too_long() {
        for (frames, is_too_long) in [(json!(600), false), (json!(601), true), (json!(null), false)] {
            let report = parse(&event("STATUS_UPDATE", json!({"framesDecoded": frames}))).unwrap();
            assert_eq!(report.exceeds(10), is_too_long, "{frames}");
        }
    }

    #[test]
    fn what_is_none_of_ours_says_why() {
        let says = |body: &str| parse(body).unwrap_err().to_string();
        assert!(says("{}").contains("no event of EventBridge"));
        assert!(says(&event("COMPLETE", json!({}))).contains("names no MPEG-4 file"));
        assert!(says(&event("COMPLETE", json!({"userMetadata": {}}))).contains("lack"));
        let other = event("COMPLETE", json!({})).replace("Job State Change", "Queue Hop");
        assert!(says(&other).contains("no job's change"));
    }
}
