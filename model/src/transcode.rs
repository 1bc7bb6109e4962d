//! What an engine is asked to do, and what it says came of it; no engine's own words.

use std::collections::BTreeMap;

use serde::Serialize;
use thiserror::Error;

use crate::object_key::{rendition_name, rendition_prefix};
use crate::preset::Preset;
use crate::{Failure, Invalid, MailHash, Project, Rendition, Response, ResponseKey, Step, TakeId};

/// The metadata that names a job's input, percent-encoded, where an engine's result does not.
pub const INPUT: &str = "input";

/// A job for an engine: make this rendition of that object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JobRequest {
    /// The source's object key in the uploads bucket.
    pub input_key: String,
    /// The folder in the renditions bucket, with its closing slash.
    pub output_prefix: String,
    /// The rendition's name in that folder, without an ending.
    pub output_name: String,
    /// Travels with the job and comes back with its result.
    pub metadata: BTreeMap<String, String>,
}

/// Whose a job is: what its result must match to count. The mail is not in it, since an engine's console
/// and notifications show it; the source object tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobTag {
    /// The project.
    pub project: Project,
    /// The step.
    pub step: Step,
    /// Stands for the respondent's mail.
    pub hash: MailHash,
    /// The take that is transcoded.
    pub take: TakeId,
    /// The version of the source object, where its bucket has versions.
    pub version: Option<String>,
    /// Which attempt at it.
    pub attempt: u32,
}

/// Why metadata do not tell whose a job is.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TagError {
    /// An entry is missing.
    #[error("the job's metadata lack {0:?}: it is not one of ours")]
    Missing(&'static str),
    /// An entry is malformed.
    #[error("the job's metadata are not ours: {0}")]
    Malformed(#[from] Invalid),
}

/// What an engine says of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobReport {
    /// The engine's name for the job.
    pub job_id: String,
    /// The source's object key in the uploads bucket.
    pub input_key: String,
    /// Whose it is.
    pub tag: JobTag,
    /// How it stands.
    pub state: JobState,
}

/// How a job stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobState {
    /// At work, with or without a warning; nothing has come of it yet.
    Progressing,
    /// There is a rendition.
    Complete(Rendition),
    /// There will be none.
    Failed(Failure),
}

impl JobRequest {
    /// The job that the response's claim stands for; `None` when it holds no claim for its last take.
    pub fn of(response: &Response) -> Option<Self> {
        let (take, job) = (response.take.as_ref()?, response.job.as_ref()?);
        if job.take != take.id {
            return None;
        }
        let tag = JobTag {
            project: response.key.project.clone(),
            step: response.key.step,
            hash: response.key.mail.hash(),
            take: take.id,
            version: take.version.clone(),
            attempt: job.attempt,
        };
        Some(Self {
            input_key: response.video.clone()?,
            output_prefix: rendition_prefix(&tag.project, tag.step, &tag.hash),
            output_name: rendition_name(take.id, job.attempt),
            metadata: tag.to_metadata(),
        })
    }

    /// The rendition's file name in its folder.
    pub fn output_file(&self, preset: &Preset) -> String {
        format!("{}.{}", self.output_name, preset.container)
    }
}

impl JobTag {
    fn to_metadata(&self) -> BTreeMap<String, String> {
        let Self {
            project,
            step,
            hash,
            take,
            version,
            attempt,
        } = self;
        let mut entries = vec![
            ("project", project.to_string()),
            ("step", step.to_string()),
            ("hash", hash.to_string()),
            ("take", take.to_string()),
            ("attempt", attempt.to_string()),
        ];
        entries.extend(version.iter().map(|version| ("version", version.clone())));
        entries
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// Reads the metadata that a job was started with.
    pub fn from_metadata(metadata: &BTreeMap<String, String>) -> Result<Self, TagError> {
        let entry = |name| metadata.get(name).ok_or(TagError::Missing(name));
        let attempt = entry("attempt")?.parse();
        Ok(Self {
            project: entry("project")?.parse()?,
            step: entry("step")?.parse()?,
            hash: entry("hash")?.parse()?,
            take: entry("take")?.parse()?,
            version: metadata.get("version").cloned(),
            attempt: attempt.map_err(|_| Invalid {
                what: "attempt",
                rule: "is a whole number",
            })?,
        })
    }

    /// Whose response it is, given the mail that the source object names; `None` when it is another's.
    pub fn response_of(&self, mail: crate::Mail) -> Option<ResponseKey> {
        let key = ResponseKey {
            project: self.project.clone(),
            step: self.step,
            mail,
        };
        (key.mail.hash() == self.hash).then_some(key)
    }
}

/// An engine's message from elsewhere, as it may stand in a record: bounded, in one line.
pub(crate) fn bounded(text: &str, most: usize) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(most)
        .collect();
    line.trim().to_owned()
}
