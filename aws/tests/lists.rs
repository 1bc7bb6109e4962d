//! Lists of a large table: the items that a page reads, and the responses that all pages contain. The in-process
//! DynamoDB counts the items that a query reads, as AWS does.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use aws::table::item::to_attributes;
use aws::table::{Cursor, ListPage, ListQuery, ResponsesTable};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::types::{PutRequest, ReturnConsumedCapacity, WriteRequest};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use model::due::WorkKind;
use model::lifecycle::{Change, Decision, decide};
use model::upload::Requester;
use model::{Email, Project, Response, ResponseKey, Status, Step, TakeId, Timestamp};

use test_dynamodb::TABLE;

/// The number of responses to one step; every tenth is ready.
const MANY: usize = 20_000;

/// Counts the queries of a client and the items that they read.
#[derive(Clone, Debug, Default)]
struct Reads(Arc<Mutex<(u32, usize)>>);

impl Reads {
    /// Returns the numbers of queries and of items since the last call.
    fn take(&self) -> (u32, usize) {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Intercept for Reads {
    fn name(&self) -> &'static str {
        "Reads"
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let output = context.output_or_error().and_then(Result::ok);
        if let Some(query) = output.and_then(|output| output.downcast_ref::<QueryOutput>()) {
            let mut reads = self.0.lock().unwrap();
            *reads = (
                reads.0 + 1,
                reads.1 + usize::try_from(query.scanned_count).unwrap(),
            );
        }
        Ok(())
    }
}

struct TableFixture {
    client: aws_sdk_dynamodb::Client,
    table: ResponsesTable,
    reads: Reads,
}

impl TableFixture {
    async fn new() -> Self {
        let reads = Reads::default();
        let config = test_dynamodb::start().await.interceptor(reads.clone());
        let client = aws_sdk_dynamodb::Client::from_conf(config.build());
        Self {
            table: ResponsesTable::new(client.clone(), TABLE.into()),
            client,
            reads,
        }
    }

    async fn put(&self, responses: &[Response]) {
        for some in responses.chunks(25) {
            let request = |response: &Response| {
                let item = to_attributes(response).unwrap().into();
                WriteRequest::builder()
                    .put_request(PutRequest::builder().set_item(Some(item)).build().unwrap())
                    .build()
            };
            let write = self
                .client
                .batch_write_item()
                .request_items(TABLE, some.iter().map(request).collect());
            let written = write
                .return_consumed_capacity(ReturnConsumedCapacity::None)
                .send()
                .await
                .unwrap();
            assert!(written.unprocessed_items.unwrap_or_default().is_empty());
        }
    }

    async fn page(&self, list: &ListQuery, limit: usize, from: Option<Cursor>) -> ListPage {
        self.table.list(list, limit, from).await.unwrap()
    }

    /// Returns the emails of a list, read in pages of `limit`. Runs `meanwhile` after each page.
    async fn walk(&self, list: &ListQuery, limit: usize, mut meanwhile: impl AsyncFnMut()) -> Vec<String> {
        let (mut emails, mut from) = (Vec::new(), None);
        loop {
            let page = self.page(list, limit, from).await;
            assert!(page.responses.len() <= limit);
            emails.extend(
                page.responses
                    .iter()
                    .map(|response| response.key.email.to_string()),
            );
            meanwhile().await;
            from = page.next;
            if from.is_none() {
                return emails;
            }
        }
    }
}

fn project() -> Project {
    "survey".parse().unwrap()
}

fn step(number: u16) -> Step {
    number.try_into().unwrap()
}

fn at(seconds: usize) -> Timestamp {
    let seconds = i64::try_from(seconds).unwrap();
    Timestamp::from_millis(1_700_000_000_000)
        .unwrap()
        .plus_seconds(seconds)
}

/// Returns a response that was requested at second `number`.
fn requested(number: usize, step_number: u16, status: Status) -> Response {
    let key = ResponseKey {
        project: project(),
        step: step(step_number),
        email: format!("r{number}@example.com").parse().unwrap(),
    };
    let ask = Change::RequestUpload {
        take: TakeId::new(at(number), [0; 10]),
        until: at(number + 60),
        requester: Requester::Authorized,
    };
    match decide(None, &key, &ask, at(number)) {
        Decision::Write(response) => Response { status, ..*response },
        Decision::Ignore(why) => panic!("{why:?}"),
    }
}

fn usual_status(number: usize) -> Status {
    if number.is_multiple_of(10) {
        Status::Ready
    } else {
        Status::Failed
    }
}

fn newest_first(numbers: impl DoubleEndedIterator<Item = usize>) -> Vec<String> {
    numbers
        .rev()
        .map(|number| format!("r{number}@example.com"))
        .collect()
}

#[tokio::test]
async fn page_reads_only_its_own_items() {
    let fixture = TableFixture::new().await;
    let many: Vec<Response> = (0..MANY)
        .map(|number| requested(number, 0, usual_status(number)))
        .collect();
    fixture.put(&many).await;
    // The same respondents, in another step of the project.
    let others: Vec<Response> = (0..200)
        .map(|number| requested(number, 1, Status::Ready))
        .collect();
    fixture.put(&others).await;

    let lists = [
        ("step", ListQuery::of_step(&project(), step(0), None, false), MANY),
        (
            "step and status",
            ListQuery::of_step(&project(), step(0), Some(Status::Ready), false),
            MANY / 10,
        ),
        ("project", ListQuery::of_project(&project(), None), MANY + 200),
        (
            "project and status",
            ListQuery::of_project(&project(), Some(Status::Ready)),
            MANY / 10 + 200,
        ),
    ];
    for (name, list, count) in &lists {
        for limit in [1, 50, 100] {
            let mut from = None;
            for _ in 0..3 {
                fixture.reads.take();
                let page = fixture.page(list, limit, from).await;
                assert_eq!(page.responses.len(), limit, "pages of {name} are full");
                assert_eq!(
                    fixture.reads.take(),
                    (1, limit),
                    "one query that reads only the page's items: {name}"
                );
                from = page.next;
            }
        }
        let seen = fixture.walk(list, 100, async || {}).await;
        assert_eq!(seen.len(), *count, "{name}");
        let (queries, items) = fixture.reads.take();
        assert_eq!(items, *count, "{name}");
        assert!(queries as usize <= count / 100 + 1, "{name}: {queries} queries");
    }

    let email: Email = "r7@example.com".parse().unwrap();
    fixture.reads.take();
    let page = fixture
        .page(&ListQuery::of_email(&email, &email), 100, None)
        .await;
    assert_eq!((page.responses.len(), page.next.is_none()), (2, true));
    assert_eq!(fixture.reads.take(), (1, 2));
}

#[tokio::test]
async fn pages_contain_each_response_once_during_writes() {
    let fixture = TableFixture::new().await;
    let many: Vec<Response> = (0..1000)
        .map(|number| requested(number, 0, usual_status(number)))
        .collect();
    fixture.put(&many).await;
    let all = ListQuery::of_step(&project(), step(0), None, false);
    let ready = ListQuery::of_step(&project(), step(0), Some(Status::Ready), false);
    let mut next = 1000;
    let seen = fixture
        .walk(&all, 70, async || {
            // Adds responses, and changes others on pages before and after this one.
            let new: Vec<Response> = (next..next + 5)
                .map(|number| requested(number, 0, Status::Ready))
                .collect();
            fixture.put(&new).await;
            let changed: Vec<Response> = (0..1000)
                .step_by(97)
                .map(|number| requested(number, 0, Status::Deleting))
                .collect();
            fixture.put(&changed).await;
            next += 5;
        })
        .await;
    assert_eq!(
        seen,
        newest_first(0..1000),
        "each response that existed at the start, once, newest first"
    );

    // A response that leaves a status disappears from later pages of that status; all others appear.
    let mut rest = (0..1000)
        .step_by(10)
        .filter(|number| number % 97 != 0)
        .collect::<BTreeSet<_>>();
    let mut leaving = rest.clone().into_iter().step_by(7);
    let seen = fixture
        .walk(&ready, 7, async || {
            if let Some(number) = leaving.next() {
                fixture.put(&[requested(number, 0, Status::Failed)]).await;
                rest.remove(&number);
            }
        })
        .await;
    let times = seen.iter().fold(BTreeMap::new(), |mut times, email| {
        *times.entry(email.clone()).or_insert(0) += 1;
        times
    });
    assert!(times.values().all(|times| *times == 1), "each response once");
    for number in rest {
        assert!(times.contains_key(&format!("r{number}@example.com")), "{number}");
    }
}

#[tokio::test]
async fn chalice_items_are_listed_last_and_found_by_email() {
    let fixture = TableFixture::new().await;
    let dated: Vec<Response> = (0..150)
        .map(|number| requested(number, 0, Status::Ready))
        .collect();
    fixture.put(&dated).await;
    let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.into());
    for name in ["Ann", "bob"] {
        let put = fixture
            .client
            .put_item()
            .table_name(TABLE)
            .item("ProjectStep", text("survey-0"));
        let put = put
            .item("Mail", text(&format!("{name}@example.com")))
            .item("video", text("survey/0/x.webm"));
        put.send().await.unwrap();
    }
    let mut expected = newest_first(0..150);
    expected.extend(["Ann@example.com".to_owned(), "bob@example.com".to_owned()]);
    for limit in [1, 50, 100] {
        let adopted = ListQuery::of_step(&project(), step(0), None, true);
        assert_eq!(
            fixture.walk(&adopted, limit, async || {}).await,
            expected,
            "in pages of {limit}"
        );
        let not_adopted = ListQuery::of_step(&project(), step(0), None, false);
        assert_eq!(
            fixture.walk(&not_adopted, limit, async || {}).await,
            newest_first(0..150)
        );
    }
    let email: Email = "ann@example.com".parse().unwrap();
    let stored = Email::stored("Ann@example.com").unwrap();
    assert_eq!(
        fixture
            .walk(&ListQuery::of_email(&email, &stored), 10, async || {})
            .await,
        ["Ann@example.com"]
    );
}

#[tokio::test]
async fn only_overdue_responses_are_found() {
    let fixture = TableFixture::new().await;
    let waiting: Vec<Response> = (0..100)
        .map(|number| requested(number, 0, Status::AwaitingUpload))
        .collect();
    fixture.put(&waiting).await;
    fixture.reads.take();
    let mut found = BTreeSet::new();
    for shard in WorkKind::Expiry.shards() {
        let overdue = fixture.table.overdue(shard, at(49 + 60), None).await.unwrap();
        assert!(overdue.next.is_none());
        found.extend(overdue.keys.into_iter().map(|key| key.email.to_string()));
    }
    assert_eq!(found, newest_first(0..50).into_iter().collect());
    assert_eq!(
        fixture.reads.take(),
        (WorkKind::Expiry.shards().len().try_into().unwrap(), 50),
        "reads only overdue responses"
    );
}

#[tokio::test]
async fn large_backlog_is_found_completely() {
    let fixture = TableFixture::new().await;
    let waiting: Vec<Response> = (0..2000)
        .map(|number| requested(number, 0, Status::AwaitingUpload))
        .collect();
    fixture.put(&waiting).await;
    let (mut found, mut pages) = (Vec::new(), 0);
    for shard in WorkKind::Expiry.shards() {
        let mut after = None;
        loop {
            let page = fixture.table.overdue(shard, at(1_000_000), after).await.unwrap();
            found.extend(page.keys.into_iter().map(|key| key.email.to_string()));
            pages += 1;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    assert!(pages >= 20, "{pages} pages of at most a hundred");
    assert_eq!(found.len(), 2000, "each response once");
    let all: BTreeSet<String> = newest_first(0..2000).into_iter().collect();
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), all);
}
