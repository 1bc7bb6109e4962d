//! Samples: small videos that ffmpeg makes once per stack, and files that are not videos.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Stack;

/// A file to upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sample {
    /// 320x240, one second, with sound: the fastest to transcode.
    Clip,
    /// The clip without sound.
    Silent,
    /// Stored as 320x240 in gray with a red upper left quarter, to be shown turned by 90 degrees counterclockwise: red
    /// is then the lower left quarter.
    TurnedLeft,
    /// As [`Sample::TurnedLeft`], clockwise: red is then the upper right quarter.
    TurnedRight,
    /// A recording of a browser: VP8 and Opus, without a duration in the header.
    Recorder,
    /// 360x640.
    Portrait,
    /// A recording of a phone: 1920x1080 in H.265 and HLG, 10 bits, to be shown turned by a quarter; without sound.
    TallHighRange,
    /// 1920x1080 at 60 frames a second, 4 s of noise: needs more than 2200 kbit/s.
    Busy,
    /// 640x360, 60 s: long enough to be interrupted.
    Long,
    /// The clip with some damaged bytes: most of it still decodes.
    Damaged,
    /// A text, whatever its extension is.
    Text,
    /// Bytes that begin like an MPEG-4 file, followed by meaningless data.
    Garbage,
    /// A clip of 200 MB: nearly all of it is padding that players skip.
    Large,
}

/// Size of [`Sample::Large`], in bytes.
pub const LARGE_BYTES: u64 = 200_000_000;

const H264: &str = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p";
const SOUND: &str = "-f lavfi -i sine=frequency=440:sample_rate=48000";

impl Sample {
    fn file_name(self) -> &'static str {
        match self {
            Self::Clip => "clip.mp4",
            Self::Silent => "silent.mp4",
            Self::TurnedLeft => "turned-left.mp4",
            Self::TurnedRight => "turned-right.mp4",
            Self::Recorder => "recorder.webm",
            Self::Portrait => "portrait.mp4",
            Self::TallHighRange => "tall-high-range.mov",
            Self::Busy => "busy.mp4",
            Self::Long => "long.mp4",
            Self::Damaged => "damaged.mp4",
            Self::Text => "text.mp4",
            Self::Garbage => "garbage.mp4",
            Self::Large => "large.mp4",
        }
    }

    /// Returns ffmpeg's arguments before the output file; `None` for a sample that ffmpeg does not write.
    fn ffmpeg_arguments(self) -> Option<String> {
        let picture = |picture: &str| format!("-f lavfi -i testsrc2={picture}");
        Some(match self {
            Self::Clip => format!("{} {SOUND} {H264} -c:a aac -t 1", picture("size=320x240:rate=30")),
            Self::Silent => format!("{} {H264} -t 1", picture("size=320x240:rate=30")),
            Self::TurnedLeft => turned(90),
            Self::TurnedRight => turned(270),
            // In live mode ffmpeg does not complete the header at the end.
            Self::Recorder => format!(
                "{} {SOUND} -c:v libvpx -deadline realtime -b:v 300k -c:a libopus -t 1 -live 1",
                picture("size=320x240:rate=30")
            ),
            Self::Portrait => format!("{} {SOUND} {H264} -c:a aac -t 1", picture("size=360x640:rate=30")),
            Self::TallHighRange => format!(
                "-noautorotate -display_rotation 90 {} {} -c:v libx265 -preset ultrafast -tag:v hvc1 -t 0.5",
                picture("size=1920x1080:rate=30"),
                "-vf format=yuv420p,zscale=pin=709:tin=709:min=709:rin=tv:p=2020:t=arib-std-b67:m=2020_ncl:r=tv:npl=203,format=yuv420p10le",
            ),
            Self::Busy => format!(
                "{} {SOUND} {H264} -b:v 20M -c:a aac -ac 1 -t 4",
                picture("size=1920x1080:rate=60,noise=alls=30:allf=t")
            ),
            Self::Long => format!(
                "{} {SOUND} {H264} -c:a aac -t 60",
                picture("size=640x360:rate=30")
            ),
            Self::Damaged | Self::Text | Self::Garbage | Self::Large => return None,
        })
    }
}

impl Stack {
    /// Returns a sample's file. It is made at the first request and kept next to the stack.
    #[track_caller]
    pub fn sample(&self, sample: Sample) -> PathBuf {
        let folder = self.info.state.join("tmp/samples");
        let path = folder.join(sample.file_name());
        if path.exists() {
            return path;
        }
        fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        // Another test may make the same file concurrently, so the complete file is renamed into place.
        let beside = folder.join(format!("{}-{}", std::process::id(), sample.file_name()));
        match sample {
            Sample::Text => fs::write(&beside, "This is a text, whatever its name says.\n".repeat(50)),
            Sample::Garbage => fs::write(&beside, garbage()),
            Sample::Damaged => damage(&self.sample(Sample::Clip), &beside),
            Sample::Large => pad(&self.sample(Sample::Clip), &beside),
            sample => {
                self.encode(sample, &beside);
                Ok(())
            }
        }
        .and_then(|()| fs::rename(&beside, &path))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        path
    }

    fn encode(&self, sample: Sample, path: &Path) {
        let mut ffmpeg = Command::new(&self.info.ffmpeg);
        ffmpeg.args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y"]);
        let ffmpeg_arguments = sample.ffmpeg_arguments().expect("a sample that ffmpeg writes");
        ffmpeg.args(ffmpeg_arguments.split_whitespace());
        let made = ffmpeg.arg(path).output().expect("ffmpeg starts");
        assert!(
            made.status.success(),
            "{sample:?}: {}",
            String::from_utf8_lossy(&made.stderr)
        );
    }
}

/// Returns ffmpeg's arguments for a gray video with a red upper left quarter, to be shown turned by these degrees,
/// counterclockwise.
fn turned(degrees: u32) -> String {
    let picture = "color=c=gray:size=320x240:rate=30,drawbox=w=160:h=120:color=red:t=fill";
    format!("-noautorotate -display_rotation {degrees} -f lavfi -i {picture} {SOUND} {H264} -c:a aac -t 1")
}

/// Writes the clip with a thousand bytes of its pictures inverted.
fn damage(clip: &Path, path: &Path) -> std::io::Result<()> {
    let mut bytes = fs::read(clip)?;
    let middle = bytes.len() / 5;
    bytes[middle..middle + 1000]
        .iter_mut()
        .for_each(|byte| *byte = !*byte);
    fs::write(path, bytes)
}

/// Writes the clip followed by a box that players skip. The file is sparse: its padding takes no disk space.
fn pad(clip: &Path, path: &Path) -> std::io::Result<()> {
    let clip = fs::read(clip)?;
    let padding = u32::try_from(LARGE_BYTES - clip.len() as u64).expect("less than 4 GB");
    let mut file = File::create(path)?;
    file.write_all(&clip)?;
    file.write_all(&padding.to_be_bytes())?;
    file.write_all(b"free")?;
    file.set_len(LARGE_BYTES)
}

fn garbage() -> Vec<u8> {
    let mut bytes = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".to_vec();
    bytes.extend((0..20_000_u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()));
    bytes
}
