//! Jobs: create, read, list, cancel.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::ApiError;
use super::page::page;
use super::pipelines;
use super::validation::{self, Checks};
use crate::ffmpeg::arguments::Rotate;
use crate::id::{is_id, now_millis};
use crate::job::{Job, JobInput, JobOutput, JobRecord, JobStatus, Timing};
use crate::preset;
use crate::service::Service;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct JobRequest {
    pipeline_id: Option<String>,
    input: Option<InputRequest>,
    inputs: Option<Vec<InputRequest>>,
    output: Option<OutputRequest>,
    outputs: Option<Vec<OutputRequest>>,
    output_key_prefix: Option<String>,
    playlists: Value,
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
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct OutputRequest {
    key: Option<String>,
    thumbnail_pattern: Option<String>,
    rotate: Option<String>,
    preset_id: Option<String>,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

/// A job as answers show it: what it has one of stands there by itself as well.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct JobAnswer<'a> {
    #[serde(flatten)]
    job: &'a Job,
    input: Option<&'a JobInput>,
    output: Option<&'a JobOutput>,
    playlists: [(); 0],
}

impl<'a> From<&'a Job> for JobAnswer<'a> {
    fn from(job: &'a Job) -> Self {
        Self {
            input: job.inputs.first(),
            output: job.outputs.first(),
            job,
            playlists: [],
        }
    }
}

/// CreateJob.
pub async fn create(
    State(service): State<Arc<Service>>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let request: JobRequest = validation::body(&body)?;
    let mut checks = Checks::default();
    let pipeline_id = checks.required("pipelineId", request.pipeline_id);
    let inputs = inputs(&mut checks, one_or_many(request.input, request.inputs));
    let outputs = outputs(&mut checks, one_or_many(request.output, request.outputs));
    if let Some(prefix) = &request.output_key_prefix {
        checks.length("outputKeyPrefix", prefix, 1, 255);
    }
    if is_set(&request.playlists) {
        checks.problem("Playlists are not supported here");
    }
    checks.done()?;
    pipelines::find(&service, &pipeline_id)?;
    if let Some(output) = outputs
        .iter()
        .find(|output| preset::find(&output.preset_id).is_none())
    {
        return Err(ApiError::NotFound(format!(
            "The specified preset was not found: presetId={}.",
            output.preset_id
        )));
    }
    let id = service.identifiers.next();
    let job = Job {
        arn: format!("{}:job/{id}", service.arn_prefix()),
        id,
        pipeline_id,
        inputs,
        outputs,
        output_key_prefix: request.output_key_prefix,
        status: JobStatus::Submitted,
        user_metadata: request.user_metadata.unwrap_or_default(),
        timing: Timing {
            submit_time_millis: now_millis(),
            ..Timing::default()
        },
    };
    let record = JobRecord {
        job: job.clone(),
        uploading: Default::default(),
        unsent: Vec::new(),
    };
    service.jobs.insert(&job.id, record)?;
    service.wake.notify_one();
    Ok((StatusCode::CREATED, Json(json!({ "Job": JobAnswer::from(&job) }))))
}

/// ReadJob.
pub async fn read(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let record = find(&service, &id)?;
    Ok(Json(json!({ "Job": JobAnswer::from(&record.job) })))
}

/// CancelJob: only one that has not begun.
pub async fn cancel(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    find(&service, &id)?;
    // Held until the job is canceled, so that it is not begun in between.
    let running = service.running.lock();
    let submitted = service
        .jobs
        .get(&id)
        .is_some_and(|record| record.job.status == JobStatus::Submitted);
    if running.contains(&id) || !submitted {
        return Err(ApiError::InUse(format!(
            "The job is in progress or has ended and cannot be canceled: jobId={id}."
        )));
    }
    service.jobs.update(&id, |record| {
        record.job.status = JobStatus::Canceled;
        record
            .job
            .outputs
            .iter_mut()
            .for_each(|output| output.status = JobStatus::Canceled);
    })?;
    Ok((StatusCode::ACCEPTED, Json(json!({}))))
}

/// ListJobsByPipeline.
pub async fn list_by_pipeline(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Value>, ApiError> {
    pipelines::find(&service, &id)?;
    list(&service, &query, |job| job.pipeline_id == id)
}

/// ListJobsByStatus.
pub async fn list_by_status(
    State(service): State<Arc<Service>>,
    Path(status): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Value>, ApiError> {
    let wanted: Option<JobStatus> = serde_json::from_value(json!(status)).ok();
    let mut checks = Checks::default();
    let pattern = "(^Submitted$)|(^Progressing$)|(^Complete$)|(^Canceled$)|(^Error$)";
    checks.pattern("status", &status, pattern, |_| wanted.is_some());
    checks.done()?;
    list(&service, &query, |job| Some(job.status) == wanted)
}

fn list(
    service: &Service,
    query: &HashMap<String, String>,
    matches: impl Fn(&Job) -> bool,
) -> Result<Json<Value>, ApiError> {
    let page = page(
        service.jobs.filter(|record| matches(&record.job)),
        |record| &record.job.id,
        query,
    )?;
    let jobs: Vec<JobAnswer<'_>> = page
        .items
        .iter()
        .map(|record| JobAnswer::from(&record.job))
        .collect();
    let mut answer = json!({ "Jobs": jobs });
    if let Some(next) = page.next {
        answer["NextPageToken"] = json!(next);
    }
    Ok(Json(answer))
}

fn find(service: &Service, id: &str) -> Result<JobRecord, ApiError> {
    validation::id("id", id)?;
    service
        .jobs
        .get(id)
        .ok_or_else(|| ApiError::NotFound(format!("The specified job was not found: jobId={id}.")))
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
    checks.length("input.key", &key, 1, 1024);
    unsupported(
        checks,
        &request.others,
        &["Encryption", "TimeSpan", "InputCaptions"],
    );
    JobInput {
        key,
        frame_rate: request.frame_rate,
        resolution: request.resolution,
        aspect_ratio: request.aspect_ratio,
        interlaced: request.interlaced,
        container: request.container,
        detected_properties: None,
    }
}

fn outputs(checks: &mut Checks, requests: Vec<OutputRequest>) -> Vec<JobOutput> {
    if requests.is_empty() {
        checks.problem("Value null at 'outputs' failed to satisfy constraint: Member must not be null");
    } else if requests.len() > 30 {
        checks.problem("Value at 'outputs' failed to satisfy constraint: Member must have length less than or equal to 30");
    }
    requests
        .into_iter()
        .enumerate()
        .map(|(index, request)| output(checks, index, request))
        .collect()
}

fn output(checks: &mut Checks, index: usize, request: OutputRequest) -> JobOutput {
    let key = checks.required("output.key", request.key);
    checks.length("output.key", &key, 1, 255);
    let preset_id = checks.required("output.presetId", request.preset_id);
    checks.pattern("output.presetId", &preset_id, r"^\d{13}-\w{6}$", is_id);
    let rotate = request.rotate.unwrap_or_else(|| "auto".into());
    checks.pattern(
        "output.rotate",
        &rotate,
        "(^auto$)|(^0$)|(^90$)|(^180$)|(^270$)",
        |rotate| Rotate::parse(rotate).is_some(),
    );
    if let Some(pattern) = &request.thumbnail_pattern {
        let counted = |pattern: &str| pattern.is_empty() || pattern.contains("{count}");
        checks.pattern(
            "output.thumbnailPattern",
            pattern,
            r"(^$)|(^.*\{count\}.*$)",
            counted,
        );
    }
    let names = [
        "ThumbnailEncryption",
        "SegmentDuration",
        "Watermarks",
        "AlbumArt",
        "Composition",
        "Captions",
        "Encryption",
    ];
    unsupported(checks, &request.others, &names);
    JobOutput {
        id: (index + 1).to_string(),
        key,
        thumbnail_pattern: request.thumbnail_pattern,
        rotate,
        preset_id,
        status: JobStatus::Submitted,
        status_detail: None,
        duration: None,
        duration_millis: None,
        width: None,
        height: None,
        frame_rate: None,
        file_size: None,
        applied_color_space_conversion: None,
    }
}

/// A setting that would be ignored is refused instead; an empty one asks for nothing.
fn unsupported(checks: &mut Checks, others: &BTreeMap<String, Value>, names: &[&str]) {
    for name in names {
        if others.get(*name).is_some_and(is_set) {
            checks.problem(format!("{name} is not supported here"));
        }
    }
}

fn is_set(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(values) => !values.is_empty(),
        Value::Object(values) => values.values().any(is_set),
        _ => true,
    }
}
