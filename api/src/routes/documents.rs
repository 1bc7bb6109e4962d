//! `GET /openapi.json` and `GET /schemas/v1/{name}`: the published descriptions of the API and its documents.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};
use schemars::{Schema, json_schema};
use serde_json::json;

use crate::extract::Path;
use crate::operation::{HandlerInput, HandlerTypes, Operation, Reply, Schemas, get};
use crate::problem::{Problem, ProblemKind};

/// The documents change with a release only. A client that has one asks with its entity tag whether it is current.
const CACHED: &str = "public, max-age=3600";

/// The prefix of the `$id` of a schema; its name follows.
pub const SCHEMA_ID_PREFIX: &str = "urn:video-responses:schemas:v1:";

const OPENAPI: &str = include_str!("../../../schemas/openapi.json");
const INDEX: &str = include_str!("../../../schemas/index.json");

macro_rules! schemas {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("../../../schemas/v1/", $name, ".json")))),*]
    };
}

/// The published schemas by name.
const SCHEMAS: &[(&str, &str)] = &schemas![
    "arrived-parts"
    "chalice-video"
    "deletion-receipt"
    "dynamodb-item"
    "elastic-transcoder-notification"
    "erasure-receipt"
    "gateway-message"
    "health"
    "issued-upload"
    "media-convert-event"
    "parts-request"
    "presigned-post"
    "problem"
    "response-item"
    "response-page"
    "s3-eventbridge"
    "s3-notification"
    "s3-test-event"
    "signed-parts"
    "sns-notification"
    "upload-instructions"
    "upload-request"
    "upload-state"
    "video-response"
];

const NOT_MODIFIED: &str =
    "The client's copy, named by its entity tag in the header if-none-match, is current.";

pub fn operations() -> Vec<Operation> {
    vec![
        get("/openapi.json", openapi, "openapi", "Returns this document.")
            .replies("The document.", || vec![("openapi", json!({"openapi": "3.1.0"}))])
            .replies_without_body(NOT_MODIFIED),
        get(
            "/schemas/index.json",
            index,
            "schemas",
            "Lists the published JSON Schemas.",
        )
        .replies("The list.", || vec![("list", json!({"documents": []}))])
        .replies_without_body(NOT_MODIFIED),
        get(
            "/schemas/v1/{name}",
            schema,
            "schema",
            "Returns a published JSON Schema, by the name of its file or by its $id.",
        )
        .replies("The schema.", || {
            vec![(
                "response",
                json!({"$id": "urn:video-responses:schemas:v1:video-response"}),
            )]
        })
        .replies_without_body(NOT_MODIFIED)
        .problems(&[ProblemKind::NoSuchDocument]),
    ]
}

async fn openapi(known: KnownTags) -> Result<JsonDocument, Problem> {
    Ok(JsonDocument(known, OPENAPI))
}

async fn index(known: KnownTags) -> Result<JsonDocument, Problem> {
    Ok(JsonDocument(known, INDEX))
}

async fn schema(Path(path): Path<String>, known: KnownTags) -> Result<SchemaDocument, Problem> {
    let name = path.strip_suffix(".json").or(path.strip_prefix(SCHEMA_ID_PREFIX));
    let found = SCHEMAS.iter().find(|(schema, _)| Some(*schema) == name);
    let (_, text) = found.ok_or_else(no_such_document)?;
    Ok(SchemaDocument(known, text))
}

/// The document does not exist. The detail lists those that exist.
pub fn no_such_document() -> Problem {
    let names: Vec<String> = SCHEMAS.iter().map(|(name, _)| format!("{name}.json")).collect();
    Problem::no_such_document(format!(
        "/openapi.json describes the API, /schemas/index.json lists the schemas; /schemas/v1/ has {}",
        names.join(", ")
    ))
}

/// The entity tags of the client's copies: the value of `If-None-Match` (RFC 9110, section 13.1.2).
struct KnownTags(Option<String>);

impl KnownTags {
    /// Tells whether a copy has this tag. The comparison is weak.
    fn contain(&self, tag: &str) -> bool {
        let tags = self.0.as_deref().unwrap_or_default().split(',').map(str::trim);
        tags.into_iter()
            .any(|known| known == "*" || known.trim_start_matches("W/") == tag)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for KnownTags {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let value = parts.headers.get(IF_NONE_MATCH);
        Ok(Self(
            value.and_then(|value| Some(value.to_str().ok()?.to_owned())),
        ))
    }
}

impl HandlerInput for KnownTags {
    fn describe(_: &mut HandlerTypes, _: &mut Schemas) {}
}

/// The text of a JSON document.
struct JsonDocument(KnownTags, &'static str);

/// The text of a JSON Schema.
struct SchemaDocument(KnownTags, &'static str);

/// Returns the document, or 304 if the client has it.
fn reply(media_type: &'static str, known: &KnownTags, text: &'static str) -> Response {
    let hash = digest(&SHA256, text.as_bytes());
    let tag = format!("\"{}\"", HEXLOWER.encode(&hash.as_ref()[..16]));
    let is_known = known.contain(&tag);
    let headers = [(ETAG, tag.as_str()), (CACHE_CONTROL, CACHED)];
    if is_known {
        (StatusCode::NOT_MODIFIED, headers).into_response()
    } else {
        (headers, [(CONTENT_TYPE, media_type)], text).into_response()
    }
}

macro_rules! document {
    ($($document:ident: $media_type:expr;)*) => {$(
        impl IntoResponse for $document {
            fn into_response(self) -> Response {
                reply($media_type, &self.0, self.1)
            }
        }

        impl Reply for $document {
            fn describe(_: &mut Schemas) -> Vec<(StatusCode, Option<(&'static str, Schema)>)> {
                let document = ($media_type, json_schema!({"type": "object"}));
                vec![(StatusCode::OK, Some(document)), (StatusCode::NOT_MODIFIED, None)]
            }
        }
    )*};
}

document! {
    JsonDocument: "application/json";
    SchemaDocument: "application/schema+json";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    /// The macro lists the documents by hand.
    #[test]
    fn every_document_of_the_index_is_served() {
        let index: Value = serde_json::from_str(INDEX).unwrap();
        let names = index["documents"].as_array().unwrap().iter();
        let listed: BTreeSet<&str> = names.map(|document| document["name"].as_str().unwrap()).collect();
        assert_eq!(
            SCHEMAS.iter().map(|(name, _)| *name).collect::<BTreeSet<_>>(),
            listed
        );
    }

    #[test]
    fn known_tags_are_compared_weakly() {
        for (header, contains) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\" , \"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
            ("", false),
        ] {
            assert_eq!(
                KnownTags(Some(header.to_owned())).contain("\"a\""),
                contains,
                "{header}"
            );
        }
        assert!(!KnownTags(None).contain("\"a\""));
    }
}
