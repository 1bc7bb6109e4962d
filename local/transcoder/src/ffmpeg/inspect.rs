//! Selects the streams of an input and corrects its timestamps.

use std::path::Path;

use media::{AudioStream, Probe, Track, Tracks, VideoStream};

use super::joined;
use super::packets::{Gap, Packets};
use super::run::Ffmpeg;
use super::selection::{Cut, Selection};
use crate::failure::{Code, JobFailure};

/// The seconds to which a gap is shortened.
const KEPT_GAP: f64 = 1.0;

/// The maximum number of gaps; an input with more is rejected.
const MAX_CUTS: usize = 100;

/// The maximum number of streams of a kind that are inspected; a file may claim thousands.
const MAX_STREAMS: usize = 32;

/// ffmpeg's name of an unknown codec.
const UNKNOWN: &str = "none";

/// The properties of an input and the selection of its streams.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// The file with the streams that are used.
    pub probe: Probe,
    /// The part that ffmpeg uses.
    pub selection: Selection,
    /// Warnings about parts of the input that outputs do not contain.
    pub warnings: Vec<String>,
}

/// Reads all packets of an input and selects the part that is used.
pub async fn inspect(ffmpeg: &Ffmpeg, folder: &Path, file: &str) -> Result<Inspection, JobFailure> {
    let tracks = ffmpeg.tracks(folder, file).await?;
    let streams = candidates(&tracks);
    let packets = match streams[..] {
        [] => Packets::default(),
        _ => ffmpeg.packets(folder, file, &streams).await?,
    };
    if packets.are_encrypted() {
        return Err(refused("the input is encrypted"));
    }
    let audio = decodable_audio(ffmpeg, folder, file, &tracks).await?;
    let place = |index: u32| streams.iter().position(|stream| *stream == index);
    let count = |index: u32| place(index).map_or(0, |place| packets.count(place));
    let video = moving_video(&tracks, count);
    if audio.is_none() && video.is_some_and(|video| count(video.index) == 1) {
        return Err(refused(
            "the input is a still picture: it has one frame and no sound",
        ));
    }
    let used = [video.map(|track| track.index), audio.map(|track| track.index)];
    let places: Vec<usize> = used.into_iter().flatten().filter_map(place).collect();
    let gaps = packets.common_gaps(&places);
    let silent = audio.is_none() && !tracks.audios.is_empty();
    let silence = silent.then(|| "no audio track can be decoded: the output is silent".to_owned());
    let joined = is_joined(&folder.join(file)).await?;
    let joined =
        joined.then(|| "the input is several files joined end to end: not all of it is used".to_owned());
    Ok(Inspection {
        probe: tracks.probe(video, audio),
        selection: Selection {
            video: used[0],
            audio: used[1],
            cuts: cuts(&gaps)?,
        },
        warnings: (joined.into_iter().chain(silence))
            .chain(gaps.iter().map(gap_warning))
            .collect(),
    })
}

async fn is_joined(path: &Path) -> Result<bool, JobFailure> {
    let (file, path) = (path.to_owned(), path);
    let found = tokio::task::spawn_blocking(move || joined::is_joined(&file)).await;
    let found = found.map_err(std::io::Error::other).flatten();
    found.map_err(|error| JobFailure::file("read", path, &error))
}

fn refused(detail: &str) -> JobFailure {
    JobFailure::new(Code::BadInput, detail)
}

/// Returns the first audio stream that ffmpeg decodes. The first one of an iPhone's recording may be another.
async fn decodable_audio<'a>(
    ffmpeg: &Ffmpeg,
    folder: &Path,
    file: &str,
    tracks: &'a Tracks,
) -> Result<Option<&'a Track<AudioStream>>, JobFailure> {
    let known = tracks.audios.iter().filter(|audio| audio.stream.codec != UNKNOWN);
    for audio in known.take(MAX_STREAMS) {
        if ffmpeg.decodes(folder, file, audio.index).await? {
            return Ok(Some(audio));
        }
    }
    Ok(None)
}

/// Returns the first video stream of more than one frame, or else the first with a frame.
fn moving_video(tracks: &Tracks, count: impl Fn(u32) -> u64) -> Option<&Track<VideoStream>> {
    let known = || tracks.videos.iter().filter(|video| video.stream.codec != UNKNOWN);
    let with_more_than = |least: u64| known().find(|video| count(video.index) > least);
    with_more_than(1)
        .or_else(|| with_more_than(0))
        .or_else(|| known().next())
}

/// Returns the indexes of the streams whose packets are read.
fn candidates(tracks: &Tracks) -> Vec<u32> {
    let videos = tracks.videos.iter().map(|track| track.index);
    let audios = tracks.audios.iter().map(|track| track.index);
    videos.take(MAX_STREAMS).chain(audios.take(MAX_STREAMS)).collect()
}

/// Returns the cuts that shorten gaps.
fn cuts(gaps: &[Gap]) -> Result<Vec<Cut>, JobFailure> {
    if gaps.len() > MAX_CUTS {
        let detail = format!("the input has more than {MAX_CUTS} gaps in its timestamps");
        return Err(JobFailure::new(Code::CannotTranscode, detail));
    }
    let cut = |gap: &Gap| Cut {
        at: f64::midpoint(gap.start, gap.end),
        seconds: gap.end - gap.start - KEPT_GAP,
    };
    Ok(gaps.iter().map(cut).collect())
}

fn gap_warning(gap: &Gap) -> String {
    let length = gap.end - gap.start;
    format!(
        "{length:.0} s without picture and sound, {:.0} s after the start, are shortened to {KEPT_GAP} s",
        gap.start
    )
}
