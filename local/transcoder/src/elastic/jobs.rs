//! Jobs: create, read, list, cancel.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::front::ElasticTranscoderFront;
use super::responses::{list_page, success};
use super::validation::{self, Checks};
use super::wire::{API, ElasticJobRequest, JobInput, JobOutput, TimeSpan};
use crate::api_error::ApiError;
use crate::jobs::{JobStatus, MediaInfo, OutputFile, RunOutcome, Timing, TranscodeJob};
use crate::metadata;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ElasticCreateJobRequest {
    pipeline_id: String,
    input: Option<InputRequest>,
    inputs: Option<Vec<InputRequest>>,
    output: Option<OutputRequest>,
    outputs: Option<Vec<OutputRequest>>,
    output_key_prefix: Option<String>,
    user_metadata: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct InputRequest {
    key: Option<String>,
    frame_rate: Option<String>,
    resolution: Option<String>,
    aspect_ratio: Option<String>,
    interlaced: Option<String>,
    container: Option<String>,
    time_span: Option<TimeSpan>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct OutputRequest {
    key: Option<String>,
    thumbnail_pattern: Option<String>,
    rotate: Option<String>,
    preset_id: Option<String>,
}

/// CreateJob.
pub async fn create(
    State(front): State<Arc<ElasticTranscoderFront>>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let request: ElasticCreateJobRequest = validation::body(&body)?;
    let mut checks = Checks::default();
    let inputs = inputs(&mut checks, one_or_many(request.input, request.inputs));
    let outputs = outputs(&mut checks, one_or_many(request.output, request.outputs));
    let pairs = request.user_metadata.unwrap_or_default();
    if let Some((key, problem)) = metadata::ELASTIC_TRANSCODER.problem(&pairs) {
        checks.problem(format!("UserMetadata {key:?}: {problem}"));
    }
    checks.done()?;
    front.store.pipeline(&request.pipeline_id)?;
    for output in &outputs {
        front.store.preset(&output.preset_id)?;
    }
    let request = ElasticJobRequest {
        pipeline_id: request.pipeline_id,
        inputs,
        outputs,
        output_key_prefix: request.output_key_prefix,
    };
    let id = front.identifiers.next();
    let job = TranscodeJob {
        arn: front.account.arn(API, &format!("job/{id}")),
        id,
        api: API.into(),
        queue: request.pipeline_id.clone(),
        input_key: request.input_key().to_owned(),
        outputs: request.outputs.len(),
        request: json!(request),
        progress_interval: None,
        user_metadata: pairs,
        status: JobStatus::Submitted,
        timing: Timing::submitted(),
        input: None,
        outcomes: Vec::new(),
    };
    let job = front.scheduler.submit(job, |_| false).await?;
    Ok((StatusCode::CREATED, Json(json!({ "Job": show(&job) }))))
}

/// ReadJob.
pub async fn read(
    State(front): State<Arc<ElasticTranscoderFront>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let job = find(&front, &id)?;
    Ok(Json(json!({ "Job": show(&job) })))
}

/// CancelJob: only a job that has not started.
pub async fn cancel(
    State(front): State<Arc<ElasticTranscoderFront>>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    find(&front, &id)?;
    if !front.scheduler.cancel(&id, false).await? {
        return Err(ApiError::Conflict(format!(
            "The job is in progress or has ended and cannot be canceled: jobId={id}."
        )));
    }
    Ok((StatusCode::ACCEPTED, success()))
}

/// ListJobsByPipeline.
pub async fn list_by_pipeline(
    State(front): State<Arc<ElasticTranscoderFront>>,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Value>, ApiError> {
    front.store.pipeline(&id)?;
    Ok(list(&front, &query, |job| job.queue == id))
}

/// ListJobsByStatus.
pub async fn list_by_status(
    State(front): State<Arc<ElasticTranscoderFront>>,
    Path(status): Path<JobStatus>,
    Query(query): Query<HashMap<String, String>>,
) -> Json<Value> {
    list(&front, &query, |job| job.status == status)
}

fn list(
    front: &ElasticTranscoderFront,
    query: &HashMap<String, String>,
    matches: impl Fn(&TranscodeJob) -> bool,
) -> Json<Value> {
    let matches = |job: &TranscodeJob| job.api == API && matches(job);
    list_page(
        "Jobs",
        query,
        |request| front.scheduler.page(request, matches),
        show,
    )
}

fn find(front: &ElasticTranscoderFront, id: &str) -> Result<TranscodeJob, ApiError> {
    let found = front.scheduler.get(id).filter(|job| job.api == API);
    found.ok_or_else(|| ApiError::NotFound(format!("The specified job was not found: jobId={id}.")))
}

/// Returns a job as responses show it: a single input or output is repeated by itself.
fn show(job: &TranscodeJob) -> Value {
    let Ok(request) = ElasticJobRequest::of(job) else {
        return Value::Null;
    };
    let mut inputs = json!(request.inputs);
    if let (Some(info), Some(input)) = (&job.input, inputs.get_mut(0)) {
        input["DetectedProperties"] = detected(info);
    }
    let outputs: Vec<Value> = request
        .outputs
        .iter()
        .enumerate()
        .map(|(index, output)| show_output(index, output, job.status, job.outcomes.get(index)))
        .collect();
    let mut shown = json!({
        "Id": job.id,
        "Arn": job.arn,
        "PipelineId": request.pipeline_id,
        "Input": inputs.get(0),
        "Inputs": inputs,
        "Output": outputs.first(),
        "Outputs": outputs,
        "Playlists": [],
        "Status": job.status,
        "UserMetadata": job.user_metadata,
        "Timing": job.timing,
    });
    if let Some(prefix) = &request.output_key_prefix {
        shown["OutputKeyPrefix"] = json!(prefix);
    }
    shown
}

fn show_output(index: usize, output: &JobOutput, status: JobStatus, outcome: Option<&RunOutcome>) -> Value {
    let mut shown = json!(output);
    shown["Id"] = json!((index + 1).to_string());
    shown["Status"] = match outcome {
        Some(Ok(_)) => json!(JobStatus::Complete),
        Some(Err(_)) => json!(JobStatus::Error),
        None => json!(status),
    };
    match outcome {
        Some(Ok(file)) => show_file(&mut shown, file),
        Some(Err(failure)) => shown["StatusDetail"] = json!(failure.status_detail()),
        None => {}
    }
    shown
}

fn show_file(shown: &mut Value, file: &OutputFile) {
    shown["FileSize"] = json!(file.file_size);
    shown["AppliedColorSpaceConversion"] = json!("None");
    if let Some(millis) = file.duration_millis {
        shown["Duration"] = json!((millis + 500) / 1000);
        shown["DurationMillis"] = json!(millis);
    }
    if let Some((width, height)) = file.size {
        (shown["Width"], shown["Height"]) = (json!(width), json!(height));
    }
    if let Some(rate) = file.frames_per_second {
        shown["FrameRate"] = json!(frame_rate(rate));
    }
    if let Some(warning) = &file.warning {
        shown["StatusDetail"] = json!(warning);
    }
}

fn detected(info: &MediaInfo) -> Value {
    let mut shown = json!({ "FileSize": info.file_size });
    if let Some(millis) = info.probe.duration_millis {
        shown["DurationMillis"] = json!(millis);
    }
    if let Some(video) = &info.probe.video {
        (shown["Width"], shown["Height"]) = (json!(video.width), json!(video.height));
        if let Some(rate) = video.frames_per_second {
            shown["FrameRate"] = json!(frame_rate(rate));
        }
    }
    shown
}

fn frame_rate(frames_per_second: f64) -> String {
    let text = format!("{frames_per_second:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn one_or_many<T>(one: Option<T>, many: Option<Vec<T>>) -> Vec<T> {
    many.filter(|many| !many.is_empty())
        .unwrap_or_else(|| one.into_iter().collect())
}

fn inputs(checks: &mut Checks, requests: Vec<InputRequest>) -> Vec<JobInput> {
    match requests.len() {
        0 => checks.problem("Value null at 'inputs' failed to satisfy constraint: Member must not be null"),
        1 => {}
        _ => checks.problem("more than one input is not supported here"),
    }
    requests
        .into_iter()
        .map(|request| input(checks, request))
        .collect()
}

fn input(checks: &mut Checks, request: InputRequest) -> JobInput {
    let key = checks.required("input.key", request.key);
    if let Some(span) = &request.time_span {
        time_span(checks, span);
    }
    JobInput {
        key,
        frame_rate: request.frame_rate,
        resolution: request.resolution,
        aspect_ratio: request.aspect_ratio,
        interlaced: request.interlaced,
        container: request.container,
        time_span: request.time_span,
    }
}

fn time_span(checks: &mut Checks, span: &TimeSpan) {
    for (name, time) in [("StartTime", &span.start_time), ("Duration", &span.duration)] {
        if time
            .as_ref()
            .is_some_and(|time| TimeSpan::seconds(time).is_none())
        {
            checks.problem(format!("TimeSpan.{name} is more than 86399.999 seconds"));
        }
    }
    let starts_late = |time: &String| TimeSpan::seconds(time).is_some_and(|seconds| seconds > 0.0);
    if span.start_time.as_ref().is_some_and(starts_late) {
        checks.problem("TimeSpan.StartTime is not supported here");
    }
}

fn outputs(checks: &mut Checks, requests: Vec<OutputRequest>) -> Vec<JobOutput> {
    if requests.is_empty() {
        checks.problem("Value null at 'outputs' failed to satisfy constraint: Member must not be null");
    }
    requests
        .into_iter()
        .map(|request| JobOutput {
            key: checks.required("output.key", request.key),
            preset_id: checks.required("output.presetId", request.preset_id),
            rotate: request.rotate.unwrap_or_else(|| "auto".into()),
            thumbnail_pattern: request.thumbnail_pattern,
        })
        .collect()
}
