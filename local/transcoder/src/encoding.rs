//! Encodings of outputs, independent of the API.

/// The encoding of a video, or of a part of one.
#[derive(Debug, Clone, PartialEq)]
pub enum Encoding {
    /// An mp4 with H.264, AAC or both.
    Mp4 {
        /// The video stream.
        video: Option<VideoEncoding>,
        /// The audio stream.
        audio: Option<AudioEncoding>,
    },
    /// An animated GIF, without sound.
    Gif(GifEncoding),
}

impl Encoding {
    /// Returns whether the input must have a video stream.
    pub fn has_picture(&self) -> bool {
        !matches!(self, Self::Mp4 { video: None, .. })
    }

    /// Returns the media type of the output.
    pub fn content_type(&self) -> &'static str {
        match self {
            Self::Mp4 { video: Some(_), .. } => "video/mp4",
            Self::Mp4 { video: None, .. } => "audio/mp4",
            Self::Gif(_) => "image/gif",
        }
    }
}

/// The encoding of an H.264 stream.
#[derive(Debug, Clone, PartialEq)]
pub struct VideoEncoding {
    /// The H.264 profile.
    pub profile: Profile,
    /// The H.264 level; ffmpeg's choice where absent.
    pub level: Option<Level>,
    /// The maximum number of reference frames.
    pub max_reference_frames: u8,
    /// The maximum number of frames from one key frame to the next.
    pub keyframes_max_dist: u32,
    /// Whether key frames always have that distance.
    pub fixed_gop: bool,
    /// The target of the encoder.
    pub rate: RateControl,
    /// The maximum of bits a second; the average where absent.
    pub max_bit_rate: Option<u32>,
    /// The bits of the buffer over which the limit holds; ten times the limit where absent.
    pub buffer_size: Option<u32>,
    /// Frames a second.
    pub frame_rate: FrameRate,
    /// The size of the picture.
    pub sizing: Sizing,
    /// The conversion of its colors.
    pub color: ColorConversion,
    /// Whether fields of an interlaced input become frames.
    pub deinterlace: bool,
}

/// The target of an encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateControl {
    /// This number of bits a second.
    Average(u32),
    /// A constant quality: libx264's rate factor, 0 (the best) to 51.
    Quality(u8),
}

/// An H.264 profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Without B-frames and CABAC.
    Baseline,
    /// With B-frames and CABAC.
    Main,
    /// With 8x8 transforms.
    High,
}

impl Profile {
    /// Returns ffmpeg's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Main => "main",
            Self::High => "high",
        }
    }
}

/// An H.264 level with the bit rate and the frame size that it allows (H.264, table A-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    name: &'static str,
    max_kilobits: u32,
    /// Blocks of 16x16 pixels in a frame.
    max_macroblocks: u32,
}

const LEVELS: [Level; 17] = {
    const fn level(name: &'static str, max_kilobits: u32, max_macroblocks: u32) -> Level {
        Level {
            name,
            max_kilobits,
            max_macroblocks,
        }
    }
    [
        level("1", 64, 99),
        level("1b", 128, 99),
        level("1.1", 192, 396),
        level("1.2", 384, 396),
        level("1.3", 768, 396),
        level("2", 2_000, 396),
        level("2.1", 4_000, 792),
        level("2.2", 4_000, 1_620),
        level("3", 10_000, 1_620),
        level("3.1", 14_000, 3_600),
        level("3.2", 20_000, 5_120),
        level("4", 20_000, 8_192),
        level("4.1", 50_000, 8_192),
        level("4.2", 50_000, 8_704),
        level("5", 135_000, 22_080),
        level("5.1", 240_000, 36_864),
        level("5.2", 240_000, 36_864),
    ]
};

impl Level {
    /// Returns a level by its name, such as `3.1`.
    pub fn find(name: &str) -> Option<Self> {
        LEVELS.into_iter().find(|level| level.name == name)
    }

    /// Returns ffmpeg's name.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// Returns whether frames of this size are within the level.
    pub fn allows(self, width: u32, height: u32) -> bool {
        width.div_ceil(16) * height.div_ceil(16) <= self.max_macroblocks
    }

    /// Returns the maximum of bits a second.
    pub fn max_bit_rate(self, profile: Profile) -> u32 {
        match profile {
            Profile::Baseline | Profile::Main => self.max_kilobits * 1000,
            Profile::High => self.max_kilobits * 1250,
        }
    }
}

/// A frame rate as a ratio: 30000 frames in 1001 seconds are 29.97 a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameRatio {
    /// The number of frames.
    pub frames: u32,
    /// The seconds that they take.
    pub seconds: u32,
}

impl FrameRatio {
    /// Frames a second.
    pub fn per_second(self) -> f64 {
        f64::from(self.frames) / f64::from(self.seconds)
    }
}

/// The frame rate of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameRate {
    /// The input's rate, up to the limit.
    Auto {
        /// The limit.
        max: FrameRatio,
    },
    /// A fixed rate.
    Fixed(FrameRatio),
}

/// How colors are converted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ColorConversion {
    /// Whether the output of every input is BT.709 with a standard dynamic range.
    pub rec709: bool,
    /// Whether an input of full range becomes one of limited range.
    pub limited_range: bool,
}

impl ColorConversion {
    /// Colors stay as they are.
    pub const NONE: Self = Self {
        rec709: false,
        limited_range: false,
    };
}

/// How a picture is fitted into a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizing {
    /// The width of the box.
    pub max_width: u32,
    /// The height of the box.
    pub max_height: u32,
    /// How the picture is scaled.
    pub policy: SizingPolicy,
    /// Whether the box is filled.
    pub padding: PaddingPolicy,
}

/// How the picture is scaled. Parts outside of the box are cropped, except with `ShrinkToFill`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizingPolicy {
    /// As large as fits into the box.
    Fit,
    /// As small as covers the box.
    Fill,
    /// To the size of the box, which may change the aspect.
    Stretch,
    /// Not scaled.
    Keep,
    /// As `Fit`, but never enlarged.
    ShrinkToFit,
    /// As `Fill`, but neither enlarged nor cropped: no side becomes smaller than the box.
    ShrinkToFill,
}

/// Whether the rest of the box is filled with black.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaddingPolicy {
    /// The rest is filled with black.
    Pad,
    /// The rest is omitted.
    NoPad,
}

/// The encoding of an AAC-LC stream; what is absent follows the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioEncoding {
    /// Bits a second to aim at.
    pub bit_rate: u32,
    /// Samples a second.
    pub sample_rate: Option<u32>,
    /// The number of channels.
    pub channels: Option<u8>,
}

/// The encoding of an animated GIF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GifEncoding {
    /// Frames a second.
    pub frame_rate: FrameRate,
    /// The size of the picture.
    pub sizing: Sizing,
    /// How often it repeats; endlessly where absent.
    pub loops: Option<u8>,
}

/// The encoding of thumbnails: the first frame, then one in each interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThumbnailEncoding {
    /// The image format.
    pub format: ImageFormat,
    /// Seconds from one to the next.
    pub interval: f64,
    /// The maximum number.
    pub max_count: Option<u32>,
    /// The size of the picture.
    pub sizing: Sizing,
    /// The conversion of its colors.
    pub color: ColorConversion,
    /// Whether fields of an interlaced input become frames.
    pub deinterlace: bool,
}

/// An image format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageFormat {
    /// JPEG of a quality from 1 to 100.
    Jpg(u8),
    /// PNG.
    Png,
}

impl ImageFormat {
    /// Returns the extension of its files.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpg(_) => "jpg",
            Self::Png => "png",
        }
    }

    /// Returns its media type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Jpg(_) => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

/// How an output is rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotate {
    /// As the input's metadata states.
    Auto,
    /// Clockwise by 0, 90, 180 or 270 degrees, regardless of the metadata.
    Degrees(u16),
}

impl Rotate {
    /// Parses Elastic Transcoder's value: `auto`, `0`, `90`, `180` or `270`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "auto" => Some(Self::Auto),
            "0" | "90" | "180" | "270" => text.parse().ok().map(Self::Degrees),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotations_of_the_api_are_read() {
        assert_eq!(Rotate::parse("auto"), Some(Rotate::Auto));
        assert_eq!(Rotate::parse("90"), Some(Rotate::Degrees(90)));
        assert_eq!(Rotate::parse("45"), None);
    }
}
