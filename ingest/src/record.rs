//! The log line of a record: its source and its disposition.

use std::time::Instant;

use aws::error::chain;
use aws_lambda_events::sqs::SqsMessage;

use crate::{Disposition, RetryableError};

/// The source of a record.
pub enum Record<'a> {
    /// A record of a message.
    Received {
        /// The message.
        message: &'a SqsMessage,
        /// When its processing began.
        begin: Instant,
    },
    /// Overdue work, or an object whose event may have been lost.
    Repaired {
        /// Identifies the response or object without an email.
        subject: &'a str,
    },
}

/// Logs the disposition of a record.
pub fn log_disposition(record: &Record<'_>, disposition: &Result<Disposition, RetryableError>) {
    let (mut subject, mut message_id, mut receives, mut milliseconds) = (None, None, None, None);
    match record {
        Record::Received { message, begin } => {
            message_id = message.message_id.as_deref();
            receives = message
                .attributes
                .get("ApproximateReceiveCount")
                .map(String::as_str);
            milliseconds = Some(u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX));
        }
        Record::Repaired { subject: repaired } => subject = Some(*repaired),
    }
    macro_rules! line {
        ($level:ident, $disposition:literal, $($field:tt)*) => {
            tracing::$level!(
                subject, message_id, receives, milliseconds,
                disposition = $disposition, $($field)*, "record"
            )
        };
    }
    match disposition {
        Ok(Disposition::Done(what)) => line!(info, "done", what),
        Ok(Disposition::Repaired(repair)) => line!(warn, "repaired", what = repair.disposition()),
        Ok(Disposition::EngineRefused(reason)) => line!(error, "engine-refused", reason),
        Ok(Disposition::Reject(reason)) => line!(warn, "rejected", reason),
        Err(error) => line!(error, "retry", error = chain(error)),
    }
}
