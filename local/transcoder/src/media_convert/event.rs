//! What the service tells EventBridge: "MediaConvert Job State Change", as the user guide shows it.

use serde_json::{Value, json};

use super::Order;
use crate::failure::Code;
use crate::ffmpeg::probe::{AudioStream, VideoStream};
use crate::id::now_millis;
use crate::job::{Event, Job, Made};
use crate::notice::Notice;
use crate::progress::Progress;

/// Not `aws.mediaconvert`: nobody but AWS may say that, and the emulator refuses it as AWS does.
const SOURCE: &str = "local.mediaconvert";

/// The event for what happened to a job.
pub fn notice(account: &str, job: &Job, order: &Order, event: Event<'_>) -> Notice {
    let now = now_millis();
    Notice::Event {
        source: SOURCE.into(),
        detail_type: "MediaConvert Job State Change".into(),
        resource: job.arn.clone(),
        time_millis: now,
        detail: detail(account, job, order, event, now),
    }
}

fn detail(account: &str, job: &Job, order: &Order, event: Event<'_>, now: u64) -> Value {
    let mut detail = json!({
        "timestamp": now,
        "accountId": account,
        "queue": order.queue,
        "jobId": job.id,
        "userMetadata": job.user_metadata,
    });
    detail["status"] = json!(match event {
        Event::Begun => "PROGRESSING",
        Event::Canceled => "CANCELED",
        Event::InputRead => {
            detail["inputDetails"] = json!([input(job, order)]);
            "INPUT_INFORMATION"
        }
        Event::Progress(so_far) => {
            detail["framesDecoded"] = json!(frames_decoded(job, so_far));
            detail["jobProgress"] = progress(job, so_far.percent.unwrap_or_default());
            "STATUS_UPDATE"
        }
        Event::Warning(warning) => {
            // What is wrong with an input is not told apart by the documented codes.
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
            detail["outputGroupDetails"] = output_groups(job, order, true);
            let warnings = job.warnings().count();
            if warnings > 0 {
                detail["warnings"] = json!([{ "code": 0, "count": warnings }]);
            }
            "COMPLETE"
        }
    });
    detail
}

/// The code and the message of a job that failed.
pub fn failure(job: &Job) -> (u16, &str) {
    job.failure()
        .map_or((Code::Internal.media_convert(), ""), |failure| {
            (failure.code.media_convert(), failure.detail.as_str())
        })
}

/// What a job that is so far does.
pub fn phase(job: &Job, percent: f64) -> &'static str {
    match job.found {
        None => "PROBING",
        Some(_) if percent < 100.0 => "TRANSCODING",
        Some(_) => "UPLOADING",
    }
}

/// What was made, by output group; an event tells the files too. Of stills that is the last one.
pub fn output_groups(job: &Job, order: &Order, files: bool) -> Value {
    let mut made = job.made();
    let groups = order.groups();
    let groups = groups.iter().map(|count| {
        let outputs: Vec<Value> = made
            .by_ref()
            .take(*count)
            .map(|made| output(made, files))
            .collect();
        let mut group = json!({ "outputDetails": outputs });
        if files {
            group["type"] = json!("FILE_GROUP");
        }
        group
    });
    groups.collect()
}

fn output(made: &Made, files: bool) -> Value {
    let mut output = json!({});
    if files {
        let file = &made.file;
        output["outputFilePaths"] = json!([format!("s3://{}/{}", file.bucket, file.key)]);
    }
    if let Some(millis) = made.duration_millis {
        output["durationInMs"] = json!(millis);
    }
    if let Some((width, height)) = made.size {
        output["videoDetails"] = json!({ "widthInPx": width, "heightInPx": height });
    }
    output
}

/// By the input's rate: ffmpeg counts the frames that it encodes.
fn frames_decoded(job: &Job, so_far: Progress) -> u64 {
    let video = job.found.as_ref().and_then(|found| found.probe.video.as_ref());
    let rate = video.and_then(|video| video.frames_per_second);
    (so_far.seconds * rate.unwrap_or_default()) as u64
}

fn progress(job: &Job, percent: f64) -> Value {
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

fn input(job: &Job, order: &Order) -> Value {
    let probe = job.found.as_ref().map(|found| &found.probe);
    let video = probe.and_then(|probe| probe.video.as_ref());
    let audio = probe.and_then(|probe| probe.audio.as_ref());
    json!({
        "id": 1,
        "uri": format!("s3://{}/{}", order.input.bucket, order.input.key),
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

/// The service's name for ffmpeg's.
fn codec(name: &str) -> String {
    match name {
        "h264" => "H_264".into(),
        other => other.to_uppercase(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::failure::Failure;
    use crate::ffmpeg::color::Color;
    use crate::ffmpeg::probe::Probe;
    use crate::job::{self, Found, Object, Outcome};
    use crate::media_convert::example::settings;

    fn order() -> Order {
        Order {
            queue: "arn:aws:mediaconvert:us-east-1:000000000000:queues/responses".into(),
            role: "arn:aws:iam::000000000000:role/transcoder".into(),
            input: Object {
                bucket: "uploads".into(),
                key: "raw/a b+ç.v1.mov".into(),
            },
            settings: settings(),
            client_request_token: None,
            status_update_interval: 60,
            tags: BTreeMap::new(),
        }
    }

    fn job(outcomes: Vec<Outcome>) -> Job {
        let mut job = Job::new(
            "1700000000000-abcdef".into(),
            "arn:aws:mediaconvert:us-east-1:000000000000:jobs/1700000000000-abcdef".into(),
            job::Order::MediaConvert(order()),
            BTreeMap::from([("take".into(), "0".into())]),
        );
        job.outcomes = outcomes;
        job
    }

    fn made(key: &str, size: (u32, u32), warning: Option<&str>) -> Outcome {
        Ok(Made {
            file: Object {
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

    fn said(job: &Job, event: Event<'_>) -> Value {
        detail("000000000000", job, &order(), event, 1_700_000_000_123)
    }

    #[test]
    fn a_job_from_its_begin_to_its_end() {
        let mut job = job(Vec::new());
        let begun = said(&job, Event::Begun);
        job.found = Some(Found {
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
            begun,
            said(&job, Event::InputRead),
            said(
                &job,
                Event::Progress(Progress {
                    percent: Some(41.7),
                    seconds: 4.2,
                }),
            ),
            said(&job, Event::Warning("the input is damaged: no keyframe")),
        ];
        job.outcomes = vec![
            made("-web.mp4", (1280, 720), Some("the input is damaged: no keyframe")),
            made("-poster.0000000.jpg", (192, 108), None),
        ];
        insta::assert_json_snapshot!([&events[..], &[said(&job, Event::Ended)]].concat());
    }

    #[test]
    fn a_job_that_fails_and_one_that_is_canceled() {
        let failure = Failure::new(Code::InputMissing, "The specified object could not be found.");
        let failed = job(vec![Err(failure)]);
        let events = [
            said(&failed, Event::Ended),
            said(&job(Vec::new()), Event::Canceled),
        ];
        insta::assert_json_snapshot!(events);
    }

    #[test]
    fn phases_follow_each_other() {
        let mut job = job(Vec::new());
        assert_eq!(progress(&job, 0.0)["currentPhase"], "PROBING");
        job.found = Some(Found {
            probe: Probe::default(),
            file_size: 0,
        });
        assert_eq!(
            [phase(&job, 0.0), phase(&job, 99.9), phase(&job, 100.0)],
            ["TRANSCODING", "TRANSCODING", "UPLOADING"]
        );
    }
}
