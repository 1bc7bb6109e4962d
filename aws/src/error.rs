//! Errors of calls to AWS, classified by their consequence for the caller.

use std::error::Error as StdError;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use thiserror::Error;

/// A failed call to AWS. The SDK's messages are in the chain of sources, for the log only.
#[derive(Debug, Error)]
#[error("{operation} failed: {kind}{}", code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default())]
pub struct AwsError {
    /// The name of the operation in AWS's documentation.
    pub operation: &'static str,
    /// The kind of failure.
    pub kind: AwsErrorKind,
    /// AWS's error code, if it answered.
    pub code: Option<String>,
    /// AWS's message, if it answered.
    pub message: Option<String>,
    #[source]
    source: Box<dyn StdError + Send + Sync>,
}

/// The meaning of a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AwsErrorKind {
    /// Too many calls at once: a later one may succeed.
    #[error("the service is throttling")]
    Throttled,
    /// The service refused this request (HTTP 400) and did nothing. The same request will be refused again.
    #[error("the service refused the request")]
    Refused,
    /// The service did nothing because of permissions, quotas or the state of a resource (HTTP 401 to 499). The same
    /// request succeeds once that is corrected.
    #[error("a permission, quota or resource that the request needs is missing")]
    Configuration,
    /// No answer, or an unreadable one: the service may have carried out the request.
    #[error("the outcome is unknown")]
    Unknown,
}

/// Codes of throttling that AWS sends with another HTTP status than 429: the list that AWS's SDKs retry
/// ("Retry behavior" in the AWS SDKs and Tools Reference Guide), and Amazon SQS's `OverLimit`.
const THROTTLING_CODES: [&str; 17] = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "KmsThrottled",
    "LimitExceededException",
    "OverLimit",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// Codes about the caller or its permissions that come with HTTP 400 from services that speak AWS JSON ("Common
/// Errors" of Amazon DynamoDB and Amazon SQS).
const RIGHTS_CODES: [&str; 12] = [
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "OptInRequired",
    "UnrecognizedClientException",
];

/// Returns the meaning of an answer, by its HTTP status, and by its code where a status has several meanings.
///
/// A missing status stands for no answer. HTTP 400 `RequestTimeout` of Amazon S3 and HTTP 408 mean that the request did
/// not arrive in time, not that it was refused.
pub fn meaning(status: Option<u16>, code: Option<&str>) -> AwsErrorKind {
    let code = code.unwrap_or_default();
    match status {
        _ if THROTTLING_CODES.contains(&code) => AwsErrorKind::Throttled,
        Some(429) => AwsErrorKind::Throttled,
        Some(408) => AwsErrorKind::Unknown,
        // Models of services that speak AWS JSON give some internal errors no status of their own, which means 400.
        _ if code.starts_with("Internal") => AwsErrorKind::Unknown,
        Some(400) if code == "RequestTimeout" => AwsErrorKind::Unknown,
        Some(400) if RIGHTS_CODES.contains(&code) => AwsErrorKind::Configuration,
        Some(400) => AwsErrorKind::Refused,
        Some(401..=499) => AwsErrorKind::Configuration,
        _ => AwsErrorKind::Unknown,
    }
}

impl AwsError {
    /// The error of an operation.
    pub fn new<E>(operation: &'static str, error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let answer = error.as_service_error();
        let code = answer.and_then(|error| error.code());
        // The answer to HeadObject has no body, so no code either.
        let code = code.or((status == Some(403)).then_some("AccessDenied"));
        let kind = match &error {
            // The request was never sent.
            SdkError::ConstructionFailure(_) => AwsErrorKind::Refused,
            _ => meaning(status, code),
        };
        Self {
            operation,
            kind,
            code: code.map(str::to_owned),
            message: answer.and_then(|error| error.message()).map(str::to_owned),
            source: Box::new(error),
        }
    }

    /// The error of an answer without a required field: the request may have been carried out.
    pub fn incomplete(operation: &'static str, lacks: &'static str) -> Self {
        Self {
            operation,
            kind: AwsErrorKind::Unknown,
            code: None,
            message: None,
            source: Box::new(Incomplete(lacks)),
        }
    }
}

/// Returns an error with its sources, in one line for the log. The SDK's `DisplayErrorContext` also prints the debug form
/// of the error, which may contain an item with an email.
pub fn chain(error: &dyn StdError) -> String {
    let causes = std::iter::successors(Some(error), |error: &&dyn StdError| (*error).source());
    let texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.join(": ")
}

/// An answer without a field that the service documents as always present.
#[derive(Debug, Error)]
#[error("the answer lacks {0}")]
struct Incomplete(&'static str);

#[cfg(test)]
mod tests {
    use aws_sdk_mediaconvert::operation::create_job::CreateJobError;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    fn error(status: u16, code: &str) -> AwsError {
        let response = HttpResponse::new(status.try_into().unwrap(), SdkBody::empty());
        let error = CreateJobError::generic(ErrorMetadata::builder().code(code).message("why").build());
        AwsError::new("CreateJob", SdkError::service_error(error, response))
    }

    #[test]
    fn kind_follows_status_then_code() {
        use AwsErrorKind::{Configuration, Refused, Throttled, Unknown};
        for (status, code, kind) in [
            (429, "TooManyRequestsException", Throttled),
            (429, "NameOfNextYear", Throttled),
            (400, "ThrottlingException", Throttled),
            (503, "SlowDown", Throttled),
            (403, "OverLimit", Throttled),
            (400, "BadRequestException", Refused),
            (400, "AccessDeniedException", Configuration),
            (403, "ForbiddenException", Configuration),
            (402, "ServiceQuotaExceededException", Configuration),
            (404, "NotFoundException", Configuration),
            (409, "ConflictException", Configuration),
            (400, "RequestTimeout", Unknown),
            (408, "RequestTimeoutException", Unknown),
            (500, "InternalServerErrorException", Unknown),
            (400, "InternalServerError", Unknown),
            (503, "ServiceUnavailable", Unknown),
            // Amazon S3's answer if completing a multipart upload fails after the response has started.
            (200, "InternalError", Unknown),
        ] {
            assert_eq!(error(status, code).kind, kind, "{status} {code}");
        }
    }

    #[test]
    fn code_and_message_of_the_service_are_kept() {
        let error = error(400, "BadRequestException");
        assert_eq!(error.message.as_deref(), Some("why"));
        assert_eq!(error.code.as_deref(), Some("BadRequestException"));
    }

    #[test]
    fn answer_without_a_required_field_is_unknown() {
        let error = AwsError::incomplete("CreateJob", "job.id");
        assert_eq!(error.kind, AwsErrorKind::Unknown);
        assert!(chain(&error).ends_with("the answer lacks job.id"));
    }
}
