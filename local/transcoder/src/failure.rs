//! Why a job fails: kinds of failure, and the codes that either service documents for them.

use std::path::Path;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A kind of failure. The numbers are Elastic Transcoder's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Code {
    /// 1000: a value of the request turned out invalid while the job was processed.
    Validation,
    /// 2000: the pipeline's role cannot be assumed.
    CannotAssumeRole,
    /// 3000: storage failed in another way.
    Storage,
    /// 3001: no such input.
    InputMissing,
    /// 3002: an object by the output's name is already there.
    OutputExists,
    /// 3003: the role may not read.
    CannotRead,
    /// 3004: the role may not write.
    CannotWrite,
    /// 3005: no such bucket.
    BucketMissing,
    /// 4000: not a media file, or of a format that is not supported.
    BadInput,
    /// 4006: of a supported format, but it cannot be transcoded.
    CannotTranscode,
    /// 4008: what is to be made does not fit the input (no video stream).
    PresetMismatch,
    /// 9000: this service failed: a full disk, an ffmpeg that does not start.
    Internal,
}

impl Code {
    /// Elastic Transcoder's number.
    pub fn number(self) -> u16 {
        match self {
            Self::Validation => 1000,
            Self::CannotAssumeRole => 2000,
            Self::Storage => 3000,
            Self::InputMissing => 3001,
            Self::OutputExists => 3002,
            Self::CannotRead => 3003,
            Self::CannotWrite => 3004,
            Self::BucketMissing => 3005,
            Self::BadInput => 4000,
            Self::CannotTranscode => 4006,
            Self::PresetMismatch => 4008,
            Self::Internal => 9000,
        }
    }

    /// MediaConvert's number ("Error codes" in its user guide).
    pub fn media_convert(self) -> u16 {
        match self {
            Self::Validation => 1040,
            Self::CannotAssumeRole => 1432,
            Self::InputMissing | Self::BucketMissing => 1404,
            Self::CannotRead | Self::CannotWrite => 1401,
            Self::BadInput => 1010,
            Self::CannotTranscode => 1076,
            Self::PresetMismatch => 1020,
            Self::Storage | Self::OutputExists | Self::Internal => 1999,
        }
    }

    /// Elastic Transcoder's `messageDetails`.
    pub fn title(self) -> &'static str {
        match self {
            Self::Validation => "Validation Error",
            Self::CannotAssumeRole => "Cannot Assume Role",
            Self::Storage => "Unclassified Storage Error",
            Self::InputMissing => "Input Does Not Exist",
            Self::OutputExists => "Output Already Exists",
            Self::CannotRead => "Does Not Have Read Permission",
            Self::CannotWrite => "Does Not Have Write Permission",
            Self::BucketMissing => "Bucket Does Not Exist",
            Self::BadInput | Self::CannotTranscode | Self::PresetMismatch => "Bad Input File",
            Self::Internal => "Internal Service Error",
        }
    }
}

/// A job's failure: its code and a sentence that names what failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{} {reference}: {detail}", code.number())]
pub struct Failure {
    /// What kind of failure.
    pub code: Code,
    /// The sentence.
    pub detail: String,
    /// What to search the log for.
    reference: Uuid,
}

impl Failure {
    /// A failure with its sentence.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            reference: Uuid::now_v7(),
        }
    }

    /// This machine's fault, with the file it happened to.
    pub fn file(action: &str, path: &Path, error: &std::io::Error) -> Self {
        Self::new(
            Code::Internal,
            format!("cannot {action} {}: {error}", path.display()),
        )
    }

    /// The text of Elastic Transcoder's `StatusDetail`: all of it, in at most 255 characters.
    pub fn status_detail(&self) -> String {
        self.to_string().chars().take(255).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_detail_begins_with_the_code_and_fits() {
        let detail = Failure::new(Code::OutputExists, "é".repeat(400)).status_detail();
        assert!(detail.starts_with("3002 "));
        assert_eq!(detail.chars().count(), 255);
    }
}
