//! Validation of the runbooks' commands against the AWS CLI's grammar.

use std::collections::BTreeMap;
use std::fs;

use serde_json::json;
use tests::python;
use tests::stack::repository;

#[test]
fn cli_accepts_every_command() {
    let runbooks: BTreeMap<String, String> = fs::read_dir(repository().join("docs/runbooks"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string(), fs::read_to_string(path).unwrap()))
        .collect();
    assert!(!runbooks.is_empty(), "no runbooks were found");
    python::run("runbooks.py", &json!({"runbooks": runbooks}));
    for wrong in [
        "aws sqs start-message-move --source-arn a",
        "aws sqs start-message-move-task --source a",
        "aws sqs get-queue-url --queue-name a --query QueueURL",
        "aws cloudwatch set-alarm-state --alarm-name a --state-value ALARMED --state-reason a",
        "aws lambda invoke --function-name a",
        "url=\"$(aws sqs get-queue-url --queue-name a)\"",
    ] {
        let broken = json!({"runbooks": {"broken.md": format!("```sh\n{wrong}\n```\n")}});
        let refused = std::panic::catch_unwind(|| python::run("runbooks.py", &broken));
        assert!(refused.is_err(), "a wrong command was accepted: {wrong}");
    }
}
