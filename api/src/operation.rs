//! Operations: a method of a path, with its handler and its description.
//!
//! The router and `openapi.json` are made from the same operations. The types of a handler say what it takes, who may
//! call it and which statuses it replies with; an operation adds only what no type says.

use axum::Router;
use axum::extract::{FromRequest, FromRequestParts, State};
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;

use crate::App;
use crate::problem::{Problem, ProblemKind};
use crate::scope::Scope;

/// Who may call an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// All clients.
    #[default]
    Open,
    /// Clients with a token of this scope.
    Scope(Scope),
    /// As [`Access::Scope`]; in an open project, all clients.
    OpenOrScope(Scope),
    /// Clients with the token of this upload.
    UploadToken,
}

/// The generators of the schemas of what the API takes and of what it sends.
pub struct Schemas {
    /// For requests.
    pub taken: SchemaGenerator,
    /// For replies.
    pub sent: SchemaGenerator,
}

/// The facts that the types of a handler state.
#[derive(Default)]
pub struct HandlerTypes {
    /// Who may call it.
    pub access: Access,
    /// The query, an object with a property for each parameter.
    pub query: Option<Schema>,
    /// The JSON body.
    pub body: Option<Schema>,
    /// The replies: status, and media type and schema of the body, if there is one.
    pub replies: Vec<(StatusCode, Option<(&'static str, Schema)>)>,
    /// The problems of its inputs.
    pub problems: Vec<ProblemKind>,
}

impl HandlerTypes {
    /// Adds problems that the handler may reply with.
    pub fn add_problems(&mut self, kinds: &[ProblemKind]) {
        self.problems.extend(kinds);
    }
}

/// A parameter of a handler.
pub trait HandlerInput {
    /// Adds the facts that the parameter states.
    fn describe(types: &mut HandlerTypes, schemas: &mut Schemas);
}

impl HandlerInput for State<App> {
    fn describe(types: &mut HandlerTypes, _: &mut Schemas) {
        types.add_problems(&[ProblemKind::Unavailable]);
    }
}

/// The reply of a handler that succeeds.
pub trait Reply: IntoResponse {
    /// Returns the statuses with media type and schema of their body.
    fn describe(schemas: &mut Schemas) -> Vec<(StatusCode, Option<(&'static str, Schema)>)>;
}

/// A reply with a JSON body.
pub struct JsonReply<const STATUS: u16, T>(pub T);

/// 200 OK.
pub type Success<T> = JsonReply<200, T>;
/// 201 Created.
pub type Created<T> = JsonReply<201, T>;
/// 202 Accepted.
pub type Accepted<T> = JsonReply<202, T>;

impl<const STATUS: u16, T: Serialize> IntoResponse for JsonReply<STATUS, T> {
    fn into_response(self) -> Response {
        (status(STATUS), axum::Json(self.0)).into_response()
    }
}

impl<const STATUS: u16, T: Serialize + JsonSchema> Reply for JsonReply<STATUS, T> {
    fn describe(schemas: &mut Schemas) -> Vec<(StatusCode, Option<(&'static str, Schema)>)> {
        let schema = schemas.sent.subschema_for::<T>();
        vec![(status(STATUS), Some(("application/json", schema)))]
    }
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or_default()
}

/// 204 No Content.
pub struct NoContent;

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

impl Reply for NoContent {
    fn describe(_: &mut Schemas) -> Vec<(StatusCode, Option<(&'static str, Schema)>)> {
        vec![(StatusCode::NO_CONTENT, None)]
    }
}

/// A handler whose types describe themselves.
pub trait DescribedHandler<Args>: Handler<Args, App> {
    /// Returns what the types say.
    fn types(schemas: &mut Schemas) -> HandlerTypes;
}

macro_rules! described_handler {
    ($($input:ident)* ; $last:ident) => {
        impl<F, Fut, M, R, $($input,)* $last> DescribedHandler<(M, $($input,)* $last,)> for F
        where
            F: FnOnce($($input,)* $last) -> Fut + Clone + Send + Sync + 'static,
            Fut: Future<Output = Result<R, Problem>> + Send,
            R: Reply,
            $($input: FromRequestParts<App> + HandlerInput + Send,)*
            $last: FromRequest<App, M> + HandlerInput + Send,
        {
            fn types(schemas: &mut Schemas) -> HandlerTypes {
                let mut types = HandlerTypes { replies: R::describe(schemas), ..HandlerTypes::default() };
                $($input::describe(&mut types, schemas);)*
                $last::describe(&mut types, schemas);
                types
            }
        }
    };
}

described_handler!(; T1);
described_handler!(T1; T2);
described_handler!(T1 T2; T3);
described_handler!(T1 T2 T3; T4);

impl<F, Fut, R> DescribedHandler<((),)> for F
where
    F: FnOnce() -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<R, Problem>> + Send,
    R: Reply,
{
    fn types(schemas: &mut Schemas) -> HandlerTypes {
        HandlerTypes {
            replies: R::describe(schemas),
            ..HandlerTypes::default()
        }
    }
}

/// Returns examples of a body by their names: one of each variant.
pub type Examples = fn() -> Vec<(&'static str, Value)>;

/// A method of a path.
pub struct Operation {
    /// The method, in lower case.
    pub method: &'static str,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// The name in generated clients.
    pub id: &'static str,
    /// The group of operations that it belongs to, one of [`crate::TAGS`].
    pub tag: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Examples of the request's body.
    pub body: Option<Examples>,
    /// A sentence and examples for each reply, in the order of the handler's statuses.
    pub replies: Vec<(&'static str, Option<Examples>)>,
    /// The problems that the handler itself replies with.
    pub problems: &'static [ProblemKind],
    types: fn(&mut Schemas) -> HandlerTypes,
    handler: MethodRouter<App>,
}

impl Operation {
    /// Returns what the types of the handler say.
    pub fn types(&self, schemas: &mut Schemas) -> HandlerTypes {
        (self.types)(schemas)
    }

    /// Puts the operation into a group.
    pub fn tagged(self, tag: &'static str) -> Self {
        Self { tag, ..self }
    }

    /// Adds examples of the request's body.
    pub fn takes(self, body: Examples) -> Self {
        Self {
            body: Some(body),
            ..self
        }
    }

    /// Describes the next reply of the handler's type.
    pub fn replies(mut self, description: &'static str, examples: Examples) -> Self {
        self.replies.push((description, Some(examples)));
        self
    }

    /// Describes the next reply of the handler's type, which has no body.
    pub fn replies_without_body(mut self, description: &'static str) -> Self {
        self.replies.push((description, None));
        self
    }

    /// Adds the problems that the handler itself replies with.
    pub fn problems(self, problems: &'static [ProblemKind]) -> Self {
        Self { problems, ..self }
    }
}

macro_rules! methods {
    ($($function:ident: $filter:ident;)*) => {$(
        /// An operation with this method. A GET also replies to HEAD.
        pub fn $function<H: DescribedHandler<Args>, Args: 'static>(
            path: &'static str,
            handler: H,
            id: &'static str,
            summary: &'static str,
        ) -> Operation {
            Operation {
                method: stringify!($function),
                path,
                id,
                tag: "",
                summary,
                body: None,
                replies: Vec::new(),
                problems: &[],
                types: H::types,
                handler: on(MethodFilter::$filter, handler),
            }
        }
    )*};
}

methods! {
    get: GET;
    post: POST;
    delete: DELETE;
}

/// Returns the router of these operations. axum writes a wildcard as `{*name}`, API Gateway as `{name+}`.
pub fn router(operations: impl IntoIterator<Item = Operation>) -> Router<App> {
    let add = |router: Router<App>, operation: Operation| router.route(operation.path, operation.handler);
    operations.into_iter().fold(Router::new(), add)
}
