//! What an engine is asked to do, and what it says came of it; no engine's own words.

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use thiserror::Error;

use crate::object_key::{rendition_name, rendition_prefix};
use crate::preset::Preset;
use crate::{EmailHash, Failure, Invalid, Project, Rendition, Response, ResponseKey, Status, Step, TakeId};

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

/// The longest value of a job's metadata, in characters; at most ten pairs are allowed. Elastic Transcoder and
/// MediaConvert document the same limits ("UserMetadata" of CreateJob).
const LONGEST_VALUE: usize = 256;

/// The metadata that names the source's object key as it is.
const INPUT: &str = "input";

/// Whose a job is: what its result must match to count. The email is not in it, since an engine's console
/// and notifications show it; the source object tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobMetadata {
    /// The project.
    pub project: Project,
    /// The step.
    pub step: Step,
    /// Stands for the respondent's email.
    pub hash: EmailHash,
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
    /// The source's key is not what base64url can stand for.
    #[error("the job's metadata are not ours: the input is not base64url of UTF-8")]
    Input,
}

/// What an engine says of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobReport {
    /// The engine's name for the job.
    pub job_id: String,
    /// The source's object key in the uploads bucket.
    pub input_key: String,
    /// Whose it is.
    pub tag: JobMetadata,
    /// How many frames of the source it has decoded, where the engine tells.
    pub frames_decoded: Option<u64>,
    /// How it stands.
    pub state: JobState,
}

/// How many frames a recording has in a second, at most.
const MAX_FRAME_RATE: u64 = 60;

impl JobReport {
    /// Whether the job has decoded more frames than a recording of so many seconds has.
    pub fn exceeds(&self, max_seconds: u32) -> bool {
        let most = u64::from(max_seconds) * MAX_FRAME_RATE;
        self.frames_decoded.is_some_and(|frames| frames > most)
    }
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
    /// The job that the response's claim stands for; `None` when it holds no claim for its last take, or no more.
    pub fn of(response: &Response) -> Option<Self> {
        let (take, job) = (response.take.as_ref()?, response.job.as_ref()?);
        if job.take != take.id || response.status != Status::Transcoding {
            return None;
        }
        let tag = JobMetadata {
            project: response.key.project.clone(),
            step: response.key.step,
            hash: response.key.email.hash(),
            take: take.id,
            version: take.version.clone(),
            attempt: job.attempt,
        };
        let input_key = response.video.clone()?;
        Some(Self {
            output_prefix: rendition_prefix(&tag.project, tag.step, &tag.hash),
            output_name: rendition_name(take.id, job.attempt),
            metadata: tag.to_metadata(&input_key),
            input_key,
        })
    }

    /// The rendition's file name in its folder.
    pub fn output_file(&self, preset: &Preset) -> String {
        format!("{}.{}", self.output_name, preset.container)
    }
}

impl JobMetadata {
    /// The metadata of the job for this source: at most ten pairs, whose values both engines accept.
    ///
    /// `response` is `{project}/{step}/{hash}`. The source's key is `input` where it may stand in a value as it
    /// is, as every key that we issue; another key is base64url in `input-0` to `input-5`. A version id is left
    /// out if it may not stand in a value: Amazon S3 promises no alphabet, and the take names the source too.
    fn to_metadata(&self, input_key: &str) -> BTreeMap<String, String> {
        let Self {
            project,
            step,
            hash,
            take,
            version,
            attempt,
        } = self;
        let mut metadata = BTreeMap::from([
            ("response".to_owned(), format!("{project}/{step}/{hash}")),
            ("take".to_owned(), take.to_string()),
            ("attempt".to_owned(), attempt.to_string()),
        ]);
        if let Some(version) = version.as_ref().filter(|version| is_value(version)) {
            metadata.insert("version".to_owned(), version.clone());
        }
        if is_value(input_key) {
            metadata.insert(INPUT.to_owned(), input_key.to_owned());
        } else {
            let encoded = BASE64URL_NOPAD.encode(input_key.as_bytes());
            let mut rest = encoded.as_str();
            for number in 0_u8.. {
                let (piece, after) = rest.split_at(rest.len().min(LONGEST_VALUE));
                metadata.insert(piece_name(number), piece.to_owned());
                rest = after;
                if rest.is_empty() {
                    break;
                }
            }
        }
        metadata
    }

    /// Reads the metadata that a job was started with: whose it is, and its source's object key.
    pub fn from_metadata(metadata: &BTreeMap<String, String>) -> Result<(Self, String), TagError> {
        let entry = |name| metadata.get(name).ok_or(TagError::Missing(name));
        let of_response: Vec<&str> = entry("response")?.split('/').collect();
        let [project, step, hash] = of_response[..] else {
            return Err(TagError::Malformed(Invalid {
                what: "response",
                rule: "is {project}/{step}/{hash}",
            }));
        };
        let attempt = entry("attempt")?.parse();
        let tag = Self {
            project: project.parse()?,
            step: step.parse()?,
            hash: hash.parse()?,
            take: entry("take")?.parse()?,
            version: metadata.get("version").cloned(),
            attempt: attempt.map_err(|_| Invalid {
                what: "attempt",
                rule: "is a whole number",
            })?,
        };
        Ok((tag, input_of(metadata)?))
    }

    /// Whose response it is, given the email that the source object names; `None` when it is another's.
    pub fn response_of(&self, email: crate::Email) -> Option<ResponseKey> {
        let key = ResponseKey {
            project: self.project.clone(),
            step: self.step,
            email,
        };
        (key.email.hash() == self.hash).then_some(key)
    }
}

fn input_of(metadata: &BTreeMap<String, String>) -> Result<String, TagError> {
    if let Some(input) = metadata.get(INPUT) {
        return Ok(input.clone());
    }
    let pieces = (0..10).map_while(|number| metadata.get(&piece_name(number)));
    let encoded: String = pieces.map(String::as_str).collect();
    if encoded.is_empty() {
        return Err(TagError::Missing(INPUT));
    }
    let decoded = BASE64URL_NOPAD.decode(encoded.as_bytes());
    decoded
        .ok()
        .and_then(|key| String::from_utf8(key).ok())
        .ok_or(TagError::Input)
}

fn piece_name(number: u8) -> String {
    format!("{INPUT}-{number}")
}

/// Whether both engines accept a value of metadata: letters, digits and `_ . : / = + - @`, not with `aws:` at the
/// beginning, which AWS reserves. They accept spaces too, but do not say that they keep those at the ends.
fn is_value(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:/=+-@".contains(&byte);
    let is_reserved = text.to_ascii_lowercase().starts_with("aws:");
    (1..=LONGEST_VALUE).contains(&text.len()) && text.bytes().all(allowed) && !is_reserved
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tag(version: Option<String>) -> JobMetadata {
        JobMetadata {
            project: "p".repeat(64).parse().unwrap(),
            step: "9999".parse().unwrap(),
            hash: "bdc9b4b08dfec1038783".parse().unwrap(),
            take: "019b76da-a800-7000-8000-000000000000".parse().unwrap(),
            version,
            attempt: u32::MAX,
        }
    }

    fn bytes_at_most(most: usize) -> impl Strategy<Value = String> {
        "\\PC{1,1024}".prop_map(move |mut key| {
            while key.len() > most {
                key.pop();
            }
            key
        })
    }

    proptest! {
        #[test]
        fn metadata_of_any_key_are_what_the_engines_accept_and_read_back(
            key in prop_oneof![bytes_at_most(1024), "[a-z/]{257,1024}", "[ %&\u{e9}]{512}", "[a-z0-9/.-]{1,256}", "(aws|AWS):[a-z.]{0,9}"],
            version in proptest::option::of("[A-Za-z0-9_.-]{1,256}"),
        ) {
            let tag = tag(version);
            let metadata = tag.to_metadata(&key);
            prop_assert!(metadata.len() <= 10, "{metadata:?}");
            for text in metadata.keys().chain(metadata.values()) {
                prop_assert!((1..=256).contains(&text.len()), "{text:?}");
                prop_assert!(!text.to_lowercase().starts_with("aws:"), "{text:?}");
                let is_allowed = |c: char| c.is_ascii_alphanumeric() || " _.:/=+-@".contains(c);
                prop_assert!(text.chars().all(is_allowed), "{text:?}");
            }
            prop_assert_eq!(JobMetadata::from_metadata(&metadata).unwrap(), (tag, key));
        }
    }

    #[test]
    fn a_key_that_we_issue_stands_in_the_metadata_as_it_is() {
        let key = "demo/0/bdc9b4b08dfec1038783/019b76da-a800-7000-8000-000000000000.mp4";
        assert_eq!(tag(None).to_metadata(key)["input"], key);
    }

    #[test]
    fn a_version_that_may_not_stand_in_a_value_is_left_out() {
        for version in ["v".repeat(257), "a&b".to_owned(), "aws:v".to_owned()] {
            assert!(!tag(Some(version)).to_metadata("key").contains_key("version"));
        }
    }

    #[test]
    fn metadata_of_another_program_are_refused_with_the_reason() {
        let ours = tag(None).to_metadata("two words.mp4");
        for (name, value, reason) in [
            ("response", "demo/0", "{project}/{step}/{hash}"),
            ("response", "demo/0/hash", "hash"),
            ("attempt", "first", "whole number"),
            ("input-0", "???", "base64url"),
        ] {
            let mut metadata = ours.clone();
            metadata.insert(name.to_owned(), value.to_owned());
            let error = JobMetadata::from_metadata(&metadata).unwrap_err().to_string();
            assert!(error.contains(reason), "{name}={value}: {error}");
        }
        for name in ["response", "take", "attempt", "input-0"] {
            let mut metadata = ours.clone();
            metadata.remove(name);
            assert!(JobMetadata::from_metadata(&metadata).is_err(), "{name}");
        }
    }
}
