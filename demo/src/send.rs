//! One real video through the whole pipeline, by the HTTP API and the store, as a front end would.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chrono::Utc;
use serde_json::Value;

use local::error::{Error, Result};
use local::journal::Unit;
use local::session::Session;
use local::signal;
use local::stack::Description;

use crate::api::{self, Playback, Response, Upload};
use crate::probe::{self, VideoFile};
use crate::video::Source;
use crate::{fetch, upload};

/// A run in which nothing moves for that long has failed.
const STANDSTILL: Duration = Duration::from_secs(180);

/// Everything that came of it.
#[derive(Debug)]
pub struct Outcome {
    pub mail: String,
    pub key: String,
    pub source: Source,
    pub rendition: PathBuf,
    pub rendition_size: u64,
    pub rendition_probe: VideoFile,
    pub poster: Option<PathBuf>,
    pub item: Value,
}

/// Asks, uploads, waits, fetches and looks at what came out.
pub fn send(session: &Session, stack: &Description, ffmpeg: &Path, source: Source) -> Result<Outcome> {
    let mail = format!("visitor-{}@example.com", Utc::now().format("%Y%m%d-%H%M%S%3f"));
    let upload = ask(session, stack, &mail, &source)?;
    let mut phase = session
        .journal
        .phase("upload", "the signed form, with the file")?;
    upload::post(
        &upload.url,
        &upload.fields,
        &source.path,
        source.content_type,
        &mut phase,
    )?;
    phase.done(upload.key());
    let playback = wait(session, stack, &mail, &upload)?;

    let mut phase = session
        .journal
        .phase("fetch", "the rendition, by its playback URL")?;
    let rendition = session.paths.output().join("rendition.mp4");
    let rendition_size = fetch::fetch(&playback.url, &rendition, &mut phase)?;
    phase.done(&session.paths.short(&rendition).to_string());
    let poster = poster(session, &playback)?;

    let phase = session
        .journal
        .phase("probe", "whether it is what it should be")?;
    let rendition_probe = probe::probe(session, ffmpeg, &rendition)?
        .ok_or_else(|| Error::said("the rendition is no video that ffmpeg can read"))?;
    if let Some(fault) = probe::fault(&source.probe, &rendition_probe) {
        return Err(Error::said(format!(
            "the rendition is not what it should be: {fault}"
        )));
    }
    phase.done(&rendition_probe.to_string());

    let phase = session.journal.phase("item", "what the table has stored")?;
    let item = stack
        .client()
        .item(&stack.table, &api::record_key(&mail))?
        .ok_or_else(|| Error::said(format!("the table {} has no item of {mail}", stack.table)))?;
    phase.done(&stack.table);
    let key = upload.key().to_owned();
    Ok(Outcome {
        mail,
        key,
        source,
        rendition,
        rendition_size,
        rendition_probe,
        poster,
        item,
    })
}

fn ask(session: &Session, stack: &Description, mail: &str, source: &Source) -> Result<Upload> {
    local::files::create_folder(&session.paths.output())?;
    let phase = session.journal.phase("ask", "the API for an upload")?;
    let upload = api::ask(stack, mail, source.content_type, source.size)?;
    phase.done(mail);
    Ok(upload)
}

/// Waits until the API says `ready`; the transcoder tells how far it is.
fn wait(session: &Session, stack: &Description, mail: &str, upload: &Upload) -> Result<Playback> {
    let mut phase = session.journal.phase("transcode", "until the API says ready")?;
    phase.total(100, Unit::Percent);
    let mut moved = Instant::now();
    let mut last = (String::new(), -1);
    loop {
        let response = api::response(stack, mail)?;
        if let Some(playback) = outcome(&response)? {
            phase.at(100);
            phase.done("ready");
            return Ok(playback);
        }
        let job = api::job(stack, upload.key())?;
        let percent = job
            .as_ref()
            .and_then(|job| job.percent)
            .unwrap_or(0.0)
            .clamp(0.0, 100.0) as i64;
        let now = (response.status, percent);
        if now != last {
            moved = Instant::now();
            phase.at(percent.unsigned_abs());
            let job = job.map_or_else(|| "no job yet".to_owned(), |job| format!("job {}", job.status));
            phase.message(&format!("{}, {job}", now.0));
            session
                .journal
                .note(&format!("response {}, {job}, {percent} %", now.0));
            last = now;
        }
        if moved.elapsed() > STANDSTILL {
            let seconds = STANDSTILL.as_secs();
            return Err(Error::said(format!(
                "nothing moved for {seconds} s, the response is still `{}`",
                last.0
            )));
        }
        signal::pause(Duration::from_millis(250))?;
    }
}

/// The playback of a response that is ready; an error for one that will never be.
fn outcome(response: &Response) -> Result<Option<Playback>> {
    match (response.status.as_str(), &response.playback) {
        ("ready", Some(Playback { url, poster_url })) => Ok(Some(Playback {
            url: url.clone(),
            poster_url: poster_url.clone(),
        })),
        ("ready", None) => Err(Error::said(
            "the response is ready, but the API gives no playback URL",
        )),
        ("failed", _) => {
            let why = response
                .failure
                .as_ref()
                .map(|it| format!("{} ({})", it.message, it.code));
            Err(Error::said(format!(
                "the response failed: {}",
                why.unwrap_or_else(|| "no reason given".to_owned())
            )))
        }
        ("expired" | "deleting", _) => Err(Error::said(format!("the response is `{}`", response.status))),
        _ => Ok(None),
    }
}

fn poster(session: &Session, playback: &Playback) -> Result<Option<PathBuf>> {
    let Some(url) = &playback.poster_url else {
        return Ok(None);
    };
    let mut phase = session.journal.phase("poster", "a still picture of it")?;
    let path = session.paths.output().join("poster.png");
    fetch::fetch(url, &path, &mut phase)?;
    phase.done(&session.paths.short(&path).to_string());
    Ok(Some(path))
}
