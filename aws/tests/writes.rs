//! Conditional writes whose answer is lost: the SDK repeats the call, and the condition of the repeated call fails. Writes
//! that another invocation precedes: they continue from its state, without a read.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws::error::AwsErrorKind;
use aws::table::{ResponsesTable, TableError, WriteOutcome};
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use model::lifecycle::{Change, Ignored};
use model::upload::{Requester, Upload};
use model::{Response, ResponseKey, Status, TakeId, Timestamp};

use test_dynamodb::TABLE;

/// A connection that drops the answers to the next `next` writes, which DynamoDB has carried out, and counts the reads.
#[derive(Clone, Debug)]
struct LosesAnswers {
    inner: SharedHttpConnector,
    next: Arc<AtomicU32>,
    reads: Arc<AtomicU32>,
}

impl HttpConnector for LosesAnswers {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let is_write = target.ends_with("UpdateItem") || target.ends_with("DeleteItem");
        if target.ends_with("GetItem") {
            self.reads.fetch_add(1, Ordering::SeqCst);
        }
        let answer = self.inner.call(request);
        let next = self.next.clone();
        HttpConnectorFuture::new(async move {
            let answer = answer.await?;
            let left = next.load(Ordering::SeqCst);
            if is_write && left > 0 {
                next.store(left - 1, Ordering::SeqCst);
                return Err(ConnectorError::io("the connection was reset".into()));
            }
            Ok(answer)
        })
    }
}

struct Table {
    table: ResponsesTable,
    answers_to_drop: Arc<AtomicU32>,
    reads: Arc<AtomicU32>,
}

impl Table {
    async fn new() -> Self {
        let answers_to_drop = Arc::<AtomicU32>::default();
        let reads = Arc::<AtomicU32>::default();
        let plain: SharedHttpClient = aws_smithy_http_client::Builder::new().build_http();
        let (next, counted) = (answers_to_drop.clone(), reads.clone());
        let config = test_dynamodb::start().await;
        let config = config
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .http_client(http_client_fn(move |settings, components| {
                let inner = plain.http_connector(settings, components);
                SharedHttpConnector::new(LosesAnswers {
                    inner,
                    next: next.clone(),
                    reads: counted.clone(),
                })
            }));
        let client = aws_sdk_dynamodb::Client::from_conf(config.build());
        Self {
            table: ResponsesTable::new(client, TABLE.into()),
            answers_to_drop,
            reads,
        }
    }

    /// Returns the number of reads since the last call.
    fn reads(&self) -> u32 {
        self.reads.swap(0, Ordering::SeqCst)
    }

    fn drop_answers(&self, answers: u32) {
        self.answers_to_drop.store(answers, Ordering::SeqCst);
    }

    /// Records the upload of a take and claims its job, in one write.
    async fn record_and_claim(&self, take: TakeId) -> Result<WriteOutcome, TableError> {
        let changes = [
            Change::UploadArrived(upload(take)),
            Change::ClaimJob {
                lease_until: in_an_hour(),
            },
        ];
        self.table.apply_all(&key(), &changes, aws::now()).await
    }

    async fn apply(&self, change: &Change) -> Result<WriteOutcome, TableError> {
        self.table.apply(&key(), change).await
    }

    async fn stored(&self) -> Option<Response> {
        self.table.get(&key()).await.unwrap()
    }
}

fn key() -> ResponseKey {
    ResponseKey {
        project: "survey".parse().unwrap(),
        step: "0".parse().unwrap(),
        email: "ann@example.com".parse().unwrap(),
    }
}

fn take() -> TakeId {
    TakeId::new(aws::now(), [7; 10])
}

fn ask(take: TakeId) -> Change {
    Change::RequestUpload {
        take,
        until: aws::now().plus_seconds(60),
        requester: Requester::Authorized,
    }
}

fn upload(take: TakeId) -> Upload {
    Upload {
        take,
        requester: Requester::Authorized,
        key: format!("survey/0/{}/{take}.mp4", key().email.hash()),
        version: None,
        size: 1,
        etag: None,
        uploaded_at: aws::now(),
    }
}

fn in_an_hour() -> Timestamp {
    aws::now().plus_seconds(3600)
}

fn written(outcome: Result<WriteOutcome, TableError>) -> Response {
    match outcome.unwrap() {
        WriteOutcome::Written(response) => *response,
        WriteOutcome::Ignored(why, _) => panic!("ignored: {why:?}"),
    }
}

#[tokio::test]
async fn repeated_first_write_is_recognised() {
    let stage = Table::new().await;
    let take = take();
    stage.drop_answers(1);
    let asked = written(stage.apply(&ask(take)).await);
    assert_eq!(asked.revision, 1);
    assert_eq!(stage.stored().await, Some(asked));
}

#[tokio::test]
async fn repeated_claim_is_recognised() {
    let stage = Table::new().await;
    let take = take();
    for answers in [1, 2] {
        stage.drop_answers(answers);
        let claimed = written(stage.record_and_claim(take).await);
        assert_eq!(claimed.status, Status::Transcoding);
        written(stage.apply(&Change::Delete).await);
        let deleting = stage.stored().await.unwrap();
        assert!(stage.table.remove(&deleting).await.unwrap());
    }
}

#[tokio::test]
async fn write_without_an_answer_is_unknown() {
    let stage = Table::new().await;
    stage.drop_answers(3);
    match stage.apply(&ask(take())).await {
        Err(TableError::Call(error)) => assert_eq!(error.kind, AwsErrorKind::Unknown),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn write_of_another_invocation_is_not_recognised() {
    let stage = Table::new().await;
    let take = take();
    written(stage.apply(&ask(take)).await);
    let stale = stage.stored().await.unwrap();
    written(stage.record_and_claim(take).await);
    assert!(!stage.table.postpone(&stale, aws::now()).await.unwrap());
    assert!(!stage.table.remove(&stale).await.unwrap());
    let again = stage.record_and_claim(take).await.unwrap();
    assert!(
        matches!(again, WriteOutcome::Ignored(Ignored::Leased { .. }, _)),
        "{again:?}"
    );
}

#[tokio::test]
async fn change_of_a_held_response_needs_no_read() {
    let stage = Table::new().await;
    let held = written(stage.record_and_claim(take()).await);
    assert_eq!(stage.reads(), 1);
    let started = Change::JobStarted {
        attempt: held.job.as_ref().unwrap().attempt,
        job_id: "job".to_owned(),
        due: in_an_hour(),
    };
    let after = written(stage.table.apply_to(&held, &started).await);
    assert_eq!(stage.reads(), 0);
    assert_eq!(stage.stored().await, Some(after));
}

#[tokio::test]
async fn preceded_change_continues_from_the_other_state() {
    let stage = Table::new().await;
    let held = written(stage.apply(&ask(take())).await);
    let (newer, newest) = (take(), TakeId::new(aws::now(), [9; 10]));
    written(stage.record_and_claim(newer).await);
    stage.reads();
    // The request replaces the pending one and keeps the take of the other invocation.
    let asked = written(stage.table.apply_to(&held, &ask(newest)).await);
    assert_eq!(stage.reads(), 0);
    assert_eq!(asked.take.as_ref().map(|take| take.id), Some(newer));
    assert_eq!(
        asked.pending_upload.as_ref().map(|pending| pending.take),
        Some(newest)
    );
    assert_eq!(stage.stored().await, Some(asked));
}

#[tokio::test]
async fn change_that_an_old_state_would_ignore_is_decided_again() {
    let stage = Table::new().await;
    let deleting = {
        written(stage.apply(&ask(take())).await);
        written(stage.apply(&Change::Delete).await)
    };
    let stored = stage.stored().await.unwrap();
    assert!(stage.table.remove(&stored).await.unwrap());
    written(stage.table.apply_to(&deleting, &ask(take())).await);
}

#[tokio::test]
async fn repeated_deletion_is_recognised() {
    let stage = Table::new().await;
    written(stage.apply(&ask(take())).await);
    let response = stage.stored().await.unwrap();
    stage.drop_answers(1);
    assert!(stage.table.remove(&response).await.unwrap());
    assert_eq!(stage.stored().await, None);
}
