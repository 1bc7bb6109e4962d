//! Kills the transcoder at different moments: after a restart its job ends once, and its notifications are delivered.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by a panic")]

mod common;

use std::time::{Duration, Instant};

use common::cloud::{Hold, TestCloud};
use common::elastic::WEB;
use common::transcoder::TranscoderProcess;
use common::{elastic, media_convert, video};
use python_tools::probe::probe;
use transcoder::ffmpeg::arguments::OUTPUT;

const FOLDER: &str = "/renditions/output/web/demo/0/hash/";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KilledEngine {
    Elastic,
    MediaConvert,
}

impl KilledEngine {
    /// Creates a job for `uploads/video`. Returns its identifier.
    async fn start(self, url: &str) -> String {
        match self {
            Self::Elastic => {
                let client = elastic::client(url);
                let pipeline = elastic::pipeline(&client).await;
                elastic::started(elastic::create(&client, &pipeline, "video", WEB)).await
            }
            Self::MediaConvert => {
                let client = media_convert::client(url);
                let create = media_convert::create(&client, "s3://uploads/video");
                media_convert::started(create).await.id.unwrap()
            }
        }
    }

    /// Returns the status of a job, in capitals.
    async fn status(self, url: &str, id: &str) -> String {
        match self {
            Self::Elastic => {
                let job = elastic::get(&elastic::client(url), id).await;
                job.status.unwrap().to_uppercase()
            }
            Self::MediaConvert => {
                let job = media_convert::get(&media_convert::client(url), id).await;
                job.status.unwrap().as_str().to_owned()
            }
        }
    }

    /// Returns the status in the notification of a completed job.
    fn completed_status(self) -> &'static str {
        match self {
            Self::Elastic => "COMPLETED",
            Self::MediaConvert => "COMPLETE",
        }
    }
}

struct Scene {
    engine: KilledEngine,
    cloud: TestCloud,
    transcoder: TranscoderProcess,
    id: String,
    /// The duration of its input.
    seconds: f64,
}

impl Scene {
    /// Starts a job with an input of this duration, in a cloud that delays an answer at `hold`.
    async fn set(engine: KilledEngine, seconds: f64, hold: Option<Hold>) -> Self {
        let cloud = TestCloud::start().await;
        cloud.put(
            "/uploads/video",
            video(&format!("-f lavfi -i testsrc2=s=1280x720:d={seconds}")),
        );
        cloud.hold(hold);
        let transcoder = TranscoderProcess::start(&cloud);
        let id = engine.start(&transcoder.url).await;
        Self {
            engine,
            cloud,
            transcoder,
            id,
            seconds,
        }
    }

    /// Waits until ffmpeg writes the video.
    async fn until_transcoding(&self) {
        let output = self
            .transcoder
            .state
            .path()
            .join("work")
            .join(&self.id)
            .join("1")
            .join(OUTPUT);
        let deadline = Instant::now() + Duration::from_secs(30);
        while !output.exists() {
            assert!(Instant::now() < deadline, "ffmpeg did not begin");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Restarts the transcoder with a cloud that works, waits for the job and checks that it completed with whole files.
    /// Returns the number of notifications of its end.
    async fn killed(&mut self) -> usize {
        self.transcoder.restart();
        self.cloud.hold(None);
        self.cloud.set_unreachable(false);
        let wanted = self.engine.completed_status();
        let events = self.cloud.until(&self.id, wanted).await;
        let ends = |status: &str| events.iter().filter(|event| event["status"] == status).count();
        assert_eq!(ends("ERROR"), 0, "{events:?}");
        assert_eq!(
            self.engine.status(&self.transcoder.url, &self.id).await,
            "COMPLETE"
        );
        let thumbnail = match self.engine {
            KilledEngine::Elastic => "take-1-00001.png",
            KilledEngine::MediaConvert => "take-1-poster.0000000.jpg",
        };
        // A video of more than a second has a second poster.
        let mut names = self.cloud.names(FOLDER);
        names.retain(|name| !name.ends_with("0000001.jpg"));
        assert_eq!(
            names,
            [format!("{FOLDER}{thumbnail}"), format!("{FOLDER}take-1.mp4")]
        );
        self.assert_whole();
        ends(wanted)
    }

    fn assert_whole(&self) {
        let folder = tempfile::tempdir().unwrap();
        let (_, video) = self.cloud.object(&format!("{FOLDER}take-1.mp4"));
        std::fs::write(folder.path().join("video"), video).unwrap();
        let length = probe(&folder.path().join("video")).duration.unwrap();
        let length = Duration::from_millis(length).as_secs_f64();
        assert!(
            (length - self.seconds).abs() < 0.1,
            "{length} of {} s",
            self.seconds
        );
    }
}

async fn while_transcoding(engine: KilledEngine) {
    let mut scene = Scene::set(engine, 5.0, None).await;
    scene.until_transcoding().await;
    assert_eq!(scene.cloud.names(FOLDER), [""; 0]);
    assert_eq!(scene.killed().await, 1);
}

async fn while_uploading(engine: KilledEngine, hold: Hold) {
    let mut scene = Scene::set(engine, 0.3, Some(hold)).await;
    scene.cloud.until_held().await;
    let there = scene.cloud.names(FOLDER).len();
    assert_eq!(
        there,
        usize::from(hold == Hold::AfterUpload),
        "the object is complete or absent"
    );
    assert_eq!(scene.killed().await, 1);
}

/// Kills the transcoder while SNS and EventBridge reject the notification of the end.
async fn before_the_notification(engine: KilledEngine) {
    let mut scene = Scene::set(engine, 0.3, None).await;
    scene.cloud.set_unreachable(true);
    let deadline = Instant::now() + Duration::from_secs(30);
    while engine.status(&scene.transcoder.url, &scene.id).await != "COMPLETE" {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(scene.killed().await, 1);
}

/// Kills the transcoder after a delivery whose acknowledgment it did not get: it sends the notification again.
async fn after_the_notification(engine: KilledEngine) {
    let mut scene = Scene::set(engine, 0.3, Some(Hold::AfterNotification)).await;
    scene.cloud.until_held().await;
    assert_eq!(scene.killed().await, 1);
    let events = scene.cloud.events(&scene.id);
    let begun = events.iter().filter(|event| event["status"] == "PROGRESSING");
    assert_eq!(begun.count(), 2, "at least once");
}

macro_rules! each_engine {
    ($($name:ident: $scene:ident($($argument:expr),*);)*) => {$(
        mod $name {
            use super::*;

            #[tokio::test]
            async fn of_elastic_transcoder() {
                $scene(KilledEngine::Elastic $(, $argument)*).await;
            }

            #[tokio::test]
            async fn of_media_convert() {
                $scene(KilledEngine::MediaConvert $(, $argument)*).await;
            }
        }
    )*};
}

each_engine! {
    kill_during_transcoding: while_transcoding();
    kill_during_an_upload: while_uploading(Hold::MidUpload);
    kill_after_an_unacknowledged_upload: while_uploading(Hold::AfterUpload);
    kill_before_a_notification_is_delivered: before_the_notification();
    kill_after_an_unacknowledged_notification: after_the_notification();
}

#[tokio::test]
async fn repeated_kills_lose_no_job() {
    let cloud = TestCloud::start().await;
    cloud.put("/uploads/video", video("-f lavfi -i testsrc2=s=320x240:d=0.3"));
    let mut transcoder = TranscoderProcess::start(&cloud);
    let client = elastic::client(&transcoder.url);
    let pipeline = elastic::pipeline(&client).await;
    let mut jobs = Vec::new();
    for number in 0..12 {
        let create = elastic::create(&client, &pipeline, "video", WEB);
        let create = create.output_key_prefix(format!("output/{number}/"));
        jobs.push(elastic::started(create).await);
    }
    for pause in [30, 170, 90, 260, 10, 400, 130, 60] {
        // An arbitrary moment: this does not wait for a condition.
        tokio::time::sleep(Duration::from_millis(pause)).await;
        transcoder.restart();
    }
    let client = elastic::client(&transcoder.url);
    for id in &jobs {
        let events = cloud.until(id, "COMPLETED").await;
        assert!(
            events.iter().all(|event| event["status"] != "ERROR"),
            "{events:?}"
        );
        assert_eq!(elastic::get(&client, id).await.status(), Some("Complete"));
    }
    assert_eq!(cloud.names("/renditions/output/").len(), 2 * jobs.len());
}
