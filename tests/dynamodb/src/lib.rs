//! An in-process DynamoDB with the responses table. It counts the items that a query reads, as AWS does.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};
use dynoxide::Database;
use serde_json::json;
use tokio::net::TcpListener;

/// The table's name.
pub const TABLE: &str = "responses";

/// Starts the database. Returns the configuration of a client.
pub async fn start() -> Builder {
    let database = Database::memory().unwrap();
    database
        .create_table(serde_json::from_value(table()).unwrap())
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(listener, database));
    Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
        .endpoint_url(endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
}

/// Returns the table's definition, as in `terraform/modules/storage`.
fn table() -> serde_json::Value {
    let attribute = |name: &str| {
        let kind = if name == "OpenShard" { "N" } else { "S" };
        json!({"AttributeName": name, "AttributeType": kind})
    };
    let keys = |hash: &str, range: &str| json!([{"AttributeName": hash, "KeyType": "HASH"}, {"AttributeName": range, "KeyType": "RANGE"}]);
    let index = |(name, hash, range)| {
        let projection = if name == "Open" { "KEYS_ONLY" } else { "ALL" };
        json!({"IndexName": name, "KeySchema": keys(hash, range), "Projection": {"ProjectionType": projection}})
    };
    let indexes = [
        ("ByStep", "ProjectStep", "CreatedAt"),
        ("ByStepStatus", "ProjectStepStatus", "CreatedAt"),
        ("ByProject", "Project", "CreatedAt"),
        ("ByProjectStatus", "ProjectStatus", "CreatedAt"),
        ("ByMail", "Mail", "ProjectStep"),
        ("Open", "OpenShard", "DueAt"),
    ];
    let names = indexes
        .iter()
        .flat_map(|(_, hash, range)| [*hash, *range])
        .collect::<BTreeSet<_>>();
    json!({
        "TableName": TABLE,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": keys("ProjectStep", "Mail"),
        "AttributeDefinitions": names.into_iter().map(attribute).collect::<Vec<_>>(),
        "GlobalSecondaryIndexes": indexes.map(index),
    })
}
