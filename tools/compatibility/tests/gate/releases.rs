//! Released versions: how they are frozen, and that each of them counts.

use serde_json::json;

use crate::edit::Edit;
use crate::repository::Repository;

#[test]
fn without_a_released_version_there_is_nothing_to_compare() {
    let outcome = Repository::new("nothing_released").check("0.1.0").unwrap();
    assert!(outcome.forbidden.is_empty());
    assert!(
        outcome.to_string().contains("there is nothing to compare"),
        "{outcome}"
    );
}

#[test]
fn released_documents_are_compatible_with_themselves() {
    let repository = Repository::released("same");
    let outcome = repository.check("0.1.0").unwrap();
    assert_eq!(
        outcome.to_string(),
        "2 documents and 3 operations are compatible with 0.1.0.\n"
    );
}

#[test]
fn released_version_does_not_change() {
    let repository = Repository::released("frozen");
    assert!(
        !repository.release("0.1.0").unwrap(),
        "the same documents are already released"
    );
    repository.edit("v1/thing.json", &[Edit::set("/description", json!("A thing."))]);
    repository.write("schemas/v1/new.json", "{}");
    let error = repository.release("0.1.0").unwrap_err().to_string();
    assert!(
        error.contains("0.1.0 is already released") && error.contains(": new.json, thing.json."),
        "{error}"
    );
    assert!(error.contains("Raise `version`"), "{error}");
    assert!(repository.release("0.2.0").unwrap());
    repository.remove("schemas/v1/new.json");
    let error = repository.release("0.2.0").unwrap_err().to_string();
    assert!(error.contains(": new.json."), "{error}");
}

#[test]
fn every_released_version_counts() {
    let repository = Repository::released("all_versions");
    repository.edit(
        "v1/thing.json",
        &[Edit::set("/properties/color", json!({"type": "string"}))],
    );
    repository.release("0.2.0").unwrap();
    // A reader of 0.2.0 knows `color`. A reader of 0.1.0 does not.
    repository.edit(
        "v1/thing.json",
        &[
            Edit::remove("/properties/color"),
            Edit::set("/properties/size/type", json!("number")),
        ],
    );
    let errors = repository.errors("0.3.0");
    assert_eq!(
        errors,
        [
            "thing | color | is removed | 0.2.0",
            "thing | size | was integer and is number now | 0.1.0 0.2.0",
        ]
    );
}

#[test]
fn announced_change_is_allowed_for_its_document_only() {
    let repository = Repository::released("announced");
    repository.edit("v1/thing.json", &[Edit::set("/required", json!(["kind"]))]);
    repository.edit(
        "v1/thing-request.json",
        &[Edit::set("/required", json!(["kind", "note"]))],
    );
    repository.announce("Unreleased", "`thing`: `id` may be missing.");
    assert_eq!(
        repository.errors("0.2.0"),
        ["thing-request | note | is required now | 0.1.0"]
    );
    repository.announce("Unreleased", "`thing`, `thing-request`, `problem`: changed.");
    assert!(repository.errors("0.2.0").is_empty());
    assert_eq!(
        repository.errors("1.0.0").len(),
        2,
        "1.0.0 breaks nothing that 0.1.0 had"
    );
}

#[test]
fn announcement_of_a_released_version_still_allows_its_change() {
    let repository = Repository::released("announced_earlier");
    repository.edit("v1/thing.json", &[Edit::set("/required", json!(["kind"]))]);
    repository.release("0.2.0").unwrap();
    repository.announce("0.2.0", "`thing`: `id` may be missing.");
    assert!(repository.errors("0.3.0").is_empty());
    assert!(repository.errors("1.0.0").is_empty());
    repository.edit("v1/thing.json", &[Edit::set("/required", json!([]))]);
    let errors = repository.errors("0.3.0");
    assert_eq!(
        errors,
        ["thing | kind | was always present and may be missing now | 0.2.0"]
    );
}

#[test]
fn operations_are_announced_by_id_route_or_type() {
    let repository = Repository::released("operations");
    let id_may_be_missing = Edit::set("/components/schemas/Thing/required", json!(["kind"]));
    repository.edit(
        "openapi.json",
        &[id_may_be_missing, Edit::remove("/paths/~1things~1{id}/delete")],
    );
    assert_eq!(repository.errors("0.2.0").len(), 3);
    for line in [
        "`Thing`, `deleteThing`: changed",
        "`createThing`, `listThings`, `DELETE /things/{id}`: changed",
    ] {
        repository.announce("Unreleased", line);
        assert!(repository.errors("0.2.0").is_empty(), "{line}");
    }
    repository.announce("Unreleased", "`listThings`, `deleteThing`: changed");
    assert_eq!(
        repository.errors("0.2.0").len(),
        1,
        "createThing sends a Thing too"
    );
}

#[test]
fn removed_and_renamed_documents_break() {
    let repository = Repository::released("removed");
    repository.edit(
        "index.json",
        &[
            Edit::set("/documents/0/id", json!("urn:other")),
            Edit::remove("/documents/1"),
        ],
    );
    assert_eq!(
        repository.errors("0.2.0"),
        [
            "thing |  | has another `$id`: urn:other instead of urn:thing | 0.1.0",
            "thing-request |  | the document is removed | 0.1.0",
        ]
    );
}

#[test]
fn change_of_direction_breaks() {
    let repository = Repository::released("direction");
    repository.edit(
        "index.json",
        &[Edit::set("/documents/0/direction", json!("taken"))],
    );
    assert_eq!(
        repository.errors("0.2.0"),
        ["thing |  | we sent its values and take them now | 0.1.0"]
    );
}

#[test]
fn unknown_keyword_is_an_error_that_names_its_place() {
    for (edit, place) in [
        (
            Edit::set("/properties/size/multipleOf", json!(2)),
            "thing.json: size: ",
        ),
        (Edit::set("/$defs/Kind/not", json!({})), "thing.json: kind: "),
        (
            Edit::set("/properties/id/format", json!("hostname")),
            "thing.json: id: ",
        ),
        (
            Edit::set(
                "/properties/size",
                json!({"oneOf": [{"type": "integer"}, {"type": "number"}]}),
            ),
            "thing.json: size: two branches of a `oneOf`",
        ),
    ] {
        let repository = Repository::released("unknown_keyword");
        repository.edit("v1/thing.json", &[edit]);
        let error = repository.check("0.2.0").unwrap_err().to_string();
        assert!(error.contains(place), "{error}");
    }
    let repository = Repository::released("unknown_keyword");
    repository.edit(
        "openapi.json",
        &[Edit::set("/paths/~1things/get/callbacks", json!({}))],
    );
    let error = repository.check("0.2.0").unwrap_err().to_string();
    assert!(
        error.contains("openapi.json: GET /things: ") && error.contains("`callbacks`"),
        "{error}"
    );
}
