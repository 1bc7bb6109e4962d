//! Whatever a camera, a phone or a browser records.

use tests::Stack;
use tests::media::Sample;
use tests::probe::Probe;

use crate::workshop::Workshop;

/// What is made of a sample: how large the picture is, whether there is sound, and how long it lasts.
fn made(sample: Sample) -> ((u32, u32), bool, u64) {
    let stack = Stack::get();
    let (job, rendition) = Workshop::new(&stack).transcode(sample);
    let Probe {
        duration,
        video,
        audio,
    } = stack.probe_bytes(&rendition);
    let video = video.unwrap();
    assert_eq!(
        (video.codec.as_str(), video.profile.as_str()),
        ("h264", "Main"),
        "{sample:?}"
    );
    let told = job.outputs()[0].duration_millis().unwrap();
    let duration = duration.unwrap();
    assert!(
        told.abs_diff(i64::try_from(duration).unwrap()) < 100,
        "{sample:?}: {told} is not {duration}"
    );
    ((video.width, video.height), audio.is_some(), duration)
}

fn lasts_a_second(duration: u64) {
    assert!((950..1150).contains(&duration), "{duration}");
}

#[test]
fn without_sound() {
    let (size, sound, duration) = made(Sample::Silent);
    assert_eq!((size, sound), ((320, 240), false));
    lasts_a_second(duration);
}

#[test]
fn held_upright() {
    let (size, sound, duration) = made(Sample::Rotated);
    assert_eq!((size, sound), ((240, 320), true));
    lasts_a_second(duration);
}

#[test]
fn in_hevc() {
    let (size, sound, duration) = made(Sample::Hevc);
    assert_eq!((size, sound), ((320, 240), true));
    lasts_a_second(duration);
}

#[test]
fn by_a_browsers_recorder_that_tells_no_duration() {
    let stack = Stack::get();
    assert_eq!(stack.probe(&stack.sample(Sample::Recorder)).duration, None);
    let (size, sound, duration) = made(Sample::Recorder);
    assert_eq!((size, sound), ((320, 240), true));
    lasts_a_second(duration);
}

#[test]
fn taller_than_wide() {
    let (size, sound, duration) = made(Sample::Portrait);
    assert_eq!((size, sound), ((360, 640), true));
    lasts_a_second(duration);
}
