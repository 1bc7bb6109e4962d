//! A job, whichever API it came by: what was asked, how it stands, what came of it, and who is owed the news.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::ffmpeg::arguments::Rotate;
use crate::ffmpeg::probe::Probe;
use crate::notice::Notice;
use crate::progress::Progress;
use crate::recipe::{Recipe, Stills};
use crate::service::Service;
use crate::{elastic, media_convert};

/// Where a job, or one of its outputs, stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    Submitted,
    Progressing,
    Complete,
    Canceled,
    Error,
}

impl Status {
    /// Whether nothing is left to do.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Complete | Self::Canceled | Self::Error)
    }
}

/// A job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Job {
    pub id: String,
    pub arn: String,
    #[serde(flatten)]
    pub order: Order,
    pub status: Status,
    #[serde(default)]
    pub user_metadata: BTreeMap<String, String>,
    pub timing: Timing,
    /// What the input turned out to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Found>,
    /// What came of the outputs, in their order; empty until the job has ended.
    #[serde(default)]
    pub outcomes: Vec<Outcome>,
}

/// What was asked, in the words of the API that it came by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Order {
    Elastic(elastic::Order),
    MediaConvert(media_convert::Order),
}

/// When a job was asked for, begun and ended, in milliseconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Timing {
    pub submit_time_millis: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time_millis: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_time_millis: Option<u64>,
}

/// An input that was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Found {
    pub probe: Probe,
    pub file_size: u64,
}

/// What came of an output.
pub type Outcome = Result<Made, Failure>;

/// An output that was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Made {
    /// The film, or the last one of the stills.
    pub file: Object,
    pub duration_millis: Option<u64>,
    /// Width and height in pixels; absent of what has no picture.
    pub size: Option<(u32, u32)>,
    pub frames_per_second: Option<f64>,
    pub file_size: u64,
    /// What ffmpeg complained of.
    pub warning: Option<String>,
}

/// A job as it is kept: with what is needed to go on after a crash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Record {
    pub job: Job,
    /// Keys whose upload this job has begun: an object there is its own, not "an output that exists".
    #[serde(default)]
    pub uploading: BTreeSet<String>,
    /// News that has not been delivered, in order.
    #[serde(default)]
    pub unsent: Vec<Notice>,
}

/// What happened to a job.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event<'a> {
    /// It has begun.
    Begun,
    /// Its input has been read.
    InputRead,
    /// It goes on, and is so far.
    Progress(Progress),
    /// It went on, but not without trouble.
    Warning(&'a str),
    /// It has ended, well or not: its outcomes say.
    Ended,
    /// It was called off.
    Canceled,
}

/// What a job comes down to: whose rights it has, what is read, what is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    pub role: String,
    pub input: Object,
    /// How much of the input is used; all of it where absent.
    pub clip: Option<Clip>,
    /// Whether an output may replace an object that is already there.
    pub overwrite: bool,
    /// What is to be made; a failure where it is clear from the start that it cannot be.
    pub outputs: Vec<Result<Output, Failure>>,
}

/// The part of an input that is used, from its beginning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Clip {
    /// So many seconds. A shorter input is used whole, with a warning.
    Seconds(f64),
    /// The frames up to this timecode, which is counted from zero, that frame included. The end must lie within the input.
    Timecode {
        /// Whole seconds.
        seconds: u32,
        /// The frame within its second.
        frame: u32,
    },
}

/// An object in S3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Object {
    pub bucket: String,
    pub key: String,
}

/// One pass over the input: a film, stills or both.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    pub film: Option<Film>,
    pub album: Option<Album>,
    pub rotate: Rotate,
}

/// A film and where it goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Film {
    pub recipe: Recipe,
    pub to: Object,
    pub reduced_redundancy: bool,
}

/// Stills and where they go.
#[derive(Debug, Clone, PartialEq)]
pub struct Album {
    pub stills: Stills,
    pub bucket: String,
    pub names: StillNames,
    pub reduced_redundancy: bool,
}

/// How stills are named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StillNames {
    /// `{count}`, from 00001, and `{resolution}` are replaced; the extension is added.
    Pattern(String),
    /// A number from 0000000 and the extension are added.
    Numbered(String),
}

impl StillNames {
    /// The key of a still; the first one has the index 0.
    pub fn key(&self, index: u32, (width, height): (u32, u32), extension: &str) -> String {
        match self {
            Self::Pattern(pattern) => {
                let name = pattern
                    .replace("{count}", &format!("{:05}", index + 1))
                    .replace("{resolution}", &format!("{width}x{height}"));
                format!("{name}.{extension}")
            }
            Self::Numbered(name) => format!("{name}.{index:07}.{extension}"),
        }
    }
}

impl Job {
    /// A job that was just asked for.
    pub fn new(id: String, arn: String, order: Order, user_metadata: BTreeMap<String, String>) -> Self {
        Self {
            id,
            arn,
            order,
            status: Status::Submitted,
            user_metadata,
            timing: Timing {
                submit_time_millis: crate::id::now_millis(),
                ..Timing::default()
            },
            found: None,
            outcomes: Vec::new(),
        }
    }

    /// The key of the input.
    pub fn input_key(&self) -> &str {
        match &self.order {
            Order::Elastic(order) => order.input_key(),
            Order::MediaConvert(order) => order.input_key(),
        }
    }

    /// How many outputs it has.
    pub fn outputs(&self) -> usize {
        match &self.order {
            Order::Elastic(order) => order.outputs.len(),
            Order::MediaConvert(order) => order.groups().iter().sum(),
        }
    }

    /// Whether its pipeline or queue holds it back.
    pub fn is_paused(&self, service: &Service) -> bool {
        match &self.order {
            Order::Elastic(order) => order.is_paused(service),
            Order::MediaConvert(order) => order.is_paused(service),
        }
    }

    /// What it comes down to, as its pipeline, presets and settings are now.
    pub fn task(&self, service: &Service) -> Result<Task, Failure> {
        match &self.order {
            Order::Elastic(order) => order.task(service),
            Order::MediaConvert(order) => order.task(),
        }
    }

    /// How often its progress is news, if at all.
    pub fn update_interval(&self) -> Option<Duration> {
        match &self.order {
            Order::Elastic(_) => None,
            Order::MediaConvert(order) => Some(order.update_interval()),
        }
    }

    /// The first failure of its outputs.
    pub fn failure(&self) -> Option<&Failure> {
        self.outcomes.iter().find_map(|result| result.as_ref().err())
    }

    /// What was made, in the order of the outputs.
    pub fn made(&self) -> impl Iterator<Item = &Made> {
        self.outcomes.iter().flatten()
    }

    /// What ffmpeg complained of though it succeeded.
    pub fn warnings(&self) -> impl Iterator<Item = &str> {
        self.made().filter_map(|made| made.warning.as_deref())
    }
}

impl Record {
    /// Owes whoever listens the news of an event.
    pub fn owe(&mut self, service: &Service, event: Event<'_>) {
        let notice = match &self.job.order {
            Order::Elastic(order) => {
                elastic::notification::notice(&order.topics(service), &self.job, order, event)
            }
            Order::MediaConvert(order) => Some(media_convert::event::notice(
                service.account(),
                &self.job,
                order,
                event,
            )),
        };
        self.unsent.extend(notice);
    }
}

impl From<Job> for Record {
    fn from(job: Job) -> Self {
        Self {
            job,
            uploading: BTreeSet::new(),
            unsent: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stills_are_named_either_way() {
        let pattern = StillNames::Pattern("a-{count}-{resolution}".into());
        assert_eq!(pattern.key(0, (192, 108), "png"), "a-00001-192x108.png");
        let numbered = StillNames::Numbered("a-{count}".into());
        assert_eq!(numbered.key(36, (192, 108), "jpg"), "a-{count}.0000036.jpg");
    }

    #[test]
    fn what_an_earlier_version_kept_goes_on() {
        let kept = r#"{
            "Job": {
                "Id": "1700000000000-abcdef", "Arn": "arn:aws:elastictranscoder:us-east-1:000000000000:job/1700000000000-abcdef",
                "PipelineId": "1690000000000-ghijkl", "Inputs": [{ "Key": "a.mov" }],
                "Outputs": [{ "Id": "1", "Key": "a.mp4", "Rotate": "auto", "PresetId": "1351620000001-100070", "Status": "Progressing" }],
                "OutputKeyPrefix": "output/", "Status": "Progressing", "UserMetadata": { "take": "0" },
                "Timing": { "SubmitTimeMillis": 1700000000000 }
            },
            "Uploading": ["output/a.mp4"],
            "Unsent": [{ "Topic": "arn:aws:sns:us-east-1:000000000000:t", "Subject": "s", "Message": "{}" }]
        }"#;
        let record: Record = serde_json::from_str(kept).unwrap();
        assert!(
            matches!(&record.job.order, Order::Elastic(order) if order.pipeline_id == "1690000000000-ghijkl")
        );
        assert!(matches!(&record.unsent[..], [Notice::Topic { subject, .. }] if subject == "s"));
        let again = serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap();
        assert_eq!(record, again);
    }
}
