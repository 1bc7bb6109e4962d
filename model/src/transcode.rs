//! Job requests and job reports, independent of the engine.

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use thiserror::Error;

use crate::object_key::{rendition_name, rendition_prefix};
use crate::preset::Preset;
use crate::{EmailHash, Failure, Invalid, Project, Rendition, Response, ResponseKey, Status, Step, TakeId};

/// A request for a job that transcodes an upload into a rendition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JobRequest {
    /// The source's object key in the uploads bucket.
    pub input_key: String,
    /// The output's folder in the renditions bucket, with its closing slash.
    pub output_prefix: String,
    /// The rendition's name in that folder, without its extension.
    pub output_name: String,
    /// The job's metadata, which the engine returns with the result.
    pub metadata: BTreeMap<String, String>,
}

/// The maximum length of a metadata value, in characters. A job has at most ten pairs. Elastic Transcoder and MediaConvert
/// document the same limits ("UserMetadata" of CreateJob).
const MAX_VALUE_CHARS: usize = 256;

/// The name of the metadata with the source's object key.
const INPUT_KEY: &str = "input";

/// The metadata of a job. Its result counts only if the metadata matches the record.
///
/// The metadata has no email, because the engine's console and notifications show it. The source object has the email.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobMetadata {
    /// The project.
    pub project: Project,
    /// The step.
    pub step: Step,
    /// The hash of the respondent's email.
    pub hash: EmailHash,
    /// The take.
    pub take: TakeId,
    /// The version id of the source object; absent in a bucket without versioning.
    pub version: Option<String>,
    /// The attempt's number.
    pub attempt: u32,
}

/// Why metadata does not identify a job of this system.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MetadataError {
    /// An entry is missing.
    #[error("the job's metadata has no {0:?}: another program created the job")]
    Missing(&'static str),
    /// An entry is malformed.
    #[error("the job's metadata is malformed")]
    Malformed(#[from] Invalid),
    /// The source's key is not valid base64url.
    #[error("the job's metadata is malformed: input is not base64url of UTF-8")]
    Input,
}

/// An engine's report of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobReport {
    /// The job's id at the engine.
    pub job_id: String,
    /// The source's object key in the uploads bucket.
    pub input_key: String,
    /// The job's metadata.
    pub tag: JobMetadata,
    /// The number of decoded frames of the source, if the engine reports it.
    pub frames_decoded: Option<u64>,
    /// The job's state.
    pub state: JobState,
}

/// The maximum frame rate of a recording, in frames per second.
const MAX_FRAME_RATE: u64 = 60;

impl JobReport {
    /// Returns whether the job has decoded more frames than a recording of `max_seconds` can have.
    pub fn exceeds(&self, max_seconds: u32) -> bool {
        let max_frames = u64::from(max_seconds) * MAX_FRAME_RATE;
        self.frames_decoded.is_some_and(|frames| frames > max_frames)
    }
}

/// The state of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobState {
    /// The job is queued or running, with or without warnings.
    Progressing,
    /// The job has created a rendition.
    Complete(Rendition),
    /// The job has failed or was canceled.
    Failed(Failure),
}

impl JobRequest {
    /// Returns the request for the claimed job; `None` if the response has no active claim for its last take.
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

    /// Returns the rendition's file name in its folder.
    pub fn output_file(&self, preset: &Preset) -> String {
        format!("{}.{}", self.output_name, preset.container)
    }
}

impl JobMetadata {
    /// Returns the job's metadata: at most ten pairs with values that both engines accept.
    ///
    /// `response` is `{project}/{step}/{hash}`. `input` is the source's key if it is a valid value, as every issued key
    /// is; otherwise `input-0` to `input-5` have the key in base64url. A version id that is no valid value is left out:
    /// Amazon S3 documents no alphabet for it, and the take identifies the source too.
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
            metadata.insert(INPUT_KEY.to_owned(), input_key.to_owned());
        } else {
            let encoded = BASE64URL_NOPAD.encode(input_key.as_bytes());
            let mut rest = encoded.as_str();
            for number in 0_u8.. {
                let (piece, remainder) = rest.split_at(rest.len().min(MAX_VALUE_CHARS));
                metadata.insert(piece_name(number), piece.to_owned());
                rest = remainder;
                if rest.is_empty() {
                    break;
                }
            }
        }
        metadata
    }

    /// Parses a job's metadata. Returns it with the source's object key.
    pub fn from_metadata(metadata: &BTreeMap<String, String>) -> Result<(Self, String), MetadataError> {
        let entry = |name| metadata.get(name).ok_or(MetadataError::Missing(name));
        let response: Vec<&str> = entry("response")?.split('/').collect();
        let [project, step, hash] = response[..] else {
            return Err(MetadataError::Malformed(Invalid {
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
        Ok((tag, parse_input_key(metadata)?))
    }

    /// Returns the key of the job's response, given the source object's email; `None` if the email does not match the hash.
    pub fn response_of(&self, email: crate::Email) -> Option<ResponseKey> {
        let key = ResponseKey {
            project: self.project.clone(),
            step: self.step,
            email,
        };
        (key.email.hash() == self.hash).then_some(key)
    }
}

fn parse_input_key(metadata: &BTreeMap<String, String>) -> Result<String, MetadataError> {
    if let Some(input) = metadata.get(INPUT_KEY) {
        return Ok(input.clone());
    }
    let pieces = (0..10).map_while(|number| metadata.get(&piece_name(number)));
    let encoded: String = pieces.map(String::as_str).collect();
    if encoded.is_empty() {
        return Err(MetadataError::Missing(INPUT_KEY));
    }
    let decoded = BASE64URL_NOPAD.decode(encoded.as_bytes());
    decoded
        .ok()
        .and_then(|key| String::from_utf8(key).ok())
        .ok_or(MetadataError::Input)
}

fn piece_name(number: u8) -> String {
    format!("{INPUT_KEY}-{number}")
}

/// Returns whether both engines accept a metadata value: letters, digits and `_ . : / = + - @`, without the prefix `aws:`,
/// which AWS reserves. The engines accept spaces too, but do not document that they keep leading and trailing ones.
fn is_value(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:/=+-@".contains(&byte);
    let is_reserved = text.to_ascii_lowercase().starts_with("aws:");
    (1..=MAX_VALUE_CHARS).contains(&text.len()) && text.bytes().all(allowed) && !is_reserved
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

    fn text_of_at_most(max_bytes: usize) -> impl Strategy<Value = String> {
        "\\PC{1,1024}".prop_map(move |mut key| {
            while key.len() > max_bytes {
                key.pop();
            }
            key
        })
    }

    proptest! {
        #[test]
        fn metadata_of_any_key_is_accepted_and_round_trips(
            key in prop_oneof![text_of_at_most(1024), "[a-z/]{257,1024}", "[ %&\u{e9}]{512}", "[a-z0-9/.-]{1,256}", "(aws|AWS):[a-z.]{0,9}"],
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
    fn issued_key_is_not_encoded() {
        let key = "demo/0/bdc9b4b08dfec1038783/019b76da-a800-7000-8000-000000000000.mp4";
        assert_eq!(tag(None).to_metadata(key)["input"], key);
    }

    #[test]
    fn version_that_is_no_valid_value_is_left_out() {
        for version in ["v".repeat(257), "a&b".to_owned(), "aws:v".to_owned()] {
            assert!(!tag(Some(version)).to_metadata("key").contains_key("version"));
        }
    }

    #[test]
    fn metadata_of_another_program_has_a_reason() {
        let valid = tag(None).to_metadata("two words.mp4");
        for (name, value, reason) in [
            ("response", "demo/0", "{project}/{step}/{hash}"),
            ("response", "demo/0/hash", "hash"),
            ("attempt", "first", "whole number"),
            ("input-0", "???", "base64url"),
        ] {
            let mut metadata = valid.clone();
            metadata.insert(name.to_owned(), value.to_owned());
            let error = JobMetadata::from_metadata(&metadata).unwrap_err();
            let error = std::error::Error::source(&error).map_or(error.to_string(), ToString::to_string);
            assert!(error.contains(reason), "{name}={value}: {error}");
        }
        for name in ["response", "take", "attempt", "input-0"] {
            let mut metadata = valid.clone();
            metadata.remove(name);
            assert!(JobMetadata::from_metadata(&metadata).is_err(), "{name}");
        }
    }
}
