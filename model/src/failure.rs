//! Failures of a take: a stable code, and the engine's own code and message.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use strum::{Display, EnumString, VariantArray};

use crate::text::bounded;

/// The maximum length of an engine's code in a record, in characters.
pub const MAX_CODE_CHARS: usize = 100;
/// The maximum length of an engine's message in a record, in characters.
pub const MAX_MESSAGE_CHARS: usize = 500;

/// The reason why a take could not be transcoded, independent of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema, Display, EnumString, VariantArray)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum FailureCode {
    /// The file is damaged, or the engine cannot read its format. The respondent must record again.
    Unreadable,
    /// The file has no video stream. The respondent must record again.
    NoVideoStream,
    /// The recording is longer than the stage allows. The respondent must record a shorter video.
    TooLong,
    /// The engine refused to create the job, because of the request and not the file.
    JobRefused,
    /// The engine failed, for a reason of its own or without a known reason. A retry may succeed.
    EngineError,
    /// The job was canceled at the engine. A retry can succeed.
    Canceled,
    /// The job could not be created within a day, or was lost five times. A retry can succeed after the cause is fixed.
    GaveUp,
}

/// An engine's error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct EngineError {
    /// The engine's code, such as `4000`, `1010` or `BadRequestException`; `unknown` without one.
    #[schemars(length(max = MAX_CODE_CHARS))]
    pub code: String,
    /// The engine's message.
    #[schemars(length(max = MAX_MESSAGE_CHARS))]
    pub message: String,
}

/// The failure of a take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Failure {
    /// The stable code.
    pub code: FailureCode,
    /// The engine's error, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<EngineError>,
}

impl FailureCode {
    /// Returns one English sentence for people.
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

    /// Translates an error code of Elastic Transcoder: "Errors during job processing" in its developer guide. Codes 4000
    /// to 4999 concern the input file.
    pub fn of_elastic_transcoder(code: &str) -> Self {
        match code {
            // The output does not fit the input: the preset "web" needs a video stream.
            "4008" => Self::NoVideoStream,
            _ if code.len() == 4 && code.starts_with('4') => Self::Unreadable,
            _ => Self::EngineError,
        }
    }

    /// Translates an error code of MediaConvert: "MediaConvert error codes" in its user guide.
    pub fn of_media_convert(code: &str) -> Self {
        match code {
            "1010" | "1030" | "1076" => Self::Unreadable,
            "1020" => Self::NoVideoStream,
            _ => Self::EngineError,
        }
    }
}

/// Reads an unknown code of an older or a later version as [`FailureCode::EngineError`], so that its item stays readable.
impl<'de> Deserialize<'de> for FailureCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(text.parse().unwrap_or(Self::EngineError))
    }
}

impl EngineError {
    /// Returns the error with its texts cut to their maximum lengths.
    pub fn new(code: Option<&str>, message: Option<&str>) -> Self {
        Self {
            code: bounded(code.unwrap_or("unknown"), MAX_CODE_CHARS),
            message: bounded(message.unwrap_or("the engine gave no reason"), MAX_MESSAGE_CHARS),
        }
    }
}

impl Failure {
    /// Returns a failure with the engine's error.
    pub fn new(code: FailureCode, engine: EngineError) -> Self {
        let engine = Some(engine);
        Self { code, engine }
    }

    /// Returns the failure of a canceled job.
    pub fn canceled() -> Self {
        Self::from(FailureCode::Canceled)
    }

    /// Returns the failure of a recording that is longer than the stage allows and could not be cut.
    pub fn too_long() -> Self {
        Self::from(FailureCode::TooLong)
    }

    /// Returns the failure of a job that ended in an error at Elastic Transcoder.
    pub fn of_elastic_transcoder(code: Option<&str>, message: Option<&str>) -> Self {
        let engine = EngineError::new(code, message);
        Self::new(FailureCode::of_elastic_transcoder(&engine.code), engine)
    }

    /// Returns the failure of a job that ended in an error at MediaConvert.
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
    fn codes_round_trip_through_json() {
        for code in FailureCode::VARIANTS {
            assert_eq!(serde_json::to_value(code).unwrap(), code.to_string());
            let read: FailureCode = serde_json::from_value(code.to_string().into()).unwrap();
            assert_eq!(read, *code);
        }
        // Items from before these codes.
        let old = serde_json::json!({"Code": "4000", "Message": "no video"});
        let read: Failure = serde_json::from_value(old).unwrap();
        assert_eq!(read, FailureCode::EngineError.into());
    }

    #[test]
    fn engine_codes_are_translated() {
        use FailureCode::{EngineError, NoVideoStream, Unreadable};
        for (code, expected) in [
            ("4000", Unreadable),
            ("4006", Unreadable),
            ("4008", NoVideoStream),
            ("1000", EngineError),
            ("3003", EngineError),
            ("9000", EngineError),
            ("unknown", EngineError),
        ] {
            assert_eq!(FailureCode::of_elastic_transcoder(code), expected, "{code}");
        }
        for (code, expected) in [
            ("1010", Unreadable),
            ("1020", NoVideoStream),
            ("1401", EngineError),
            ("1999", EngineError),
        ] {
            assert_eq!(FailureCode::of_media_convert(code), expected, "{code}");
        }
    }

    #[test]
    fn engine_error_is_cut_to_one_short_line() {
        let error = EngineError::new(Some(&"9".repeat(200)), Some(&"no\nvideo ".repeat(200)));
        assert_eq!(error.code.len(), 100);
        assert!(error.message.len() <= 500 && error.message.starts_with("no video"));
        assert_eq!(EngineError::new(None, None).code, "unknown");
    }
}
