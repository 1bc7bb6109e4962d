//! The function that processes the queue of job events.

use aws::objects::{Renditions, Uploads};
use aws::rejects::Rejects;
use aws::table::ResponsesTable;
use aws::{Clients, EnvVars, LambdaContext, Metrics, telemetry};
use ingest::batch;
use ingest::deadline::Deadline;
use ingest::on_job::OnJob;
use ingest::settings::{EngineSettings, IngestSettings};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = EnvVars::of_process();
    telemetry::start(&environment);
    let settings = IngestSettings::new(&environment)?;
    let engine = EngineSettings::new(&environment)?;
    let metrics = Metrics::new(&environment)?;
    let clients = Clients::new(LambdaContext::new(&environment)?)?;
    let rejects = Rejects::new(clients.sqs(), settings.rejects_queue_url);
    let on_job = OnJob {
        table: ResponsesTable::new(clients.dynamodb(), settings.responses_table_name).measured(metrics),
        uploads: Uploads::new(clients.s3(), settings.uploads_bucket),
        renditions: Renditions::new(clients.s3(), settings.renditions_bucket),
        engine: engine.engine(&clients),
        max_seconds: settings.max_seconds,
    };
    on_job.table.warm().await;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        let work = async |body: &str| on_job.message(body).await;
        let deadline = Deadline::of(&event.context);
        Ok::<_, Error>(batch::run(event.payload.into(), deadline, &rejects, work).await?)
    }))
    .await
}
