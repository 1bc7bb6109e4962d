//! The functions' clients verify the certificates of the services that they call.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Duration;

use aws::error::chain;
use aws::secret::Secret;
use aws::{Clients, EnvVars, LambdaContext};
use bench::stub::{Authority, AwsStub, StubService};

/// Reads the secret from a host with the functions' clients. `bundle` is the content of `AWS_CA_BUNDLE`, if it is set; `name`
/// is the file's name.
async fn read_secret(host: &str, bundle: Option<&str>, name: &str) -> Result<String, Box<dyn Error>> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if let Some(bundle) = bundle {
        fs::write(&path, bundle)?;
    }
    let path = bundle.map_or(String::new(), |_| path.display().to_string());
    let url = format!("https://{host}");
    let environment = EnvVars::from([
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_ENDPOINT_URL_SSM", &url),
        ("AWS_CA_BUNDLE", &path),
    ]);
    let clients = Clients::new(LambdaContext::new(&environment)?)?;
    let secret = Secret::new(clients.ssm(), "/bench/secret".to_owned());
    Ok(secret.read().await?)
}

#[tokio::test]
async fn bundle_replaces_the_embedded_roots() {
    let authority = Authority::new().unwrap();
    let stub = AwsStub::start(&authority, Duration::ZERO).unwrap();
    let secret = read_secret(
        &stub.host(StubService::Ssm),
        Some(&authority.bundle()),
        "right.pem",
    )
    .await;
    assert_eq!(secret.unwrap().len(), 64);
    let calls = stub.take_calls();
    assert_eq!(calls.len(), 1);
    assert_eq!((&*calls[0].operation, calls[0].status), ("GetParameter", 200));
}

#[tokio::test]
async fn certificate_of_another_root_is_refused() {
    let stub = AwsStub::start(&Authority::new().unwrap(), Duration::ZERO).unwrap();
    let other = Authority::new().unwrap().bundle();
    for (bundle, name) in [(Some(other.as_str()), "wrong.pem"), (None, "embedded.pem")] {
        let error = read_secret(&stub.host(StubService::Ssm), bundle, name)
            .await
            .unwrap_err();
        let error = chain(&*error);
        assert!(error.contains("invalid peer certificate"), "{error}");
    }
    assert!(stub.take_calls().is_empty(), "no call reached the stub");
}

#[tokio::test]
async fn certificate_of_another_host_is_refused() {
    let authority = Authority::new().unwrap();
    let stub = AwsStub::start(&authority, Duration::ZERO).unwrap();
    // The certificate names localhost only.
    let host = stub.host(StubService::Ssm).replace("localhost", "127.0.0.1");
    let error = read_secret(&host, Some(&authority.bundle()), "host.pem").await;
    let error = chain(&*error.unwrap_err());
    assert!(error.contains("not valid for name"), "{error}");
}
