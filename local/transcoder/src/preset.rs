//! Presets as data: the numbers that an output is made with.

use serde_json::{Value, json};

/// The system presets that are served.
pub const SYSTEM_PRESETS: &[Preset] = &[WEB, IPHONE_4S];

/// "Web": what Facebook, SmugMug, Vimeo and YouTube take.
pub const WEB: Preset = Preset {
    id: "1351620000001-100070",
    name: "System preset: Web",
    description: "System preset: Facebook, SmugMug, Vimeo, YouTube",
    video: Video {
        profile: Profile::Main,
        level: Level {
            name: "3.1",
            max_bit_rate: 14_000,
        },
        max_reference_frames: 3,
        keyframes_max_dist: 90,
        fixed_gop: false,
        bit_rate: 2_200,
        max_bit_rate: None,
        buffer_size: None,
        frame_rate: FrameRate::Fixed(Rate {
            frames: 30,
            seconds: 1,
        }),
        sizing: WITHIN_720P,
    },
    audio: STEREO_160,
    thumbnails: SMALL_EACH_MINUTE,
};

/// "iPhone4S": iPhone 4s and newer, iPad 3G and newer, iPad mini, Samsung Galaxy S2, S3 and Tab 2.
pub const IPHONE_4S: Preset = Preset {
    id: "1351620000001-100020",
    name: "System preset: iPhone4S",
    description: "System preset: iPhone 4s and above, iPad 3G and above, iPad mini, Samsung Galaxy S2/S3/Tab 2",
    video: Video {
        profile: Profile::High,
        level: Level {
            name: "4.1",
            max_bit_rate: 62_500,
        },
        max_reference_frames: 3,
        keyframes_max_dist: 90,
        fixed_gop: false,
        bit_rate: 5_000,
        max_bit_rate: None,
        buffer_size: None,
        frame_rate: FrameRate::Fixed(Rate {
            frames: 30,
            seconds: 1,
        }),
        sizing: Sizing {
            max_width: 1920,
            max_height: 1080,
            policy: SizingPolicy::ShrinkToFit,
            padding: PaddingPolicy::NoPad,
        },
    },
    audio: STEREO_160,
    thumbnails: SMALL_EACH_MINUTE,
};

const WITHIN_720P: Sizing = Sizing {
    max_width: 1280,
    max_height: 720,
    policy: SizingPolicy::ShrinkToFit,
    padding: PaddingPolicy::NoPad,
};
const STEREO_160: Audio = Audio {
    bit_rate: 160,
    sample_rate: Some(44_100),
    channels: Some(2),
};
const SMALL_EACH_MINUTE: Thumbnails = Thumbnails {
    format: ImageFormat::Png,
    interval: 60,
    sizing: Sizing {
        max_width: 192,
        max_height: 108,
        policy: SizingPolicy::ShrinkToFit,
        padding: PaddingPolicy::NoPad,
    },
};

/// A preset for an mp4 with H.264 and AAC.
#[derive(Debug, Clone, PartialEq)]
pub struct Preset {
    /// Its identifier.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// The numbers of the picture.
    pub video: Video,
    /// The numbers of the sound.
    pub audio: Audio,
    /// The numbers of the thumbnails, made only where a job asks for them.
    pub thumbnails: Thumbnails,
}

/// Numbers for H.264. Bit rates are in kilobits a second, the buffer in kilobits.
#[derive(Debug, Clone, PartialEq)]
pub struct Video {
    /// The H.264 profile.
    pub profile: Profile,
    /// The H.264 level.
    pub level: Level,
    /// Frames that a frame may refer to.
    pub max_reference_frames: u8,
    /// The most frames from one key frame to the next.
    pub keyframes_max_dist: u32,
    /// Whether key frames come exactly that far apart.
    pub fixed_gop: bool,
    /// The average to aim at.
    pub bit_rate: u32,
    /// The limit; the average where absent.
    pub max_bit_rate: Option<u32>,
    /// The buffer over which the limit holds; ten times the limit where absent.
    pub buffer_size: Option<u32>,
    /// Frames a second.
    pub frame_rate: FrameRate,
    /// The size of the picture.
    pub sizing: Sizing,
}

/// An H.264 profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// For small devices.
    Baseline,
    /// For what came after.
    Main,
    /// For high definition.
    High,
}

impl Profile {
    /// Its name on the wire and for ffmpeg.
    pub fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Main => "main",
            Self::High => "high",
        }
    }
}

/// An H.264 level and the bit rate, in kilobits a second, that it allows the profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// Its name.
    pub name: &'static str,
    /// Kilobits a second.
    pub max_bit_rate: u32,
}

/// Frames in a number of seconds: 30000 in 1001 is 29.97.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// So many frames …
    pub frames: u32,
    /// … in so many seconds.
    pub seconds: u32,
}

impl Rate {
    /// Frames a second.
    pub fn per_second(self) -> f64 {
        f64::from(self.frames) / f64::from(self.seconds)
    }

    fn name(self) -> String {
        if self.seconds == 1 {
            self.frames.to_string()
        } else {
            format!("{:.2}", (self.per_second() * 100.0).floor() / 100.0)
        }
    }
}

/// What frame rate an output has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameRate {
    /// The input's, but no more than the limit.
    Auto {
        /// The limit.
        max: Rate,
    },
    /// This one.
    Fixed(Rate),
}

/// How a picture is brought into a box.
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

/// How the picture is scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizingPolicy {
    /// As large as the box holds.
    Fit,
    /// As small as covers the box; what is outside is cut off.
    Fill,
    /// The size of the box, whatever becomes of the aspect.
    Stretch,
    /// Not scaled; what is outside of the box is cut off.
    Keep,
    /// As `Fit`, but never enlarged.
    ShrinkToFit,
    /// As `Fill`, but never enlarged.
    ShrinkToFill,
}

/// Whether what is left of the box is filled with black.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaddingPolicy {
    /// It is.
    Pad,
    /// It is not.
    NoPad,
}

/// Numbers for AAC-LC; what is absent follows the input. The bit rate is in kilobits a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audio {
    /// The average to aim at.
    pub bit_rate: u32,
    /// Samples a second.
    pub sample_rate: Option<u32>,
    /// How many channels.
    pub channels: Option<u8>,
}

/// Pictures taken from the video every so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thumbnails {
    /// What kind of picture.
    pub format: ImageFormat,
    /// Seconds from one to the next.
    pub interval: u32,
    /// The size of the picture.
    pub sizing: Sizing,
}

/// What a thumbnail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageFormat {
    /// JPEG.
    Jpg,
    /// PNG.
    Png,
}

impl ImageFormat {
    /// The extension of its files, which is its name on the wire too.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpg => "jpg",
            Self::Png => "png",
        }
    }

    /// Its media type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Jpg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

/// A preset by its identifier.
pub fn find(id: &str) -> Option<&'static Preset> {
    SYSTEM_PRESETS.iter().find(|preset| preset.id == id)
}

impl Preset {
    /// The preset as the service shows it: every number is text.
    pub fn document(&self, arn_prefix: &str) -> Value {
        json!({
            "Id": self.id,
            "Arn": format!("{arn_prefix}:preset/{}", self.id),
            "Name": self.name,
            "Description": self.description,
            "Container": "mp4",
            "Type": "System",
            "Video": self.video.document(),
            "Audio": self.audio.document(),
            "Thumbnails": self.thumbnails.document(),
        })
    }
}

impl Video {
    fn document(&self) -> Value {
        let mut options = json!({
            "Profile": self.profile.name(),
            "Level": self.level.name,
            "MaxReferenceFrames": self.max_reference_frames.to_string(),
            "InterlacedMode": "Progressive",
            "ColorSpaceConversionMode": "None",
        });
        for (name, number) in [
            ("MaxBitRate", self.max_bit_rate),
            ("BufferSize", self.buffer_size),
        ] {
            if let Some(number) = number {
                options[name] = json!(number.to_string());
            }
        }
        let mut document = self.sizing.document();
        document["Codec"] = json!("H.264");
        document["CodecOptions"] = options;
        document["KeyframesMaxDist"] = json!(self.keyframes_max_dist.to_string());
        document["FixedGOP"] = json!(self.fixed_gop.to_string());
        document["BitRate"] = json!(self.bit_rate.to_string());
        document["DisplayAspectRatio"] = json!("auto");
        document["Watermarks"] = json!([]);
        match self.frame_rate {
            FrameRate::Fixed(rate) => document["FrameRate"] = json!(rate.name()),
            FrameRate::Auto { max } => {
                document["FrameRate"] = json!("auto");
                document["MaxFrameRate"] = json!(max.name());
            }
        }
        document
    }
}

impl Audio {
    fn document(self) -> Value {
        json!({
            "Codec": "AAC",
            "CodecOptions": { "Profile": "AAC-LC" },
            "BitRate": self.bit_rate.to_string(),
            "SampleRate": self.sample_rate.map_or("auto".to_owned(), |rate| rate.to_string()),
            "Channels": self.channels.map_or("auto".to_owned(), |channels| channels.to_string()),
        })
    }
}

impl Thumbnails {
    fn document(self) -> Value {
        let mut document = self.sizing.document();
        document["Format"] = json!(self.format.extension());
        document["Interval"] = json!(self.interval.to_string());
        document
    }
}

impl Sizing {
    fn document(self) -> Value {
        json!({
            "MaxWidth": self.max_width.to_string(),
            "MaxHeight": self.max_height.to_string(),
            "SizingPolicy": format!("{:?}", self.policy),
            "PaddingPolicy": format!("{:?}", self.padding),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_web_preset_as_the_service_shows_it() {
        insta::assert_json_snapshot!(WEB.document("arn:aws:elastictranscoder:us-east-1:000000000000"));
    }

    #[test]
    fn rates_have_the_names_of_the_api() {
        let name = |frames, seconds| Rate { frames, seconds }.name();
        assert_eq!(
            [name(30, 1), name(30_000, 1001), name(24_000, 1001)],
            ["30", "29.97", "23.97"]
        );
    }
}
