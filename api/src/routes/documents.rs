//! `GET /openapi.json` and `GET /schemas/v1/{name}`: the published descriptions of the API and its documents.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use schemars::{Schema, json_schema};
use serde_json::json;

use crate::extract::Path;
use crate::operation::{Operation, Reply, Schemas, get};
use crate::problem::{Problem, ProblemKind};

/// The documents change with a release only.
const CACHED: &str = "public, max-age=3600";

const OPENAPI: &str = include_str!("../../../schemas/openapi.json");

/// The published schemas by their names.
const SCHEMAS: [(&str, &str); 5] = [
    (
        "response-item.json",
        include_str!("../../../schemas/v1/response-item.json"),
    ),
    ("response.json", include_str!("../../../schemas/v1/response.json")),
    (
        "s3-eventbridge.json",
        include_str!("../../../schemas/v1/s3-eventbridge.json"),
    ),
    (
        "s3-notification.json",
        include_str!("../../../schemas/v1/s3-notification.json"),
    ),
    (
        "s3-test-event.json",
        include_str!("../../../schemas/v1/s3-test-event.json"),
    ),
];

pub fn operations() -> Vec<Operation> {
    vec![
        get("/openapi.json", openapi, "openapi", "Returns this document.")
            .replies("The document.", || json!({"openapi": "3.1.0"})),
        get(
            "/schemas/v1/{name}",
            schema,
            "schema",
            "Returns a published JSON Schema.",
        )
        .replies(
            "The schema.",
            || json!({"$id": "urn:video-responses:schemas:v1:response"}),
        )
        .problems(&[ProblemKind::NoSuchDocument]),
    ]
}

async fn openapi() -> Result<JsonDocument, Problem> {
    Ok(JsonDocument(OPENAPI))
}

async fn schema(Path(name): Path<String>) -> Result<SchemaDocument, Problem> {
    let found = SCHEMAS.iter().find(|(known, _)| *known == name);
    let (_, text) = found.ok_or_else(Problem::no_such_document)?;
    Ok(SchemaDocument(text))
}

/// The text of a JSON document.
struct JsonDocument(&'static str);

/// The text of a JSON Schema.
struct SchemaDocument(&'static str);

macro_rules! document {
    ($($document:ident: $media_type:expr;)*) => {$(
        impl IntoResponse for $document {
            fn into_response(self) -> Response {
                ([(CONTENT_TYPE, $media_type), (CACHE_CONTROL, CACHED)], self.0).into_response()
            }
        }

        impl Reply for $document {
            fn describe(_: &mut Schemas) -> Vec<(StatusCode, Option<(&'static str, Schema)>)> {
                vec![(StatusCode::OK, Some(($media_type, json_schema!({"type": "object"}))))]
            }
        }
    )*};
}

document! {
    JsonDocument: "application/json";
    SchemaDocument: "application/schema+json";
}
