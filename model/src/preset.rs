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
    /// The longest side of the still that MediaConvert makes, in pixels. Elastic Transcoder's comes from its preset.
    pub poster_side: u32,
}

/// Numbers of the video, H.264.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Video {
    /// H.264 profile.
    pub profile: &'static str,
    /// H.264 level.
    pub level: &'static str,
    /// Kilobits per second, at most.
    pub kilobits: u32,
    /// Frames per second.
    pub frame_rate: u32,
    /// The longest side in pixels; smaller videos stay as they are.
    pub max_long_side: u32,
    /// The shortest side in pixels; smaller videos stay as they are.
    pub max_short_side: u32,
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

/// The rendition that browsers play: BT.709 with a standard dynamic range and limited range. The numbers are those of
/// Elastic Transcoder's system preset "Web", as its documentation lists them. That preset cannot be changed: it keeps
/// portrait videos within 1280x720 too, makes stills of at most 192x108 of the first frame, and converts no colors.
pub const WEB: Preset = Preset {
    name: "web",
    elastic_transcoder_id: "1351620000001-100070",
    container: "mp4",
    video: Video {
        profile: "main",
        level: "3.1",
        kilobits: 2200,
        frame_rate: 30,
        max_long_side: 1280,
        max_short_side: 720,
        max_keyframe_distance: 90,
        reference_frames: 3,
    },
    audio: Audio {
        kilobits: 160,
        sample_rate: 44_100,
        channels: 2,
    },
    poster_side: 640,
};

impl Video {
    /// The sides of a square that holds the video upright or turned, with both its sides within the preset's.
    ///
    /// Sides are in pixels, of square pixels. The result is even, and at least 32, the least that MediaConvert takes.
    pub fn square_for(&self, width: u32, height: u32) -> u32 {
        let (long, short) = (width.max(height).max(1), width.min(height).max(1));
        let by_long = f64::from(self.max_long_side) / f64::from(long);
        let by_short = f64::from(self.max_short_side) / f64::from(short);
        let side = f64::from(long) * by_long.min(by_short).min(1.0);
        // The small term is for products such as 1279.9999….
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the side is at most the preset's"
        )]
        let side = (side + 1e-6) as u32;
        (side & !1).max(32)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn squares_for_usual_sizes() {
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
        fn video_within_its_square_is_within_the_preset(width in 1_u32..10_000, height in 1_u32..10_000) {
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
