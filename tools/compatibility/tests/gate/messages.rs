//! What a developer reads.

use serde_json::json;

use crate::edit::Edit;
use crate::repository::Repository;

/// Changes a document that we send, one that we take, and the API.
fn changed(test: &str) -> Repository {
    let repository = Repository::released(test);
    repository.release("0.2.0").unwrap();
    repository.edit(
        "v1/thing.json",
        &[
            Edit::set("/required", json!(["kind"])),
            Edit::set("/$defs/Kind/enum", json!(["small", "large", "huge"])),
        ],
    );
    repository.edit(
        "v1/thing-request.json",
        &[
            Edit::set("/properties/note/maxLength", json!(50)),
            Edit::set("/properties/color", json!({"type": "string"})),
            Edit::set("/required", json!(["kind", "color"])),
        ],
    );
    repository.edit(
        "openapi.json",
        &[
            Edit::set("/components/schemas/Thing/required", json!(["kind"])),
            Edit::set("/paths/~1things/get/security", json!([{"owner": ["write"]}])),
            Edit::remove("/paths/~1things/get/responses/200/headers/x-request-id"),
            Edit::remove("/paths/~1things~1{id}/delete"),
        ],
    );
    repository
}

#[test]
fn broken_clients() {
    insta::assert_snapshot!(changed("message").check("0.3.0").unwrap());
}

#[test]
fn broken_clients_from_1_0_on() {
    let repository = changed("message_1_0");
    repository.announce("Unreleased", "`thing`: no longer allowed.");
    insta::assert_snapshot!(repository.check("1.0.0").unwrap());
}

#[test]
fn allowed_changes() {
    let repository = changed("note");
    repository.announce(
        "Unreleased",
        "`thing`, `thing-request`, `Thing`, `listThings`, `deleteThing`: changed.",
    );
    insta::assert_snapshot!(repository.check("0.3.0").unwrap());
}
