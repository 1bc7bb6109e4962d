//! The flow from an upload request to a playable video.

use tests::form::Form;
use tests::http;
use tests::media::Sample;
use tests::{Stack, schema};

#[test]
fn upload_becomes_a_playable_rendition() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    let clip = stack.sample(Sample::Clip);

    let issued = ann.request_upload(None, &clip).expect(201).json();
    schema::check("video-response.json", &issued["response"]);
    assert_eq!(issued["response"]["status"], "awaiting-upload");
    assert_eq!(issued["upload"]["max_bytes"], clip.metadata().unwrap().len());
    let form = Form::of(&issued["upload"]);
    form.post(&clip).expect(204);

    let ready = ann.until("ready");
    schema::check("video-response.json", &ready);
    assert_eq!(
        (&ready["upload"]["key"], &ready["upload"]["take"]),
        (&form.key().into(), &issued["upload"]["take"])
    );
    assert_eq!(ready["created_at"], issued["response"]["created_at"]);

    let playback = &ready["playback"];
    let video = http::get(playback["url"].as_str().unwrap()).expect(200);
    assert_eq!(video.header("content-type"), Some("video/mp4"));
    assert_eq!(
        video.header("content-disposition"),
        Some("inline; filename=\"demo-0.mp4\"")
    );
    let url = playback["url"].as_str().unwrap();
    assert!(
        url.contains("X-Amz-Expires=3600"),
        "the URL must expire after an hour"
    );
    assert_eq!(
        http::get(&url.replace("demo/0", "demo/1")).status,
        403,
        "the URL must not be valid for another key"
    );
    let probe = stack.probe_bytes(&video.body);
    let (pictures, sound) = (probe.video.unwrap(), probe.audio.unwrap());
    assert_eq!(
        (pictures.codec.as_str(), pictures.profile.as_str()),
        ("h264", "Main")
    );
    assert_eq!(
        (pictures.width, pictures.height),
        (320, 240),
        "the aspect ratio must be kept, and the video must not be enlarged"
    );
    assert_eq!(
        (&playback["width"], &playback["height"]),
        (&320.into(), &240.into())
    );
    assert_eq!((sound.codec.as_str(), sound.profile.as_str()), ("aac", "LC"));
    assert!(
        (900..1200).contains(&playback["duration_ms"].as_u64().unwrap()),
        "{playback}"
    );
}

#[test]
fn playback_serves_ranges_and_a_poster() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    ann.submit(&stack.sample(Sample::Portrait));
    let playback = &ann.until("ready")["playback"];
    let url = playback["url"].as_str().unwrap();

    let whole = http::get(url).expect(200).body;
    let part = http::get_range(url, "bytes=100-199").expect(206);
    assert_eq!(part.body, whole[100..200]);
    assert_eq!(
        part.header("content-range"),
        Some(format!("bytes 100-199/{}", whole.len()).as_str())
    );

    let poster = http::get(playback["poster_url"].as_str().unwrap()).expect(200);
    let picture = stack.probe_bytes(&poster.body).video.unwrap();
    if stack.info.is_media_convert() {
        assert!(picture.height <= 640, "{picture:?}");
    } else {
        assert_eq!(poster.header("content-type"), Some("image/png"));
        assert_eq!((picture.codec.as_str(), picture.height), ("png", 108));
    }
    assert!(
        picture.width < picture.height,
        "the poster of a portrait video must be portrait: {picture:?}"
    );
}

#[test]
fn ready_response_has_no_due_work() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    ann.submit(&stack.sample(Sample::Clip));
    assert!(
        ann.item().unwrap()["DueAt"].is_string(),
        "DueAt must be set until the result is recorded"
    );
    ann.until("ready");

    let item = ann.item().unwrap();
    schema::check("response-item.json", &item);
    assert_eq!(item["ProjectStep"], ann.project_step());
    for owed in ["PendingUpload", "Failure", "OpenShard", "DueAt"] {
        assert!(item.get(owed).is_none(), "{owed} in {item:#}");
    }
    assert!(stack.has_rendition(item["Renditions"]["web"]["Key"].as_str().unwrap()));
}
