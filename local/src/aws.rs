//! A few AWS calls, signed with keys that the IAM rules bind.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::identity::Identity;
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::http::{Call, Reply};

/// Who calls, and where.
#[derive(Clone)]
pub struct Client {
    pub endpoint: String,
    pub region: String,
    pub access_key_id: String,
    pub secret_access_key: String,
}

/// One line of a function's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Milliseconds since 1970.
    pub time: i64,
    pub text: String,
}

impl Client {
    /// One action of an AWS service that speaks JSON.
    fn call(&self, service: &str, target: &str, version: &str, body: &Value) -> Result<Value> {
        let call = Call::new("POST", format!("{}/", self.endpoint))
            .header("content-type", format!("application/x-amz-json-{version}"))
            .header("x-amz-target", target)
            .body(body.to_string())
            .limit(Duration::from_secs(10));
        self.send(service, target, call)?.json(200, target)
    }

    /// Signs a call of a service and sends it.
    fn send(&self, service: &str, what: &str, mut call: Call) -> Result<Reply> {
        let signed = self
            .signature(service, &call)
            .map_err(|error| Error::said(format!("cannot sign the call of {what}: {error}")))?;
        call.headers.extend(signed);
        call.send(what)
    }

    fn signature(
        &self,
        service: &str,
        call: &Call,
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
        let headers = call
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let body = SignableBody::Bytes(&call.body);
        let request = SignableRequest::new(call.method, &call.url, headers, body)?;
        let (instructions, _) = sign(request, &params)?.into_parts();
        let (headers, _) = instructions.into_parts();
        Ok(headers
            .iter()
            .map(|header| (header.name().to_owned(), header.value().to_owned()))
            .collect())
    }

    /// Calls a function and waits for its answer.
    pub fn invoke(&self, function: &str, event: &Value, limit: Duration) -> Result<Value> {
        let url = format!("{}/2015-03-31/functions/{function}/invocations", self.endpoint);
        let call = Call::new("POST", url)
            .header("content-type", "application/json")
            .body(event.to_string())
            .limit(limit);
        let reply = self.send("lambda", function, call)?;
        let failed = reply.headers.contains_key("x-amz-function-error");
        let answer: Value = reply.json(200, function)?;
        if failed {
            let why = answer["errorMessage"].as_str().unwrap_or("it does not say why");
            return Err(Error::said(format!("{function} failed: {why}")));
        }
        Ok(answer)
    }

    /// Makes the access tokens that a client of a user pool is issued good for so many seconds.
    pub fn shorten_tokens(&self, user_pool: &str, client: &str, seconds: u32) -> Result<()> {
        // All three units, for the others are forgotten otherwise, and Terraform would set them again.
        let body = json!({
            "UserPoolId": user_pool,
            "ClientId": client,
            "AccessTokenValidity": seconds,
            "TokenValidityUnits": {"AccessToken": "seconds", "IdToken": "hours", "RefreshToken": "days"},
        });
        let target = "AWSCognitoIdentityProviderService.UpdateUserPoolClient";
        self.call("cognito-idp", target, "1.1", &body).map(drop)
    }

    /// Reads an item of a DynamoDB table, consistently; `key` and the item are in DynamoDB's notation.
    pub fn item(&self, table: &str, key: &Value) -> Result<Option<Value>> {
        let body = json!({"TableName": table, "Key": key, "ConsistentRead": true});
        let mut answer = self.call("dynamodb", "DynamoDB_20120810.GetItem", "1.0", &body)?;
        Ok(answer.get_mut("Item").map(Value::take))
    }

    /// What a log group has from a moment on, in the order of time; a group that is not there yet is empty.
    pub fn log_lines(&self, group: &str, since: i64) -> Result<Vec<LogLine>> {
        let mut lines = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let mut body = json!({"logGroupName": group, "startTime": since});
            if let Some(token) = &token {
                body["nextToken"] = json!(token);
            }
            let answer = match self.call("logs", "Logs_20140328.FilterLogEvents", "1.1", &body) {
                Err(Error::Said(text)) if text.contains("ResourceNotFound") => return Ok(lines),
                answer => answer?,
            };
            for event in answer["events"].as_array().into_iter().flatten() {
                let (time, text) = (event["timestamp"].as_i64(), event["message"].as_str());
                if let (Some(time), Some(text)) = (time, text) {
                    lines.push(LogLine {
                        time,
                        text: text.to_owned(),
                    });
                }
            }
            let next = answer["nextToken"].as_str().map(str::to_owned);
            if next.is_none() || next == token {
                lines.sort_by_key(|line| line.time);
                return Ok(lines);
            }
            token = next;
        }
    }
}
