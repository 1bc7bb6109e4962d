//! A client for the few AWS actions that the local stage and its clients call on the emulator.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::identity::Identity;
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::http::HttpRequest;

const TIMEOUT: Duration = Duration::from_secs(10);

/// A client that signs its requests as an IAM user.
#[derive(Clone)]
pub struct AwsClient {
    pub(crate) endpoint: String,
    pub(crate) region: String,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
}

/// One line of a function's log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LogEvent {
    /// Milliseconds since 1970.
    pub time: i64,
    pub stream: String,
    pub message: String,
}

impl AwsClient {
    /// Returns a signed request for an action of a service that speaks JSON.
    fn action(&self, service: &str, target: &str, version: &str, body: &Value) -> Result<HttpRequest> {
        let request = HttpRequest::new("POST", format!("{}/", self.endpoint))
            .header("content-type", format!("application/x-amz-json-{version}"))
            .header("x-amz-target", target)
            .body(body.to_string())
            .timeout(TIMEOUT);
        self.sign(service, target, request)
    }

    fn sign(&self, service: &str, action: &str, mut request: HttpRequest) -> Result<HttpRequest> {
        let headers = self
            .signature(service, &request)
            .map_err(|error| Error::message(format!("cannot sign the call of {action}: {error}")))?;
        request.headers.extend(headers);
        Ok(request)
    }

    fn signature(
        &self,
        service: &str,
        request: &HttpRequest,
    ) -> Result<Vec<(String, String)>, Box<dyn std::error::Error>> {
        let credentials = Credentials::new(&self.access_key_id, &self.secret_access_key, None, None, "stack");
        let identity = Identity::from(credentials);
        let params = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let headers = request
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let body = SignableBody::Bytes(&request.body);
        let signable = SignableRequest::new(request.method, &request.url, headers, body)?;
        let (instructions, _) = sign(signable, &params)?.into_parts();
        let (headers, _) = instructions.into_parts();
        Ok(headers
            .iter()
            .map(|header| (header.name().to_owned(), header.value().to_owned()))
            .collect())
    }

    /// Invokes the version of a function that runs, as its triggers do, and returns its result.
    pub(crate) fn invoke(&self, function: &str, event: &Value, timeout: Duration) -> Result<Value> {
        let url = format!(
            "{}/2015-03-31/functions/{function}:live/invocations",
            self.endpoint
        );
        let request = HttpRequest::new("POST", url)
            .header("content-type", "application/json")
            .body(event.to_string())
            .timeout(timeout);
        let response = self.sign("lambda", function, request)?.send(function)?;
        let is_error = response.headers.contains_key("x-amz-function-error");
        let result: Value = response.json(200, function)?;
        if is_error {
            let reason = result["errorMessage"].as_str().unwrap_or("no reason given");
            return Err(Error::message(format!("{function} failed: {reason}")));
        }
        Ok(result)
    }

    /// Reads an item of a DynamoDB table, consistently; `key` and the item are in DynamoDB's notation.
    pub fn item(&self, table: &str, key: &Value) -> Result<Option<Value>> {
        let target = "DynamoDB_20120810.GetItem";
        let body = json!({"TableName": table, "Key": key, "ConsistentRead": true});
        let response = self.action("dynamodb", target, "1.0", &body)?.send(target)?;
        let mut output: Value = response.json(200, target)?;
        Ok(output.get_mut("Item").map(Value::take))
    }

    /// Returns the events of a log group since a time in milliseconds, sorted by time; none if the group does not exist.
    /// Does not stop at Ctrl-C, so that the last lines of a stack can be read.
    pub(crate) fn log_events(&self, group: &str, since: i64) -> Result<Vec<LogEvent>> {
        let target = "Logs_20140328.FilterLogEvents";
        let mut events = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let mut body = json!({"logGroupName": group, "startTime": since});
            if let Some(token) = &token {
                body["nextToken"] = json!(token);
            }
            let request = self.action("logs", target, "1.1", &body)?;
            let response = request.send_through_interrupt(target)?;
            if response.status == 400 && response.body.contains("ResourceNotFound") {
                return Ok(events);
            }
            let page: Value = response.json(200, target)?;
            events.extend(
                page["events"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(log_event),
            );
            let next = page["nextToken"].as_str().map(str::to_owned);
            if next.is_none() || next == token {
                events.sort_by_key(|event| event.time);
                return Ok(events);
            }
            token = next;
        }
    }
}

fn log_event(event: &Value) -> Option<LogEvent> {
    Some(LogEvent {
        time: event["timestamp"].as_i64()?,
        stream: event["logStreamName"].as_str()?.to_owned(),
        message: event["message"].as_str()?.to_owned(),
    })
}
