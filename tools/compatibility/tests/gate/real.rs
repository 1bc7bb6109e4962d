//! The comparison of this repository's own documents.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use compatibility::breakage::Audience::{self, Callers, Readers, Writers};
use compatibility::breakage::BrokenItem;
use compatibility::change::Direction;
use compatibility::check::breakages;
use compatibility::compare::breaking_changes;
use compatibility::documents::Documents;
use compatibility::schema::Schema;
use serde_json::json;

use crate::edit::{Edit, applied};

fn documents() -> Documents {
    let repository: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    Documents::current(&repository).unwrap()
}

#[test]
fn comparison_understands_every_document() {
    let documents = documents();
    assert!(documents.schemas.len() > 10);
    assert_eq!(breakages(&documents, &documents).unwrap(), []);
    for (name, (_, schema)) in &documents.schemas {
        let schema = Schema {
            root: schema,
            node: schema,
        };
        for direction in [Direction::Sent, Direction::Taken] {
            let changes = breaking_changes(direction, schema, schema).unwrap();
            assert_eq!(changes, [], "{name}");
        }
    }
}

/// Asserts that edits of the description break exactly these operations, at one place.
fn assert_breaks(
    edits: &[Edit],
    operations: &[&str],
    audience: Audience,
    type_name: Option<&str>,
    place: &str,
) {
    let old = documents();
    let mut new = old.clone();
    new.description = applied(&old.description, edits);
    let mut found = BTreeSet::new();
    for breakage in breakages(&old, &new).unwrap() {
        assert_eq!(
            (breakage.audience, breakage.place.as_str()),
            (audience, place),
            "{breakage:?}"
        );
        let BrokenItem::Operation {
            id,
            type_name: inside,
            ..
        } = breakage.subject
        else {
            panic!("{breakage:?} is in no operation");
        };
        assert_eq!(inside.as_deref(), type_name, "{id}");
        found.insert(id);
    }
    assert_eq!(found, operations.iter().map(|id| (*id).to_owned()).collect());
}

/// Returns the pointer of an operation.
fn operation(method: &str, path: &str) -> String {
    format!("/paths/{}/{method}", path.replace('/', "~1"))
}

const STEP: &str = "/projects/{project}/steps/{step}/responses";

#[test]
fn removed_route_breaks_callers() {
    let edit = Edit::remove(&operation("post", &format!("{STEP}/{{email}}/retry")));
    assert_breaks(&[edit], &["retryResponse"], Callers, None, "");
}

#[test]
fn newly_required_parameter_breaks_writers() {
    let list = operation("get", STEP);
    let old = documents().description;
    let parameters = old
        .pointer(&format!("{list}/parameters"))
        .unwrap()
        .as_array()
        .unwrap()
        .clone();
    let limit = parameters
        .iter()
        .position(|parameter| parameter["name"] == "limit")
        .unwrap();
    let edit = Edit::set(&format!("{list}/parameters/{limit}/required"), json!(true));
    assert_breaks(&[edit], &["listStep"], Writers, None, "query parameter limit");
    let new = json!({"in": "query", "name": "since", "required": true, "schema": {"type": "string"}});
    let with_new: Vec<_> = parameters.into_iter().chain([new]).collect();
    let edit = Edit::set(&format!("{list}/parameters"), json!(with_new));
    assert_breaks(&[edit], &["listStep"], Writers, None, "query parameter since");
}

#[test]
fn new_token_breaks_callers() {
    let edit = Edit::set(
        &format!("{}/security", operation("get", "/health")),
        json!([{"owner": ["responses/read"]}]),
    );
    assert_breaks(&[edit], &["health"], Callers, None, "security");
    let edit = Edit::set(
        &format!("{}/security", operation("post", STEP)),
        json!([{"owner": ["responses/write"]}]),
    );
    assert_breaks(&[edit], &["requestUpload"], Callers, None, "security");
}

#[test]
fn raised_scope_breaks_callers() {
    let edit = Edit::set(
        &format!("{}/security", operation("get", STEP)),
        json!([{"owner": ["responses/write"]}]),
    );
    assert_breaks(&[edit], &["listStep"], Callers, None, "security");
}

#[test]
fn removed_status_breaks_readers() {
    let complete = operation("post", "/projects/{project}/steps/{step}/uploads/{take}/complete");
    let edit = Edit::remove(&format!("{complete}/responses/202"));
    assert_breaks(&[edit], &["completeUpload"], Readers, None, "response 202");
}

#[test]
fn removed_header_breaks_readers() {
    let edit = Edit::remove(&format!(
        "{}/responses/200/headers/x-request-id",
        operation("get", STEP)
    ));
    assert_breaks(
        &[edit],
        &["listStep"],
        Readers,
        None,
        "response 200, header x-request-id",
    );
}

#[test]
fn removed_field_breaks_readers_in_each_operation() {
    let kind = "/components/schemas/StoredUpload";
    let edits = [
        Edit::remove(&format!("{kind}/properties/key")),
        Edit::set(&format!("{kind}/required"), json!([])),
    ];
    let users = [
        "getResponse",
        "listProject",
        "listRespondent",
        "listStep",
        "requestUpload",
        "retryResponse",
    ];
    assert_breaks(&edits, &users, Readers, Some("StoredUpload"), "key");
}

#[test]
fn removed_field_of_a_variant_breaks_readers() {
    let kind = "/components/schemas/PostUpload";
    let edit = Edit::remove(&format!("{kind}/properties/max_bytes"));
    let required = documents()
        .description
        .pointer(&format!("{kind}/required"))
        .unwrap()
        .clone();
    let others: Vec<_> = required
        .as_array()
        .unwrap()
        .iter()
        .filter(|name| **name != "max_bytes")
        .collect();
    let edits = [edit, Edit::set(&format!("{kind}/required"), json!(others))];
    assert_breaks(
        &edits,
        &["requestUpload"],
        Readers,
        Some("PostUpload"),
        "max_bytes",
    );
}

#[test]
fn removed_field_of_a_request_breaks_writers() {
    let edit = Edit::remove("/components/schemas/UploadRequest/properties/method");
    assert_breaks(
        &[edit],
        &["requestUpload"],
        Writers,
        Some("UploadRequest"),
        "method",
    );
}

#[test]
fn added_media_type_of_uploads_breaks_no_writer() {
    let pointer = "/components/schemas/UploadRequest/properties/content_type/pattern";
    let pattern = documents()
        .description
        .pointer(pointer)
        .unwrap()
        .as_str()
        .unwrap()
        .to_owned();
    let wider = pattern.replacen("video/mp4|", "video/mp4|video/ogg|", 1);
    assert_ne!(pattern, wider);
    assert_breaks(&[Edit::set(pointer, json!(wider))], &[], Writers, None, "");
    let narrower = pattern.replacen("video/mp4|", "", 1);
    let edit = Edit::set(pointer, json!(narrower));
    assert_breaks(
        &[edit],
        &["requestUpload"],
        Writers,
        Some("UploadRequest"),
        "content_type",
    );
}
