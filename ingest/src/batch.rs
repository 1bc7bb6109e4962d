//! A batch of a queue. Messages are processed concurrently; only those that failed go back.

use std::time::Instant;

use aws::error::chain;
use aws::rejects::Rejects;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::deadline::Deadline;
use crate::record::{Record, log_disposition};
use crate::{Disposition, RetryableError};

/// The number of messages that are processed at the same time. The work is mostly waiting for the network.
const CONCURRENCY: usize = 4;

/// The event of an invocation.
pub enum Invocation {
    /// A batch of an SQS queue.
    Queue(SqsEvent),
    /// An event that its source sent directly to the function.
    Direct(String),
}

/// A direct event must be retried. Lambda retries it twice.
#[derive(Debug, Error)]
#[error("a record must be retried: see the log for its error")]
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

/// Processes an invocation. `work` returns the dispositions of all records of a body. A message that is not finished by
/// the deadline is retried.
pub async fn run(
    invocation: Invocation,
    deadline: Deadline,
    rejects: &Rejects,
    work: impl AsyncFn(&str) -> Vec<Result<Disposition, RetryableError>>,
) -> Result<SqsBatchResponse, TryAgain> {
    let mut response = SqsBatchResponse::default();
    match invocation {
        Invocation::Direct(body) => {
            let mut message = SqsMessage::default();
            message.body = Some(body);
            if process_message(&message, deadline, rejects, &work).await {
                Ok(response)
            } else {
                Err(TryAgain)
            }
        }
        Invocation::Queue(batch) => {
            let messages = stream::iter(batch.records).map(async |message| {
                let is_done = process_message(&message, deadline, rejects, &work).await;
                message.message_id.filter(|_| !is_done)
            });
            let failed: Vec<Option<String>> = messages.buffer_unordered(CONCURRENCY).collect().await;
            for message_id in failed.into_iter().flatten() {
                response.add_failure(message_id);
            }
            Ok(response)
        }
    }
}

/// Processes one message. Returns `false` where it must be retried.
async fn process_message(
    message: &SqsMessage,
    deadline: Deadline,
    rejects: &Rejects,
    work: &impl AsyncFn(&str) -> Vec<Result<Disposition, RetryableError>>,
) -> bool {
    let begin = Instant::now();
    let is_done = deadline
        .timeout(process_records(message, begin, rejects, work))
        .await;
    is_done.unwrap_or_else(|| {
        log_disposition(
            &Record::Received { message, begin },
            &Err(RetryableError::OutOfTime),
        );
        false
    })
}

async fn process_records(
    message: &SqsMessage,
    begin: Instant,
    rejects: &Rejects,
    work: &impl AsyncFn(&str) -> Vec<Result<Disposition, RetryableError>>,
) -> bool {
    let body = message.body.as_deref().unwrap_or_default();
    let dispositions = work(body).await;
    // A retried message contains all of its records again, so its rejects are kept only in the last attempt.
    let mut is_done = dispositions.iter().all(Result::is_ok);
    let keep = is_done;
    for disposition in dispositions {
        log_disposition(&Record::Received { message, begin }, &disposition);
        if let (Ok(Disposition::Reject(reason)), true) = (disposition, keep) {
            let kept = rejects.keep(&reason, body).await;
            is_done &= kept
                .inspect_err(|error| tracing::error!(error = chain(error), "could not keep the reject"))
                .is_ok();
        }
    }
    is_done
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn queue_batch_differs_from_a_direct_event() {
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
