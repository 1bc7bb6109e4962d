//! The boundary to API Gateway: an event of an HTTP API (payload format 2.0) becomes a request, the response becomes API
//! Gateway's format.
//!
//! `lambda_http` converts both. It parses the path as a URL, although API Gateway has decoded it already, and it panics on
//! some events. So [`check`] first refuses each event that this second parse would change, and removes what the
//! function does not need: docs/adr/0005-lambda-http-behind-a-guard.md.

use std::collections::HashMap;
use std::convert::Infallible;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use axum::Router;
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, HOST};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderValue, Method, Response};
use axum::response::IntoResponse;
use data_encoding::BASE64;
use lambda_http::lambda_runtime::LambdaEvent;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, service_fn};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use tower::{Service, ServiceExt};

use crate::access_log::RequestId;
use crate::caller::Caller;
use crate::problem::Problem;

/// The maximum size of a request's body, in bytes.
const MAX_BODY_SIZE: usize = 64 * 1024;

/// API Gateway's maximum size of the request line and all headers, in bytes ("Quotas for HTTP APIs").
const MAX_HEAD_SIZE: usize = 10_240;

/// Replies to an event.
pub async fn reply(
    router: Router,
    event: LambdaEvent<ApiGatewayV2httpRequest>,
) -> Result<impl Serialize, Infallible> {
    let LambdaEvent { payload, context } = event;
    let request = &payload.request_context;
    let token = request
        .authorizer
        .as_ref()
        .and_then(|authorizer| authorizer.jwt.as_ref());
    let mut invocation = HttpInvocation {
        router,
        caller: Caller::new(token.map(|token| token.claims.clone())),
        request_id: RequestId(request.request_id.clone().unwrap_or_default()),
        is_head: request.http.method == Method::HEAD,
        problem: None,
    };
    let payload = check(payload).unwrap_or_else(|problem| {
        invocation.problem = Some(problem);
        ApiGatewayV2httpRequest::default()
    });
    let service = service_fn(move |request| invocation.clone().handle(request));
    let event = LambdaEvent::new(LambdaRequest::ApiGatewayV2(payload), context);
    Adapter::from(service).call(event).await
}

/// The context of one event beside its request.
#[derive(Clone)]
struct HttpInvocation {
    router: Router,
    caller: Caller,
    request_id: RequestId,
    is_head: bool,
    /// The problem for which the event is rejected.
    problem: Option<Problem>,
}

impl HttpInvocation {
    async fn handle(self, request: lambda_http::Request) -> Result<Response<Body>, Infallible> {
        let response = match self.problem {
            Some(problem) => problem.into_response(),
            None => {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(self.caller);
                request.extensions_mut().insert(self.request_id.clone());
                self.router.oneshot(request).await?
            }
        };
        let (mut parts, mut body) = response.into_parts();
        if let Some(problem) = parts.extensions.remove::<Problem>().filter(|_| !self.is_head) {
            body = Body::from(problem.document(&self.request_id.0));
        }
        // API Gateway counts the body's bytes itself.
        parts.headers.remove(CONTENT_LENGTH);
        // Responses are current and some are signed, so clients do not cache them unless the route says so.
        let cache_control = parts.headers.entry(CACHE_CONTROL);
        cache_control.or_insert(HeaderValue::from_static("no-store"));
        if let Ok(value) = HeaderValue::from_str(&self.request_id.0) {
            parts.headers.insert("x-request-id", value);
        }
        Ok(Response::from_parts(parts, body))
    }
}

/// Refuses an event whose path or body a second parse would change, and removes what would become part of the URL.
fn check(mut event: ApiGatewayV2httpRequest) -> Result<ApiGatewayV2httpRequest, Problem> {
    let path = event.raw_path.as_deref().unwrap_or_default();
    let query = event.raw_query_string.as_deref().unwrap_or_default();
    if !is_unambiguous(path) || path.len() + query.len() > MAX_HEAD_SIZE || !is_whole(&event, path) {
        return Err(Problem::malformed_path());
    }
    PathAndQuery::try_from(format!("/?{query}"))
        .map_err(|_| Problem::invalid("query", "the query is not percent-encoded ASCII"))?;
    if let Some(body) = event.body.take() {
        event.body = Some(text(body, event.is_base64_encoded)?);
        event.is_base64_encoded = false;
    }
    event.headers.remove(HOST);
    event.headers.remove("x-forwarded-proto");
    event.request_context.domain_name = None;
    event.request_context.stage = None;
    Ok(event)
}

/// Returns whether a second parse does not change the path.
fn is_unambiguous(path: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"?#%\\".contains(&byte);
    let is_dots = |segment| matches!(segment, "." | "..");
    path.starts_with('/') && path.bytes().all(is_plain) && !path.split('/').any(is_dots)
}

/// Returns whether the path is the one that API Gateway matched. API Gateway cuts `rawPath` at a decoded `?`: a DELETE of
/// `…/ann@example.com%3Fx` must not delete the response of `ann@example.com`.
fn is_whole(event: &ApiGatewayV2httpRequest, path: &str) -> bool {
    let matched_path = event.request_context.http.path.as_deref();
    let route = event.route_key.as_deref().and_then(|key| key.split_once(' '));
    matched_path.is_none_or(|matched| decodes_to(matched, path))
        && route.is_none_or(|(_, template)| fills(template, &event.path_parameters, path))
}

/// Returns whether a route's template with these parameters is the path.
fn fills(template: &str, parameters: &HashMap<String, String>, path: &str) -> bool {
    let mut rest = path;
    for segment in template.split('/').skip(1) {
        let Some(begin) = rest.strip_prefix('/') else {
            return false;
        };
        let name = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
        let (value, is_greedy) = match name.map(|name| (name.trim_end_matches('+'), name.ends_with('+'))) {
            Some((name, is_greedy)) => match parameters.get(name) {
                Some(value) => (value.as_str(), is_greedy),
                None => return false,
            },
            None => (segment, false),
        };
        let end = if is_greedy { None } else { begin.find('/') };
        let (actual, after) = begin.split_at(end.unwrap_or(begin.len()));
        if !decodes_to(value, actual) {
            return false;
        }
        rest = after;
    }
    rest.is_empty()
}

/// Returns whether a text is this value, percent-encoded or not.
fn decodes_to(text: &str, value: &str) -> bool {
    text == value || *percent_decode_str(text).collect::<Vec<_>>() == *value.as_bytes()
}

/// Returns the body as text; a JSON body is UTF-8.
fn text(body: String, is_base64: bool) -> Result<String, Problem> {
    let text = if is_base64 {
        let bytes = BASE64
            .decode(body.as_bytes())
            .map_err(|_| Problem::malformed_body())?;
        String::from_utf8(bytes).map_err(|_| Problem::malformed_body())?
    } else {
        body
    };
    if text.len() > MAX_BODY_SIZE {
        return Err(Problem::body_too_large(MAX_BODY_SIZE));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use axum::extract::OriginalUri;
    use lambda_http::Context;
    use proptest::collection::hash_map;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// Replies to an event with the decoded path of the request.
    async fn echo(event: Value) -> Value {
        let echo = async |OriginalUri(uri): OriginalUri| {
            let path: Vec<u8> = percent_decode_str(uri.path()).collect();
            String::from_utf8(path).unwrap()
        };
        let event = LambdaEvent::new(serde_json::from_value(event).unwrap(), Context::default());
        let response = reply(Router::new().fallback(echo), event).await.unwrap();
        serde_json::to_value(response).unwrap()
    }

    fn event(path: &str) -> Value {
        json!({"rawPath": path, "requestContext": {"http": {"method": "GET"}}})
    }

    #[tokio::test]
    async fn ambiguous_path_is_rejected() {
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
            assert_eq!(echo(event(path)).await["statusCode"], 400, "{path:?}");
        }
    }

    #[tokio::test]
    async fn email_with_encoded_characters_is_accepted() {
        let path = "/projects/demo/steps/0/responses/a{b}|c^`\"<>+tag@example.com";
        assert_eq!(echo(event(path)).await["body"], path);
    }

    #[tokio::test]
    async fn path_cut_at_a_decoded_question_mark_is_rejected() {
        let event = |field: &str, value: &str| {
            let path = "/responses/ann@example.com";
            let mut event = event(path);
            event["routeKey"] = "DELETE /responses/{email}".into();
            event["pathParameters"] = json!({"email": "ann@example.com"});
            event["requestContext"]["http"]["path"] = path.into();
            *event.pointer_mut(field).unwrap() = value.into();
            event
        };
        for (field, value, status) in [
            ("/pathParameters/email", "ann@example.com", 200),
            ("/pathParameters/email", "ann%40example.com", 200),
            ("/pathParameters/email", "ann@example.com?x", 400),
            ("/pathParameters/email", "ann@example.com%3Fx", 400),
            ("/requestContext/http/path", "/responses/ann@example.com%3Fx", 400),
            ("/routeKey", "DELETE /responses", 400),
            ("/routeKey", "DELETE /responses/{email}/retry", 400),
            ("/routeKey", "GET /{email+}", 400),
            ("/routeKey", "$default", 200),
        ] {
            assert_eq!(
                echo(event(field, value)).await["statusCode"],
                status,
                "{field} {value}"
            );
        }
    }

    #[test]
    fn body_is_at_most_64_kib_in_either_encoding() {
        let base64 = |bytes: &[u8]| text(BASE64.encode(bytes), true);
        assert!(text("x".repeat(MAX_BODY_SIZE), false).is_ok());
        assert!(text("x".repeat(MAX_BODY_SIZE + 1), false).is_err());
        assert!(base64(&vec![b'x'; MAX_BODY_SIZE]).is_ok());
        assert!(base64(&vec![b'x'; MAX_BODY_SIZE + 1]).is_err());
        assert!(base64(&[0xff]).is_err());
        assert!(text("***".into(), true).is_err());
        assert!(text("YQ==YQ==".into(), true).is_ok());
    }

    /// Valid and invalid base64, and other texts.
    fn any_body() -> impl Strategy<Value = String> {
        let text = "[A-Za-z0-9+/=]{0,12}|\\PC{0,4}";
        prop_oneof![text, text.prop_map(|text| BASE64.encode(text.as_bytes()))]
    }

    proptest! {
        /// No event makes the conversion panic, and no accepted event reaches a handler with another path.
        #[test]
        fn accepted_path_reaches_the_handler_unchanged(
            path in "/?([ -~]{0,12}/?){0,4}|\\PC{0,12}",
            (query, stage) in ("[ -~]{0,12}|\\PC{0,4}", "\\PC{0,8}"),
            (host, scheme, domain) in ("[ -~]{0,12}", "[ -~]{0,8}", "\\PC{0,12}"),
            (body, is_base64_encoded) in (any_body(), any::<bool>()),
            (route_key, parameters) in ("[A-Z]{0,3} ?[/{}a-z+]{0,12}", hash_map("[a-z]{0,2}", "\\PC{0,6}", 0..3)),
            (request_id, cookie) in ("\\PC{0,8}", "\\PC{0,8}"),
        ) {
            let event = json!({
                "routeKey": route_key,
                "rawPath": path,
                "rawQueryString": query,
                "cookies": [cookie],
                "headers": {"host": host, "x-forwarded-proto": scheme},
                "pathParameters": parameters,
                "requestContext": {
                    "stage": stage, "domainName": domain, "requestId": request_id,
                    "http": {"method": "DELETE"},
                },
                "body": body,
                "isBase64Encoded": is_base64_encoded,
            });
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let response = runtime.block_on(echo(event));
            if response["statusCode"] == 200 {
                prop_assert_eq!(&response["body"], &path);
            } else {
                prop_assert_eq!(&response["statusCode"], 400);
            }
        }
    }
}
