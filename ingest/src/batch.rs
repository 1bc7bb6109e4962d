//! A queue's batch: each message is worked on by itself, some at a time, and only those that failed go back.

use std::time::Instant;

use aws::rejects::Rejects;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::deadline::Deadline;
use crate::{End, Retry};

/// How many messages are worked on at the same time. What they wait for is the network.
const CONCURRENCY: usize = 4;

/// What a function is called with.
pub enum Invocation {
    /// A batch of a queue.
    Queue(SqsEvent),
    /// An event that its source has sent straight to the function.
    Direct(String),
}

/// An event that came straight to the function has to be sent again: Lambda does it, twice.
#[derive(Debug, Error)]
#[error("a record has to be tried again: the log has the reason")]
pub struct TryAgain;

impl From<Value> for Invocation {
    fn from(event: Value) -> Self {
        let of_queue = event["Records"][0]["eventSource"] == "aws:sqs";
        match SqsEvent::deserialize(&event) {
            Ok(batch) if of_queue => Self::Queue(batch),
            _ => Self::Direct(event.to_string()),
        }
    }
}

/// Works through what a function is called with. `work` ends each record of a body: one for a message of one
/// record, several where S3 put several into one. A message that has not ended by the deadline is tried again.
pub async fn run(
    invocation: Invocation,
    deadline: Deadline,
    rejects: &Rejects,
    work: impl AsyncFn(&str) -> Vec<Result<End, Retry>>,
) -> Result<SqsBatchResponse, TryAgain> {
    let mut response = SqsBatchResponse::default();
    match invocation {
        Invocation::Direct(body) => {
            let mut message = SqsMessage::default();
            message.body = Some(body);
            if message_ends(&message, deadline, rejects, &work).await {
                Ok(response)
            } else {
                Err(TryAgain)
            }
        }
        Invocation::Queue(batch) => {
            let messages = stream::iter(batch.records).map(async |message| {
                let ended = message_ends(&message, deadline, rejects, &work).await;
                message.message_id.filter(|_| !ended)
            });
            let failed: Vec<Option<String>> = messages.buffer_unordered(CONCURRENCY).collect().await;
            for message_id in failed.into_iter().flatten() {
                response.add_failure(message_id);
            }
            Ok(response)
        }
    }
}

/// Works on one message; `false` when it must be tried again.
async fn message_ends(
    message: &SqsMessage,
    deadline: Deadline,
    rejects: &Rejects,
    work: &impl AsyncFn(&str) -> Vec<Result<End, Retry>>,
) -> bool {
    let begin = Instant::now();
    let ended = deadline.before(records_end(message, begin, rejects, work)).await;
    ended.unwrap_or_else(|| {
        tell(message, begin, &Err(Retry::OutOfTime));
        false
    })
}

async fn records_end(
    message: &SqsMessage,
    begin: Instant,
    rejects: &Rejects,
    work: &impl AsyncFn(&str) -> Vec<Result<End, Retry>>,
) -> bool {
    let body = message.body.as_deref().unwrap_or_default();
    let ends = work(body).await;
    // A message that comes again brings all of its records again: its rejects are kept once, the last time.
    let mut ended = ends.iter().all(Result::is_ok);
    let keep = ended;
    for end in ends {
        tell(message, begin, &end);
        if let (Ok(End::Reject(reason)), true) = (end, keep) {
            let kept = rejects.keep(&reason, body).await;
            ended &= kept
                .inspect_err(|error| tracing::error!(error = error.chain(), "the reject was not kept"))
                .is_ok();
        }
    }
    ended
}

/// Writes a record's line of log.
fn tell(message: &SqsMessage, begin: Instant, end: &Result<End, Retry>) {
    let message_id = message.message_id.as_deref().unwrap_or_default();
    let receives = message
        .attributes
        .get("ApproximateReceiveCount")
        .map(String::as_str);
    let milliseconds = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
    match end {
        Ok(End::Done(what)) => {
            tracing::info!(message_id, receives, milliseconds, end = "done", what, "record");
        }
        Ok(End::EngineRefused(reason)) => {
            tracing::error!(
                message_id,
                receives,
                milliseconds,
                end = "engine-refused",
                reason,
                "record"
            );
        }
        Ok(End::Reject(reason)) => {
            tracing::warn!(
                message_id,
                receives,
                milliseconds,
                end = "rejected",
                reason,
                "record"
            );
        }
        Err(retry) => {
            let error = retry.to_string();
            tracing::error!(message_id, receives, milliseconds, end = "retry", error, "record");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_batch_of_a_queue_is_told_from_an_event_that_came_straight() {
        let message = json!({"messageId": "m", "body": "{}", "eventSource": "aws:sqs", "attributes": {}});
        assert!(matches!(
            Invocation::from(json!({"Records": [message]})),
            Invocation::Queue(batch) if batch.records.len() == 1
        ));
        let record =
            json!({"eventSource": "aws:s3", "eventVersion": "2.1", "eventName": "ObjectCreated:Put"});
        for event in [
            json!({"Records": [record]}),
            json!({"Service": "Amazon S3", "Event": "s3:TestEvent"}),
            json!({"source": "aws.s3", "detail-type": "Object Created"}),
            json!({}),
        ] {
            assert!(matches!(Invocation::from(event), Invocation::Direct(_)));
        }
    }
}
