//! Jobs: create, read, list, cancel.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::order::{JobInput, JobOutput, TimeSpan};
use super::validation::{self, Checks};
use super::{Order, listed, pipelines, preset, success};
use crate::api::error::ApiError;
use crate::job::{self, Found, Job, Made, Outcome, Record, Status};
use crate::metadata;
use crate::service::Service;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct JobRequest {
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
    State(service): State<Arc<Service>>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let request: JobRequest = validation::body(&body)?;
    let mut checks = Checks::default();
    let inputs = inputs(&mut checks, one_or_many(request.input, request.inputs));
    let outputs = outputs(&mut checks, one_or_many(request.output, request.outputs));
    let pairs = request.user_metadata.unwrap_or_default();
    if let Some((key, problem)) = metadata::ELASTIC_TRANSCODER.problem(&pairs) {
        checks.problem(format!("UserMetadata {key:?}: {problem}"));
    }
    checks.done()?;
    pipelines::find(&service, &request.pipeline_id)?;
    for output in &outputs {
        if preset::find(&service, &output.preset_id).is_none() {
            return Err(preset::missing(&output.preset_id));
        }
    }
    let order = Order {
        pipeline_id: request.pipeline_id,
        inputs,
        outputs,
        output_key_prefix: request.output_key_prefix,
    };
    let id = service.identifiers.next();
    let arn = service.arn("elastictranscoder", &format!("job/{id}"));
    let job = Job::new(id, arn, job::Order::Elastic(order.clone()), pairs);
    let job = service.submit(job, |_| false)?;
    Ok((StatusCode::CREATED, Json(json!({ "Job": show(&job, &order) }))))
}

/// ReadJob.
pub async fn read(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let (job, order) = find(&service, &id)?;
    Ok(Json(json!({ "Job": show(&job, &order) })))
}

/// CancelJob: only one that has not begun.
pub async fn cancel(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    find(&service, &id)?;
    if !service.cancel(&id, false)? {
        return Err(ApiError::Conflict(format!(
            "The job is in progress or has ended and cannot be canceled: jobId={id}."
        )));
    }
    Ok((StatusCode::ACCEPTED, success()))
}

/// ListJobsByPipeline.
pub async fn list_by_pipeline(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Value>, ApiError> {
    pipelines::find(&service, &id)?;
    Ok(list(&service, &query, |_, order| order.pipeline_id == id))
}

/// ListJobsByStatus.
pub async fn list_by_status(
    State(service): State<Arc<Service>>,
    Path(status): Path<Status>,
    Query(query): Query<HashMap<String, String>>,
) -> Json<Value> {
    list(&service, &query, |job, _| job.status == status)
}

fn list(
    service: &Service,
    query: &HashMap<String, String>,
    matches: impl Fn(&Job, &Order) -> bool,
) -> Json<Value> {
    let matches = |Record { job, .. }: &Record| ours(job).is_some_and(|order| matches(job, order));
    let shown = |record: &Record| ours(&record.job).map_or(Value::Null, |order| show(&record.job, order));
    listed("Jobs", query, |asked| service.jobs.page(asked, matches), shown)
}

fn find(service: &Service, id: &str) -> Result<(Job, Order), ApiError> {
    let found = service.jobs.get(id).and_then(|record| {
        let order = ours(&record.job)?.clone();
        Some((record.job, order))
    });
    found.ok_or_else(|| ApiError::NotFound(format!("The specified job was not found: jobId={id}.")))
}

/// The order of a job that came by this API.
fn ours(job: &Job) -> Option<&Order> {
    match &job.order {
        job::Order::Elastic(order) => Some(order),
        job::Order::MediaConvert(_) => None,
    }
}

/// A job as answers show it: what it has one of stands there by itself as well.
fn show(job: &Job, order: &Order) -> Value {
    let mut inputs = json!(order.inputs);
    if let (Some(found), Some(input)) = (&job.found, inputs.get_mut(0)) {
        input["DetectedProperties"] = detected(found);
    }
    let outputs: Vec<Value> = order
        .outputs
        .iter()
        .enumerate()
        .map(|(index, output)| show_output(index, output, job.status, job.outcomes.get(index)))
        .collect();
    let mut shown = json!({
        "Id": job.id,
        "Arn": job.arn,
        "PipelineId": order.pipeline_id,
        "Input": inputs.get(0),
        "Inputs": inputs,
        "Output": outputs.first(),
        "Outputs": outputs,
        "Playlists": [],
        "Status": job.status,
        "UserMetadata": job.user_metadata,
        "Timing": job.timing,
    });
    if let Some(prefix) = &order.output_key_prefix {
        shown["OutputKeyPrefix"] = json!(prefix);
    }
    shown
}

fn show_output(index: usize, output: &JobOutput, status: Status, result: Option<&Outcome>) -> Value {
    let mut shown = json!(output);
    shown["Id"] = json!((index + 1).to_string());
    shown["Status"] = match result {
        Some(Ok(_)) => json!(Status::Complete),
        Some(Err(_)) => json!(Status::Error),
        None => json!(status),
    };
    match result {
        Some(Ok(made)) => show_made(&mut shown, made),
        Some(Err(failure)) => shown["StatusDetail"] = json!(failure.status_detail()),
        None => {}
    }
    shown
}

fn show_made(shown: &mut Value, made: &Made) {
    shown["FileSize"] = json!(made.file_size);
    shown["AppliedColorSpaceConversion"] = json!("None");
    if let Some(millis) = made.duration_millis {
        shown["Duration"] = json!((millis + 500) / 1000);
        shown["DurationMillis"] = json!(millis);
    }
    if let Some((width, height)) = made.size {
        (shown["Width"], shown["Height"]) = (json!(width), json!(height));
    }
    if let Some(rate) = made.frames_per_second {
        shown["FrameRate"] = json!(frame_rate(rate));
    }
    if let Some(warning) = &made.warning {
        shown["StatusDetail"] = json!(warning);
    }
}

fn detected(found: &Found) -> Value {
    let mut shown = json!({ "FileSize": found.file_size });
    if let Some(millis) = found.probe.duration_millis {
        shown["DurationMillis"] = json!(millis);
    }
    if let Some(video) = &found.probe.video {
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
