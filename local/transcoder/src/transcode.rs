//! One job from its first byte to its last notice.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::fs;
use tokio::time::{Instant, sleep_until};
use tracing::{error, info, warn};

use crate::cloud::{Session, Upload};
use crate::failure::{Code, Failure};
use crate::ffmpeg::arguments::{INPUT, OUTPUT, Plan, still};
use crate::ffmpeg::inspect::{self, Selection};
use crate::id::now_millis;
use crate::job::{Album, Clip, Event, Film, Found, Job, Made, Object, Outcome, Output, Record, Status, Task};
use crate::outbox;
use crate::progress::Progress;
use crate::service::{Claim, Service};

/// Runs a job and settles how it ended.
pub async fn run(service: &Arc<Service>, id: &str) {
    let Some(job) = begin(service, id) else { return };
    info!(job = id, input = job.input_key(), "job begun");
    let outcomes = tokio::select! {
        outcomes = work(service, &job) => outcomes,
        never = tell_progress(service, &job) => match never {},
    };
    finish(service, id, outcomes);
}

/// Fails a job whose run broke down, so that nobody waits for it.
pub fn abandon(service: &Arc<Service>, id: &str, reason: &str) {
    error!(job = id, reason, "the run of a job broke down");
    finish(service, id, Err(Failure::new(Code::Internal, reason)));
}

/// Removes what a job that runs no more has left.
pub async fn tidy(service: &Service, id: &str) {
    service.board.clear(id);
    match fs::remove_dir_all(service.work_folder(id)).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            warn!(job = id, %error, "the work folder is left behind");
        }
        _ => {}
    }
}

/// What came of each output, or why none was tried.
type Outcomes = Result<Vec<Outcome>, Failure>;

async fn work(service: &Arc<Service>, job: &Job) -> Outcomes {
    let task = job.task(service)?;
    let run = Run::prepare(service, job, &task).await?;
    Ok(run.outputs().await)
}

/// Marks a job as begun and owes the news, once: a job that is run again has been announced.
fn begin(service: &Arc<Service>, id: &str) -> Option<Job> {
    let begun = service.jobs.settle(id, |record| {
        if record.job.status == Status::Submitted {
            record.job.status = Status::Progressing;
            record.job.timing.start_time_millis = Some(now_millis());
            record.owe(service, Event::Begun);
        }
    });
    if let Err(error) = begun {
        error!(job = id, %error, "the job's begin is not on disk");
    }
    service.board.set(id, Progress::default());
    outbox::deliver(service, id);
    let job = service.jobs.get(id)?.job;
    (!job.status.is_final()).then_some(job)
}

/// Owes the news of how far a job is, again and again, where its API tells such news.
async fn tell_progress(service: &Arc<Service>, job: &Job) -> Infallible {
    let Some(interval) = job.update_interval() else {
        return std::future::pending().await;
    };
    let mut next = Instant::now();
    loop {
        next += interval;
        sleep_until(next).await;
        let progress = service.board.get(&job.id).unwrap_or_default();
        let told = service.jobs.settle(&job.id, |record| {
            if !record.job.status.is_final() {
                record.owe(service, Event::Progress(progress));
            }
        });
        if let Err(error) = told {
            warn!(job = job.id, %error, "the job's progress is not on disk");
        }
        outbox::deliver(service, &job.id);
    }
}

fn finish(service: &Arc<Service>, id: &str, outcomes: Outcomes) {
    // What fails because everything around it is being taken down goes on at the next start.
    if service.is_stopping() {
        return;
    }
    let settled = service.jobs.settle(id, |record| {
        // Canceled a moment ago: that stands.
        if record.job.status.is_final() {
            return;
        }
        let job = &mut record.job;
        job.outcomes = outcomes.unwrap_or_else(|failure| vec![Err(failure); job.outputs().max(1)]);
        job.status = match job.failure() {
            Some(_) => Status::Error,
            None => Status::Complete,
        };
        job.timing.finish_time_millis = Some(now_millis());
        let warnings: Vec<String> = job.warnings().map(str::to_owned).collect();
        for warning in &warnings {
            record.owe(service, Event::Warning(warning));
        }
        record.owe(service, Event::Ended);
    });
    match settled {
        Ok(record) => {
            info!(job = id, status = ?record.job.status, "job ended");
            for (index, outcome) in record.job.outcomes.iter().enumerate() {
                if let Err(failure) = outcome {
                    warn!(job = id, output = index + 1, %failure, "output failed");
                }
            }
        }
        Err(error) => error!(job = id, %error, "the job's end is not on disk; it runs again after a restart"),
    }
    outbox::deliver(service, id);
}

/// A job at work, with its input on disk.
struct Run<'a> {
    service: &'a Arc<Service>,
    job: &'a Job,
    task: &'a Task,
    session: Session,
    folder: PathBuf,
    found: Found,
    selection: Selection,
    /// What an output lacks of the input, whichever it is.
    warnings: Vec<String>,
}

impl<'a> Run<'a> {
    async fn prepare(service: &'a Arc<Service>, job: &'a Job, task: &'a Task) -> Result<Self, Failure> {
        let folder = service.work_folder(&job.id);
        fs::create_dir_all(&folder)
            .await
            .map_err(|error| Failure::file("make", &folder, &error))?;
        let session = service.cloud.assume(&task.role).await?;
        let input = folder.join(INPUT);
        session.download(&task.input, &input).await?;
        let inspection = inspect::inspect(&service.ffmpeg, &folder, INPUT).await?;
        let found = Found {
            file_size: file_size(&input).await?,
            probe: inspection.probe,
        };
        let run = Self {
            service,
            job,
            task,
            session,
            folder,
            found,
            selection: inspection.selection,
            warnings: inspection.warnings,
        };
        run.tell_of_input()?;
        Ok(run)
    }

    /// Owes the news of what the input is, once.
    fn tell_of_input(&self) -> Result<(), Failure> {
        if self.job.found.is_some() {
            return Ok(());
        }
        self.update(|record| {
            record.job.found = Some(self.found.clone());
            record.owe(self.service, Event::InputRead);
        })?;
        outbox::deliver(self.service, &self.job.id);
        Ok(())
    }

    /// Makes one output after the other; one that fails does not keep the next from being made.
    async fn outputs(&self) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for (index, output) in self.task.outputs.iter().enumerate() {
            outcomes.push(match output {
                Ok(output) => self.output(index, output).await,
                Err(failure) => Err(failure.clone()),
            });
        }
        outcomes
    }

    async fn output(&self, index: usize, output: &Output) -> Outcome {
        let (film, album) = (output.film.as_ref(), output.album.as_ref());
        let plan = Plan::new(
            &self.found.probe,
            film.map(|film| &film.recipe),
            album.map(|album| &album.stills),
            output.rotate,
        )?
        .using(&self.selection)
        .limited_to(self.limit()?);
        let _claim = match film {
            Some(film) => self.reserve(&film.to).await?,
            None => None,
        };
        let warning = self.transcode(index, &plan).await?;
        // The film comes last: once it is there, so are its stills.
        let mut uploads = match album {
            Some(album) => self.stills(album, &plan).await?,
            None => Vec::new(),
        };
        let mut made = match film {
            Some(film) => self.look_at(film).await?,
            None => self.look_at_stills(&uploads, &plan).await?,
        };
        made.warning = self.warning(warning.or_else(|| self.clip_warning(made.duration_millis)));
        uploads.extend(film.map(|film| self.film(film)));
        self.upload(&uploads).await?;
        Ok(made)
    }

    /// How many seconds of the input are used; `None` is all of it.
    fn limit(&self) -> Result<Option<f64>, Failure> {
        let probe = &self.found.probe;
        let (seconds, frame) = match self.task.clip {
            None => return Ok(None),
            Some(Clip::Seconds(seconds)) => return Ok(Some(seconds)),
            Some(Clip::Timecode { seconds, frame }) => (seconds, frame),
        };
        let found = probe.video.as_ref().and_then(|video| video.frames_per_second);
        // A recorder's "1000 frames a second" is its clock.
        let rate = found.filter(|rate| (1.0..=120.0).contains(rate)).unwrap_or(30.0);
        let end = (f64::from(seconds) * rate.round() + f64::from(frame) + 1.0) / rate;
        // The service does not document what it does with such a clip; nothing may rely on it.
        match probe.duration_millis {
            Some(millis) if end <= millis as f64 / 1000.0 => Ok(Some(end)),
            _ => {
                let detail = "the clip's end is not known to lie within the input";
                Err(Failure::new(Code::Validation, detail))
            }
        }
    }

    /// One sentence of what the input lacks and of what the output of it lacks, in at most 255 characters.
    fn warning(&self, of_output: Option<String>) -> Option<String> {
        let warnings: Vec<String> = self.warnings.iter().cloned().chain(of_output).collect();
        (!warnings.is_empty()).then(|| warnings.join("; ").chars().take(255).collect())
    }

    /// Elastic Transcoder: "If you specify a value longer than the duration of the input file, Elastic Transcoder
    /// transcodes the file and returns a warning message" (API reference, TimeSpan).
    fn clip_warning(&self, made_millis: Option<u64>) -> Option<String> {
        let Some(Clip::Seconds(seconds)) = self.task.clip else {
            return None;
        };
        let length = self.found.probe.duration_millis.or(made_millis)?;
        (seconds * 1000.0 > length as f64)
            .then(|| format!("the clip's duration of {seconds} s is longer than the input"))
    }

    /// Sees to it that nobody else has the output's name, where that matters, for as long as the claim is held.
    async fn reserve(&self, to: &Object) -> Result<Option<Claim<'_>>, Failure> {
        if self.task.overwrite {
            return Ok(None);
        }
        let claim = self.service.claims.claim(format!("{}/{}", to.bucket, to.key));
        let claim = claim.ok_or_else(|| already_there(to))?;
        self.require_absent(to).await?;
        Ok(Some(claim))
    }

    /// Runs ffmpeg; answers what it complained of though it succeeded.
    async fn transcode(&self, index: usize, plan: &Plan<'_>) -> Result<Option<String>, Failure> {
        let tell = |progress: Progress| {
            let (done, all) = (index as f64, self.task.outputs.len().max(1) as f64);
            let percent = progress.percent.map(|percent| (done * 100.0 + percent) / all);
            self.service
                .board
                .set(&self.job.id, Progress { percent, ..progress });
        };
        let limit = self
            .limit()?
            .map_or(u64::MAX, |seconds| (seconds * 1000.0) as u64);
        let cut = (self.selection.cut_seconds() * 1000.0) as u64;
        let length = self.found.probe.duration_millis;
        let duration = length.map(|millis| millis.saturating_sub(cut).min(limit));
        let ffmpeg = &self.service.ffmpeg;
        let complaint = ffmpeg
            .run(&self.folder, &plan.arguments(), duration, &tell)
            .await?;
        let warning = |complaint: String| format!("the input is damaged: {complaint}");
        Ok(complaint.map(warning))
    }

    /// What the film has become.
    async fn look_at(&self, film: &Film) -> Result<Made, Failure> {
        let file_size = file_size(&self.folder.join(OUTPUT)).await?;
        let probe = self.service.ffmpeg.probe_own(&self.folder, OUTPUT).await;
        let probe = probe.map_err(|_| nothing_decoded())?;
        if film.recipe.has_picture() && probe.video.is_none() {
            return Err(nothing_decoded());
        }
        Ok(Made {
            file: film.to.clone(),
            duration_millis: probe.duration_millis,
            size: probe.video.as_ref().map(|video| (video.width, video.height)),
            frames_per_second: probe.video.and_then(|video| video.frames_per_second),
            file_size,
            warning: None,
        })
    }

    /// What stills by themselves have become: the last one stands for all.
    async fn look_at_stills(&self, stills: &[Upload], plan: &Plan<'_>) -> Result<Made, Failure> {
        let last = stills.last().ok_or_else(nothing_decoded)?;
        Ok(Made {
            file: last.to.clone(),
            duration_millis: self.found.probe.duration_millis,
            size: Some(plan.still_size()),
            frames_per_second: None,
            file_size: file_size(&last.path).await?,
            warning: None,
        })
    }

    /// The stills that were made, with the names that they get.
    async fn stills(&self, album: &Album, plan: &Plan<'_>) -> Result<Vec<Upload>, Failure> {
        let format = album.stills.format;
        let mut stills = Vec::new();
        for index in 0_u32.. {
            let path = self.folder.join(still(index, format));
            let there = fs::try_exists(&path).await;
            if !there.map_err(|error| Failure::file("read", &path, &error))? {
                break;
            }
            let to = Object {
                bucket: album.bucket.clone(),
                key: album.names.key(index, plan.still_size(), format.extension()),
            };
            if !self.task.overwrite {
                self.require_absent(&to).await?;
            }
            stills.push(Upload {
                path,
                to,
                content_type: format.content_type(),
                reduced_redundancy: album.reduced_redundancy,
            });
        }
        Ok(stills)
    }

    fn film(&self, film: &Film) -> Upload {
        Upload {
            path: self.folder.join(OUTPUT),
            to: film.to.clone(),
            content_type: film.recipe.content_type(),
            reduced_redundancy: film.reduced_redundancy,
        }
    }

    /// Puts files where they belong, in their order, and removes them here.
    async fn upload(&self, files: &[Upload]) -> Result<(), Failure> {
        let keys = files.iter().map(|file| file.to.key.clone());
        self.update(|record| record.uploading.extend(keys))?;
        for file in files {
            self.session.upload(file).await?;
            let removed = fs::remove_file(&file.path).await;
            removed.map_err(|error| Failure::file("remove", &file.path, &error))?;
        }
        Ok(())
    }

    /// An object that this job itself began to write, before it was interrupted, is not in the way.
    async fn require_absent(&self, object: &Object) -> Result<(), Failure> {
        let record = self.service.jobs.get(&self.job.id);
        let own = record.is_some_and(|record| record.uploading.contains(&object.key));
        if !own && self.session.exists(object).await? {
            return Err(already_there(object));
        }
        Ok(())
    }

    fn update(&self, change: impl FnOnce(&mut Record)) -> Result<(), Failure> {
        let updated = self.service.jobs.update(&self.job.id, change);
        updated
            .map(drop)
            .map_err(|error| Failure::new(Code::Internal, error.to_string()))
    }
}

fn nothing_decoded() -> Failure {
    Failure::new(Code::CannotTranscode, "nothing of the input could be decoded")
}

fn already_there(Object { bucket, key }: &Object) -> Failure {
    let detail = format!(
        "The specified object could not be saved in the specified bucket because an object by that name already exists: bucket={bucket}, key={key}."
    );
    Failure::new(Code::OutputExists, detail)
}

async fn file_size(path: &Path) -> Result<u64, Failure> {
    fs::metadata(path)
        .await
        .map(|file| file.len())
        .map_err(|error| Failure::file("read", path, &error))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::api::harness::Server;
    use crate::job::{self, Order};

    #[tokio::test]
    async fn a_job_that_is_cut_short_by_the_end_of_the_service_goes_on() {
        let server = Server::new();
        let order = serde_json::json!({ "PipelineId": "1", "Inputs": [], "Outputs": [] });
        let order: Order = serde_json::from_value(order).unwrap();
        let job = job::Job::new("a".into(), "arn".into(), order, BTreeMap::new());
        server.service.submit(job, |_| false).unwrap();
        server.service.stop();
        abandon(&server.service, "a", "the runtime is gone");
        let stands = |service: &Service| service.jobs.get("a").unwrap().job.status;
        assert_eq!(stands(&server.service), Status::Submitted);
    }
}
