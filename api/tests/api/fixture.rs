//! The application with a fake AWS endpoint, and requests to it.

use api::{ApiSettings, App, gateway, router};
use aws::{Clients, EnvVars, LambdaContext, Metrics};
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body;
use axum::Router;
use lambda_http::{Context, LambdaEvent};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Returns the API's router with this endpoint for all AWS services.
pub fn router_on(aws: &str) -> Router {
    router_taking(aws, "1000")
}

/// Returns the same router as [`router_on`], with this maximum upload size in bytes.
pub fn router_taking(aws: &str, max_bytes: &str) -> Router {
    let environment = EnvVars::from([
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_ENDPOINT_URL", aws),
        ("RESPONSES_TABLE_NAME", "responses"),
        ("UPLOADS_BUCKET", "uploads"),
        ("RENDITIONS_BUCKET", "renditions"),
        ("SECRET_PARAMETER", "/responses/secret"),
        ("ADOPTED_ITEMS", "false"),
        ("OPEN_UPLOADS", "demo"),
        ("UPLOAD_MAX_BYTES", max_bytes),
        ("UPLOAD_MINUTES", "60"),
        ("PLAYBACK_MINUTES", "60"),
    ]);
    let clients = Clients::new(LambdaContext::new(&environment).unwrap()).unwrap();
    router(App::new(
        ApiSettings::new(&environment).unwrap(),
        &clients,
        Metrics::default(),
    ))
}

pub struct Request<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub query: &'a str,
    /// A name and a value; no header if the name is empty.
    pub header: (&'a str, &'a str),
    pub body: &'a str,
    pub scope: &'a str,
}

pub const GET: Request<'_> = Request {
    method: "GET",
    path: "/",
    query: "",
    header: ("content-type", ""),
    body: "",
    scope: "responses/read",
};

pub const UPLOAD_REQUEST: Request<'_> = Request {
    method: "POST",
    path: "/projects/demo/steps/0/responses",
    header: ("content-type", "application/json"),
    body: r#"{"email":"ann@example.com","content_type":"video/mp4","size":5}"#,
    scope: "",
    ..GET
};

/// Sends a request as API Gateway does.
pub async fn answer(router: &Router, request: Request<'_>) -> ApiGatewayV2httpResponse {
    let (name, value) = request.header;
    let event: ApiGatewayV2httpRequest = serde_json::from_value(json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": {name: value, "host": "api.example.com"},
        "requestContext": {
            "requestId": "request-1",
            "http": {"method": request.method, "path": request.path},
            "authorizer": {"jwt": {"claims": {"scope": request.scope}, "scopes": null}},
        },
        "body": request.body,
        "isBase64Encoded": false,
    }))
    .unwrap();
    let event = LambdaEvent::new(event, Context::default());
    let response = gateway::reply(router.clone(), event).await.unwrap();
    let json = serde_json::to_value(response).unwrap();
    serde_json::from_value(json).unwrap()
}

/// Returns a header of an answer.
pub fn header(answer: &ApiGatewayV2httpResponse, name: &str) -> Option<String> {
    answer
        .headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
}

/// Returns the body of an answer.
pub fn text(answer: &ApiGatewayV2httpResponse) -> &str {
    match answer.body.as_ref().unwrap() {
        Body::Text(text) => text,
        other => panic!("{other:?}"),
    }
}

pub fn json_of(answer: &ApiGatewayV2httpResponse) -> Value {
    serde_json::from_str(text(answer)).unwrap()
}

/// Starts a fake AWS and returns its URL. `answers` maps each request's operation, or its request line if it names no
/// operation, to a status and a body. Each connection carries one request.
pub async fn start_fake_aws(
    answers: impl Fn(&str) -> (&'static str, &'static str) + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let head = read(&mut connection).await;
            let target = head.lines().find_map(|line| line.strip_prefix("x-amz-target: "));
            let operation = target.and_then(|target| target.rsplit('.').next());
            let (status, body) = answers(operation.or(head.lines().next()).unwrap_or_default());
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {length}\r\n\
                 connection: close\r\n\r\n{body}"
            );
            let _ = connection.write_all(answer.as_bytes()).await;
        }
    });
    url
}

/// Reads a whole request and returns its head.
async fn read(connection: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let mut some = [0; 4096];
        let read = connection.read(&mut some).await.unwrap_or(0);
        bytes.extend_from_slice(&some[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) || read == 0 {
                return head.to_owned();
            }
        } else if read == 0 {
            return text;
        }
    }
}
