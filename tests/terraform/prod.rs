//! `prod` with data in it: a second plan has no changes, mistakes are refused before anything changes, and the documented
//! destroy leaves the data.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use serde_json::{Value, json};

use crate::adoption;
use crate::changes::{changed, short};
use crate::emulator::{ACCOUNT, Emulator};
use crate::stage::{Outcome, Stage};
use crate::variables;

const UPLOADS: &str = "responses-prod-uploads-000000000000";
const RENDITIONS: &str = "responses-prod-renditions-000000000000";
const TABLE: &str = "responses-prod";
const PROTECTION: &str = "module.service.module.storage.terraform_data.deletion_protection[0]";

/// What each plan changes again, because of the emulator's answers.
const DRIFT: [(&str, &str); 1] = [(
    "observability[0].aws_cloudwatch_metric_alarm.",
    "DescribeAlarms omits fields",
)];

/// The data, and what protects them.
#[derive(Debug, PartialEq)]
struct Stored {
    object: String,
    item: Value,
    deletion_protection: Value,
    recovery: Value,
    settings: BTreeMap<(String, &'static str), String>,
}

fn stored(emulator: &Emulator) -> Stored {
    let table = json!({"TableName": TABLE});
    let description = emulator.call("dynamodb", "DynamoDB_20120810.DescribeTable", &table);
    let backups = emulator.call("dynamodb", "DynamoDB_20120810.DescribeContinuousBackups", &table);
    let key = json!({"ProjectStep": {"S": "survey/0"}, "Mail": {"S": "ann@example.com"}});
    let item = json!({"TableName": TABLE, "Key": key});
    let settings = [UPLOADS, RENDITIONS].into_iter().flat_map(|bucket| {
        let settings = emulator.bucket_settings(bucket).into_iter();
        settings.map(move |(name, text)| ((bucket.to_owned(), name), text))
    });
    Stored {
        object: emulator.object(UPLOADS, "survey/0/video"),
        item: emulator.call("dynamodb", "DynamoDB_20120810.GetItem", &item)["Item"].take(),
        deletion_protection: description["Table"]["DeletionProtectionEnabled"].clone(),
        recovery: backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"].clone(),
        settings: settings.collect(),
    }
}

fn put_data(emulator: &Emulator) {
    emulator.put_object(UPLOADS, "survey/0/video", "a video");
    let item = json!({"ProjectStep": {"S": "survey/0"}, "Mail": {"S": "ann@example.com"}});
    emulator.call(
        "dynamodb",
        "DynamoDB_20120810.PutItem",
        &json!({"TableName": TABLE, "Item": item}),
    );
}

/// Prints the time since the last step: the parts of a long test.
struct Steps(Instant);

impl Steps {
    fn end(&mut self, step: &str) {
        println!("{step}: {:.0} s", self.0.elapsed().as_secs_f32());
        self.0 = Instant::now();
    }
}

#[test]
fn prod_keeps_its_data() {
    let mut steps = Steps(Instant::now());
    let emulator = Emulator::start("terraform-prod");
    let stage = Stage::prod(&emulator);
    steps.end("start");
    adoption::adopted_data_stay(&emulator, &stage);
    let adopted = remaining(&emulator);
    steps.end("adoption");
    stage.succeed(&["apply", "-input=false", "-no-color", "-auto-approve"]);
    put_data(&emulator);
    let before = stored(&emulator);
    assert_eq!(
        (&before.deletion_protection, &before.recovery),
        (&json!(true), &json!("ENABLED"))
    );
    steps.end("apply");

    second_plan_has_no_changes(&stage);
    steps.end("second plan");
    mistakes_fail_in_the_plan(&stage);
    steps.end("mistakes");
    guard_refuses_mistakes_without_the_protection(&stage);
    steps.end("guard");
    variables::check(&stage);
    assert_eq!(stored(&emulator), before);
    steps.end("variables");
    documented_destroy_leaves_the_data(&stage, &emulator, before, &adopted);
    steps.end("destroy");
}

fn second_plan_has_no_changes(stage: &Stage) {
    let plan = stage.plan(&[]);
    let changes: Vec<&str> = changed(&plan)
        .into_iter()
        .filter(|address| !DRIFT.iter().any(|(start, _)| address.starts_with(start)))
        .collect();
    assert_eq!(
        changes,
        Vec::<&str>::new(),
        "an apply must leave nothing to change"
    );
    let guard = stage.guard(&plan, "");
    assert!(guard.success, "{}", guard.text);
}

/// The files that make a mistake: Terraform merges them into the stage.
const RENAME: (&str, &str) = (
    "stages/prod",
    "module \"service\" {\n  name = \"renamed-prod\"\n}\n",
);
const OTHER_KEY: (&str, &str) = (
    "modules/storage",
    "resource \"aws_dynamodb_table\" \"responses\" {\n  hash_key = \"Project\"\n}\n",
);

fn with_mistake<T>(stage: &Stage, (folder, text): (&str, &str), run: impl FnOnce() -> T) -> T {
    stage.write_in(folder, "mistake_override.tf", text);
    let result = run();
    stage.remove(folder, "mistake_override.tf");
    result
}

#[track_caller]
fn assert_protected(outcome: &Outcome) {
    let text = outcome.text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(!outcome.success, "{}", outcome.text);
    assert!(
        text.contains("Instance cannot be destroyed") && text.contains(PROTECTION),
        "{}",
        outcome.text
    );
}

/// Applies without `make plan` and its guard. The rows of `variables.json` have another name.
fn mistakes_fail_in_the_plan(stage: &Stage) {
    let apply = |more: &[&str]| {
        stage.terraform(
            &[
                &[
                    "apply",
                    "-input=false",
                    "-no-color",
                    "-auto-approve",
                    "-refresh=false",
                ],
                more,
            ]
            .concat(),
        )
    };
    assert_protected(&with_mistake(stage, OTHER_KEY, || apply(&[])));
    assert_protected(&apply(&["-destroy"]));
    let bucket = "-replace=module.service.module.storage.aws_s3_bucket.this[\"renditions\"]";
    assert_protected(&apply(&[bucket]));
}

/// Plans with a state from which the protection was removed.
fn guard_refuses_mistakes_without_the_protection(stage: &Stage) {
    std::fs::copy(
        stage.folder().join("terraform.tfstate"),
        stage.folder().join("unprotected.tfstate"),
    )
    .expect("a state");
    stage.succeed(&["state", "rm", "-state=unprotected.tfstate", PROTECTION]);
    let unprotected = [
        "-refresh=false",
        "-state=unprotected.tfstate",
        "-var=deletion_protection=false",
    ];
    let storage = |resource: &str| format!("storage.{resource}");
    let settings = [
        "ownership_controls",
        "policy",
        "public_access_block",
        "server_side_encryption_configuration",
        "versioning",
        "lifecycle_configuration",
    ];
    let buckets = ["uploads", "renditions"].into_iter().flat_map(|bucket| {
        let settings =
            settings.map(|setting| storage(&format!("aws_s3_bucket_{setting}.this[\"{bucket}\"]")));
        settings
            .into_iter()
            .chain([storage(&format!("aws_s3_bucket.this[\"{bucket}\"]"))])
    });
    let all: BTreeSet<String> = buckets
        .chain([
            storage("aws_dynamodb_table.responses"),
            "api.aws_ssm_parameter.secret".to_owned(),
            "ingest.aws_s3_bucket_notification.uploads".to_owned(),
            "ingest.aws_sqs_queue.rejects".to_owned(),
            "ingest.aws_sqs_queue.source[\"uploads\"]".to_owned(),
            "ingest.aws_sqs_queue.dead_letter[\"jobs\"]".to_owned(),
        ])
        .collect();
    let table = BTreeSet::from([storage("aws_dynamodb_table.responses")]);
    let rename = with_mistake(stage, RENAME, || stage.plan(&unprotected));
    let key = with_mistake(stage, OTHER_KEY, || stage.plan(&unprotected));
    let destroy = stage.plan(&[&unprotected[..], &["-destroy"]].concat());
    for (plan, expected) in [(rename, &all), (key, &table), (destroy, &all)] {
        let guard = stage.guard(&plan, "");
        assert!(!guard.success, "{}", guard.text);
        let refused: BTreeSet<String> = guard.refused().map(|address| short(address).to_owned()).collect();
        let missing: Vec<&String> = expected.difference(&refused).collect();
        assert!(missing.is_empty(), "not refused: {missing:#?}\n{}", guard.text);
        assert!(expected.len() > 1 || refused == *expected, "{refused:#?}");
    }
}

/// The steps of terraform/README.md, "Delete a stage".
fn documented_destroy_leaves_the_data(
    stage: &Stage,
    emulator: &Emulator,
    before: Stored,
    adopted: &BTreeSet<String>,
) {
    stage.succeed(&["state", "rm", "module.service.module.storage"]);
    let plan = stage.plan(&["-destroy", "-refresh=false"]);
    let guard = stage.guard(&plan, "");
    let allow = guard
        .text
        .split("ALLOW='")
        .nth(1)
        .and_then(|rest| rest.split('\'').next());
    let allow = allow.unwrap_or_else(|| panic!("no ALLOW in {}", guard.text));
    let allowed = stage.guard(&plan, allow);
    assert!(
        !guard.success && allowed.success,
        "{}\n{}",
        guard.text,
        allowed.text
    );
    stage.succeed(&["apply", "-no-color", "plan"]);

    assert_eq!(stage.succeed(&["state", "list"]), "");
    let mut expected = before;
    let after = stored(emulator);
    // The events have no queue any more.
    let notification = (UPLOADS.to_owned(), "notification");
    assert!(
        !after.settings[&notification].contains("<QueueConfiguration>"),
        "{after:?}"
    );
    expected
        .settings
        .insert(notification.clone(), after.settings[&notification].clone());
    assert_eq!(after, expected);
    let left: BTreeSet<String> = remaining(emulator).difference(adopted).cloned().collect();
    assert_eq!(
        left,
        BTreeSet::from_iter([
            format!("arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/{TABLE}"),
            format!("arn:aws:s3:::{RENDITIONS}"),
            format!("arn:aws:s3:::{UPLOADS}"),
            "/aws/apigateway/responses-prod".to_owned(),
            "/aws/lambda/responses-prod-api".to_owned(),
            "/aws/lambda/responses-prod-on-job".to_owned(),
            "/aws/lambda/responses-prod-on-upload".to_owned(),
            "/aws/lambda/responses-prod-reconcile".to_owned(),
        ])
    );
}

/// Returns what the account still has: every resource with a tag, and the log groups by name.
fn remaining(emulator: &Emulator) -> BTreeSet<String> {
    let tagged = emulator.call(
        "tagging",
        "ResourceGroupsTaggingAPI_20170126.GetResources",
        &json!({}),
    );
    let groups = emulator.call("logs", "Logs_20140328.DescribeLogGroups", &json!({}));
    let texts = |list: &Value, name: &str| -> Vec<String> {
        let entries = list.as_array().into_iter().flatten();
        entries
            .filter_map(|entry| entry[name].as_str().map(str::to_owned))
            .collect()
    };
    let arns = texts(&tagged["ResourceTagMappingList"], "ResourceARN").into_iter();
    let arns = arns.filter(|arn| !arn.contains(":log-group:"));
    arns.chain(texts(&groups["logGroups"], "logGroupName")).collect()
}
