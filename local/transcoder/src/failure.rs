//! Failures of jobs: their kinds, and the codes that each service documents for them.

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
    /// 3001: the input does not exist.
    InputMissing,
    /// 3002: an object with the output's key exists.
    OutputExists,
    /// 3003: the role may not read.
    CannotRead,
    /// 3004: the role may not write.
    CannotWrite,
    /// 3005: the bucket does not exist.
    BucketMissing,
    /// 4000: the input is not a media file, or its format is not supported.
    BadInput,
    /// 4006: the input has a supported format, but cannot be transcoded.
    CannotTranscode,
    /// 4008: the input lacks a stream that the output needs.
    PresetMismatch,
    /// 9000: the service failed: a full disk, an ffmpeg that does not start.
    Internal,
}

impl Code {
    /// Returns Elastic Transcoder's number.
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

    /// Returns MediaConvert's number ("Error codes" in its user guide).
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

    /// Returns Elastic Transcoder's `messageDetails`.
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

/// A job's failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{} {reference}: {detail}", code.number())]
pub struct JobFailure {
    /// The kind of failure.
    pub code: Code,
    /// A sentence that names what failed.
    pub detail: String,
    /// Identifies the failure in the log.
    reference: Uuid,
}

impl JobFailure {
    /// A failure with its detail.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            reference: Uuid::now_v7(),
        }
    }

    /// A failure of this machine's file system.
    pub fn file(action: &str, path: &Path, error: &std::io::Error) -> Self {
        Self::new(
            Code::Internal,
            format!("cannot {action} {}: {error}", path.display()),
        )
    }

    /// Returns Elastic Transcoder's `StatusDetail`, of at most 255 characters.
    pub fn status_detail(&self) -> String {
        self.to_string().chars().take(255).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_detail_begins_with_the_code_and_is_truncated() {
        let detail = JobFailure::new(Code::OutputExists, "é".repeat(400)).status_detail();
        assert!(detail.starts_with("3002 "));
        assert_eq!(detail.chars().count(), 255);
    }
}
