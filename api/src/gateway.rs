//! From API Gateway's event (HTTP API, payload 2.0) to a request, and from an answer to what it expects.
//!
//! The gateway has decoded the path once and chosen a route by it. What is routed again here must be the
//! very same path: anything that a second parsing could read otherwise is refused.

use std::fmt::Write;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body as GatewayBody;
use aws_smithy_types::base64;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH};
use axum::http::{HeaderValue, Request, Response};
use axum::response::IntoResponse;
use tower::ServiceExt;

use crate::caller::Caller;
use crate::log::RequestId;
use crate::problem::{self, Problem};

/// The largest body of a request, and of an answer, in bytes. Lambda itself takes and gives 6 MB at the most.
const LARGEST_REQUEST: usize = 64 * 1024;
const LARGEST_ANSWER: usize = 5 * 1024 * 1024;

/// Answers one event.
pub async fn answer(router: Router, event: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
    let request_id = RequestId(event.request_context.request_id.clone().unwrap_or_default());
    let response = match request(event, request_id.clone()) {
        Ok(request) => router.oneshot(request).await.into_response(),
        Err(problem) => problem.into_response(),
    };
    finish(response, &request_id).await
}

fn request(event: ApiGatewayV2httpRequest, request_id: RequestId) -> Result<Request<Body>, Problem> {
    let mut uri = encode_path(event.raw_path.as_deref().unwrap_or("/"))?;
    if let Some(query) = event.raw_query_string.filter(|query| !query.is_empty()) {
        uri = format!("{uri}?{query}");
    }
    let body = body(event.body, event.is_base64_encoded)?;
    let authorizer = event.request_context.authorizer;
    let caller = Caller::new(
        authorizer
            .and_then(|authorizer| authorizer.jwt)
            .map(|jwt| jwt.claims),
    );
    let mut request = Request::new(Body::from(body));
    *request.method_mut() = event.request_context.http.method;
    *request.uri_mut() = uri.parse().map_err(|_| Problem::malformed_path())?;
    *request.headers_mut() = event.headers;
    request.extensions_mut().insert(caller);
    request.extensions_mut().insert(request_id);
    Ok(request)
}

/// The path as a URI has it, which decodes to exactly this path.
fn encode_path(path: &str) -> Result<String, Problem> {
    let ambiguous = |byte: u8| !byte.is_ascii_graphic() || b"?#%\\".contains(&byte);
    let dots = |segment| matches!(segment, "." | "..");
    if !path.starts_with('/') || path.bytes().any(ambiguous) || path.split('/').any(dots) {
        return Err(Problem::malformed_path());
    }
    let mut encoded = String::with_capacity(path.len());
    for character in path.chars() {
        if "\"<>^`{|}".contains(character) {
            let _ = write!(encoded, "%{:02X}", u32::from(character));
        } else {
            encoded.push(character);
        }
    }
    Ok(encoded)
}

fn body(body: Option<String>, is_base64: bool) -> Result<Vec<u8>, Problem> {
    let text = body.unwrap_or_default();
    let bytes = if is_base64 {
        base64::decode(text).map_err(|_| Problem::malformed_body())?
    } else {
        text.into_bytes()
    };
    if bytes.len() > LARGEST_REQUEST {
        Err(Problem::body_too_large(LARGEST_REQUEST))
    } else {
        Ok(bytes)
    }
}

async fn finish(response: Response<Body>, request_id: &RequestId) -> ApiGatewayV2httpResponse {
    let (mut parts, body) = response.into_parts();
    // The gateway counts the body's bytes itself.
    parts.headers.remove(CONTENT_LENGTH);
    // Answers are of this moment, and some are signed: none is cached unless its route says so.
    let cache = parts.headers.entry(CACHE_CONTROL);
    cache.or_insert(HeaderValue::from_static("no-store"));
    if let Ok(value) = HeaderValue::from_str(&request_id.0) {
        parts.headers.insert("x-request-id", value);
    }
    let mut answer = ApiGatewayV2httpResponse::default();
    answer.status_code = parts.status.as_u16().into();
    answer.headers = parts.headers;
    match to_bytes(body, LARGEST_ANSWER)
        .await
        .map(|bytes| String::from_utf8(bytes.into()))
    {
        Ok(Ok(text)) if problem::is_problem(&answer.headers) => {
            answer.body = Some(GatewayBody::Text(problem::with_request_id(&text, &request_id.0)));
        }
        Ok(Ok(text)) => answer.body = Some(GatewayBody::Text(text)),
        _ => {
            tracing::error!(request_id = request_id.0, "an answer was no text, or too large");
            answer.status_code = 500;
            answer.body = Some(GatewayBody::Empty);
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_a_second_parsing_would_change_is_refused() {
        for path in [
            "",
            "health",
            "/a/../b",
            "/.",
            "/a%2Fb",
            "/a?b",
            "/a#b",
            "/a\\b",
            "/a b",
            "/ä",
            "/a\0",
            "/\u{202e}",
        ] {
            assert!(encode_path(path).is_err(), "{path:?}");
        }
    }

    #[test]
    fn an_email_may_hold_what_a_uri_may_not() {
        let path = "/projects/demo/steps/0/responses/a{b}|c^`+tag@example.com";
        assert_eq!(
            encode_path(path).unwrap(),
            "/projects/demo/steps/0/responses/a%7Bb%7D%7Cc%5E%60+tag@example.com"
        );
    }

    #[test]
    fn a_large_body_is_refused_whatever_its_encoding() {
        assert!(body(Some("x".repeat(LARGEST_REQUEST)), false).is_ok());
        assert!(body(Some("x".repeat(LARGEST_REQUEST + 1)), false).is_err());
        assert!(body(Some(base64::encode(vec![0; LARGEST_REQUEST + 1])), true).is_err());
        assert!(body(Some("***".into()), true).is_err());
    }
}
