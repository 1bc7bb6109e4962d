//! The function that the schedule invokes.

use aws::objects::{Renditions, Uploads};
use aws::rejects::Rejects;
use aws::table::ResponsesTable;
use aws::{Clients, EnvVars, LambdaContext, Metrics, telemetry};
use ingest::deadline::Deadline;
use ingest::jobs::Jobs;
use ingest::reconcile::{Reconcile, ReconcileRequest};
use ingest::settings::{IngestSettings, JobSettings};
use lambda_runtime::{Error, LambdaEvent, service_fn};

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
    let table =
        ResponsesTable::new(clients.dynamodb(), settings.responses_table_name).measured(metrics.clone());
    let jobs = Jobs {
        table,
        lease_seconds: job.lease_seconds,
        engine: job.engine.engine(&clients),
    };
    let reconcile = Reconcile::new(
        jobs,
        Uploads::new(clients.s3(), settings.uploads_bucket),
        Renditions::new(clients.s3(), settings.renditions_bucket),
        Rejects::new(clients.sqs(), settings.rejects_queue_url),
    );
    lambda_runtime::run(service_fn(async |event: LambdaEvent<ReconcileRequest>| {
        let deadline = Deadline::of(&event.context);
        let summary = reconcile.run(event.payload, deadline).await;
        for measurement in summary.measurements() {
            metrics.emit(measurement);
        }
        Ok::<_, Error>(summary)
    }))
    .await
}
