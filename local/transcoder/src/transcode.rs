//! One job from its first byte to its last notice.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::fs;
use tracing::{error, info, warn};

use crate::cloud::Session;
use crate::failure::{Code, Failure};
use crate::ffmpeg::arguments::{INPUT, OUTPUT, Plan, Rotate};
use crate::ffmpeg::probe::{Probe, VideoStream};
use crate::id::now_millis;
use crate::job::{DetectedProperties, Job, JobOutput, JobRecord, JobStatus};
use crate::notification::{self, Event};
use crate::outbox;
use crate::pipeline::{Notifications, OutputConfig, Pipeline};
use crate::preset::{self, Preset};
use crate::progress::Progress;
use crate::service::Service;

/// Runs a job and settles how it ended.
pub async fn run(service: &Arc<Service>, id: &str) {
    let Some(job) = begin(service, id) else { return };
    info!(job = id, input = job.input_key(), "job begun");
    let folder = service.work_folder(id);
    let outcome = match Run::prepare(service, &job, folder.clone()).await {
        Ok(run) => run.outputs().await,
        Err(failure) => Outcome::failed(&job, failure),
    };
    if let Err(error) = fs::remove_dir_all(&folder).await {
        warn!(job = id, %error, "the work folder is left behind");
    }
    finish(service, id, &outcome);
}

/// Fails a job whose run broke down, so that nobody waits for it.
pub fn abandon(service: &Arc<Service>, id: &str, reason: &str) {
    error!(job = id, reason, "the run of a job broke down");
    if let Some(record) = service.jobs.get(id) {
        finish(
            service,
            id,
            &Outcome::failed(&record.job, Failure::new(Code::Internal, reason)),
        );
    }
}

/// How a job ended.
#[derive(Debug, Default)]
struct Outcome {
    detected: Option<DetectedProperties>,
    made: BTreeMap<String, Made>,
    failures: BTreeMap<String, Failure>,
    warnings: Vec<String>,
}

impl Outcome {
    fn failed(job: &Job, failure: Failure) -> Self {
        let failures = job
            .outputs
            .iter()
            .map(|output| (output.id.clone(), failure.clone()))
            .collect();
        Self {
            failures,
            ..Self::default()
        }
    }
}

/// What is known of an output that was made.
#[derive(Debug)]
struct Made {
    duration_millis: Option<u64>,
    width: u32,
    height: u32,
    frame_rate: Option<String>,
    file_size: u64,
    warning: Option<String>,
}

/// Marks a job as begun and owes its topic the news, once: a job that is run again has been announced.
fn begin(service: &Arc<Service>, id: &str) -> Option<Job> {
    let topics = topics(service, &service.jobs.get(id)?.job);
    let begun = service.jobs.settle(id, |record| {
        if record.job.status != JobStatus::Submitted {
            return;
        }
        record.job.status = JobStatus::Progressing;
        record.job.timing.start_time_millis = Some(now_millis());
        for output in &mut record.job.outputs {
            output.status = JobStatus::Progressing;
        }
        owe(record, &topics, &Event::Progressing);
    });
    if let Err(error) = begun {
        error!(job = id, %error, "the job's begin is not on disk");
    }
    service.board.set(id, Progress::default());
    outbox::publish(service, id);
    service.jobs.get(id).map(|record| record.job)
}

fn finish(service: &Arc<Service>, id: &str, outcome: &Outcome) {
    let Some(record) = service.jobs.get(id) else {
        return;
    };
    let topics = topics(service, &record.job);
    let settled = service.jobs.settle(id, |record| {
        settle(&mut record.job, outcome);
        for warning in &outcome.warnings {
            owe(record, &topics, &Event::Warning(warning.clone()));
        }
        let event = if outcome.failures.is_empty() {
            Event::Completed
        } else {
            notification::failed(&outcome.failures)
        };
        owe(record, &topics, &event);
    });
    match settled {
        Ok(record) => info!(job = id, status = ?record.job.status, "job ended"),
        Err(error) => error!(job = id, %error, "the job's end is not on disk; it runs again after a restart"),
    }
    for (output, failure) in &outcome.failures {
        warn!(job = id, output, %failure, "output failed");
    }
    service.board.clear(id);
    outbox::publish(service, id);
}

fn settle(job: &mut Job, outcome: &Outcome) {
    job.status = if outcome.failures.is_empty() {
        JobStatus::Complete
    } else {
        JobStatus::Error
    };
    job.timing.finish_time_millis = Some(now_millis());
    if let Some(input) = job.inputs.first_mut() {
        input.detected_properties.clone_from(&outcome.detected);
    }
    for output in &mut job.outputs {
        if let Some(failure) = outcome.failures.get(&output.id) {
            output.status = JobStatus::Error;
            output.status_detail = Some(failure.status_detail());
        } else if let Some(made) = outcome.made.get(&output.id) {
            output.status = JobStatus::Complete;
            output.status_detail.clone_from(&made.warning);
            output.duration = made.duration_millis.map(|millis| (millis + 500) / 1000);
            output.duration_millis = made.duration_millis;
            (output.width, output.height) = (Some(made.width), Some(made.height));
            output.frame_rate.clone_from(&made.frame_rate);
            output.file_size = Some(made.file_size);
            output.applied_color_space_conversion = Some("None".into());
        }
    }
}

fn topics(service: &Service, job: &Job) -> Notifications {
    service
        .pipelines
        .get(&job.pipeline_id)
        .map(|pipeline| pipeline.notifications)
        .unwrap_or_default()
}

fn owe(record: &mut JobRecord, topics: &Notifications, event: &Event) {
    record
        .unsent
        .extend(notification::notice(topics, &record.job, event));
}

/// A job at work, with its input on disk.
struct Run<'a> {
    service: &'a Service,
    job: &'a Job,
    pipeline: Pipeline,
    session: Session,
    folder: PathBuf,
    probe: Probe,
    video: VideoStream,
    input_size: u64,
}

impl<'a> Run<'a> {
    async fn prepare(service: &'a Service, job: &'a Job, folder: PathBuf) -> Result<Self, Failure> {
        let pipeline = service.pipelines.get(&job.pipeline_id);
        let pipeline = pipeline.ok_or_else(|| {
            Failure::new(
                Code::Validation,
                format!("the pipeline {} is gone", job.pipeline_id),
            )
        })?;
        fs::create_dir_all(&folder)
            .await
            .map_err(|error| Failure::file("make", &folder, &error))?;
        let session = service.cloud.assume(&pipeline.role).await?;
        let input = folder.join(INPUT);
        session
            .download(&pipeline.input_bucket, job.input_key(), &input)
            .await?;
        let input_size = file_size(&input).await?;
        let probe = service.ffmpeg.probe(&folder, INPUT).await?;
        let video = probe.video.clone();
        let video = video.ok_or_else(|| {
            Failure::new(
                Code::PresetMismatch,
                "the preset makes a video, but the input has no video stream",
            )
        })?;
        Ok(Self {
            service,
            job,
            pipeline,
            session,
            folder,
            probe,
            video,
            input_size,
        })
    }

    /// Makes one output after the other; one that fails does not keep the next from being made.
    async fn outputs(&self) -> Outcome {
        let mut outcome = Outcome {
            detected: Some(self.detected()),
            ..Outcome::default()
        };
        for (index, output) in self.job.outputs.iter().enumerate() {
            match self.output(index, output).await {
                Ok(made) => {
                    outcome.warnings.extend(made.warning.clone());
                    outcome.made.insert(output.id.clone(), made);
                }
                Err(failure) => {
                    outcome.failures.insert(output.id.clone(), failure);
                }
            }
        }
        outcome
    }

    async fn output(&self, index: usize, output: &JobOutput) -> Result<Made, Failure> {
        let unknown = || Failure::new(Code::Validation, format!("no preset {}", output.preset_id));
        let preset = preset::find(&output.preset_id).ok_or_else(unknown)?;
        let key = self.job.full_key(&output.key);
        let content = &self.pipeline.content_config;
        let claim = self.service.claims.claim(format!("{}/{key}", content.bucket));
        if claim.is_none() {
            return Err(already_there(&content.bucket, &key));
        }
        self.require_absent(content, &key).await?;
        let made = self.transcode(index, output, preset).await?;
        let pictures = self.pictures(output, preset).await?;
        for (_, key) in &pictures {
            self.require_absent(&self.pipeline.thumbnail_config, key).await?;
        }
        self.note_uploads(pictures.iter().map(|(_, key)| key).chain([&key]))?;
        // The video comes last: once it is there, so are its pictures.
        for (path, key) in &pictures {
            let content_type = preset.thumbnails.format.content_type();
            self.session
                .upload(&self.pipeline.thumbnail_config, key, path, content_type)
                .await?;
            remove(path).await?;
        }
        let path = self.folder.join(OUTPUT);
        self.session.upload(content, &key, &path, "video/mp4").await?;
        remove(&path).await?;
        Ok(made)
    }

    async fn transcode(&self, index: usize, output: &JobOutput, preset: &Preset) -> Result<Made, Failure> {
        let plan = self.plan(output, preset);
        let tell = |progress: Progress| {
            let (done, all) = (index as f64, self.job.outputs.len().max(1) as f64);
            let percent = progress.percent.map(|percent| (done * 100.0 + percent) / all);
            self.service
                .board
                .set(&self.job.id, Progress { percent, ..progress });
        };
        let warning = self
            .service
            .ffmpeg
            .run(&self.folder, &plan.arguments(), self.probe.duration_millis, &tell)
            .await?;
        let file_size = file_size(&self.folder.join(OUTPUT)).await?;
        let empty = || Failure::new(Code::CannotTranscode, "no picture of the input could be decoded");
        let made = self
            .service
            .ffmpeg
            .probe(&self.folder, OUTPUT)
            .await
            .map_err(|_| empty())?;
        let video = made.video.ok_or_else(empty)?;
        Ok(Made {
            duration_millis: made.duration_millis,
            width: video.width,
            height: video.height,
            frame_rate: video.frames_per_second.map(rate),
            file_size,
            warning: warning.map(|complaint| {
                format!("the input is damaged: {complaint}")
                    .chars()
                    .take(255)
                    .collect()
            }),
        })
    }

    fn plan<'b>(&'b self, output: &JobOutput, preset: &'b Preset) -> Plan<'b> {
        Plan {
            preset,
            video: &self.video,
            rotate: Rotate::parse(&output.rotate).unwrap_or(Rotate::Auto),
            thumbnails: pattern(output).is_some(),
        }
    }

    /// The thumbnails that were made, with the keys that they get.
    async fn pictures(&self, output: &JobOutput, preset: &Preset) -> Result<Vec<(PathBuf, String)>, Failure> {
        let Some(pattern) = pattern(output) else {
            return Ok(Vec::new());
        };
        let size = self.plan(output, preset).thumbnail_size();
        let extension = preset.thumbnails.format.extension();
        let mut pictures = Vec::new();
        for count in 1_u32.. {
            let path = self.folder.join(format!("thumbnail-{count:05}.{extension}"));
            if !fs::try_exists(&path)
                .await
                .map_err(|error| Failure::file("read", &path, &error))?
            {
                break;
            }
            let name = pattern
                .replace("{count}", &format!("{count:05}"))
                .replace("{resolution}", &format!("{}x{}", size.width, size.height));
            pictures.push((path, self.job.full_key(&format!("{name}.{extension}"))));
        }
        Ok(pictures)
    }

    /// An object that this job itself began to write, before it was interrupted, is not in the way.
    async fn require_absent(&self, config: &OutputConfig, key: &str) -> Result<(), Failure> {
        let own = self
            .service
            .jobs
            .get(&self.job.id)
            .is_some_and(|record| record.uploading.contains(key));
        if !own && self.session.exists(&config.bucket, key).await? {
            return Err(already_there(&config.bucket, key));
        }
        Ok(())
    }

    fn note_uploads<'b>(&self, keys: impl Iterator<Item = &'b String>) -> Result<(), Failure> {
        let noted = self
            .service
            .jobs
            .update(&self.job.id, |record| record.uploading.extend(keys.cloned()));
        noted
            .map(drop)
            .map_err(|error| Failure::new(Code::Internal, error.to_string()))
    }

    fn detected(&self) -> DetectedProperties {
        DetectedProperties {
            width: self.video.width,
            height: self.video.height,
            frame_rate: self.video.frames_per_second.map(rate),
            file_size: self.input_size,
            duration_millis: self.probe.duration_millis,
        }
    }
}

fn pattern(output: &JobOutput) -> Option<&str> {
    output
        .thumbnail_pattern
        .as_deref()
        .filter(|pattern| !pattern.is_empty())
}

fn rate(frames_per_second: f64) -> String {
    let text = format!("{frames_per_second:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn already_there(bucket: &str, key: &str) -> Failure {
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

async fn remove(path: &Path) -> Result<(), Failure> {
    fs::remove_file(path)
        .await
        .map_err(|error| Failure::file("remove", path, &error))
}
