//! The routes, one file for each family.

use axum::http::Uri;

use crate::operation::Operation;
use crate::problem::Problem;

mod chalice;
mod documents;
mod health;
mod respondents;
mod responses;
mod uploads;

pub use documents::SCHEMA_ID_PREFIX;

/// Replies to a path that no operation has.
pub async fn no_such_route(uri: Uri) -> Problem {
    if uri.path().starts_with("/schemas/") {
        documents::no_such_document()
    } else {
        Problem::no_such_route()
    }
}

/// The groups of operations: tag and description.
pub const TAGS: [(&str, &str); 6] = [
    (
        "responses",
        "Request an upload; list, show, retry and delete responses.",
    ),
    (
        "uploads",
        "Continue one upload with its token: state, parts, completion, cancellation.",
    ),
    ("respondents", "List and erase all responses of a respondent."),
    (
        "chalice",
        "Routes of the Chalice project, for front ends that were built for it.",
    ),
    (
        "documents",
        "The description of the API, and the schemas of its documents.",
    ),
    ("health", "Whether the function runs."),
];

/// Returns every operation.
pub fn operations() -> Vec<Operation> {
    let groups = [
        responses::operations(),
        uploads::operations(),
        respondents::operations(),
        chalice::operations(),
        documents::operations(),
        health::operations(),
    ];
    let tagged = TAGS.into_iter().zip(groups).flat_map(|((tag, _), group)| {
        let operations = group.into_iter();
        operations.map(move |operation| operation.tagged(tag))
    });
    tagged.collect()
}
