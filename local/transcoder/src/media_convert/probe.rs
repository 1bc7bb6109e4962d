//! Probe: the properties of a file, without a job.
//!
//! The service reads the file with its caller's permissions. This one does not know the caller's keys and uses its own.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use media::{AudioStream, Color, Probe, VideoStream};
use serde::Deserialize;
use serde_json::{Value, json};

use super::front::MediaConvertFront;
use super::translate;
use super::validation::{body, invalid};
use crate::api_error::ApiError;
use crate::failure::{Code, JobFailure};
use crate::ffmpeg::arguments::INPUT;
use crate::task::Object;
use crate::workspace::{Workspace, create_folder, file_size};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ProbeRequest {
    #[serde(default)]
    input_files: Vec<ProbeInputFile>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ProbeInputFile {
    file_url: Option<String>,
}

/// Probe: of one file in S3.
pub async fn probe(
    State(front): State<Arc<MediaConvertFront>>,
    bytes: Bytes,
) -> Result<Json<Value>, ApiError> {
    let request: ProbeRequest = body(&bytes)?;
    let [file] = &request.input_files[..] else {
        return Err(invalid("inputFiles", "exactly one file is supported here"));
    };
    let url = file.file_url.as_deref().unwrap_or_default();
    let object = translate::object(url).filter(|object| !object.key.is_empty());
    let object = object.ok_or_else(|| {
        let problem = format!("'{url}' is not s3://bucket/key");
        invalid("inputFiles[0].fileUrl", problem)
    })?;
    let run = format!("probe-{}", front.identifiers.next());
    let found = download_and_probe(&front.workspace, &object, &run).await;
    front.workspace.remove(&run).await;
    let (probe, size) = found.map_err(|failure| refusal(&failure))?;
    Ok(Json(json!({ "probeResults": [result(&probe, size)] })))
}

async fn download_and_probe(
    workspace: &Workspace,
    object: &Object,
    run: &str,
) -> Result<(Probe, u64), JobFailure> {
    let folder = workspace.folder_of(run);
    create_folder(&folder).await?;
    let input = folder.join(INPUT);
    workspace.cloud.own().download(object, &input).await?;
    let probe = workspace.ffmpeg.probe(&folder, INPUT).await?;
    Ok((probe, file_size(&input).await?))
}

fn refusal(failure: &JobFailure) -> ApiError {
    let detail = failure.detail.clone();
    match failure.code {
        Code::InputMissing | Code::BucketMissing => ApiError::NotFound(detail),
        Code::CannotRead => ApiError::Forbidden(detail),
        Code::BadInput => ApiError::Validation(detail),
        _ => ApiError::Internal(detail),
    }
}

/// Returns the result of a probe, without unknown fields.
fn result(probe: &Probe, size: u64) -> Value {
    let tracks = [
        probe.video.as_ref().map(video_track),
        probe.audio.as_ref().map(audio_track),
    ];
    let tracks: Vec<Value> = (1..)
        .zip(tracks.into_iter().flatten())
        .map(|(index, mut track)| {
            track["index"] = json!(index);
            track
        })
        .collect();
    let mut container = json!({ "format": format(&probe.format), "tracks": tracks });
    if let Some(millis) = probe.duration_millis {
        container["duration"] = json!(millis as f64 / 1000.0);
    }
    json!({ "container": container, "metadata": { "fileSize": size } })
}

fn video_track(video: &VideoStream) -> Value {
    let (across, down) = video.pixel_aspect;
    let Color {
        matrix,
        primaries,
        transfer,
        ..
    } = &video.color;
    let mut properties = json!({
        "width": video.width,
        "height": video.height,
        "sampleAspectRatio": { "numerator": across, "denominator": down },
        "matrixCoefficients": matrix.as_deref().map_or("UNSPECIFIED", characteristic),
        "colorPrimaries": primaries.as_deref().map_or("UNSPECIFIED", characteristic),
        "transferCharacteristics": transfer.as_deref().map_or("UNSPECIFIED", characteristic),
    });
    // ffmpeg counts in the opposite direction.
    match video.rotation.rem_euclid(360) {
        0 => {}
        turned => properties["rotation"] = json!(360 - turned),
    }
    if let Some(rate) = video.frames_per_second {
        properties["frameRate"] = json!({ "numerator": (rate * 1000.0).round() as u32, "denominator": 1000 });
    }
    json!({ "trackType": "video", "codec": codec(&video.codec), "videoProperties": properties })
}

fn audio_track(audio: &AudioStream) -> Value {
    let mut properties = json!({});
    if let Some(rate) = audio.sample_rate {
        properties["sampleRate"] = json!(rate);
    }
    json!({ "trackType": "audio", "codec": codec(&audio.codec), "audioProperties": properties })
}

/// Returns the service's name of a container for ffmpeg's.
fn format(name: &str) -> &'static str {
    let names = [
        ("mov", "mp4"),
        ("matroska", "matroska"),
        ("avi", "avi"),
        ("asf", "asf"),
        ("mpegts", "mpegts"),
        ("mpeg", "mpegps"),
        ("mxf", "mxf"),
        ("ogg", "ogg"),
        ("wav", "wave"),
        ("mp3", "mp3"),
    ];
    let found = names.iter().find(|(prefix, _)| name.starts_with(prefix));
    found.map_or("mp4", |(_, name)| name)
}

fn codec(name: &str) -> String {
    match name {
        "h264" => "AVC".into(),
        "hevc" => "HEVC".into(),
        "mpeg4" => "MP4V".into(),
        "vp8" | "vp9" | "av1" | "aac" | "ac3" | "eac3" | "flac" | "mp3" | "opus" | "vorbis" | "prores"
        | "mjpeg" | "theora" => name.to_uppercase(),
        name if name.starts_with("pcm") => "PCM".into(),
        _ => "UNKNOWN".into(),
    }
}

/// Returns the service's name of a color characteristic for ffmpeg's.
fn characteristic(name: &str) -> &'static str {
    match name {
        "bt709" => "ITU_709",
        "bt2020" => "ITU_2020",
        "bt2020nc" => "ITU_2020_NCL",
        "smpte170m" => "SMPTE_170M",
        "smpte2084" => "SMPTE_2084",
        "smpte432" => "SMPTE_EG_432_1",
        "arib-std-b67" => "ARIB_B67",
        "bt470bg" => "ITU_470BG",
        _ => "RESERVED",
    }
}
