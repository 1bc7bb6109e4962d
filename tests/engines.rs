//! The contract of an engine, tested on Elastic Transcoder's API and on MediaConvert's. The same ffmpeg is behind both
//! APIs.

use aws::{Clients, EnvVars, LambdaContext};
use ingest::settings::JobSettings;
use ingest::transcode::{Engine, Transcoder};
use model::preset::WEB;
use model::transcode::{JobRequest, JobState};
use model::{Failure, FailureCode, Rendition};
use tests::media::Sample;
use tests::probe::{Corners, ProbedColor};
use tests::wait::TRANSCODED;
use tests::{Stack, eventually, unique};

/// Returns every engine with its name, built from settings as the functions do.
fn engines(stack: &Stack) -> Vec<(&'static str, Engine)> {
    engines_limited_to(stack, "10800")
}

/// Returns every engine for a stage that transcodes at most `max_seconds` of a source.
fn engines_limited_to(stack: &Stack, max_seconds: &str) -> Vec<(&'static str, Engine)> {
    let info = &stack.info;
    let engine = |name: &'static str| {
        let environment = EnvVars::from([
            ("AWS_REGION", info.region.as_str()),
            ("AWS_ACCESS_KEY_ID", &info.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", &info.secret_access_key),
            ("AWS_ENDPOINT_URL_ELASTIC_TRANSCODER", &info.transcoder_url),
            ("AWS_ENDPOINT_URL_MEDIACONVERT", &info.transcoder_url),
            ("ENGINE", name),
            ("JOB_LEASE_SECONDS", "60"),
            ("MAX_SECONDS", max_seconds),
            ("PIPELINE_ID", &info.pipeline_id),
            ("PRESET_ID", &info.preset_id),
            ("MEDIA_CONVERT_QUEUE_ARN", "Default"),
            ("MEDIA_CONVERT_ROLE_ARN", &info.engine_role_arn),
            ("UPLOADS_BUCKET", &info.uploads_bucket),
            ("RENDITIONS_BUCKET", &info.renditions_bucket),
        ]);
        let clients = Clients::new(LambdaContext::new(&environment).unwrap()).unwrap();
        (
            name,
            JobSettings::new(&environment).unwrap().engine.engine(&clients),
        )
    };
    vec![engine("elastic-transcoder"), engine("media-convert")]
}

/// Creates a request for a job that only this test waits for.
fn request(stack: &Stack, sample: Sample) -> JobRequest {
    let name = unique("contract");
    let input_key = format!("contract/{name} & more.mp4");
    // on_upload rejects the file because its key has no respondent, so only the engine reads it.
    stack.put_upload(&input_key, None, &stack.sample(sample));
    JobRequest {
        input_key,
        output_prefix: format!("output/web/contract/0/{name}/"),
        // MediaConvert treats a second job of the same name as a duplicate of the first.
        output_name: format!("{name}-1"),
        metadata: [("attempt".to_owned(), "1".to_owned())].into(),
    }
}

/// Waits for the final state of a job.
fn end_of(stack: &Stack, engine: &Engine, job_id: &str, request: &JobRequest) -> JobState {
    eventually(TRANSCODED, &format!("the job {job_id} ends"), || {
        let state = stack
            .run(engine.job_state(job_id, request))
            .unwrap()
            .expect("the engine knows its job");
        (state != JobState::Progressing).then_some(state)
    })
}

#[test]
fn job_creates_rendition_and_poster_at_the_requested_keys() {
    let stack = Stack::shared();
    let recording = stack.probe(&stack.sample(Sample::Recorder));
    assert_eq!(
        recording.duration, None,
        "the recording's header must have no duration"
    );
    for (name, engine) in engines(&stack) {
        for (sample, size) in [
            (Sample::Clip, (320, 240)),
            (Sample::Portrait, (360, 640)),
            (Sample::Silent, (320, 240)),
            (Sample::Recorder, (320, 240)),
        ] {
            let request = request(&stack, sample);
            let job_id = stack.run(engine.create_job(&request)).unwrap();
            let JobState::Complete(made) = end_of(&stack, &engine, &job_id, &request) else {
                panic!("{name}: {sample:?} failed")
            };
            let Rendition {
                key,
                poster,
                width,
                height,
                duration,
                cut_at_seconds,
            } = made;
            assert_eq!(
                key,
                format!("{}{}", request.output_prefix, request.output_file(&WEB)),
                "{name}"
            );
            assert_eq!(
                (width, height),
                (Some(size.0), Some(size.1)),
                "{name}: {sample:?} must keep its aspect ratio"
            );
            assert!((900..1300).contains(&duration.unwrap()), "{name}: {duration:?}");
            assert_eq!(cut_at_seconds, None, "{name}: {sample:?} must not be cut");
            let probe = stack.probe_bytes(&stack.rendition(&key));
            assert_eq!(
                probe.audio.is_some(),
                sample != Sample::Silent,
                "{name}: {sample:?}"
            );
            let probed = probe.duration.unwrap();
            assert!(
                duration.unwrap().abs_diff(probed) < 100,
                "{name}: {sample:?} lasts {probed}"
            );
            let video = probe.video.unwrap();
            assert_eq!((video.width, video.height), size, "{name}: {sample:?}");
            assert_eq!(
                (video.codec.as_str(), video.profile.as_str()),
                ("h264", "Main"),
                "{name}"
            );
            let still = stack
                .probe_bytes(&stack.rendition(&poster.unwrap()))
                .video
                .unwrap();
            assert!(
                still.width.max(still.height) <= WEB.poster_side,
                "{name}: {still:?}"
            );
            assert_eq!(
                still.width < still.height,
                size.0 < size.1,
                "{name}: the poster must have the orientation of the rendition"
            );
        }
    }
}

#[test]
fn portrait_video_is_scaled_into_the_engines_limits() {
    let stack = Stack::shared();
    for (name, engine) in engines(&stack) {
        let (size, poster) = match name {
            // The boxes of the system preset, which cannot be changed.
            "elastic-transcoder" => ((404, 720), 108),
            _ => ((720, 1280), WEB.poster_side),
        };
        let request = request(&stack, Sample::TallHighRange);
        let job_id = stack.run(engine.create_job(&request)).unwrap();
        let JobState::Complete(made) = end_of(&stack, &engine, &job_id, &request) else {
            panic!("{name} failed")
        };
        assert_eq!((made.width, made.height), (Some(size.0), Some(size.1)), "{name}");
        let still = stack.probe_bytes(&stack.rendition(&made.poster.unwrap()));
        assert_eq!(still.video.unwrap().height, poster, "{name}");
        if name == "media-convert" {
            let video = stack.probe_bytes(&stack.rendition(&made.key)).video.unwrap();
            assert_eq!(video.color, ProbedColor::bt709(), "{name}");
            assert_eq!(video.scan.as_deref(), Some("Progressive"), "{name}");
        }
    }
}

/// Returns the positions of the corners that are red.
fn red_corners(corners: Corners) -> Vec<&'static str> {
    [
        ("upper left", corners.top_left),
        ("upper right", corners.top_right),
        ("lower left", corners.bottom_left),
        ("lower right", corners.bottom_right),
    ]
    .into_iter()
    .filter(|(_, [red, green, blue])| *red > 180 && *green < 80 && *blue < 80)
    .map(|(corner, _)| corner)
    .collect()
}

#[test]
fn rotated_source_is_stored_upright() {
    let stack = Stack::shared();
    for (sample, rotation, corner) in [
        (Sample::TurnedLeft, 270, "lower left"),
        (Sample::TurnedRight, 90, "upper right"),
    ] {
        let source = stack.probe(&stack.sample(sample)).video.unwrap();
        assert_eq!(
            (source.width, source.height, source.rotation),
            (320, 240, rotation)
        );
        assert_eq!(red_corners(source.corners), ["upper left"]);
        for (name, engine) in engines(&stack) {
            let request = request(&stack, sample);
            let job_id = stack.run(engine.create_job(&request)).unwrap();
            let JobState::Complete(made) = end_of(&stack, &engine, &job_id, &request) else {
                panic!("{name} failed")
            };
            for key in [made.key, made.poster.unwrap()] {
                let picture = stack.probe_bytes(&stack.rendition(&key)).video.unwrap();
                assert_eq!(picture.rotation, 0, "{name}: {key}");
                assert!(picture.width < picture.height, "{name}: {key}: {picture:?}");
                assert_eq!(
                    red_corners(picture.corners),
                    [corner],
                    "{name}: {key}: {picture:?}"
                );
            }
            assert_eq!((made.width, made.height), (Some(240), Some(320)), "{name}");
        }
    }
}

#[test]
fn source_longer_than_the_limit_is_cut() {
    let stack = Stack::shared();
    for (name, engine) in engines_limited_to(&stack, "2") {
        let request = request(&stack, Sample::Busy);
        let job_id = stack.run(engine.create_job(&request)).unwrap();
        let JobState::Complete(made) = end_of(&stack, &engine, &job_id, &request) else {
            panic!("{name} failed")
        };
        assert_eq!(made.cut_at_seconds, Some(2), "{name}");
        let duration = stack.probe_bytes(&stack.rendition(&made.key)).duration.unwrap();
        assert!((1_950..2_200).contains(&duration), "{name}: {duration}");
    }
}

#[test]
fn unreadable_input_fails_with_a_reason() {
    let stack = Stack::shared();
    for (name, engine) in engines(&stack) {
        let request = request(&stack, Sample::Garbage);
        let job_id = stack.run(engine.create_job(&request)).unwrap();
        let JobState::Failed(Failure {
            code,
            engine: Some(said),
        }) = end_of(&stack, &engine, &job_id, &request)
        else {
            panic!("{name} completed a job with an unreadable input")
        };
        assert_eq!(code, FailureCode::Unreadable, "{name}: {said:?}");
        assert!(
            said.code.parse::<u32>().is_ok() && !said.message.is_empty(),
            "{name}: {said:?}"
        );
    }
}

#[test]
fn ended_or_unknown_job_counts_as_canceled() {
    let stack = Stack::shared();
    for (name, engine) in engines(&stack) {
        let request = request(&stack, Sample::Clip);
        let job_id = stack.run(engine.create_job(&request)).unwrap();
        end_of(&stack, &engine, &job_id, &request);
        assert!(stack.run(engine.cancel_job(&job_id)).unwrap(), "{name}");
        let unknown = "1111111111111-zzzzzz";
        assert!(stack.run(engine.cancel_job(unknown)).unwrap(), "{name}");
        assert_eq!(
            stack.run(engine.job_state(unknown, &request)).unwrap(),
            None,
            "{name}"
        );
    }
}

#[test]
fn canceled_job_ends() {
    let stack = Stack::shared();
    for (name, engine) in engines(&stack) {
        let request = request(&stack, Sample::Long);
        let job_id = stack.run(engine.create_job(&request)).unwrap();
        eventually(TRANSCODED, &format!("{name} ends the job"), || {
            stack.run(engine.cancel_job(&job_id)).unwrap().then_some(())
        });
        assert_ne!(
            stack.run(engine.job_state(&job_id, &request)).unwrap(),
            Some(JobState::Progressing),
            "{name}"
        );
    }
}
