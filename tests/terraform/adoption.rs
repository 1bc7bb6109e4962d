//! The Chalice project's table and bucket, with data in them: the guard refuses the plan while another party gets the
//! bucket's events, and the apply imports both and loses nothing.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::changes::{changed, short};
use crate::emulator::Emulator;
use crate::stage::Stage;

const TABLE: &str = "OldResponses";
const BUCKET: &str = "old-chalice-videos";
const VARIABLES: &str = "adopt.auto.tfvars.json";

const HANDLER: &str = "arn:aws:lambda:eu-central-1:000000000000:function:old-app-dev-handle_s3_event";

/// What the plan imports.
const IMPORTED: [&str; 6] = [
    "ingest.aws_s3_bucket_notification.uploads",
    "storage.aws_dynamodb_table.responses",
    "storage.aws_s3_bucket.this[\"uploads\"]",
    "storage.aws_s3_bucket_public_access_block.this[\"uploads\"]",
    "storage.aws_s3_bucket_server_side_encryption_configuration.this[\"uploads\"]",
    "storage.aws_s3_bucket_versioning.this[\"uploads\"]",
];

/// The number of items and of objects.
const MANY: usize = 30;

/// Adopts as a stack of another name, with a state of its own. Needs no applied stage, and leaves the variables of `prod`.
pub fn adopted_data_stay(emulator: &Emulator, stage: &Stage) {
    create_old_project(emulator);
    let before = old_data(emulator);
    let adopt =
        json!({"table": TABLE, "uploads_bucket": BUCKET, "uploads_bucket_has": ["public-access-block"]});
    stage.write(VARIABLES, &json!({"name": "adopted", "adopt": adopt}).to_string());
    let state = "-state=adopted.tfstate";

    let plan = stage.plan(&[state]);
    assert_eq!(imports(&plan), BTreeSet::from(IMPORTED));
    let guard = stage.guard(&plan, "");
    assert!(!guard.success && guard.text.contains(HANDLER), "{}", guard.text);

    emulator.put_setting(BUCKET, "notification", "<NotificationConfiguration/>");
    // The resources that have the data; the others are as in every stage.
    let targets = [state, "-target=module.service.module.storage"];
    let plan = stage.plan(&targets);
    let guard = stage.guard(&plan, "");
    // Time to live, which the runbook asks to check before.
    let table = "module.service.module.storage.aws_dynamodb_table.responses";
    assert_eq!(guard.refused().collect::<Vec<_>>(), [table], "{}", guard.text);
    let guard = stage.guard(&plan, table);
    assert!(guard.success, "{}", guard.text);
    stage.succeed(&["apply", "-no-color", state, "plan"]);
    assert_eq!(old_data(emulator), before);

    let plan = stage.plan(&targets);
    assert_eq!(changed(&plan), BTreeSet::new(), "the second plan");
    assert_eq!(imports(&plan), BTreeSet::new(), "the second plan");
    stage.remove("stages/prod", VARIABLES);
}

/// Returns the addresses that a plan imports.
fn imports(plan: &Value) -> BTreeSet<&str> {
    let changes = plan["resource_changes"].as_array().into_iter().flatten();
    changes
        .filter(|change| !change["change"]["importing"].is_null())
        .filter_map(|change| change["address"].as_str().map(short))
        .collect()
}

fn create_old_project(emulator: &Emulator) {
    let keys = [("ProjectStep", "HASH"), ("Mail", "RANGE")];
    let table = json!({
        "TableName": TABLE,
        "AttributeDefinitions": keys.map(|(name, _)| json!({"AttributeName": name, "AttributeType": "S"})),
        "KeySchema": keys.map(|(name, kind)| json!({"AttributeName": name, "KeyType": kind})),
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    });
    emulator.call("dynamodb", "DynamoDB_20120810.CreateTable", &table);
    emulator.create_bucket(BUCKET);
    for number in 0..MANY {
        let key = format!("survey/{number}/a.webm");
        let item = json!({
            "ProjectStep": {"S": format!("survey-{number}")},
            "Mail": {"S": "ann@example.com"},
            "video": {"S": key},
        });
        let put = json!({"TableName": TABLE, "Item": item});
        emulator.call("dynamodb", "DynamoDB_20120810.PutItem", &put);
        emulator.put_object(BUCKET, &key, &format!("video {number}"));
    }
    let notification = format!(
        "<NotificationConfiguration><CloudFunctionConfiguration><Id>chalice</Id><CloudFunction>{HANDLER}</CloudFunction>\
         <Event>s3:ObjectCreated:*</Event></CloudFunctionConfiguration></NotificationConfiguration>"
    );
    emulator.put_setting(BUCKET, "notification", &notification);
    let block = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
         <IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>\
         <RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>";
    emulator.put_setting(BUCKET, "publicAccessBlock", block);
}

/// Returns the items of the table, and the objects of the bucket.
fn old_data(emulator: &Emulator) -> (BTreeSet<String>, Vec<String>) {
    let scan = emulator.call(
        "dynamodb",
        "DynamoDB_20120810.Scan",
        &json!({"TableName": TABLE, "ConsistentRead": true}),
    );
    let items: BTreeSet<String> = scan["Items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(Value::to_string)
        .collect();
    assert_eq!(items.len(), MANY);
    let objects = (0..MANY).map(|number| emulator.object(BUCKET, &format!("survey/{number}/a.webm")));
    (items, objects.collect())
}
