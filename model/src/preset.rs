//! The preset "web".

/// The encoding of a rendition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// The name of the rendition in records and object keys.
    pub name: &'static str,
    /// The id of Elastic Transcoder's system preset with the same settings.
    pub elastic_transcoder_id: &'static str,
    /// The name of the container and the file's extension.
    pub container: &'static str,
    /// The video's settings.
    pub video: VideoSettings,
    /// The audio's settings.
    pub audio: AudioSettings,
    /// The maximum side of MediaConvert's poster, in pixels. Elastic Transcoder's preset has its own.
    pub poster_side: u32,
}

/// The settings of H.264 video.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VideoSettings {
    /// The H.264 profile.
    pub profile: &'static str,
    /// The H.264 level.
    pub level: &'static str,
    /// The maximum bit rate in kilobits per second.
    pub kilobits: u32,
    /// The frame rate in frames per second.
    pub frame_rate: u32,
    /// The maximum long side in pixels. Smaller videos are not enlarged.
    pub max_long_side: u32,
    /// The maximum short side in pixels. Smaller videos are not enlarged.
    pub max_short_side: u32,
    /// The maximum number of frames from one keyframe to the next.
    pub max_keyframe_distance: u32,
    /// The number of reference frames.
    pub reference_frames: u32,
}

/// The settings of AAC-LC audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioSettings {
    /// The bit rate in kilobits per second.
    pub kilobits: u32,
    /// The sample rate in hertz.
    pub sample_rate: u32,
    /// The number of channels.
    pub channels: u32,
}

/// The rendition that browsers play: BT.709, standard dynamic range, limited range.
///
/// The values are those of Elastic Transcoder's system preset "Web" in its documentation. That preset cannot be changed:
/// it scales portrait videos into 1280x720 too, creates thumbnails of at most 192x108 from the first frame, and does not
/// convert colors.
pub const WEB: Preset = Preset {
    name: "web",
    elastic_transcoder_id: "1351620000001-100070",
    container: "mp4",
    video: VideoSettings {
        profile: "main",
        level: "3.1",
        kilobits: 2200,
        frame_rate: 30,
        max_long_side: 1280,
        max_short_side: 720,
        max_keyframe_distance: 90,
        reference_frames: 3,
    },
    audio: AudioSettings {
        kilobits: 160,
        sample_rate: 44_100,
        channels: 2,
    },
    poster_side: 640,
};

impl VideoSettings {
    /// Returns the side of the square that limits a video of this size, in either orientation, to the preset's sides.
    ///
    /// All sides are in square pixels. The result is even and at least 32, the minimum of MediaConvert.
    pub fn square_for(&self, width: u32, height: u32) -> u32 {
        let (long, short) = (width.max(height).max(1), width.min(height).max(1));
        let by_long = f64::from(self.max_long_side) / f64::from(long);
        let by_short = f64::from(self.max_short_side) / f64::from(short);
        let scaled = f64::from(long) * by_long.min(by_short).min(1.0);
        // The small term rounds products such as 1279.9999… up.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the side is at most the preset's"
        )]
        let side = (scaled + 1e-6) as u32;
        (side & !1).max(32)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn squares_of_common_sizes() {
        for (width, height, side) in [
            (1920, 1080, 1280),
            (1080, 1920, 1280),
            (3840, 2160, 1280),
            (1440, 1080, 960),
            (1080, 1080, 720),
            (640, 480, 640),
            (853, 480, 852),
            (2560, 1080, 1280),
            (16, 16, 32),
        ] {
            assert_eq!(WEB.video.square_for(width, height), side, "{width}x{height}");
        }
    }

    proptest! {
        #[test]
        fn video_scaled_into_its_square_fits_the_preset(width in 1_u32..10_000, height in 1_u32..10_000) {
            let side = f64::from(WEB.video.square_for(width, height));
            let (width, height) = (f64::from(width), f64::from(height));
            let factor = (side / width.max(height)).min(1.0);
            let (long, short) = (width.max(height) * factor, width.min(height) * factor);
            prop_assert!(long <= 1280.0 + 1e-6 && short <= 720.0 + 1e-6, "{long}x{short}");
            prop_assert!(side == 32.0 || side <= width.max(height), "never enlarged");
            let full = [long + 3.0 >= width.max(height), long + 3.0 >= 1280.0, short + 3.0 >= 720.0];
            prop_assert!(full.contains(&true), "{long}x{short} is as large as it may be");
        }
    }
}
