//! The transcoder's preset and its renditions have the settings of the model's preset.

use model::preset::WEB;
use tests::Stack;
use tests::media::Sample;

use crate::fixture::PipelineFixture;

#[test]
fn preset_has_the_models_settings() {
    let stack = Stack::shared();
    let read = stack.transcoder().read_preset().id(WEB.elastic_transcoder_id);
    let preset = stack.run(read.send()).unwrap().preset.unwrap();
    assert_eq!(preset.container(), Some(WEB.container));

    let (video, expected) = (preset.video().unwrap(), WEB.video);
    let options = video.codec_options().unwrap();
    let text = |number: u32| number.to_string();
    assert_eq!(video.codec(), Some("H.264"));
    assert_eq!(options["Profile"], expected.profile);
    assert_eq!(options["Level"], expected.level);
    assert_eq!(options["MaxReferenceFrames"], text(expected.reference_frames));
    assert_eq!(video.bit_rate(), Some(text(expected.kilobits).as_str()));
    assert_eq!(video.frame_rate(), Some(text(expected.frame_rate).as_str()));
    assert_eq!(video.max_width(), Some(text(expected.max_long_side).as_str()));
    assert_eq!(video.max_height(), Some(text(expected.max_short_side).as_str()));
    assert_eq!(
        video.keyframes_max_dist(),
        Some(text(expected.max_keyframe_distance).as_str())
    );
    assert_eq!(
        (video.sizing_policy(), video.padding_policy()),
        (Some("ShrinkToFit"), Some("NoPad"))
    );

    let (audio, expected) = (preset.audio().unwrap(), WEB.audio);
    assert_eq!(audio.codec(), Some("AAC"));
    assert_eq!(audio.bit_rate(), Some(text(expected.kilobits).as_str()));
    assert_eq!(audio.sample_rate(), Some(text(expected.sample_rate).as_str()));
    assert_eq!(audio.channels(), Some(text(expected.channels).as_str()));

    let stills = preset.thumbnails().unwrap();
    assert_eq!(
        (stills.max_width(), stills.max_height()),
        (Some("192"), Some("108"))
    );
}

#[test]
fn rendition_has_the_models_settings() {
    let stack = Stack::shared();
    let (job, rendition) = PipelineFixture::new(&stack).transcode(Sample::Busy);
    let probe = stack.probe_bytes(&rendition);

    let (video, expected) = (probe.video.unwrap(), WEB.video);
    assert_eq!(
        (video.codec.as_str(), video.profile.to_lowercase().as_str()),
        ("h264", expected.profile)
    );
    assert_eq!(
        (video.width, video.height),
        (expected.max_long_side, expected.max_short_side)
    );
    assert_eq!((video.rotation, video.pixel_aspect), (0, Some(1.0)));
    assert_eq!(video.frame_rate, Some(f64::from(expected.frame_rate)));
    let share = video.kilobits.unwrap() / f64::from(expected.kilobits);
    assert!((0.8..1.2).contains(&share), "{video:?}");
    let coding = &video.coding;
    assert_eq!(
        coding
            .level
            .map(|level| format!("{}.{}", level / 10, level % 10))
            .as_deref(),
        Some(expected.level)
    );
    assert_eq!(coding.reference_frames, Some(expected.reference_frames));
    assert!(
        (2..=expected.max_keyframe_distance).contains(&coding.keyframe_distance),
        "{coding:?}"
    );

    let (sound, expected) = (probe.audio.unwrap(), WEB.audio);
    assert_eq!((sound.codec.as_str(), sound.profile.as_str()), ("aac", "LC"));
    assert_eq!(
        (sound.sample_rate, sound.channels),
        (expected.sample_rate, expected.channels)
    );
    assert!(
        sound.kilobits.unwrap() < 1.1 * f64::from(expected.kilobits),
        "{sound:?}"
    );

    // The job describes its output with the same values.
    let output = &job.outputs()[0];
    assert_eq!((output.width(), output.height()), (Some(1280), Some(720)));
    assert_eq!(output.file_size(), i64::try_from(rendition.len()).ok());
    let duration = output.duration_millis().unwrap();
    assert!((3900..4200).contains(&duration), "{duration}");
    let probed = i64::try_from(probe.duration.unwrap()).unwrap();
    assert!(
        duration.abs_diff(probed) < 100,
        "the job's duration {duration} differs from the probed {probed}"
    );
    let input = job.input().unwrap().detected_properties().unwrap();
    assert_eq!(
        (input.width(), input.height(), input.frame_rate()),
        (Some(1920), Some(1080), Some("60"))
    );
}
