//! The event "MediaConvert Job State Change", in the documented format (user guide).

use super::wire::MediaConvertJobRequest;
use crate::failure::Code;
use crate::id::now_millis;
use crate::jobs::{Event, Notification, OutputFile, TranscodeJob};
use crate::progress::Progress;
use crate::task::Object;
use media::{AudioStream, VideoStream};
use serde_json::{Value, json};

/// Not `aws.mediaconvert`: AWS reserves that source, and the emulator rejects it as AWS does.
const SOURCE: &str = "local.mediaconvert";

/// Returns the notification of a job's event.
pub fn notification(
    account: &str,
    job: &TranscodeJob,
    request: &MediaConvertJobRequest,
    event: Event<'_>,
) -> Notification {
    let now = now_millis();
    Notification::Event {
        source: SOURCE.into(),
        detail_type: "MediaConvert Job State Change".into(),
        resource: job.arn.clone(),
        time_millis: now,
        detail: detail(account, job, request, event, now),
    }
}

fn detail(
    account: &str,
    job: &TranscodeJob,
    request: &MediaConvertJobRequest,
    event: Event<'_>,
    now: u64,
) -> Value {
    let mut detail = json!({
        "timestamp": now,
        "accountId": account,
        "queue": job.queue,
        "jobId": job.id,
        "userMetadata": job.user_metadata,
    });
    detail["status"] = json!(match event {
        Event::Started => "PROGRESSING",
        Event::Canceled => "CANCELED",
        Event::InputRead => {
            detail["inputDetails"] = json!([input(job, request)]);
            "INPUT_INFORMATION"
        }
        Event::Progress(so_far) => {
            detail["framesDecoded"] = json!(frames_decoded(job, so_far));
            detail["jobProgress"] = progress(job, so_far.percent.unwrap_or_default());
            "STATUS_UPDATE"
        }
        Event::Warning(warning) => {
            // The documented codes do not distinguish problems of an input.
            detail["warningCode"] = json!("000000");
            detail["warningMessage"] = json!(warning);
            "NEW_WARNING"
        }
        Event::Ended if job.failure().is_some() => {
            let (code, message) = failure(job);
            (detail["errorCode"], detail["errorMessage"]) = (json!(code), json!(message));
            "ERROR"
        }
        Event::Ended => {
            detail["outputGroupDetails"] = output_groups(job, request, true);
            let warnings = job.warnings().count();
            if warnings > 0 {
                detail["warnings"] = json!([{ "code": 0, "count": warnings }]);
            }
            "COMPLETE"
        }
    });
    detail
}

/// Returns the code and the message of a failed job.
pub fn failure(job: &TranscodeJob) -> (u16, &str) {
    job.failure()
        .map_or((Code::Internal.media_convert(), ""), |failure| {
            (failure.code.media_convert(), failure.detail.as_str())
        })
}

/// Returns the phase of a job at this progress.
pub fn phase(job: &TranscodeJob, percent: f64) -> &'static str {
    match job.input {
        None => "PROBING",
        Some(_) if percent < 100.0 => "TRANSCODING",
        Some(_) => "UPLOADING",
    }
}

/// Returns the outputs by output group; in an event with their paths, for thumbnails the path of the last one.
pub fn output_groups(job: &TranscodeJob, request: &MediaConvertJobRequest, with_paths: bool) -> Value {
    let mut files = job.files();
    let groups = request.groups();
    let groups = groups.iter().map(|count| {
        let outputs: Vec<Value> = files
            .by_ref()
            .take(*count)
            .map(|file| output(file, with_paths))
            .collect();
        let mut group = json!({ "outputDetails": outputs });
        if with_paths {
            group["type"] = json!("FILE_GROUP");
        }
        group
    });
    groups.collect()
}

fn output(file: &OutputFile, with_path: bool) -> Value {
    let mut output = json!({});
    if with_path {
        let Object { bucket, key } = &file.object;
        output["outputFilePaths"] = json!([format!("s3://{bucket}/{key}")]);
    }
    if let Some(millis) = file.duration_millis {
        output["durationInMs"] = json!(millis);
    }
    if let Some((width, height)) = file.size {
        output["videoDetails"] = json!({ "widthInPx": width, "heightInPx": height });
    }
    output
}

/// Returns the decoded frames, by the input's frame rate: ffmpeg counts the encoded ones.
fn frames_decoded(job: &TranscodeJob, so_far: Progress) -> u64 {
    let video = job.input.as_ref().and_then(|input| input.probe.video.as_ref());
    let rate = video.and_then(|video| video.frames_per_second);
    (so_far.seconds * rate.unwrap_or_default()) as u64
}

fn progress(job: &TranscodeJob, percent: f64) -> Value {
    let phase = phase(job, percent);
    let percent = percent as u32;
    let step = |status, percent: u32| json!({ "status": status, "percentComplete": percent });
    let (probing, transcoding, uploading) = match phase {
        "PROBING" => (step("PROGRESSING", 0), step("PENDING", 0), step("PENDING", 0)),
        "TRANSCODING" => (
            step("COMPLETE", 100),
            step("PROGRESSING", percent),
            step("PENDING", 0),
        ),
        _ => (
            step("COMPLETE", 100),
            step("COMPLETE", 100),
            step("PROGRESSING", 0),
        ),
    };
    json!({
        "phaseProgress": { "PROBING": probing, "TRANSCODING": transcoding, "UPLOADING": uploading },
        "jobPercentComplete": percent,
        "currentPhase": phase,
        "retryCount": 0,
    })
}

fn input(job: &TranscodeJob, request: &MediaConvertJobRequest) -> Value {
    let probe = job.input.as_ref().map(|input| &input.probe);
    let video = probe.and_then(|probe| probe.video.as_ref());
    let audio = probe.and_then(|probe| probe.audio.as_ref());
    json!({
        "id": 1,
        "uri": format!("s3://{}/{}", request.input.bucket, request.input.key),
        "video": video.map(video_stream).into_iter().collect::<Vec<_>>(),
        "audio": audio.map(audio_stream).into_iter().collect::<Vec<_>>(),
    })
}

fn video_stream(video: &VideoStream) -> Value {
    let (across, down) = video.pixel_aspect;
    json!({
        "streamId": 1,
        "codec": codec(&video.codec),
        "width": video.width,
        "height": video.height,
        "frameRate": video.frames_per_second,
        "interlaceMode": if video.interlaced { "INTERLACED" } else { "PROGRESSIVE" },
        "sar": format!("{across}:{down}"),
    })
}

fn audio_stream(audio: &AudioStream) -> Value {
    let channels = match audio.layout.as_deref() {
        Some("mono") => Some(1),
        Some("stereo") => Some(2),
        _ => None,
    };
    json!({
        "streamId": 2,
        "codec": codec(&audio.codec),
        "channels": channels,
        "language": "UND",
        "sampleRate": audio.sample_rate,
    })
}

/// Returns the service's name for ffmpeg's.
fn codec(name: &str) -> String {
    match name {
        "h264" => "H_264".into(),
        other => other.to_uppercase(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use media::{Color, Probe};

    use super::*;
    use crate::failure::JobFailure;
    use crate::jobs::{MediaInfo, RunOutcome, fixture};
    use crate::media_convert::example::settings;

    fn request() -> MediaConvertJobRequest {
        MediaConvertJobRequest {
            role: "arn:aws:iam::000000000000:role/transcoder".into(),
            input: Object {
                bucket: "uploads".into(),
                key: "raw/a b+ç.v1.mov".into(),
            },
            settings: settings(),
            client_request_token: None,
            tags: BTreeMap::new(),
        }
    }

    fn job(outcomes: Vec<RunOutcome>) -> TranscodeJob {
        TranscodeJob {
            queue: "arn:aws:mediaconvert:us-east-1:000000000000:queues/responses".into(),
            outcomes,
            ..fixture::job("1700000000000-abcdef")
        }
    }

    fn file(key: &str, size: (u32, u32), warning: Option<&str>) -> RunOutcome {
        Ok(OutputFile {
            object: Object {
                bucket: "renditions".into(),
                key: format!("output/web/demo/0/hash/take-1{key}"),
            },
            duration_millis: Some(10_020),
            size: Some(size),
            frames_per_second: None,
            file_size: 1,
            warning: warning.map(str::to_owned),
        })
    }

    fn detail_of(job: &TranscodeJob, event: Event<'_>) -> Value {
        detail("000000000000", job, &request(), event, 1_700_000_000_123)
    }

    #[test]
    fn events_have_the_documented_format() {
        let mut job = job(Vec::new());
        let started = detail_of(&job, Event::Started);
        job.input = Some(MediaInfo {
            probe: Probe {
                format: "mov".into(),
                duration_millis: Some(10_020),
                video: Some(VideoStream {
                    codec: "h264".into(),
                    profile: None,
                    width: 1920,
                    height: 1080,
                    pixel_aspect: (1, 1),
                    rotation: 0,
                    frames_per_second: Some(29.97),
                    interlaced: false,
                    color: Color::default(),
                }),
                audio: Some(AudioStream {
                    codec: "aac".into(),
                    profile: None,
                    sample_rate: Some(44_100),
                    layout: Some("stereo".into()),
                }),
            },
            file_size: 2_750_000,
        });
        let events = [
            started,
            detail_of(&job, Event::InputRead),
            detail_of(
                &job,
                Event::Progress(Progress {
                    percent: Some(41.7),
                    seconds: 4.2,
                }),
            ),
            detail_of(&job, Event::Warning("the input is damaged: no keyframe")),
        ];
        job.outcomes = vec![
            file("-web.mp4", (1280, 720), Some("the input is damaged: no keyframe")),
            file("-poster.0000000.jpg", (192, 108), None),
        ];
        insta::assert_json_snapshot!([&events[..], &[detail_of(&job, Event::Ended)]].concat());
    }

    #[test]
    fn error_and_canceled_events_have_the_documented_format() {
        let failure = JobFailure::new(Code::InputMissing, "The specified object could not be found.");
        let failed = job(vec![Err(failure)]);
        let events = [
            detail_of(&failed, Event::Ended),
            detail_of(&job(Vec::new()), Event::Canceled),
        ];
        insta::assert_json_snapshot!(events);
    }

    #[test]
    fn phase_follows_the_progress() {
        let mut job = job(Vec::new());
        assert_eq!(progress(&job, 0.0)["currentPhase"], "PROBING");
        job.input = Some(MediaInfo {
            probe: Probe::default(),
            file_size: 0,
        });
        assert_eq!(
            [phase(&job, 0.0), phase(&job, 99.9), phase(&job, 100.0)],
            ["TRANSCODING", "TRANSCODING", "UPLOADING"]
        );
    }
}
