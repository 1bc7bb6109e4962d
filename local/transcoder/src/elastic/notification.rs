//! What the service tells a pipeline's topics: the documented JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Order;
use super::order::{JobInput, JobOutput};
use super::pipeline::Notifications;
use crate::job::{Event, Job, Status};
use crate::notice::Notice;

/// The message for an event; none where it is no news, or the pipeline names no topic for it.
pub fn notice(topics: &Notifications, job: &Job, order: &Order, event: Event<'_>) -> Option<Notice> {
    let id = &job.id;
    let (topic, subject) = match event {
        Event::Begun => (
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
    let message = serde_json::to_string(&Message::new(job, order, event)).ok()?;
    Some(Notice::Topic {
        topic: topic.clone(),
        subject,
        message,
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
    input: Option<Input<'a>>,
    input_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_key_prefix: Option<&'a str>,
    outputs: Vec<Output<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    user_metadata: &'a BTreeMap<String, String>,
}

impl<'a> Message<'a> {
    fn new(job: &'a Job, order: &'a Order, event: Event<'a>) -> Self {
        let (state, code, details) = match (event, job.failure()) {
            (Event::Warning(details), _) => ("WARNING", None, Some(details)),
            (Event::Ended, Some(failure)) => {
                let code = failure.code;
                ("ERROR", Some(code.number()), Some(code.title()))
            }
            (Event::Ended, None) => ("COMPLETED", None, None),
            _ => ("PROGRESSING", None, None),
        };
        let outputs = order.outputs.iter().enumerate();
        Self {
            state,
            error_code: code,
            message_details: details,
            version: "2012-09-25",
            job_id: &job.id,
            pipeline_id: &order.pipeline_id,
            input: order.inputs.first().map(Input::new),
            input_count: order.inputs.len(),
            output_key_prefix: order.output_key_prefix.as_deref(),
            outputs: outputs
                .map(|(index, output)| Output::new(index, output, job))
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
    id: String,
    preset_id: &'a str,
    key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    thumbnail_pattern: Option<&'a str>,
    rotate: &'a str,
    status: Status,
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

impl<'a> Output<'a> {
    fn new(index: usize, output: &'a JobOutput, job: &Job) -> Self {
        let asked = Self {
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
            None => asked,
            Some(Err(failure)) => Self {
                status: Status::Error,
                status_detail: Some(failure.status_detail()),
                error_code: Some(failure.code.number()),
                ..asked
            },
            Some(Ok(made)) => Self {
                status: Status::Complete,
                status_detail: made.warning.clone(),
                duration: made.duration_millis.map(|millis| (millis + 500) / 1000),
                width: made.size.map(|(width, _)| width),
                height: made.size.map(|(_, height)| height),
                ..asked
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::{Code, Failure};
    use crate::job::{self, Made, Object, Outcome};

    fn order() -> Order {
        Order {
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

    fn ended(result: Outcome) -> Job {
        let mut job = Job::new(
            "1700000000000-abcdef".into(),
            "arn:aws:elastictranscoder:us-east-1:000000000000:job/1700000000000-abcdef".into(),
            job::Order::Elastic(order()),
            BTreeMap::from([("take".into(), "0".into())]),
        );
        job.outcomes = vec![result];
        job
    }

    fn made() -> Outcome {
        Ok(Made {
            file: Object {
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

    /// The topic and the message of a job's end.
    fn told(job: &Job) -> (String, String) {
        let topic = |name: &str| format!("arn:aws:sns:us-east-1:000000000000:{name}");
        let topics = Notifications {
            progressing: topic("p"),
            completed: topic("c"),
            warning: String::new(),
            error: topic("e"),
        };
        assert_eq!(
            notice(&topics, job, &order(), Event::Warning("odd")),
            None,
            "no topic, no notice"
        );
        match notice(&topics, job, &order(), Event::Ended) {
            Some(Notice::Topic { topic, message, .. }) => (topic, message),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_completed_job_in_the_documented_form() {
        let (topic, message) = told(&ended(made()));
        assert_eq!(topic, "arn:aws:sns:us-east-1:000000000000:c");
        insta::assert_snapshot!(message);
    }

    #[test]
    fn a_failed_job_in_the_documented_form() {
        let failure = Failure::new(Code::OutputExists, "an object by that name already exists");
        let detail = failure.status_detail();
        let (topic, message) = told(&ended(Err(failure)));
        assert_eq!(topic, "arn:aws:sns:us-east-1:000000000000:e");
        let reference = detail.split([' ', ':']).nth(1).unwrap();
        insta::assert_snapshot!(message.replace(reference, "[reference]"));
    }
}
