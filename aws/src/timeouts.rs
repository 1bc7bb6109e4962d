//! The timeouts of calls.

use std::time::Duration;

use aws_smithy_types::timeout::TimeoutConfig;

/// The timeouts of operations that are not listed here: 3 seconds for an attempt, 8 for up to three attempts.
pub fn usual() -> TimeoutConfig {
    limits(3, 8)
}

/// The timeouts of both engines' operations: 8 seconds for an attempt, 16 for all. A call of CreateJob that times out may
/// have created a job; the response then waits until its claim ends.
pub fn engine() -> TimeoutConfig {
    limits(8, 16)
}

/// The timeouts of MediaConvert's Probe, which reads the file before it answers: 10 seconds, once.
pub fn probe() -> TimeoutConfig {
    limits(10, 10)
}

/// The timeout of CompleteMultipartUpload, without a retry: S3 may need minutes for many parts ("CompleteMultipartUpload"
/// in the Amazon S3 API Reference).
pub fn complete_multipart_upload(limit: Duration) -> TimeoutConfig {
    of(limit, limit)
}

fn limits(attempt: u64, operation: u64) -> TimeoutConfig {
    of(Duration::from_secs(attempt), Duration::from_secs(operation))
}

fn of(attempt: Duration, operation: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(attempt)
        .operation_timeout(operation)
        .build()
}
