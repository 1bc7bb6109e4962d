//! The function that processes the queue of upload events.

use aws::objects::Uploads;
use aws::rejects::Rejects;
use aws::table::ResponsesTable;
use aws::{Clients, EnvVars, LambdaContext, Metrics, telemetry};
use ingest::batch;
use ingest::deadline::Deadline;
use ingest::jobs::Jobs;
use ingest::on_upload::OnUpload;
use ingest::settings::{IngestSettings, JobSettings};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = EnvVars::of_process();
    telemetry::start(&environment);
    let (settings, job) = (
        IngestSettings::new(&environment)?,
        JobSettings::new(&environment)?,
    );
    let metrics = Metrics::new(&environment)?;
    let clients = Clients::new(LambdaContext::new(&environment)?)?;
    let rejects = Rejects::new(clients.sqs(), settings.rejects_queue_url);
    let table = ResponsesTable::new(clients.dynamodb(), settings.responses_table_name).measured(metrics);
    let on_upload = OnUpload {
        table: table.clone(),
        uploads: Uploads::new(clients.s3(), settings.uploads_bucket),
        jobs: Jobs {
            table,
            lease_seconds: job.lease_seconds,
            engine: job.engine.engine(&clients),
        },
    };
    on_upload.table.warm().await;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        let work = async |body: &str| on_upload.message(body).await;
        let deadline = Deadline::of(&event.context);
        Ok::<_, Error>(batch::run(event.payload.into(), deadline, &rejects, work).await?)
    }))
    .await
}
