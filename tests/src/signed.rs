//! Calls of AWS services for which one or two actions are worth no SDK crate: signed by hand, as the operator.

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
        let params = params.build().expect("everything is set").into();
        let signable = SignableRequest::new(
            method,
            &url,
            headers.iter().copied(),
            SignableBody::Bytes(body.as_bytes()),
        );
        let signed = sign(signable.expect("a request"), &params).expect("a signature");
        let mut request = Request::builder()
            .method(method)
            .uri(&url)
            .body(body)
            .expect("a request");
        for (name, value) in headers {
            request.headers_mut().insert(
                ureq::http::HeaderName::try_from(*name).expect("a header's name"),
                value.parse().expect("a header's value"),
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
