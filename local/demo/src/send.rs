//! Sends a video through the pipeline, by the HTTP API and the store.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chrono::Utc;
use local::error::{Error, Result};
use local::files;
use local::journal::Unit;
use local::session::StackSession;
use local::signal;
use local::stack::StackDescription;
use serde_json::Value;

use crate::api::{self, JobProgress, PlaybackView, ResponseView, SignedForm};
use crate::probe::{self, VideoFile};
use crate::video::SourceVideo;
use crate::{fetch, upload};

/// The time without progress after which the run fails, for an empty file.
const BASE_STALL_LIMIT: Duration = Duration::from_secs(180);
/// Bytes for which the limit grows by one second: reading a large file may take long without visible progress.
const BYTES_PER_SECOND: u64 = 1_000_000;
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// The result of a run.
#[derive(Debug)]
pub struct DemoResult {
    pub email: String,
    /// The key of the uploaded file.
    pub key: String,
    pub source: SourceVideo,
    pub rendition: PathBuf,
    pub rendition_size: u64,
    pub rendition_probe: VideoFile,
    pub poster: Option<PathBuf>,
    /// The table's item of the response, in DynamoDB's notation.
    pub item: Value,
}

/// Uploads the video, waits until it is transcoded, downloads the rendition and checks it.
pub fn send(
    session: &StackSession,
    stack: &StackDescription,
    ffmpeg: &Path,
    source: SourceVideo,
) -> Result<DemoResult> {
    files::create_folder(&session.paths.output())?;
    let email = format!("visitor-{}@example.com", Utc::now().format("%Y%m%d-%H%M%S%3f"));
    let phase = session.journal.phase("ask", "the API for an upload")?;
    let form = api::request_upload(stack, &email, source.content_type, source.size)?;
    phase.finish(&email);

    let mut phase = session
        .journal
        .phase("upload", "posting the file with the signed form")?;
    upload::post(&form, &source, &mut phase)?;
    phase.finish(form.key());

    let playback = wait_until_ready(session, stack, &email, &form, source.size)?;
    let (rendition, rendition_size) = fetch_rendition(session, &playback)?;
    let poster = fetch_poster(session, &playback)?;
    let rendition_probe = check_rendition(session, ffmpeg, &source, &rendition)?;

    let phase = session.journal.phase("item", "reading the table's item")?;
    let item = api::item(stack, &email)?;
    phase.finish(&stack.table);
    Ok(DemoResult {
        email,
        key: form.key().to_owned(),
        source,
        rendition,
        rendition_size,
        rendition_probe,
        poster,
        item,
    })
}

/// Polls the API until the response is ready, and shows the progress that the transcoder reports.
fn wait_until_ready(
    session: &StackSession,
    stack: &StackDescription,
    email: &str,
    form: &SignedForm,
    size: u64,
) -> Result<PlaybackView> {
    let mut phase = session.journal.phase("transcode", "until the API says ready")?;
    phase.set_total(100, Unit::Percent);
    let stall_limit = stall_limit(size);
    let mut last_progress = Instant::now();
    let mut last = String::new();
    loop {
        let response = api::response(stack, email)?;
        if let Some(playback) = playback(&response)? {
            phase.set_progress(100);
            phase.finish("ready");
            return Ok(playback);
        }
        let job = api::job_progress(stack, form.key())?;
        phase.set_progress(percent(job.as_ref()));
        let current = describe(&response.status, job.as_ref());
        if current != last {
            last_progress = Instant::now();
            phase.set_message(&current);
            session.journal.log(&current);
            last = current;
        }
        if last_progress.elapsed() > stall_limit {
            return Err(Error::message(format!(
                "no progress for {} s: {last}",
                stall_limit.as_secs()
            )));
        }
        signal::pause(POLL_INTERVAL)?;
    }
}

fn stall_limit(size: u64) -> Duration {
    BASE_STALL_LIMIT + Duration::from_secs(size / BYTES_PER_SECOND)
}

fn percent(job: Option<&JobProgress>) -> u64 {
    let percent = job.and_then(|job| job.percent).unwrap_or_default();
    percent.clamp(0.0, 100.0) as u64
}

/// Describes a state. The text changes with any progress: for a recording of unknown duration, with the seconds.
fn describe(status: &str, job: Option<&JobProgress>) -> String {
    let Some(job) = job else {
        return format!("response {status}, no job yet");
    };
    let progress = match (job.percent, job.seconds) {
        (Some(percent), _) => format!(", {percent:.0} %"),
        (None, Some(seconds)) => format!(", {seconds:.1} s transcoded"),
        (None, None) => String::new(),
    };
    format!("response {status}, job {}{progress}", job.status)
}

/// Returns the URLs of a response that is ready, `None` while it is not, and an error if it never will be.
fn playback(response: &ResponseView) -> Result<Option<PlaybackView>> {
    match (response.status.as_str(), &response.playback) {
        ("ready", Some(playback)) => Ok(Some(playback.clone())),
        ("ready", None) => Err(Error::message(
            "the response is ready, but the API returns no playback URL",
        )),
        ("failed", _) => {
            let reason = response
                .failure
                .as_ref()
                .map(|failure| format!("{} ({})", failure.message, failure.code));
            Err(Error::message(format!(
                "the response failed: {}",
                reason.unwrap_or_else(|| "no reason given".to_owned())
            )))
        }
        ("expired" | "deleting", _) => Err(Error::message(format!("the response is `{}`", response.status))),
        _ => Ok(None),
    }
}

fn fetch_rendition(session: &StackSession, playback: &PlaybackView) -> Result<(PathBuf, u64)> {
    let mut phase = session
        .journal
        .phase("fetch", "downloading the rendition from its playback URL")?;
    let path = session.paths.output().join("rendition.mp4");
    let size = fetch::fetch(&playback.url, &path, &mut phase)?;
    phase.finish(&session.paths.short(&path).to_string());
    Ok((path, size))
}

fn fetch_poster(session: &StackSession, playback: &PlaybackView) -> Result<Option<PathBuf>> {
    let Some(url) = &playback.poster_url else {
        return Ok(None);
    };
    let mut phase = session.journal.phase("poster", "downloading the poster")?;
    let path = session.paths.output().join("poster.png");
    fetch::fetch(url, &path, &mut phase)?;
    phase.finish(&session.paths.short(&path).to_string());
    Ok(Some(path))
}

fn check_rendition(
    session: &StackSession,
    ffmpeg: &Path,
    source: &SourceVideo,
    rendition: &Path,
) -> Result<VideoFile> {
    let phase = session.journal.phase("probe", "checking the rendition")?;
    let probe = probe::probe(session, ffmpeg, rendition)?
        .ok_or_else(|| Error::message("ffmpeg cannot read the rendition as a video"))?;
    if let Some(defect) = probe::defect(&source.probe, &probe) {
        return Err(Error::message(format!("the rendition is wrong: {defect}")));
    }
    phase.finish(&probe.to_string());
    Ok(probe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_seen_without_a_known_duration() {
        let job = |seconds| JobProgress {
            status: "Progressing".to_owned(),
            percent: None,
            seconds: Some(seconds),
        };
        assert_ne!(
            describe("transcoding", Some(&job(1.0))),
            describe("transcoding", Some(&job(1.5)))
        );
    }

    #[test]
    fn stall_limit_grows_with_the_file() {
        assert_eq!(stall_limit(0), BASE_STALL_LIMIT);
        assert_eq!(
            stall_limit(600_000_000),
            BASE_STALL_LIMIT + Duration::from_secs(600)
        );
    }
}
