//! The minimal function's calls reach the stub over TLS, which counts them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

use bench::cases;
use bench::plan::{CallPlan, PlannedCall};
use bench::process::{Launch, PreparedProcess, tail};
use bench::runtime::{FunctionError, RuntimeApi};
use bench::stub::{Authority, AwsStub, StubService};

const LIMIT: Duration = Duration::from_secs(20);

/// Reads the item of the case with a finished response.
fn read_item(stub: &AwsStub) -> PlannedCall {
    PlannedCall {
        host: stub.host(StubService::DynamoDb),
        service: "dynamodb".into(),
        method: "POST".into(),
        target: "/".into(),
        content_type: "application/x-amz-json-1.0".into(),
        amz_target: "DynamoDB_20120810.GetItem".into(),
        body: br#"{"Key":{"ProjectStep":{"S":"demo-0"},"Mail":{"S":"ann@example.com"}}}"#.into(),
    }
}

fn read_object(stub: &AwsStub) -> PlannedCall {
    PlannedCall {
        host: stub.host(StubService::S3),
        service: "s3".into(),
        method: "HEAD".into(),
        target: "/uploads/demo/0/a.mp4?versionId=1".into(),
        ..PlannedCall::default()
    }
}

/// Starts the minimal function with a plan; it trusts this bundle.
fn limit(plan: &CallPlan, bundle: &str, api: &RuntimeApi, name: &str) -> io::Result<Launch> {
    let file = |end: &str| Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.{end}"));
    plan.write(&mut File::create(file("plan"))?)?;
    fs::write(file("pem"), bundle)?;
    fs::write(file("log"), "")?;
    let variables = [
        ("AWS_LAMBDA_RUNTIME_API", api.address()),
        ("AWS_ACCESS_KEY_ID", "key".into()),
        ("AWS_SECRET_ACCESS_KEY", "secret".into()),
        ("AWS_REGION", "eu-west-1".into()),
        ("AWS_CA_BUNDLE", file("pem").display().to_string()),
        ("BENCH_PLAN", file("plan").display().to_string()),
    ];
    Ok(Launch {
        program: env!("CARGO_BIN_EXE_limit").into(),
        arguments: vec![],
        environment: variables.map(|(name, value)| (name.to_owned(), value)).into(),
        log: file("log"),
    })
}

/// Returns the number of calls of each operation since the last time.
fn counts(stub: &AwsStub) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for call in stub.take_calls() {
        assert_eq!(call.status, 200, "{call:?}");
        *counts.entry(call.operation).or_default() += 1;
    }
    counts
}

#[test]
fn calls_of_each_phase_are_counted() {
    let authority = Authority::new().unwrap();
    let stub = AwsStub::start(&authority, Duration::ZERO).unwrap();
    let plan = CallPlan {
        start: vec![read_item(&stub)],
        first: vec![read_item(&stub), read_object(&stub), read_item(&stub)],
        warm: vec![read_object(&stub)],
        response: b"{\"done\":true}".to_vec(),
    };
    let api = RuntimeApi::start().unwrap();
    let launch = limit(&plan, &authority.bundle(), &api, "calls").unwrap();
    stub.set(cases::all()[1].state.clone());
    let process = PreparedProcess::new(&launch).unwrap().start().unwrap();
    let idle = api.wait_until_idle(LIMIT);
    assert!(idle.is_ok(), "{}", tail(&launch.log));
    let of = |counts: &[(&str, usize)]| -> BTreeMap<String, usize> {
        counts
            .iter()
            .map(|(name, count)| ((*name).to_owned(), *count))
            .collect()
    };
    assert_eq!(counts(&stub), of(&[("GetItem", 1)]));
    let invocation = api.invoke(b"{}", LIMIT).unwrap();
    assert_eq!(invocation.body, plan.response);
    assert_eq!(counts(&stub), of(&[("GetItem", 2), ("HeadObject", 1)]));
    for _ in 0..2 {
        api.wait_until_idle(LIMIT).unwrap();
        api.invoke(b"{}", LIMIT).unwrap();
        assert_eq!(counts(&stub), of(&[("HeadObject", 1)]));
    }
    drop(process);
}

#[test]
fn minimal_function_refuses_another_root() {
    let stub = AwsStub::start(&Authority::new().unwrap(), Duration::ZERO).unwrap();
    let plan = CallPlan {
        start: vec![read_item(&stub)],
        ..CallPlan::default()
    };
    let api = RuntimeApi::start().unwrap();
    let bundle = Authority::new().unwrap().bundle();
    let launch = limit(&plan, &bundle, &api, "refuses").unwrap();
    let process = PreparedProcess::new(&launch).unwrap().start().unwrap();
    let idle = api.wait_until_idle(Duration::from_secs(2));
    assert_eq!(idle, Err(FunctionError::Timeout));
    assert!(
        tail(&launch.log).contains("InvalidCertificate"),
        "{}",
        tail(&launch.log)
    );
    assert!(stub.take_calls().is_empty());
    drop(process);
}

#[test]
fn plain_http_is_refused() {
    let authority = Authority::new().unwrap();
    let stub = AwsStub::start(&authority, Duration::ZERO).unwrap();
    let url = format!("http://{}/", stub.host(StubService::DynamoDb));
    assert!(ureq::get(&url).call().is_err());
    assert!(stub.take_calls().is_empty());
}
