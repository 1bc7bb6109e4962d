//! Why a take could not be transcoded: a stable code of ours, and what the engine said.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::text::bounded;

/// The longest code and message of an engine that a record keeps, in characters.
const LONGEST_CODE: usize = 100;
const LONGEST_MESSAGE: usize = 500;

/// Why a take could not be transcoded, in words that do not depend on the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailureCode {
    /// The file is damaged or in a format that the engine cannot read. Another recording helps.
    Unreadable,
    /// The file has no video stream. Another recording helps.
    NoVideoStream,
    /// The recording is longer than the stage allows. A shorter recording helps.
    TooLong,
    /// The engine refused to create the job: the request is at fault, not the file.
    JobRefused,
    /// The engine failed for a reason of its own, or for one that it does not tell. A retry may help.
    EngineError,
    /// The job was canceled at the engine. A retry helps.
    Canceled,
    /// The job could not be created within a day, or was lost five times. A retry helps once the reason is put
    /// right.
    GaveUp,
}

/// What an engine said about a failure, in its own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct EngineError {
    /// Its code: `4000`, `1010`, `BadRequestException`; `unknown` if it told none.
    pub code: String,
    /// Its message, at most 500 characters.
    pub message: String,
}

/// Why a take could not be transcoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Failure {
    /// Ours, stable.
    pub code: FailureCode,
    /// What the engine said, if it said anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<EngineError>,
}

impl FailureCode {
    /// Every code.
    pub const ALL: [Self; 7] = [
        Self::Unreadable,
        Self::NoVideoStream,
        Self::TooLong,
        Self::JobRefused,
        Self::EngineError,
        Self::Canceled,
        Self::GaveUp,
    ];

    /// As it is written in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::NoVideoStream => "no-video-stream",
            Self::TooLong => "too-long",
            Self::JobRefused => "job-refused",
            Self::EngineError => "engine-error",
            Self::Canceled => "canceled",
            Self::GaveUp => "gave-up",
        }
    }

    /// What a person may be told: one English sentence.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Unreadable => "The file is damaged, or its format cannot be read.",
            Self::NoVideoStream => "The file has no video stream.",
            Self::TooLong => "The recording is longer than allowed.",
            Self::JobRefused => "The transcoder refused the job.",
            Self::EngineError => "The transcoder failed.",
            Self::Canceled => "The job was canceled.",
            Self::GaveUp => "The job could not be started, and is not tried again automatically.",
        }
    }

    /// Elastic Transcoder's code: its developer guide, "Errors during job processing". 4000 to 4999 concern the
    /// input file.
    pub fn of_elastic_transcoder(code: &str) -> Self {
        match code {
            // What the preset makes does not fit the input: "web" needs a video stream.
            "4008" => Self::NoVideoStream,
            _ if code.len() == 4 && code.starts_with('4') => Self::Unreadable,
            _ => Self::EngineError,
        }
    }

    /// MediaConvert's code: its user guide, "MediaConvert error codes".
    pub fn of_media_convert(code: &str) -> Self {
        match code {
            "1010" | "1030" | "1076" => Self::Unreadable,
            "1020" => Self::NoVideoStream,
            _ => Self::EngineError,
        }
    }
}

/// A code that is not known, of an older or a later version, reads as [`FailureCode::EngineError`]: the item that has it
/// stays readable.
impl<'de> Deserialize<'de> for FailureCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let known = Self::ALL.into_iter().find(|code| code.as_str() == text);
        Ok(known.unwrap_or(Self::EngineError))
    }
}

impl fmt::Display for FailureCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl EngineError {
    /// What an engine said, cut to what a record keeps.
    pub fn new(code: Option<&str>, message: Option<&str>) -> Self {
        Self {
            code: bounded(code.unwrap_or("unknown"), LONGEST_CODE),
            message: bounded(message.unwrap_or("the engine gave no reason"), LONGEST_MESSAGE),
        }
    }
}

impl Failure {
    /// A failure of which the engine said this.
    pub fn new(code: FailureCode, engine: EngineError) -> Self {
        let engine = Some(engine);
        Self { code, engine }
    }

    /// A job that was canceled.
    pub fn canceled() -> Self {
        Self::from(FailureCode::Canceled)
    }

    /// A recording that is longer than the stage allows, and could not be cut.
    pub fn too_long() -> Self {
        Self::from(FailureCode::TooLong)
    }

    /// Elastic Transcoder's result for a job that ended in an error.
    pub fn of_elastic_transcoder(code: Option<&str>, message: Option<&str>) -> Self {
        let engine = EngineError::new(code, message);
        Self::new(FailureCode::of_elastic_transcoder(&engine.code), engine)
    }

    /// MediaConvert's result for a job that ended in an error.
    pub fn of_media_convert(code: Option<&str>, message: Option<&str>) -> Self {
        let engine = EngineError::new(code, message);
        Self::new(FailureCode::of_media_convert(&engine.code), engine)
    }
}

impl From<FailureCode> for Failure {
    fn from(code: FailureCode) -> Self {
        Self { code, engine: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_written_the_same_everywhere() {
        for code in FailureCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            let read: FailureCode = serde_json::from_value(code.as_str().into()).unwrap();
            assert_eq!(read, code);
        }
        // As items had it that were written before these codes.
        let old = serde_json::json!({"Code": "4000", "Message": "no video"});
        let read: Failure = serde_json::from_value(old).unwrap();
        assert_eq!(read, FailureCode::EngineError.into());
    }

    #[test]
    fn codes_of_the_engines_have_a_code_of_ours() {
        use FailureCode::{EngineError, NoVideoStream, Unreadable};
        for (code, ours) in [
            ("4000", Unreadable),
            ("4006", Unreadable),
            ("4008", NoVideoStream),
            ("1000", EngineError),
            ("3003", EngineError),
            ("9000", EngineError),
            ("unknown", EngineError),
        ] {
            assert_eq!(FailureCode::of_elastic_transcoder(code), ours, "{code}");
        }
        for (code, ours) in [
            ("1010", Unreadable),
            ("1020", NoVideoStream),
            ("1401", EngineError),
            ("1999", EngineError),
        ] {
            assert_eq!(FailureCode::of_media_convert(code), ours, "{code}");
        }
    }

    #[test]
    fn what_an_engine_says_is_one_short_line() {
        let said = EngineError::new(Some(&"9".repeat(200)), Some(&"no\nvideo ".repeat(200)));
        assert_eq!(said.code.len(), 100);
        assert!(said.message.len() <= 500 && said.message.starts_with("no video"));
        assert_eq!(EngineError::new(None, None).code, "unknown");
    }
}
