//! Signed calls of AWS services for which one or two actions do not justify an SDK crate; sent as the operator.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::identity::Identity;
use ureq::http::Request;

use crate::Stack;
use crate::http::{self, Answer};

impl Stack {
    /// Sends a signed request to a service.
    #[track_caller]
    pub(crate) fn call(
        &self,
        service: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let url = format!("{}{path}", self.info.aws_endpoint_url);
        let identity = self.operator();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(&self.info.region)
            .name(service)
            .time(SystemTime::now())
            .settings(SigningSettings::default());
        let params = params.build().expect("all signing parameters are set").into();
        let signable = SignableRequest::new(
            method,
            &url,
            headers.iter().copied(),
            SignableBody::Bytes(body.as_bytes()),
        );
        let signed = sign(signable.expect("a signable request"), &params).expect("the request is signed");
        let mut request = Request::builder()
            .method(method)
            .uri(&url)
            .body(body)
            .expect("a valid request");
        for (name, value) in headers {
            request.headers_mut().insert(
                ureq::http::HeaderName::try_from(*name).expect("a valid header name"),
                value.parse().expect("a valid header value"),
            );
        }
        signed.into_parts().0.apply_to_request_http1x(&mut request);
        http::send(request)
    }

    fn operator(&self) -> Identity {
        let info = &self.info;
        Credentials::new(
            &info.access_key_id,
            &info.secret_access_key,
            None,
            None,
            "stack.json",
        )
        .into()
    }
}
