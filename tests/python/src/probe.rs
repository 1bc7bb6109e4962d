//! The content of media files, read by MediaInfo and by PyAV's libav (`probe.py`), not by the ffmpeg that made them.

use std::path::Path;

use serde::Deserialize;
use serde_json::json;

use crate::run;

/// What is in a media file.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Probe {
    /// Milliseconds; absent when the header does not tell.
    pub duration: Option<u64>,
    /// Its video stream, or its picture.
    pub video: Option<Video>,
    /// Its audio stream.
    pub audio: Option<Audio>,
}

/// A video stream, or a picture.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Video {
    /// Such as `h264`.
    pub codec: String,
    /// Such as `Main`.
    pub profile: String,
    /// Pixels, as stored.
    pub width: u32,
    /// Pixels, as stored.
    pub height: u32,
    /// Degrees by which a player turns the picture clockwise.
    pub rotation: u32,
    /// Width of a pixel by its height; absent for a picture that does not tell.
    pub pixel_aspect: Option<f64>,
    /// Kilobits a second; absent for a picture.
    pub kilobits: Option<f64>,
    /// Frames a second; absent for a picture.
    pub frame_rate: Option<f64>,
    /// `Progressive`, `Interlaced` or `MBAFF`, where the stream tells.
    pub scan: Option<String>,
    /// The meaning of its samples.
    pub color: Color,
    /// How the stream is coded.
    #[serde(flatten)]
    pub coding: Coding,
    /// The mean colors of the first frame's quarters, as stored.
    pub corners: Corners,
    /// The mean samples of the first frame; absent for other formats than 8-bit 4:2:0.
    pub planes: Option<Planes>,
    /// Seconds at which the last packet is presented; absent where no packet has a timestamp.
    pub last_packet: Option<f64>,
}

/// The meaning of samples, where the stream tells.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Color {
    /// `Limited` or `Full`.
    pub range: Option<String>,
    /// Such as `BT.709`.
    pub primaries: Option<String>,
    /// Such as `BT.709`.
    pub transfer: Option<String>,
    /// Such as `BT.709`.
    pub matrix: Option<String>,
}

impl Color {
    /// BT.709 in limited range, as renditions say of themselves.
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

/// How a stream is coded.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Coding {
    /// Ten times the level of an H.264 stream.
    pub level: Option<u32>,
    /// The frames of an H.264 stream that a frame may refer to.
    pub reference_frames: Option<u32>,
    /// The most frames from one keyframe to the next.
    pub keyframe_distance: u32,
}

/// Red, green and blue, 0 to 255.
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
    /// Such as `aac`.
    pub codec: String,
    /// Such as `LC`.
    pub profile: String,
    /// Samples a second.
    pub sample_rate: u32,
    /// Number of channels.
    pub channels: u32,
    /// The positions of the channels, such as `L R`, where the stream tells.
    pub layout: Option<String>,
    /// Seconds at which the last packet is presented; absent where no packet has a timestamp.
    pub last_packet: Option<f64>,
    /// Kilobits a second; absent when the header does not tell.
    pub kilobits: Option<f64>,
}

/// Returns what is in a file.
#[track_caller]
pub fn probe(file: &Path) -> Probe {
    let printed = run("probe.py", &json!({ "file": file }));
    serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
}
