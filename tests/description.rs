//! Validation of the published OpenAPI description by a third-party validator.

use std::fs;

use serde_json::{Value, json};
use tests::python;
use tests::stack::repository;

#[test]
fn description_is_valid_openapi_3_1() {
    let text = fs::read_to_string(repository().join("schemas/openapi.json")).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    python::run("description.py", &json!({"document": document}));
    let mut broken = document;
    broken["paths"]["/health"]["get"]["responses"] = json!([]);
    let refused = std::panic::catch_unwind(|| python::run("description.py", &json!({"document": broken})));
    assert!(refused.is_err(), "the validator must reject an invalid document");
}
