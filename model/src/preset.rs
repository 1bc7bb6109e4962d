//! What "web" means, once.

/// A rendition's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Names the rendition in a record and in object keys.
    pub name: &'static str,
    /// Elastic Transcoder's system preset with these very numbers.
    pub elastic_transcoder_id: &'static str,
    /// Ending of the file and name of the container.
    pub container: &'static str,
    /// The video's.
    pub video: Video,
    /// The sound's.
    pub audio: Audio,
    /// The still's largest width and height in pixels; its shape is kept.
    pub poster: (u32, u32),
}

/// Numbers of the video, H.264.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Video {
    /// H.264 profile.
    pub profile: &'static str,
    /// H.264 level.
    pub level: &'static str,
    /// Kilobits per second.
    pub kilobits: u32,
    /// Frames per second.
    pub frame_rate: u32,
    /// Pixels; smaller videos stay as they are.
    pub max_width: u32,
    /// Pixels; smaller videos stay as they are.
    pub max_height: u32,
    /// Frames from one keyframe to the next, at the most.
    pub max_keyframe_distance: u32,
    /// Frames that a frame may refer to.
    pub reference_frames: u32,
}

/// Numbers of the sound, AAC-LC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audio {
    /// Kilobits per second.
    pub kilobits: u32,
    /// Samples per second.
    pub sample_rate: u32,
    /// Channels.
    pub channels: u32,
}

/// The rendition that browsers play. The numbers are those of Elastic Transcoder's system preset
/// "Web", as its documentation lists them.
pub const WEB: Preset = Preset {
    name: "web",
    elastic_transcoder_id: "1351620000001-100070",
    container: "mp4",
    video: Video {
        profile: "main",
        level: "3.1",
        kilobits: 2200,
        frame_rate: 30,
        max_width: 1280,
        max_height: 720,
        max_keyframe_distance: 90,
        reference_frames: 3,
    },
    audio: Audio {
        kilobits: 160,
        sample_rate: 44_100,
        channels: 2,
    },
    poster: (192, 108),
};
