//! The content of media files, read by MediaInfo and by PyAV's libav (`probe.py`), not by the ffmpeg that made them.

use std::path::Path;

use serde::Deserialize;
use serde_json::json;

use crate::run;

/// The content of a media file.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct MediaProbe {
    /// Duration in milliseconds; absent if the header has none.
    pub duration: Option<u64>,
    /// The video stream, or the picture.
    pub video: Option<Video>,
    /// The audio stream.
    pub audio: Option<Audio>,
}

/// A video stream, or a picture.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Video {
    /// The codec, such as `h264`.
    pub codec: String,
    /// The codec's profile, such as `Main`.
    pub profile: String,
    /// Stored width in pixels.
    pub width: u32,
    /// Stored height in pixels.
    pub height: u32,
    /// Degrees by which a player turns the picture clockwise.
    pub rotation: u32,
    /// The pixel aspect ratio; absent for a picture that has none.
    pub pixel_aspect: Option<f64>,
    /// Bit rate in kilobits a second; absent for a picture.
    pub kilobits: Option<f64>,
    /// Frame rate in frames a second; absent for a picture.
    pub frame_rate: Option<f64>,
    /// `Progressive`, `Interlaced` or `MBAFF`, if the stream has it.
    pub scan: Option<String>,
    /// The color space of the samples.
    pub color: ProbedColor,
    /// The coding parameters of the stream.
    #[serde(flatten)]
    pub coding: Coding,
    /// The mean colors of the stored first frame's quarters.
    pub corners: Corners,
    /// The mean samples of the first frame; absent for formats other than 8-bit 4:2:0.
    pub planes: Option<Planes>,
    /// Presentation time of the last packet in seconds; absent if no packet has a timestamp.
    pub last_packet: Option<f64>,
}

/// The color space of samples, as far as the stream has it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct ProbedColor {
    /// The range: `Limited` or `Full`.
    pub range: Option<String>,
    /// The primaries, such as `BT.709`.
    pub primaries: Option<String>,
    /// The transfer characteristics, such as `BT.709`.
    pub transfer: Option<String>,
    /// The matrix coefficients, such as `BT.709`.
    pub matrix: Option<String>,
}

impl ProbedColor {
    /// BT.709 in limited range, as renditions declare.
    pub fn bt709() -> Self {
        let bt709 = || Some("BT.709".to_owned());
        Self {
            range: Some("Limited".to_owned()),
            primaries: bt709(),
            transfer: bt709(),
            matrix: bt709(),
        }
    }
}

/// The coding parameters of a stream.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Coding {
    /// Ten times the level of an H.264 stream.
    pub level: Option<u32>,
    /// The number of reference frames of an H.264 stream.
    pub reference_frames: Option<u32>,
    /// The maximum number of frames from one keyframe to the next.
    pub keyframe_distance: u32,
}

/// A color: red, green and blue, 0 to 255.
pub type Rgb = [u8; 3];

/// The mean colors of a frame's quarters.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub struct Corners {
    /// Upper left.
    pub top_left: Rgb,
    /// Upper right.
    pub top_right: Rgb,
    /// Lower left.
    pub bottom_left: Rgb,
    /// Lower right.
    pub bottom_right: Rgb,
}

/// The mean samples of Y, U and V, 0 to 255.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
pub struct Planes(pub f64, pub f64, pub f64);

/// An audio stream.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Audio {
    /// The codec, such as `aac`.
    pub codec: String,
    /// The codec's profile, such as `LC`.
    pub profile: String,
    /// Sample rate in samples a second.
    pub sample_rate: u32,
    /// Number of channels.
    pub channels: u32,
    /// The positions of the channels, such as `L R`, if the stream has them.
    pub layout: Option<String>,
    /// Presentation time of the last packet in seconds; absent if no packet has a timestamp.
    pub last_packet: Option<f64>,
    /// Bit rate in kilobits a second; absent if the header has none.
    pub kilobits: Option<f64>,
}

/// Probes a file with MediaInfo and PyAV.
#[track_caller]
pub fn probe(file: &Path) -> MediaProbe {
    let printed = run("probe.py", &json!({ "file": file }));
    serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
}
