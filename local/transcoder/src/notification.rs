//! What the service tells a pipeline's topics: the documented JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::failure::{Code, Failure};
use crate::job::{Job, JobInput, JobOutput, JobStatus};
use crate::pipeline::Notifications;

/// A message that a topic is owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Notice {
    pub topic: String,
    pub subject: String,
    pub message: String,
}

/// What happened to a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It has begun.
    Progressing,
    /// It is done.
    Completed,
    /// It went on, but not without trouble.
    Warning(String),
    /// It has failed; the failures are by output identifier.
    Error(BTreeMap<String, Code>),
}

/// The message for an event; none where the pipeline names no topic for it.
pub fn notice(topics: &Notifications, job: &Job, event: &Event) -> Option<Notice> {
    let id = &job.id;
    let (topic, subject) = match event {
        Event::Progressing => (
            &topics.progressing,
            format!("Amazon Elastic Transcoder has scheduled job {id} for transcoding."),
        ),
        Event::Completed => (
            &topics.completed,
            format!("Amazon Elastic Transcoder has finished transcoding job {id}."),
        ),
        Event::Warning(_) => (
            &topics.warning,
            format!("Amazon Elastic Transcoder has a warning about job {id}."),
        ),
        Event::Error(_) => (
            &topics.error,
            format!("The Amazon Elastic Transcoder job {id} has failed."),
        ),
    };
    if topic.is_empty() {
        return None;
    }
    let message = serde_json::to_string(&Message::new(job, event)).ok()?;
    Some(Notice {
        topic: topic.clone(),
        subject,
        message,
    })
}

/// The failures of an event, as a job's end reports them.
pub fn failed(failures: &BTreeMap<String, Failure>) -> Event {
    Event::Error(
        failures
            .iter()
            .map(|(id, failure)| (id.clone(), failure.code))
            .collect(),
    )
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
    input: Option<Input<'a>>,
    input_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_key_prefix: Option<&'a str>,
    outputs: Vec<Output<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    user_metadata: &'a BTreeMap<String, String>,
}

impl<'a> Message<'a> {
    fn new(job: &'a Job, event: &'a Event) -> Self {
        let (state, code, details) = match event {
            Event::Progressing => ("PROGRESSING", None, None),
            Event::Completed => ("COMPLETED", None, None),
            Event::Warning(details) => ("WARNING", None, Some(details.as_str())),
            Event::Error(codes) => {
                let first = codes.values().next().copied().unwrap_or(Code::Internal);
                ("ERROR", Some(first.number()), Some(first.title()))
            }
        };
        Self {
            state,
            error_code: code,
            message_details: details,
            version: "2012-09-25",
            job_id: &job.id,
            pipeline_id: &job.pipeline_id,
            input: job.inputs.first().map(Input::new),
            input_count: job.inputs.len(),
            output_key_prefix: job.output_key_prefix.as_deref(),
            outputs: job
                .outputs
                .iter()
                .map(|output| Output::new(output, event))
                .collect(),
            user_metadata: &job.user_metadata,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Input<'a> {
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

impl<'a> Input<'a> {
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
struct Output<'a> {
    id: &'a str,
    preset_id: &'a str,
    key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    thumbnail_pattern: Option<&'a str>,
    rotate: &'a str,
    status: JobStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
}

impl<'a> Output<'a> {
    fn new(output: &'a JobOutput, event: &Event) -> Self {
        let error_code = match event {
            Event::Error(codes) => codes.get(&output.id).map(|code| code.number()),
            _ => None,
        };
        Self {
            id: &output.id,
            preset_id: &output.preset_id,
            key: &output.key,
            thumbnail_pattern: output.thumbnail_pattern.as_deref(),
            rotate: &output.rotate,
            status: output.status,
            status_detail: output.status_detail.as_deref(),
            error_code,
            duration: output.duration,
            width: output.width,
            height: output.height,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Timing;

    fn job() -> Job {
        Job {
            id: "1700000000000-abcdef".into(),
            arn: "arn:aws:elastictranscoder:us-east-1:000000000000:job/1700000000000-abcdef".into(),
            pipeline_id: "1690000000000-ghijkl".into(),
            inputs: vec![JobInput {
                key: "raw/a b+ç.mov".into(),
                ..JobInput::default()
            }],
            outputs: vec![JobOutput {
                id: "1".into(),
                key: "0-1.mp4".into(),
                thumbnail_pattern: Some("0-1-{count}".into()),
                rotate: "auto".into(),
                preset_id: "1351620000001-100070".into(),
                status: JobStatus::Complete,
                status_detail: None,
                duration: Some(10),
                duration_millis: Some(10_020),
                width: Some(1280),
                height: Some(720),
                frame_rate: Some("30".into()),
                file_size: Some(2_750_000),
                applied_color_space_conversion: None,
            }],
            output_key_prefix: Some("output/web/".into()),
            status: JobStatus::Complete,
            user_metadata: BTreeMap::from([("take".into(), "0".into())]),
            timing: Timing::default(),
        }
    }

    fn topics() -> Notifications {
        let topic = |name: &str| format!("arn:aws:sns:us-east-1:000000000000:{name}");
        Notifications {
            progressing: topic("p"),
            completed: topic("c"),
            warning: String::new(),
            error: topic("e"),
        }
    }

    #[test]
    fn a_completed_job_in_the_documented_form() {
        let notice = notice(&topics(), &job(), &Event::Completed).unwrap();
        assert_eq!(notice.topic, "arn:aws:sns:us-east-1:000000000000:c");
        insta::assert_snapshot!(notice.message);
    }

    #[test]
    fn a_failed_job_in_the_documented_form() {
        let mut job = job();
        job.status = JobStatus::Error;
        job.outputs[0] = JobOutput {
            status: JobStatus::Error,
            status_detail: Some("3002 0190: an object by that name already exists".into()),
            duration: None,
            width: None,
            height: None,
            ..job.outputs[0].clone()
        };
        let event = failed(&BTreeMap::from([(
            "1".into(),
            Failure::new(Code::OutputExists, "x"),
        )]));
        insta::assert_snapshot!(notice(&topics(), &job, &event).unwrap().message);
    }

    #[test]
    fn no_topic_no_notice() {
        assert_eq!(notice(&topics(), &job(), &Event::Warning("odd".into())), None);
    }
}
