//! Message delivery at the limits of an event source mapping's guarantees: duplicated, delayed and reordered.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use fastrand::Rng;
use serde_json::{Value, json};
use tests::Stack;

use crate::summary::Summary;

/// Percentage of messages that are delivered twice.
const DUPLICATE_PERCENT: u8 = 20;
/// Percentage of messages that are delayed, and by how many milliseconds.
const DELAY_PERCENT: u8 = 20;
const DELAY_MILLISECONDS: std::ops::Range<u64> = 300..6000;

/// The batch size of the ingest module.
const BATCH_SIZE: i32 = 10;
/// In seconds; longer than the longest delay plus a function's run.
const VISIBILITY_TIMEOUT: i32 = 60;
/// Delay until a failed message is delivered again, in seconds.
const RETRY_DELAY: i32 = 2;

/// Number of concurrent batches of each function.
const ON_UPLOAD_CONCURRENCY: usize = 2;
const ON_JOB_CONCURRENCY: usize = 3;

/// Delivers messages to their functions.
pub struct Delivery<'a> {
    stack: &'a Stack,
    summary: &'a Summary,
    seed: u64,
    uploads: DeliveryQueue,
    jobs: DeliveryQueue,
}

/// A queue with its function and its delayed messages.
struct DeliveryQueue {
    url: String,
    function: &'static str,
    delayed_messages: Mutex<Vec<DelayedMessage>>,
}

/// A message that is delivered later.
struct DelayedMessage {
    due_at: Instant,
    message: Message,
    /// Whether it has been delivered before; then the result of this delivery is ignored.
    is_duplicate: bool,
}

impl<'a> Delivery<'a> {
    /// Creates the delivery for both queues of a stack.
    pub fn new(stack: &'a Stack, summary: &'a Summary, seed: u64) -> Self {
        let queue = |url: &str, function| DeliveryQueue {
            url: url.to_owned(),
            function,
            delayed_messages: Mutex::default(),
        };
        Self {
            stack,
            summary,
            seed,
            uploads: queue(&stack.info.uploads_queue_url, "on_upload"),
            jobs: queue(&stack.info.jobs_queue_url, "on_job"),
        }
    }

    /// Starts the deliveries, which continue until `is_over` is set.
    pub fn start<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>, is_over: &'scope AtomicBool) {
        let queues = std::iter::repeat_n(&self.uploads, ON_UPLOAD_CONCURRENCY)
            .chain(std::iter::repeat_n(&self.jobs, ON_JOB_CONCURRENCY));
        for (number, queue) in queues.enumerate() {
            let mut rng = Rng::with_seed(self.seed ^ (number as u64 + 1));
            scope.spawn(move || {
                while !is_over.load(Ordering::SeqCst) {
                    if !self.deliver_batch(queue, &mut rng) {
                        thread::sleep(Duration::from_millis(50));
                    }
                }
            });
        }
    }

    /// Delivers a batch; returns whether there were messages.
    fn deliver_batch(&self, queue: &DeliveryQueue, rng: &mut Rng) -> bool {
        let mut batch: Vec<(Message, bool)> = Vec::new();
        for message in self.receive(queue) {
            if is_first(&message) {
                self.summary.messages.add(1);
                if rng.u8(0..100) < DUPLICATE_PERCENT {
                    self.summary.duplicated.add(1);
                    queue.delay(message.clone(), true, rng);
                }
                if rng.u8(0..100) < DELAY_PERCENT {
                    self.summary.delayed.add(1);
                    queue.delay(message, false, rng);
                    continue;
                }
            }
            batch.push((message, false));
        }
        batch.extend(queue.due());
        rng.shuffle(&mut batch);
        if batch.is_empty() {
            return false;
        }
        self.deliver(queue, &batch);
        true
    }

    fn deliver(&self, queue: &DeliveryQueue, batch: &[(Message, bool)]) {
        let records: Vec<Value> = batch
            .iter()
            .map(|(message, _)| self.record(queue, message))
            .collect();
        let answer = self
            .stack
            .call_directly(queue.function, &json!({"Records": records}));
        let killed = answer.header("x-amz-function-error").is_some();
        let failures: Vec<String> = if killed {
            Vec::new()
        } else {
            let answer = answer.json();
            let failures = answer["batchItemFailures"].as_array().into_iter().flatten();
            failures
                .filter_map(|failure| failure["itemIdentifier"].as_str().map(str::to_owned))
                .collect()
        };
        for (message, is_duplicate) in batch {
            let id = message.message_id().unwrap_or_default();
            let failed = killed || failures.iter().any(|failure| failure == id);
            match (failed, is_duplicate) {
                (_, true) => {}
                (true, false) => self.return_message(queue, message),
                (false, false) => self.delete(queue, message),
            }
        }
    }

    fn record(&self, queue: &DeliveryQueue, message: &Message) -> Value {
        json!({
            "messageId": message.message_id(), "receiptHandle": message.receipt_handle(), "body": message.body(),
            "attributes": {"ApproximateReceiveCount": receives(message).to_string()},
            "messageAttributes": {}, "eventSource": "aws:sqs", "awsRegion": self.stack.info.region,
            "eventSourceARN": format!("arn:aws:sqs:{}:000000000000:{}", self.stack.info.region, queue.function),
        })
    }

    fn receive(&self, queue: &DeliveryQueue) -> Vec<Message> {
        let receive = self
            .stack
            .sqs()
            .receive_message()
            .queue_url(&queue.url)
            .max_number_of_messages(BATCH_SIZE)
            .visibility_timeout(VISIBILITY_TIMEOUT)
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount);
        let received = self.stack.run(receive.send());
        received
            .unwrap_or_else(|error| panic!("ReceiveMessage: {error:?}"))
            .messages
            .unwrap_or_default()
    }

    fn delete(&self, queue: &DeliveryQueue, message: &Message) {
        let delete = self.stack.sqs().delete_message().queue_url(&queue.url);
        let deleted = self
            .stack
            .run(delete.set_receipt_handle(message.receipt_handle.clone()).send());
        deleted.unwrap_or_else(|error| panic!("DeleteMessage: {error:?}"));
    }

    fn return_message(&self, queue: &DeliveryQueue, message: &Message) {
        self.summary.returned.add(1);
        let hide = self.stack.sqs().change_message_visibility().queue_url(&queue.url);
        let hide = hide
            .set_receipt_handle(message.receipt_handle.clone())
            .visibility_timeout(RETRY_DELAY);
        let hidden = self.stack.run(hide.send());
        hidden.unwrap_or_else(|error| panic!("ChangeMessageVisibility: {error:?}"));
    }
}

impl DeliveryQueue {
    fn delay(&self, message: Message, is_duplicate: bool, rng: &mut Rng) {
        let due_at = Instant::now() + Duration::from_millis(rng.u64(DELAY_MILLISECONDS));
        self.delayed_messages().push(DelayedMessage {
            due_at,
            message,
            is_duplicate,
        });
    }

    /// Removes and returns the delayed messages that are due.
    fn due(&self) -> Vec<(Message, bool)> {
        let now = Instant::now();
        let mut delayed_messages = self.delayed_messages();
        let due = delayed_messages.extract_if(.., |delayed_messages| delayed_messages.due_at <= now);
        due.map(|delayed_messages| (delayed_messages.message, delayed_messages.is_duplicate))
            .collect()
    }

    fn delayed_messages(&self) -> std::sync::MutexGuard<'_, Vec<DelayedMessage>> {
        self.delayed_messages
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn receives(message: &Message) -> u32 {
    let attribute = message
        .attributes()
        .and_then(|attributes| attributes.get(&MessageSystemAttributeName::ApproximateReceiveCount));
    attribute.and_then(|count| count.parse().ok()).unwrap_or(1)
}

fn is_first(message: &Message) -> bool {
    receives(message) == 1
}
