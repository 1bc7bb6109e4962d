//! A queue's batch: each message is worked on by itself, and only those that failed go back.

use std::time::Instant;

use aws::rejects::Rejects;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};

use crate::{End, Retry};

/// Works through the messages of a batch. `work` ends each record of a body: one for a message of one
/// record, several where S3 put several into one.
pub async fn run(
    event: SqsEvent,
    rejects: &Rejects,
    work: impl AsyncFn(&str) -> Vec<Result<End, Retry>>,
) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for message in event.records {
        let begin = Instant::now();
        let body = message.body.as_deref().unwrap_or_default();
        let mut failed = false;
        for end in work(body).await {
            failed |= !conclude(&message, begin, end, body, rejects).await;
        }
        if failed {
            response.add_failure(message.message_id.unwrap_or_default());
        }
    }
    response
}

/// Writes the record's line of log, and keeps it if it is a reject; `false` when it must be tried again.
async fn conclude(
    message: &SqsMessage,
    begin: Instant,
    end: Result<End, Retry>,
    body: &str,
    rejects: &Rejects,
) -> bool {
    let message_id = message.message_id.as_deref().unwrap_or_default();
    let receives = message
        .attributes
        .get("ApproximateReceiveCount")
        .map(String::as_str);
    let milliseconds = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
    match end {
        Ok(End::Done(what)) => {
            tracing::info!(message_id, receives, milliseconds, end = "done", what, "record");
            true
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
            let kept = rejects.keep(&reason, body).await;
            kept.inspect_err(|error| {
                tracing::error!(message_id, error = error.chain(), "the reject was not kept")
            })
            .is_ok()
        }
        Err(retry) => {
            tracing::error!(
                message_id,
                receives,
                milliseconds,
                end = "retry",
                error = retry.to_string(),
                "record"
            );
            false
        }
    }
}
