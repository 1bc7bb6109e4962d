//! Requests to the routes, without a port.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::response::Response;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;

use super::router;
use crate::config::TranscoderArguments;
use crate::service::TranscoderService;

const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/elastictranscoder/aws4_request, SignedHeaders=host, Signature=0";

pub fn arguments(state: &Path) -> TranscoderArguments {
    TranscoderArguments {
        port: 0,
        state: state.to_owned(),
        // The service requires an existing program to start; these tests do not run it.
        ffmpeg: PathBuf::from("/bin/sh"),
        endpoint_url: "http://127.0.0.1:9".into(),
        region: "us-east-1".into(),
        credentials: state.join("credentials.json"),
        max_jobs: 1,
        jobs_per_second: 2.0,
        burst: 100,
        account: "000000000000".into(),
    }
}

/// A service with its own state folder.
pub struct Server {
    pub service: Arc<TranscoderService>,
    pub state: TempDir,
}

impl Server {
    pub fn new() -> Self {
        let state = tempfile::tempdir().unwrap();
        let service = Arc::new(TranscoderService::open(&arguments(state.path())).unwrap());
        Self { service, state }
    }

    pub async fn raw(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        authorization: Option<&str>,
    ) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        router(Arc::clone(&self.service))
            .oneshot(request.body(body).unwrap())
            .await
            .unwrap()
    }

    pub async fn send(&self, method: &str, path: &str, body: Value) -> (StatusCode, String, Value) {
        let body = (!body.is_null()).then_some(body);
        let response = self.raw(method, path, body, Some(SIGNED)).await;
        assert!(response.headers().contains_key("x-amzn-requestid"));
        let kind = response
            .headers()
            .get("x-amzn-errortype")
            .map_or("", |value| value.to_str().unwrap())
            .to_owned();
        (response.status(), kind, json_of(response).await)
    }
}

/// Takes the next job of a service.
pub async fn next(service: &TranscoderService) -> String {
    service.scheduler.next_job().await.0
}

pub async fn json_of(response: Response) -> Value {
    serde_json::from_slice(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap()
}
