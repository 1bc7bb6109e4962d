//! The notification to a pipeline's topics, in the documented format.

use std::collections::BTreeMap;

use serde::Serialize;

use super::pipeline::Pipeline;
use super::wire::{ElasticJobRequest, JobInput, JobOutput};
use crate::jobs::{Event, JobStatus, Notification, TranscodeJob};

/// Returns the notification of an event; `None` where the API has none, or the pipeline has no topic for it.
pub fn notification(
    pipeline: &Pipeline,
    job: &TranscodeJob,
    request: &ElasticJobRequest,
    event: Event<'_>,
) -> Option<Notification> {
    let topics = &pipeline.notifications;
    let id = &job.id;
    let (topic, subject) = match event {
        Event::Started => (
            &topics.progressing,
            format!("Amazon Elastic Transcoder has scheduled job {id} for transcoding."),
        ),
        Event::Ended if job.failure().is_some() => (
            &topics.error,
            format!("The Amazon Elastic Transcoder job {id} has failed."),
        ),
        Event::Ended => (
            &topics.completed,
            format!("Amazon Elastic Transcoder has finished transcoding job {id}."),
        ),
        Event::Warning(_) => (
            &topics.warning,
            format!("Amazon Elastic Transcoder has a warning about job {id}."),
        ),
        Event::InputRead | Event::Progress(_) | Event::Canceled => return None,
    };
    if topic.is_empty() {
        return None;
    }
    let message = serde_json::to_string(&Message::new(job, request, event)).ok()?;
    Some(Notification::Topic {
        topic: topic.clone(),
        subject,
        message,
        role: pipeline.role.clone(),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_details: Option<&'a str>,
    version: &'static str,
    job_id: &'a str,
    pipeline_id: &'a str,
    input: Option<NotificationInput<'a>>,
    input_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_key_prefix: Option<&'a str>,
    outputs: Vec<NotificationOutput<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    user_metadata: &'a BTreeMap<String, String>,
}

impl<'a> Message<'a> {
    fn new(job: &'a TranscodeJob, request: &'a ElasticJobRequest, event: Event<'a>) -> Self {
        let (state, code, details) = match (event, job.failure()) {
            (Event::Warning(details), _) => ("WARNING", None, Some(details)),
            (Event::Ended, Some(failure)) => {
                let code = failure.code;
                ("ERROR", Some(code.number()), Some(code.title()))
            }
            (Event::Ended, None) => ("COMPLETED", None, None),
            _ => ("PROGRESSING", None, None),
        };
        let outputs = request.outputs.iter().enumerate();
        Self {
            state,
            error_code: code,
            message_details: details,
            version: "2012-09-25",
            job_id: &job.id,
            pipeline_id: &request.pipeline_id,
            input: request.inputs.first().map(NotificationInput::new),
            input_count: request.inputs.len(),
            output_key_prefix: request.output_key_prefix.as_deref(),
            outputs: outputs
                .map(|(index, output)| NotificationOutput::new(index, output, job))
                .collect(),
            user_metadata: &job.user_metadata,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NotificationInput<'a> {
    key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    frame_rate: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aspect_ratio: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interlaced: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<&'a str>,
}

impl<'a> NotificationInput<'a> {
    fn new(input: &'a JobInput) -> Self {
        Self {
            key: &input.key,
            frame_rate: input.frame_rate.as_deref(),
            resolution: input.resolution.as_deref(),
            aspect_ratio: input.aspect_ratio.as_deref(),
            interlaced: input.interlaced.as_deref(),
            container: input.container.as_deref(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NotificationOutput<'a> {
    id: String,
    preset_id: &'a str,
    key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    thumbnail_pattern: Option<&'a str>,
    rotate: &'a str,
    status: JobStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
}

impl<'a> NotificationOutput<'a> {
    fn new(index: usize, output: &'a JobOutput, job: &TranscodeJob) -> Self {
        let open = Self {
            id: (index + 1).to_string(),
            preset_id: &output.preset_id,
            key: &output.key,
            thumbnail_pattern: output.thumbnail_pattern.as_deref(),
            rotate: &output.rotate,
            status: job.status,
            status_detail: None,
            error_code: None,
            duration: None,
            width: None,
            height: None,
        };
        match job.outcomes.get(index) {
            None => open,
            Some(Err(failure)) => Self {
                status: JobStatus::Error,
                status_detail: Some(failure.status_detail()),
                error_code: Some(failure.code.number()),
                ..open
            },
            Some(Ok(file)) => Self {
                status: JobStatus::Complete,
                status_detail: file.warning.clone(),
                duration: file.duration_millis.map(|millis| (millis + 500) / 1000),
                width: file.size.map(|(width, _)| width),
                height: file.size.map(|(_, height)| height),
                ..open
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elastic::pipeline::{Notifications, OutputConfig, PipelineStatus};
    use crate::failure::{Code, JobFailure};
    use crate::jobs::fixture;
    use crate::jobs::{OutputFile, RunOutcome};
    use crate::task::Object;

    fn request() -> ElasticJobRequest {
        ElasticJobRequest {
            pipeline_id: "1690000000000-ghijkl".into(),
            inputs: vec![JobInput {
                key: "raw/a b+ç.mov".into(),
                ..JobInput::default()
            }],
            outputs: vec![JobOutput {
                key: "0-1.mp4".into(),
                thumbnail_pattern: Some("0-1-{count}".into()),
                rotate: "auto".into(),
                preset_id: "1351620000001-100070".into(),
            }],
            output_key_prefix: Some("output/web/".into()),
        }
    }

    fn ended(outcome: RunOutcome) -> TranscodeJob {
        TranscodeJob {
            outcomes: vec![outcome],
            ..fixture::job("1700000000000-abcdef")
        }
    }

    fn file() -> RunOutcome {
        Ok(OutputFile {
            object: Object {
                bucket: "renditions".into(),
                key: "output/web/0-1.mp4".into(),
            },
            duration_millis: Some(10_020),
            size: Some((1280, 720)),
            frames_per_second: Some(30.0),
            file_size: 2_750_000,
            warning: None,
        })
    }

    fn pipeline() -> Pipeline {
        let topic = |name: &str| format!("arn:aws:sns:us-east-1:000000000000:{name}");
        let config = OutputConfig::new("renditions".into());
        Pipeline {
            id: "1690000000000-ghijkl".into(),
            arn: String::new(),
            name: String::new(),
            status: PipelineStatus::Active,
            input_bucket: "uploads".into(),
            output_bucket: None,
            role: "arn:aws:iam::000000000000:role/transcoder".into(),
            aws_kms_key_arn: None,
            notifications: Notifications {
                progressing: topic("p"),
                completed: topic("c"),
                warning: String::new(),
                error: topic("e"),
            },
            content_config: config.clone(),
            thumbnail_config: config,
        }
    }

    /// Returns the topic and the message of the end of a job.
    fn end_of(job: &TranscodeJob) -> (String, String) {
        let of = |event| notification(&pipeline(), job, &request(), event);
        assert_eq!(of(Event::Warning("odd")), None, "no topic, no notification");
        match of(Event::Ended) {
            Some(Notification::Topic {
                topic, message, role, ..
            }) => {
                assert_eq!(role, pipeline().role);
                (topic, message)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn completed_notification_has_the_documented_format() {
        let (topic, message) = end_of(&ended(file()));
        assert_eq!(topic, "arn:aws:sns:us-east-1:000000000000:c");
        insta::assert_snapshot!(message);
    }

    #[test]
    fn failed_notification_has_the_documented_format() {
        let failure = JobFailure::new(Code::OutputExists, "an object by that name already exists");
        let detail = failure.status_detail();
        let (topic, message) = end_of(&ended(Err(failure)));
        assert_eq!(topic, "arn:aws:sns:us-east-1:000000000000:e");
        let reference = detail.split([' ', ':']).nth(1).unwrap();
        insta::assert_snapshot!(message.replace(reference, "[reference]"));
    }
}
