//! Transcodes one job: reads the input, creates the outputs, uploads them.

use std::path::{Path, PathBuf};

use tokio::fs;

use super::context::RunContext;
use super::job::{Event, JobRecord, MediaInfo, OutputFile, RunOutcome, TranscodeJob};
use super::writes::Writes;
use crate::cloud::{ObjectUpload, Session};
use crate::failure::{Code, JobFailure};
use crate::ffmpeg::arguments::{FfmpegCommand, INPUT, OUTPUT, thumbnail_file};
use crate::ffmpeg::inspect::inspect;
use crate::ffmpeg::selection::Selection;
use crate::progress::Progress;
use crate::reservation::Reservation;
use crate::task::{Clip, Object, OutputTask, Task, ThumbnailOutput, VideoOutput};
use crate::workspace::{create_folder, file_size};

/// A job whose input is on disk.
pub struct Transcoding<'a> {
    context: &'a RunContext,
    job: &'a TranscodeJob,
    task: &'a Task,
    writes: &'a Writes,
    session: Session,
    folder: PathBuf,
    input: MediaInfo,
    selection: Selection,
    /// Warnings about parts of the input that no output contains.
    warnings: Vec<String>,
}

impl<'a> Transcoding<'a> {
    /// Downloads and inspects the input.
    pub async fn prepare(
        context: &'a RunContext,
        job: &'a TranscodeJob,
        task: &'a Task,
        writes: &'a Writes,
    ) -> Result<Self, JobFailure> {
        let workspace = &context.workspace;
        let folder = workspace.folder_of(&job.id);
        create_folder(&folder).await?;
        let session = workspace.cloud.assume(&task.role).await?;
        let path = folder.join(INPUT);
        session.download(&task.input, &path).await?;
        let inspection = inspect(&workspace.ffmpeg, &folder, INPUT).await?;
        let input = MediaInfo {
            file_size: file_size(&path).await?,
            probe: inspection.probe,
        };
        let transcoding = Self {
            context,
            job,
            task,
            writes,
            session,
            folder,
            input,
            selection: inspection.selection,
            warnings: inspection.warnings,
        };
        transcoding.record_input().await?;
        Ok(transcoding)
    }

    /// Records and announces the properties of the input, unless an earlier run of the job did.
    async fn record_input(&self) -> Result<(), JobFailure> {
        if self.job.input.is_some() {
            return Ok(());
        }
        let input = self.input.clone();
        self.record(Some(Event::InputRead), |record| record.job.input = Some(input))
            .await
    }

    /// Creates one output after the other. A failed output does not prevent the next one.
    pub async fn outputs(&self) -> Vec<RunOutcome> {
        let mut outcomes = Vec::new();
        for (index, output) in self.task.outputs.iter().enumerate() {
            outcomes.push(match output {
                Ok(output) => self.output(index, output).await,
                Err(failure) => Err(failure.clone()),
            });
        }
        outcomes
    }

    async fn output(&self, index: usize, output: &OutputTask) -> RunOutcome {
        let (video, thumbnails) = (output.video.as_ref(), output.thumbnails.as_ref());
        let input = format!("../{INPUT}");
        let plan = FfmpegCommand::new(
            &self.input.probe,
            video.map(|video| &video.encoding),
            thumbnails.map(|thumbnails| &thumbnails.encoding),
            output.rotate,
        )?
        .using(&self.selection)
        .limited_to(self.limit()?)
        .reading(&input);
        let _reservation = match video {
            Some(video) => self.reserve(&video.to).await?,
            None => None,
        };
        // Each output has its own folder, so that it does not use thumbnails of a failed output.
        let folder = self.folder.join((index + 1).to_string());
        create_folder(&folder).await?;
        let warning = self.transcode(index, &folder, &plan).await?;
        // The video comes last: once it is in S3, so are its thumbnails.
        let mut uploads = match thumbnails {
            Some(thumbnails) => self.thumbnails(&folder, thumbnails, &plan).await?,
            None => Vec::new(),
        };
        let mut file = match video {
            Some(video) => self.video_file(&folder, video).await?,
            None => self.last_thumbnail(&uploads, &plan).await?,
        };
        file.warning = self.warning(warning.or_else(|| self.clip_warning(file.duration_millis)));
        uploads.extend(video.map(|video| upload_of(&folder, video)));
        self.upload(uploads).await?;
        Ok(file)
    }

    /// Returns the seconds of the input that are used; `None` for the whole input.
    fn limit(&self) -> Result<Option<f64>, JobFailure> {
        let probe = &self.input.probe;
        let (seconds, frame) = match self.task.clip {
            None => return Ok(None),
            Some(Clip::Seconds(seconds)) => return Ok(Some(seconds)),
            Some(Clip::Timecode { seconds, frame }) => (seconds, frame),
        };
        let found = probe.video.as_ref().and_then(|video| video.frames_per_second);
        // A recorder's "1000 frames a second" is its clock.
        let rate = found.filter(|rate| (1.0..=120.0).contains(rate)).unwrap_or(30.0);
        let end = (f64::from(seconds) * rate.round() + f64::from(frame) + 1.0) / rate;
        // The effect of such a clip is not documented, so callers must not rely on it.
        match probe.duration_millis {
            Some(millis) if end <= millis as f64 / 1000.0 => Ok(Some(end)),
            _ => {
                let detail = "the clip's end is not known to lie within the input";
                Err(JobFailure::new(Code::Validation, detail))
            }
        }
    }

    /// Joins the warnings of the input and of an output, in at most 255 characters.
    fn warning(&self, of_output: Option<String>) -> Option<String> {
        let warnings: Vec<String> = self.warnings.iter().cloned().chain(of_output).collect();
        (!warnings.is_empty()).then(|| warnings.join("; ").chars().take(255).collect())
    }

    /// Elastic Transcoder: "If you specify a value longer than the duration of the input file, Elastic Transcoder
    /// transcodes the file and returns a warning message" (API reference, TimeSpan).
    fn clip_warning(&self, output_millis: Option<u64>) -> Option<String> {
        let Some(Clip::Seconds(seconds)) = self.task.clip else {
            return None;
        };
        let length = self.input.probe.duration_millis.or(output_millis)?;
        (seconds * 1000.0 > length as f64)
            .then(|| format!("the clip's duration of {seconds} s is longer than the input"))
    }

    /// Reserves an output's key until the reservation is dropped, where an existing object must not be replaced.
    async fn reserve(&self, to: &Object) -> Result<Option<Reservation<'_>>, JobFailure> {
        if self.task.overwrite {
            return Ok(None);
        }
        let reservation = self.context.outputs.reserve(format!("{}/{}", to.bucket, to.key));
        let reservation = reservation.ok_or_else(|| already_exists(to))?;
        self.require_absent(to).await?;
        Ok(Some(reservation))
    }

    /// Runs ffmpeg. Returns a warning if it succeeds with error messages.
    async fn transcode(
        &self,
        index: usize,
        folder: &Path,
        plan: &FfmpegCommand<'_>,
    ) -> Result<Option<String>, JobFailure> {
        let report = |progress: Progress| {
            let (done, all) = (index as f64, self.task.outputs.len().max(1) as f64);
            let percent = progress.percent.map(|percent| (done * 100.0 + percent) / all);
            let tracker = self.context.scheduler.progress();
            tracker.set(&self.job.id, Progress { percent, ..progress });
        };
        let limit = self
            .limit()?
            .map_or(u64::MAX, |seconds| (seconds * 1000.0) as u64);
        let cut = (self.selection.cut_seconds() * 1000.0) as u64;
        let length = self.input.probe.duration_millis;
        let duration = length.map(|millis| millis.saturating_sub(cut).min(limit));
        let ffmpeg = &self.context.workspace.ffmpeg;
        let complaint = ffmpeg.run(folder, &plan.arguments(), duration, &report).await?;
        Ok(complaint.map(|complaint| format!("the input is damaged: {complaint}")))
    }

    /// Returns the properties of the finished video.
    async fn video_file(&self, folder: &Path, video: &VideoOutput) -> Result<OutputFile, JobFailure> {
        let file_size = file_size(&folder.join(OUTPUT)).await?;
        let probe = self.context.workspace.ffmpeg.probe_own(folder, OUTPUT).await;
        let probe = probe.map_err(|_| nothing_decoded())?;
        if video.encoding.has_picture() && probe.video.is_none() {
            return Err(nothing_decoded());
        }
        Ok(OutputFile {
            object: video.to.clone(),
            duration_millis: probe.duration_millis,
            size: probe.video.as_ref().map(|video| (video.width, video.height)),
            frames_per_second: probe.video.and_then(|video| video.frames_per_second),
            file_size,
            warning: None,
        })
    }

    /// Returns the properties of the last thumbnail, which represents an output of thumbnails only.
    async fn last_thumbnail(
        &self,
        uploads: &[ObjectUpload],
        plan: &FfmpegCommand<'_>,
    ) -> Result<OutputFile, JobFailure> {
        let last = uploads.last().ok_or_else(nothing_decoded)?;
        Ok(OutputFile {
            object: last.to.clone(),
            duration_millis: self.input.probe.duration_millis,
            size: Some(plan.thumbnail_size()),
            frames_per_second: None,
            file_size: file_size(&last.path).await?,
            warning: None,
        })
    }

    /// Returns the finished thumbnails with their keys.
    async fn thumbnails(
        &self,
        folder: &Path,
        thumbnails: &ThumbnailOutput,
        plan: &FfmpegCommand<'_>,
    ) -> Result<Vec<ObjectUpload>, JobFailure> {
        let format = thumbnails.encoding.format;
        let mut uploads = Vec::new();
        for index in 0_u32.. {
            let path = folder.join(thumbnail_file(index, format));
            let exists = fs::try_exists(&path).await;
            if !exists.map_err(|error| JobFailure::file("read", &path, &error))? {
                break;
            }
            let size = plan.thumbnail_size();
            let to = Object {
                bucket: thumbnails.bucket.clone(),
                key: thumbnails.names.key(index, size, format.extension()),
            };
            if !self.task.overwrite {
                self.require_absent(&to).await?;
            }
            uploads.push(ObjectUpload {
                path,
                to,
                content_type: format.content_type(),
                reduced_redundancy: thumbnails.reduced_redundancy,
            });
        }
        Ok(uploads)
    }

    /// Uploads files in their order and removes them from the disk.
    async fn upload(&self, uploads: Vec<ObjectUpload>) -> Result<(), JobFailure> {
        let keys: Vec<String> = uploads.iter().map(|upload| upload.to.key.clone()).collect();
        self.record(None, |record| record.uploading.extend(keys)).await?;
        for upload in uploads {
            let (session, path) = (self.session.clone(), upload.path.clone());
            self.writes
                .complete(async move { session.upload(&upload).await })
                .await?;
            let removed = fs::remove_file(&path).await;
            removed.map_err(|error| JobFailure::file("remove", &path, &error))?;
        }
        Ok(())
    }

    /// Fails where an object exists, unless this job itself began to write it before it was interrupted.
    async fn require_absent(&self, object: &Object) -> Result<(), JobFailure> {
        let own = self.context.scheduler.has_begun_upload(&self.job.id, &object.key);
        if !own && self.session.exists(object).await? {
            return Err(already_exists(object));
        }
        Ok(())
    }

    async fn record(
        &self,
        event: Option<Event<'_>>,
        change: impl FnOnce(&mut JobRecord),
    ) -> Result<(), JobFailure> {
        let recorded = self.context.scheduler.record(&self.job.id, event, change).await;
        recorded.map_err(|error| JobFailure::new(Code::Internal, error.to_string()))
    }
}

fn upload_of(folder: &Path, video: &VideoOutput) -> ObjectUpload {
    ObjectUpload {
        path: folder.join(OUTPUT),
        to: video.to.clone(),
        content_type: video.encoding.content_type(),
        reduced_redundancy: video.reduced_redundancy,
    }
}

fn nothing_decoded() -> JobFailure {
    JobFailure::new(Code::CannotTranscode, "nothing of the input could be decoded")
}

fn already_exists(Object { bucket, key }: &Object) -> JobFailure {
    let detail = format!(
        "The specified object could not be saved in the specified bucket because an object by that name already exists: bucket={bucket}, key={key}."
    );
    JobFailure::new(Code::OutputExists, detail)
}
