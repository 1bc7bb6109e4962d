//! What an event source mapping does, at its worst: messages come twice, late, and in any order.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use fastrand::Rng;
use serde_json::{Value, json};
use tests::Stack;

use crate::summary::Summary;

/// Of a hundred messages so many come twice ...
const TWICE: u8 = 20;
/// ... and so many are held back, for so many milliseconds.
const LATE: u8 = 20;
const HELD: std::ops::Range<u64> = 300..6000;

/// As in the ingest module.
const BATCH: i32 = 10;
/// Longer than a message is held back and its function works.
const HIDDEN: i32 = 60;
/// What a failed message waits until it comes back, in seconds.
const BACKOFF: i32 = 2;

/// How many batches of each function are at work at the same time.
const ON_UPLOAD: usize = 2;
const ON_JOB: usize = 3;

/// Takes messages to their functions.
pub struct Delivery<'a> {
    stack: &'a Stack,
    summary: &'a Summary,
    seed: u64,
    uploads: Line,
    jobs: Line,
}

/// A queue, its function, and what is held back of it.
struct Line {
    url: String,
    function: &'static str,
    held: Mutex<Vec<Held>>,
}

/// A message that is delivered later.
struct Held {
    at: Instant,
    message: Message,
    /// Whether it has been delivered once: then nobody waits for its end.
    again: bool,
}

impl<'a> Delivery<'a> {
    /// Delivers both queues of a stack.
    pub fn new(stack: &'a Stack, summary: &'a Summary, seed: u64) -> Self {
        let line = |url: &str, function| Line {
            url: url.to_owned(),
            function,
            held: Mutex::default(),
        };
        Self {
            stack,
            summary,
            seed,
            uploads: line(&stack.facts.uploads_queue_url, "on_upload"),
            jobs: line(&stack.facts.jobs_queue_url, "on_job"),
        }
    }

    /// Begins, and goes on until it is over.
    pub fn start<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>, is_over: &'scope AtomicBool) {
        let lines =
            std::iter::repeat_n(&self.uploads, ON_UPLOAD).chain(std::iter::repeat_n(&self.jobs, ON_JOB));
        for (number, line) in lines.enumerate() {
            let mut rng = Rng::with_seed(self.seed ^ (number as u64 + 1));
            scope.spawn(move || {
                while !is_over.load(Ordering::SeqCst) {
                    if !self.deliver_some(line, &mut rng) {
                        thread::sleep(Duration::from_millis(50));
                    }
                }
            });
        }
    }

    /// Delivers a batch; whether there was any.
    fn deliver_some(&self, line: &Line, rng: &mut Rng) -> bool {
        let mut batch: Vec<(Message, bool)> = Vec::new();
        for message in self.receive(line) {
            if is_first(&message) {
                self.summary.messages.add(1);
                if rng.u8(0..100) < TWICE {
                    self.summary.doubled.add(1);
                    line.hold(message.clone(), true, rng);
                }
                if rng.u8(0..100) < LATE {
                    self.summary.delayed.add(1);
                    line.hold(message, false, rng);
                    continue;
                }
            }
            batch.push((message, false));
        }
        batch.extend(line.due());
        rng.shuffle(&mut batch);
        if batch.is_empty() {
            return false;
        }
        self.deliver(line, &batch);
        true
    }

    fn deliver(&self, line: &Line, batch: &[(Message, bool)]) {
        let records: Vec<Value> = batch
            .iter()
            .map(|(message, _)| self.record(line, message))
            .collect();
        let answer = self
            .stack
            .call_directly(line.function, &json!({"Records": records}));
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
        for (message, again) in batch {
            let id = message.message_id().unwrap_or_default();
            let failed = killed || failures.iter().any(|failure| failure == id);
            match (failed, again) {
                (_, true) => {}
                (true, false) => self.give_back(line, message),
                (false, false) => self.delete(line, message),
            }
        }
    }

    fn record(&self, line: &Line, message: &Message) -> Value {
        json!({
            "messageId": message.message_id(), "receiptHandle": message.receipt_handle(), "body": message.body(),
            "attributes": {"ApproximateReceiveCount": receives(message).to_string()},
            "messageAttributes": {}, "eventSource": "aws:sqs", "awsRegion": self.stack.facts.region,
            "eventSourceARN": format!("arn:aws:sqs:{}:000000000000:{}", self.stack.facts.region, line.function),
        })
    }

    fn receive(&self, line: &Line) -> Vec<Message> {
        let receive = self
            .stack
            .sqs()
            .receive_message()
            .queue_url(&line.url)
            .max_number_of_messages(BATCH)
            .visibility_timeout(HIDDEN)
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount);
        let received = self.stack.run(receive.send());
        received
            .unwrap_or_else(|error| panic!("ReceiveMessage: {error:?}"))
            .messages
            .unwrap_or_default()
    }

    fn delete(&self, line: &Line, message: &Message) {
        let delete = self.stack.sqs().delete_message().queue_url(&line.url);
        let deleted = self
            .stack
            .run(delete.set_receipt_handle(message.receipt_handle.clone()).send());
        deleted.unwrap_or_else(|error| panic!("DeleteMessage: {error:?}"));
    }

    fn give_back(&self, line: &Line, message: &Message) {
        self.summary.returned.add(1);
        let hide = self.stack.sqs().change_message_visibility().queue_url(&line.url);
        let hide = hide
            .set_receipt_handle(message.receipt_handle.clone())
            .visibility_timeout(BACKOFF);
        let hidden = self.stack.run(hide.send());
        hidden.unwrap_or_else(|error| panic!("ChangeMessageVisibility: {error:?}"));
    }
}

impl Line {
    fn hold(&self, message: Message, again: bool, rng: &mut Rng) {
        let at = Instant::now() + Duration::from_millis(rng.u64(HELD));
        self.held().push(Held { at, message, again });
    }

    /// What has been held back for long enough.
    fn due(&self) -> Vec<(Message, bool)> {
        let now = Instant::now();
        let mut held = self.held();
        let due = held.extract_if(.., |held| held.at <= now);
        due.map(|held| (held.message, held.again)).collect()
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Vec<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
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
