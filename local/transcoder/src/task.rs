//! The task of a job, independent of its API.

use serde::{Deserialize, Serialize};

use crate::encoding::{Encoding, Rotate, ThumbnailEncoding};
use crate::failure::JobFailure;

/// The task of a job: the input, the outputs, and the role that reads and writes them.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// The ARN of the role.
    pub role: String,
    /// The file that is read.
    pub input: Object,
    /// The part of the input that is used; all of it where absent.
    pub clip: Option<Clip>,
    /// Whether an output may replace an existing object.
    pub overwrite: bool,
    /// The outputs; a failure for an output that is known in advance to be impossible.
    pub outputs: Vec<Result<OutputTask, JobFailure>>,
}

/// The part of an input that is used, from its beginning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Clip {
    /// This many seconds. A shorter input is used whole, with a warning.
    Seconds(f64),
    /// The frames up to and including this timecode, counted from zero. The end must lie within the input.
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

/// The output of one pass over the input: a video, thumbnails or both.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputTask {
    pub video: Option<VideoOutput>,
    pub thumbnails: Option<ThumbnailOutput>,
    pub rotate: Rotate,
}

/// A video (or audio alone, or an animated GIF) and its destination.
#[derive(Debug, Clone, PartialEq)]
pub struct VideoOutput {
    pub encoding: Encoding,
    pub to: Object,
    pub reduced_redundancy: bool,
}

/// Thumbnails and their destination.
#[derive(Debug, Clone, PartialEq)]
pub struct ThumbnailOutput {
    pub encoding: ThumbnailEncoding,
    pub bucket: String,
    pub names: ThumbnailNames,
    pub reduced_redundancy: bool,
}

/// The naming of thumbnails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ThumbnailNames {
    /// `{count}`, from 00001, and `{resolution}` are replaced; the extension is added.
    Pattern(String),
    /// A number from 0000000 and the extension are added.
    Numbered(String),
}

impl ThumbnailNames {
    /// Returns the key of a thumbnail; the first one has the index 0.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumbnails_are_named_by_pattern_or_number() {
        let pattern = ThumbnailNames::Pattern("a-{count}-{resolution}".into());
        assert_eq!(pattern.key(0, (192, 108), "png"), "a-00001-192x108.png");
        let numbered = ThumbnailNames::Numbered("a-{count}".into());
        assert_eq!(numbered.key(36, (192, 108), "jpg"), "a-{count}.0000036.jpg");
    }
}
