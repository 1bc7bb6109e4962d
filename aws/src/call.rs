//! A call to AWS that failed: what it means for the work at hand, without the SDK's words.

use std::error::Error as StdError;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use thiserror::Error;

/// A call to AWS failed. What the SDK says of it is in the chain of sources, for the log alone.
#[derive(Debug, Error)]
#[error("{operation} failed: {kind}{}", code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default())]
pub struct CallError {
    /// The operation's name in AWS's documentation.
    pub operation: &'static str,
    /// What it means.
    pub kind: CallErrorKind,
    /// AWS's code for it, if it answered.
    pub code: Option<String>,
    #[source]
    source: Box<dyn StdError + Send + Sync>,
}

/// What a failed call means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CallErrorKind {
    /// Too much at once: later it may succeed.
    #[error("the service is throttling")]
    Throttled,
    /// The service answered that it did nothing, and why.
    #[error("the service refused")]
    Refused,
    /// No answer, or none that can be read: it may have been done all the same.
    #[error("the outcome is unknown")]
    Unknown,
}

/// AWS's codes for "too much at once".
const THROTTLES: [&str; 9] = [
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

impl CallError {
    /// What became of an operation.
    pub fn new<E>(operation: &'static str, error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        let code = error.as_service_error().and_then(|error| error.code());
        // The answer to HeadObject has no body, so no code either.
        let denied = error
            .raw_response()
            .is_some_and(|response| response.status().as_u16() == 403);
        let code = code.or(denied.then_some("AccessDenied")).map(str::to_owned);
        let kind = match (&error, code.as_deref()) {
            (_, Some(code)) if THROTTLES.contains(&code) => CallErrorKind::Throttled,
            (
                SdkError::ServiceError(_),
                Some("InternalServerError" | "InternalServiceException" | "InternalError"),
            ) => CallErrorKind::Unknown,
            (SdkError::ServiceError(_), Some(_)) | (SdkError::ConstructionFailure(_), _) => {
                CallErrorKind::Refused
            }
            _ => CallErrorKind::Unknown,
        };
        Self {
            operation,
            kind,
            code,
            source: Box::new(error),
        }
    }

    /// The error and what lies behind it, in one line for the log.
    pub fn chain(&self) -> String {
        let mut line = self.to_string();
        let mut source = self.source();
        while let Some(cause) = source {
            line.push_str(": ");
            line.push_str(&cause.to_string());
            source = cause.source();
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_mediaconvert::operation::create_job::CreateJobError;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    fn kind(status: u16, code: &str) -> CallErrorKind {
        let response = HttpResponse::new(status.try_into().unwrap(), SdkBody::empty());
        let error = CreateJobError::generic(ErrorMetadata::builder().code(code).build());
        CallError::new("CreateJob", SdkError::service_error(error, response)).kind
    }

    #[test]
    fn too_much_at_once_is_told_from_a_refusal() {
        for code in [
            "TooManyRequestsException",
            "RequestThrottled",
            "ThrottlingException",
        ] {
            assert_eq!(kind(429, code), CallErrorKind::Throttled, "{code}");
        }
        assert_eq!(kind(400, "BadRequestException"), CallErrorKind::Refused);
        assert_eq!(kind(500, "InternalServiceException"), CallErrorKind::Unknown);
    }
}
