//! The page that `make docs` writes.

use tests::stack::repository;
use tests::{node, tool};

#[test]
fn page_has_every_operation_and_loads_nothing() {
    tool::run(
        node::command("docs/reference", "node")
            .arg("--test")
            .env("DESCRIPTION", repository().join("schemas/openapi.json")),
    );
}
