//! Requests to the HTTP API. Each answer is checked against the published description.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use ureq::http::Request;

use crate::http::{Answer, send};
use crate::{Stack, contract};

impl Stack {
    /// Returns an owner's token with these scopes, separated by spaces.
    #[track_caller]
    pub fn token(&self, scopes: &str) -> String {
        self.token_of(&self.info.token_client_id, &self.info.token_client_secret, scopes)
    }

    /// Returns a token of a client of the issuer.
    #[track_caller]
    pub fn token_of(&self, client_id: &str, client_secret: &str, scopes: &str) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let body = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope={}",
            encoded(client_id),
            encoded(client_secret),
            encoded(scopes)
        );
        let request =
            Request::post(&self.info.token_url).header("content-type", "application/x-www-form-urlencoded");
        let answer = send(request.body(body).expect("a valid request"))
            .expect(200)
            .json();
        answer["access_token"]
            .as_str()
            .expect("the answer has a token")
            .to_owned()
    }

    /// Returns a token with these scopes that expires after two seconds.
    ///
    /// Terraform's provider allows at least five minutes, the emulator less. Tokens have a resolution of one second:
    /// with a lifetime of one second most would have expired on arrival.
    #[track_caller]
    pub fn short_lived_token(&self, scopes: &str) -> String {
        let info = &self.info;
        // The emulator discards the units that are omitted.
        let body = serde_json::json!({
            "UserPoolId": info.user_pool_id,
            "ClientId": info.short_lived_client_id,
            "AccessTokenValidity": 2,
            "TokenValidityUnits": {"AccessToken": "seconds", "IdToken": "hours", "RefreshToken": "days"},
        });
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            (
                "x-amz-target",
                "AWSCognitoIdentityProviderService.UpdateUserPoolClient",
            ),
        ];
        self.call("cognito-idp", "POST", "/", &headers, &body.to_string())
            .expect(200);
        self.token_of(
            &info.short_lived_client_id,
            &info.short_lived_client_secret,
            scopes,
        )
    }

    /// Sends a request to the API and checks its answer against the published description.
    #[track_caller]
    pub fn api(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.info.api_url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = send(request.body(body).expect("a valid path"));
        contract::check(method, path, &answer);
        answer
    }

    /// Sends a request without a body.
    #[track_caller]
    pub fn api_call(&self, method: &str, token: Option<&str>, path: &str) -> Answer {
        let authorization = token.map(bearer);
        let authorization = authorization.as_deref().map(|value| ("authorization", value));
        self.api(method, path, authorization.as_slice(), "")
    }

    /// GETs a path of the API, with or without a token.
    #[track_caller]
    pub fn api_get(&self, token: Option<&str>, path: &str) -> Answer {
        self.api_call("GET", token, path)
    }

    /// POSTs JSON to a path of the API.
    #[track_caller]
    pub fn api_post(&self, token: Option<&str>, path: &str, body: &Value) -> Answer {
        let mut headers = vec![("content-type", "application/json")];
        let authorization = token.map(bearer);
        headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
        self.api("POST", path, &headers, &body.to_string())
    }

    /// GETs a path of the API as an owner.
    #[track_caller]
    pub fn owner_get(&self, path: &str) -> Answer {
        self.api_get(Some(&self.info.token), path)
    }

    /// Sends a request without a body as an owner.
    #[track_caller]
    pub fn owner(&self, method: &str, path: &str) -> Answer {
        self.api_call(method, Some(&self.info.token), path)
    }
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}
