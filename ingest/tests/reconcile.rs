//! Runs of `reconcile`: a large backlog, concurrent runs, repeated failures. The table is an in-process DynamoDB; S3
//! and the engine answer from memory.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws::objects::{Renditions, Uploads};
use aws::rejects::Rejects;
use aws::table::ResponsesTable;
use aws::table::item::to_attributes;
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_types::SdkConfig;
use aws_types::region::Region;
use futures_util::future::join;
use ingest::deadline::Deadline;
use ingest::jobs::Jobs;
use ingest::reconcile::{Reconcile, ReconcileRequest, ReconcileSummary, STOP_MARGIN};
use ingest::transcode::{ElasticTranscoder, ElasticTranscoderConfig, Engine};
use model::due::WorkKind;
use model::lifecycle::{Change, Decision, Refusal, decide, decide_all};
use model::measurement::{Measurement, Repair};
use model::upload::{Requester, Upload};
use model::{Response, ResponseKey, Status, TakeId, Timestamp};

use test_dynamodb::TABLE;

/// S3 with empty buckets, and an engine that creates every job.
#[derive(Clone, Debug, Default)]
struct Services {
    jobs: Arc<Mutex<u32>>,
    /// The project for which S3 rejects list requests.
    refused: Option<&'static str>,
}

impl Services {
    fn answer(&self, request: &HttpRequest) -> (u16, String) {
        let uri = request.uri();
        if uri.contains("elastictranscoder") {
            let mut jobs = self.jobs.lock().unwrap();
            *jobs += 1;
            return (201, format!(r#"{{"Job":{{"Id":"job-{jobs}"}}}}"#));
        }
        if self.refused.is_some_and(|project| uri.contains(project)) {
            let body = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>";
            return (403, body.to_owned());
        }
        let result = match uri {
            _ if uri.contains("?uploads") => "ListMultipartUploadsResult",
            _ if uri.contains("?versions") => "ListVersionsResult",
            _ => "ListBucketResult",
        };
        let body = format!("<{result}><IsTruncated>false</IsTruncated></{result}>");
        (200, body)
    }
}

impl HttpConnector for Services {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (status, body) = self.answer(&request);
        let response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        HttpConnectorFuture::ready(Ok(response))
    }
}

struct Stage {
    dynamodb: aws_sdk_dynamodb::Client,
    table: ResponsesTable,
    services: Services,
    reconcile: Reconcile,
}

impl Stage {
    async fn new(services: Services) -> Self {
        let dynamodb = aws_sdk_dynamodb::Client::from_conf(test_dynamodb::start().await.build());
        let table = ResponsesTable::new(dynamodb.clone(), TABLE.into());
        let connector = SharedHttpConnector::new(services.clone());
        let config = SdkConfig::builder()
            .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(
                Credentials::new("key", "secret", None, None, "test"),
            ))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build();
        let s3 = aws_sdk_s3::Client::new(&config);
        let pipeline = ElasticTranscoderConfig {
            id: "pipeline".into(),
            preset_id: "preset".into(),
            max_seconds: 60,
        };
        let engine = ElasticTranscoder::new(aws_sdk_elastictranscoder::Client::new(&config), pipeline);
        let jobs = Jobs {
            table: table.clone(),
            engine: Engine::Elastic(engine),
            lease_seconds: 300,
        };
        let reconcile = Reconcile::new(
            jobs,
            Uploads::new(s3.clone(), "uploads".into()),
            Renditions::new(s3, "renditions".into()),
            Rejects::new(aws_sdk_sqs::Client::new(&config), "https://sqs/rejects".into()),
        );
        Self {
            dynamodb,
            table,
            services,
            reconcile,
        }
    }

    async fn put(&self, responses: &[Response]) {
        for some in responses.chunks(25) {
            let request = |response: &Response| {
                let item = to_attributes(response).unwrap().into();
                let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
                WriteRequest::builder().put_request(put).build()
            };
            let requests = some.iter().map(request).collect();
            let write = self.dynamodb.batch_write_item().request_items(TABLE, requests);
            let written = write.send().await.unwrap();
            assert!(written.unprocessed_items.unwrap_or_default().is_empty());
        }
    }

    /// Runs `reconcile` with this much time in which it may start work.
    async fn run(&self, time: Duration) -> ReconcileSummary {
        let deadline = Deadline::after(STOP_MARGIN + time);
        self.reconcile.run(ReconcileRequest::default(), deadline).await
    }

    async fn status(&self, response: &Response) -> Option<Status> {
        let stored = self.table.get(&response.key).await.unwrap();
        stored.map(|response| response.status)
    }

    fn jobs(&self) -> u32 {
        *self.services.jobs.lock().unwrap()
    }

    /// Returns the respondents of all overdue work of a kind, the longest overdue first in each partition.
    async fn overdue(&self, kind: WorkKind) -> Vec<String> {
        let mut found = Vec::new();
        for shard in kind.shards() {
            let mut after = None;
            loop {
                let page = self.table.overdue(shard, aws::now(), after).await.unwrap();
                found.extend(page.keys.into_iter().map(|key| key.email.to_string()));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        found
    }
}

fn ago(seconds: i64) -> Timestamp {
    aws::now().plus_seconds(-seconds)
}

fn key(project: &str, respondent: &str) -> ResponseKey {
    ResponseKey {
        project: project.parse().unwrap(),
        step: "0".parse().unwrap(),
        email: format!("{respondent}@example.com").parse().unwrap(),
    }
}

fn written(decision: Decision) -> Response {
    match decision {
        Decision::Write(response) => *response,
        Decision::Ignore(why) => panic!("{why:?}"),
    }
}

/// Returns a response whose upload never arrived.
fn expired(project: &str, respondent: &str) -> Response {
    let ask = Change::RequestUpload {
        take: TakeId::new(ago(7200), [0; 10]),
        until: ago(3600),
        requester: Requester::Authorized,
    };
    written(decide(None, &key(project, respondent), &ask, ago(7200)))
}

/// Returns a response whose job a function claimed, and then crashed.
fn claimed(respondent: &str) -> Response {
    let key = key("survey", respondent);
    let take = TakeId::new(ago(600), [0; 10]);
    let upload = Upload {
        take,
        requester: Requester::Authorized,
        key: format!("survey/0/{}/{take}.mp4", key.email.hash()),
        version: None,
        size: 1,
        etag: None,
        uploaded_at: ago(600),
    };
    let changes = [
        Change::UploadArrived(upload),
        Change::ClaimJob {
            lease_until: ago(300),
        },
    ];
    written(decide_all(None, &key, &changes, ago(600)))
}

/// Returns a response whose job the engine did not create because of throttling.
fn parked(respondent: &str) -> Response {
    let claimed = claimed(respondent);
    let refuse = Change::JobNotStarted {
        attempt: 1,
        refusal: Refusal::Throttled,
    };
    written(decide(Some(&claimed), &claimed.key, &refuse, ago(600)))
}

/// Returns a response whose deletion was requested.
fn deleting(respondent: &str) -> Response {
    let response = parked(respondent);
    written(decide(Some(&response), &response.key, &Change::Delete, ago(500)))
}

fn many(count: u32, response: impl Fn(&str) -> Response) -> Vec<Response> {
    (0..count).map(|number| response(&format!("r{number}"))).collect()
}

#[tokio::test]
async fn expiry_backlog_does_not_delay_jobs_or_deletions() {
    let stage = Stage::new(Services::default()).await;
    stage
        .put(&many(20_000, |respondent| expired("survey", respondent)))
        .await;
    let (parked, deleting) = (parked("ann"), deleting("bob"));
    stage.put(&[parked.clone(), deleting.clone()]).await;
    stage.run(Duration::from_secs(2)).await;
    assert!(
        stage.overdue(WorkKind::Expiry).await.len() > 10_000,
        "the run had no time for all expiries"
    );
    assert_eq!(stage.status(&parked).await, Some(Status::Transcoding));
    assert_eq!(stage.status(&deleting).await, None);
}

#[tokio::test]
async fn concurrent_runs_are_safe() {
    let stage = Stage::new(Services::default()).await;
    let expired = many(100, |respondent| expired("survey", respondent));
    let parked: Vec<_> = ["ann", "bob", "cy"].map(parked).into();
    let deleting: Vec<_> = ["dee", "eve"].map(deleting).into();
    for responses in [&expired, &parked, &deleting] {
        stage.put(responses).await;
    }
    // The runs end when no work is left; this is far more than they need.
    let time = Duration::from_secs(90);
    let (one, other) = join(stage.run(time), stage.run(time)).await;
    assert_eq!((one.failed, other.failed), (0, 0), "{one:?} {other:?}");
    for (responses, status) in [
        (&expired, Some(Status::Expired)),
        (&parked, Some(Status::Transcoding)),
        (&deleting, None),
    ] {
        for response in responses {
            assert_eq!(stage.status(response).await, status);
        }
    }
    assert_eq!(stage.jobs(), 3, "each job is created once");
    assert_eq!(stage.run(time).await.examined, 0);
}

#[tokio::test]
async fn failed_response_is_postponed_behind_the_others() {
    let services = Services {
        refused: Some("broken"),
        ..Services::default()
    };
    let stage = Stage::new(services).await;
    stage
        .put(&many(40, |respondent| expired("broken", respondent)))
        .await;
    let summary = stage.run(Duration::from_secs(20)).await;
    assert_eq!(summary.failed, 40);
    let failed = stage.overdue(WorkKind::Expiry).await;
    assert_eq!(failed.len(), 40);
    // These became due before the run, and still precede the failed ones.
    let others = many(40, |respondent| expired("survey", &format!("other-{respondent}")));
    stage.put(&others).await;
    for shard in WorkKind::Expiry.shards() {
        let page = stage.table.overdue(shard, aws::now(), None).await.unwrap();
        let projects: Vec<_> = page.keys.iter().map(|key| key.project.to_string()).collect();
        assert!(projects.is_sorted_by(|a, b| a >= b), "{projects:?}");
    }
}

#[tokio::test]
async fn repairs_and_overdue_time_are_measured() {
    let stage = Stage::new(Services::default()).await;
    // A throttled job that is created later is no repair: no event was lost.
    stage
        .put(&[
            claimed("ann"),
            claimed("bob"),
            parked("cy"),
            expired("survey", "dee"),
        ])
        .await;
    let summary = stage.run(Duration::from_secs(20)).await;
    assert_eq!(stage.jobs(), 3, "{summary:?}");
    let [
        Measurement::Reconciled {
            oldest_overdue_seconds,
            retries: 0,
        },
        repaired,
    ] = summary.measurements()[..]
    else {
        panic!("{:?}", summary.measurements());
    };
    // The upload of `expired` was due an hour before the test began.
    assert!(
        (3600..3700).contains(&oldest_overdue_seconds),
        "{oldest_overdue_seconds}"
    );
    let expected = Measurement::Repaired {
        repair: Repair::JobCreation,
        responses: 2,
    };
    assert_eq!(repaired, expected);
    let idle = stage.run(Duration::from_secs(20)).await.measurements();
    assert_eq!(
        idle,
        [Measurement::Reconciled {
            oldest_overdue_seconds: 0,
            retries: 0
        }]
    );
}
