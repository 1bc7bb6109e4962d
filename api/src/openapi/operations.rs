//! Every operation: who may call it, with what, and what it answers.

use model::representation::{Representation, UploadState};
use model::{Email, Project, Status, Step, TakeId};
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

use super::examples;
use super::operation::{Access, Operation, QueryParameter, SchemaOf, Success, schema_of};
use crate::listing::Listed;
use crate::problem::Kind;
use crate::routes::{
    Ask, DeletionReceipt, ErasureReceipt, Health, Parts, PresignedPost, SignedParts, UploadIssued, Video,
    WantedParts,
};

const READ: Access = Access::Scope("responses/read");
const WRITE: Access = Access::Scope("responses/write");
const OPEN_OR_WRITE: Access = Access::OpenOrScope("responses/write");

const JSON: &str = "application/json";

/// Schema and example of a parameter in a path.
pub fn path_parameter(name: &str) -> (SchemaOf, Value) {
    match name {
        "project" => (schema_of::<Project>, json!("demo")),
        "step" => (schema_of::<Step>, json!(0)),
        "email" => (schema_of::<Email>, json!("ann@example.com")),
        "take" => (schema_of::<TakeId>, json!(examples::TAKE)),
        _ => (schema_of::<String>, json!("response.json")),
    }
}

fn limit(_: &mut SchemaGenerator) -> Value {
    json!({"type": "integer", "minimum": 1, "maximum": 100, "default": 50})
}

fn optional(name: &'static str, description: &'static str, schema: SchemaOf) -> QueryParameter {
    QueryParameter {
        name,
        description,
        required: false,
        schema,
    }
}

fn respondent(name: &'static str) -> QueryParameter {
    QueryParameter {
        name,
        description: "The respondent.",
        required: true,
        schema: schema_of::<Email>,
    }
}

fn page() -> [QueryParameter; 2] {
    [
        optional("limit", "The most responses of this page.", limit),
        optional(
            "cursor",
            "Where the page begins: what the page before it gave.",
            schema_of::<String>,
        ),
    ]
}

fn filtered_page() -> Vec<QueryParameter> {
    let status = optional("status", "Only responses that stand here.", schema_of::<Status>);
    std::iter::once(status).chain(page()).collect()
}

fn answers<T: JsonSchema>(status: u16, description: &'static str, example: Value) -> Success {
    Success {
        status,
        description,
        content: Some((JSON, schema_of::<T>, example)),
    }
}

/// With the problems that any request with parameters may have.
fn problems<const N: usize>(kinds: [Kind; N]) -> Vec<Kind> {
    [Kind::InvalidRequest, Kind::Unavailable]
        .into_iter()
        .chain(kinds)
        .collect()
}

/// All of them.
pub fn all() -> Vec<Operation> {
    [asking(), uploads(), responses(), lists(), chalice(), documents()]
        .into_iter()
        .flatten()
        .collect()
}

const RESPONSES: &str = "/projects/{project}/steps/{step}/responses";
const RESPONSE: &str = "/projects/{project}/steps/{step}/responses/{email}";

fn asking() -> Vec<Operation> {
    vec![Operation {
        method: "post",
        path: RESPONSES,
        id: "askForUpload",
        summary: "Ask for an upload. It changes nothing of a response that is there: only a file that arrives does.",
        access: OPEN_OR_WRITE,
        query: Vec::new(),
        body: Some((schema_of::<Ask>, examples::ask())),
        success: answers::<UploadIssued>(201, "How to send the file.", examples::asked()),
        pending: None,
        problems: problems([
            Kind::MissingScope,
            Kind::AlreadyAnswered,
            Kind::BeingDeleted,
            Kind::BodyTooLarge,
            Kind::NotJson,
        ]),
    }]
}

const UPLOAD: &str = "/projects/{project}/steps/{step}/uploads/{take}";
const PARTS: &str = "/projects/{project}/steps/{step}/uploads/{take}/parts";
const COMPLETE: &str = "/projects/{project}/steps/{step}/uploads/{take}/complete";

fn uploads() -> Vec<Operation> {
    let operation = |method, path, id, summary, success, more: &[Kind]| Operation {
        method,
        path,
        id,
        summary,
        access: Access::UploadToken,
        query: Vec::new(),
        body: None,
        success,
        pending: None,
        problems: problems([Kind::InvalidUploadToken])
            .into_iter()
            .chain(more.iter().copied())
            .collect(),
    };
    let gone = Success {
        status: 204,
        description: "It is given up.",
        content: None,
    };
    let state = || answers::<UploadState>(200, "Where it stands.", examples::upload_state());
    let in_parts = [Kind::NotInParts, Kind::UploadOver];
    vec![
        operation(
            "get",
            UPLOAD,
            "getUpload",
            "Where an upload stands.",
            state(),
            &[],
        ),
        operation(
            "delete",
            UPLOAD,
            "giveUpUpload",
            "Give an upload up: its parts are removed. A form that was handed out cannot be called back.",
            gone,
            &[],
        ),
        operation(
            "get",
            PARTS,
            "listParts",
            "The parts that have arrived: what is missing can be sent, after a closed tab too.",
            answers::<Parts>(200, "The parts that have arrived.", examples::parts()),
            &in_parts,
        ),
        Operation {
            body: Some((schema_of::<WantedParts>, json!({"numbers": [1, 2]}))),
            ..operation(
                "post",
                PARTS,
                "signParts",
                "Addresses to PUT parts to, each good for a part of exactly its size.",
                answers::<SignedParts>(200, "Where to PUT them.", examples::signed_parts()),
                &[Kind::NotInParts, Kind::BodyTooLarge, Kind::NotJson],
            )
        },
        Operation {
            pending: Some(answers::<UploadState>(
                202,
                "S3 did not confirm the file in time, and may still make it. Poll the upload's state; send this request \
                 again if it stays awaiting-upload.",
                examples::upload_awaited(),
            )),
            ..operation(
                "post",
                COMPLETE,
                "completeUpload",
                "Make the file of its parts. One that is complete stays so.",
                state(),
                &[Kind::NotInParts, Kind::UploadOver, Kind::UploadIncomplete],
            )
        },
    ]
}

fn responses() -> Vec<Operation> {
    let operation = |method, path, id, summary, access, success, problems| Operation {
        method,
        path,
        id,
        summary,
        access,
        query: Vec::new(),
        body: None,
        success,
        pending: None,
        problems,
    };
    let response = |status, description| answers::<Representation>(status, description, examples::response());
    vec![
        operation(
            "get",
            RESPONSE,
            "getResponse",
            "A response; once it is ready, with addresses to watch it from.",
            READ,
            response(200, "The response."),
            problems([Kind::MissingScope, Kind::NoSuchResponse]),
        ),
        operation(
            "post",
            "/projects/{project}/steps/{step}/responses/{email}/retry",
            "retryResponse",
            "Have a take that failed transcoded once more.",
            WRITE,
            response(202, "It will be tried again, or is at work already."),
            problems([
                Kind::MissingScope,
                Kind::NoSuchResponse,
                Kind::NotFailed,
                Kind::BeingDeleted,
            ]),
        ),
        operation(
            "delete",
            RESPONSE,
            "deleteResponse",
            "Remove a response with all that belongs to it. Nothing of it comes back.",
            WRITE,
            answers::<DeletionReceipt>(202, "It is being removed.", examples::deletion_receipt()),
            problems([Kind::MissingScope, Kind::NoSuchResponse]),
        ),
        Operation {
            query: vec![respondent("email")],
            ..operation(
                "delete",
                "/responses",
                "eraseRespondent",
                "Remove all responses of a respondent, in every project. Ask again until none remains.",
                WRITE,
                answers::<ErasureReceipt>(202, "They are being removed.", examples::erasure_receipt()),
                problems([Kind::MissingScope]),
            )
        },
    ]
}

fn lists() -> Vec<Operation> {
    let operation = |path, id, summary, query| Operation {
        method: "get",
        path,
        id,
        summary,
        access: READ,
        query,
        body: None,
        success: answers::<Listed>(200, "A page of the list.", examples::list()),
        pending: None,
        problems: problems([Kind::MissingScope]),
    };
    vec![
        operation(
            RESPONSES,
            "listStep",
            "The responses to a step, the newest first.",
            filtered_page(),
        ),
        operation(
            "/projects/{project}/responses",
            "listProject",
            "The responses to all steps of a project, the newest first.",
            filtered_page(),
        ),
        operation(
            "/responses",
            "listRespondent",
            "The responses of a respondent, by project and step.",
            std::iter::once(respondent("email")).chain(page()).collect(),
        ),
    ]
}

fn chalice() -> Vec<Operation> {
    let operation = |path, id, summary, access, success, problems| Operation {
        method: "get",
        path,
        id,
        summary,
        access,
        query: vec![respondent("mail")],
        body: None,
        success,
        pending: None,
        problems,
    };
    vec![
        operation(
            "/presignedurl/{project}/{step}",
            "presignedPost",
            "A form for a WebM recording, as the Chalice project gave it.",
            OPEN_OR_WRITE,
            answers::<PresignedPost>(200, "A form.", examples::presigned_post()),
            problems([Kind::MissingScope, Kind::AlreadyAnswered, Kind::BeingDeleted]),
        ),
        operation(
            "/videos",
            "listVideos",
            "The responses of a respondent, as the Chalice project listed them.",
            READ,
            answers::<Vec<Video>>(200, "Its responses.", examples::videos()),
            problems([Kind::MissingScope]),
        ),
    ]
}

fn documents() -> Vec<Operation> {
    let operation = |path, id, summary, success, problems| Operation {
        method: "get",
        path,
        id,
        summary,
        access: Access::Open,
        query: Vec::new(),
        body: None,
        success,
        pending: None,
        problems,
    };
    let object: SchemaOf = |_| json!({"type": "object"});
    let schema = Success {
        status: 200,
        description: "The schema.",
        content: Some((
            "application/schema+json",
            object,
            json!({"$id": "urn:video-responses:schemas:v1:response"}),
        )),
    };
    let document = Success {
        status: 200,
        description: "The document.",
        content: Some((JSON, object, json!({"openapi": "3.1.0"}))),
    };
    let health = answers::<Health>(200, "It runs.", json!({"status": "ok"}));
    vec![
        operation(
            "/health",
            "health",
            "Whether the function runs; it asks nobody else.",
            health,
            Vec::new(),
        ),
        operation("/openapi.json", "openapi", "This document.", document, Vec::new()),
        operation(
            "/schemas/v1/{name}",
            "schema",
            "A published JSON Schema.",
            schema,
            vec![Kind::InvalidRequest, Kind::NoSuchDocument],
        ),
    ]
}
