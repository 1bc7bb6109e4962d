//! The metrics that the functions print, as CloudWatch Logs receives them.

use serde_json::Value;
use tests::media::Sample;
use tests::wait::SOON;
use tests::{Stack, eventually, logs};

/// Waits until a function has printed a metric since a time, in a line that `is_it` accepts, and returns the line.
fn metric(stack: &Stack, function: &str, name: &str, since: i64, is_it: impl Fn(&Value) -> bool) -> Value {
    eventually(SOON, &format!("{function} prints {name}"), || {
        let lines = stack.log(function, since);
        let mut documents = lines
            .iter()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        documents.find(|line| line["_aws"].is_object() && !line[name].is_null() && is_it(line))
    })
}

#[test]
fn each_step_of_an_upload_is_measured() {
    let stack = Stack::shared();
    let since = logs::now();
    let ann = stack.respondent();
    // No token: the project is open.
    ann.submit(&stack.sample(Sample::Clip));
    ann.until("ready");
    let namespace = stack.info.functions["api"].strip_suffix("-api").unwrap();
    for (function, name) in [
        ("api", "AnonymousUploadRequests"),
        ("on_upload", "UploadsStored"),
        ("on_job", "Results"),
    ] {
        let line = metric(&stack, function, name, since, |_| true);
        assert_eq!(line[name], 1, "{line}");
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Namespace"], namespace, "{line}");
        assert_eq!(directive["Metrics"][0]["Name"], name, "{line}");
    }
    let ready = metric(&stack, "on_job", "TimeToReady", since, |_| true);
    assert!(
        (1..600_000).contains(&ready["TimeToReady"].as_u64().unwrap()),
        "{ready}"
    );

    let bob = stack.respondent();
    bob.submit(&stack.sample(Sample::Garbage));
    let code = bob.until("failed")["failure"]["code"].clone();
    assert!(code.is_string(), "{code}");
    metric(&stack, "on_job", "Failures", since, |line| line["Reason"] == code);
}
