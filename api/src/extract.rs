//! Extractors: what handlers take from a request. Each replies with a problem document to invalid input.

use axum::body::to_bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use model::{Email, Project, ResponseKey, Step, json};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::App;
use crate::operation::{HandlerInput, HandlerTypes, Schemas};
use crate::problem::{Problem, ProblemKind};

/// The parameters of the path.
pub struct Path<T>(pub T);

/// The parameters of the query.
pub struct Query<T>(pub T);

/// A JSON body.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(value)| Self(value))
            .map_err(|_| Problem::malformed_path())
    }
}

impl<T> HandlerInput for Path<T> {
    fn describe(types: &mut HandlerTypes, _: &mut Schemas) {
        types.add_problems(&[ProblemKind::InvalidRequest]);
    }
}

/// The step that a path names by `{project}` and `{step}`.
pub struct StepPath {
    pub project: Project,
    pub step: Step,
}

impl StepPath {
    /// Parses the parameters.
    pub fn new(project: &str, step: &str) -> Result<Self, Problem> {
        let (project, step) = (project.parse()?, step.parse()?);
        Ok(Self { project, step })
    }
}

impl FromRequestParts<App> for StepPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Path((project, step)) = Path::<(String, String)>::from_request_parts(parts, app).await?;
        Self::new(&project, &step)
    }
}

impl HandlerInput for StepPath {
    fn describe(types: &mut HandlerTypes, _: &mut Schemas) {
        types.add_problems(&[ProblemKind::InvalidRequest]);
    }
}

/// The response that a path names by `{project}`, `{step}` and `{email}`.
pub struct ResponsePath {
    /// The key of the response.
    pub key: ResponseKey,
    /// The email as the path spells it: an item of the Chalice project may have capitals in its key.
    spelled: Email,
}

impl ResponsePath {
    /// Returns the keys under which the response may be stored, the usual one first.
    pub fn candidate_keys(&self) -> impl Iterator<Item = ResponseKey> {
        let spelled = (self.spelled != self.key.email).then(|| ResponseKey {
            email: self.spelled.clone(),
            ..self.key.clone()
        });
        std::iter::once(self.key.clone()).chain(spelled)
    }
}

impl FromRequestParts<App> for ResponsePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path = Path::<(String, String, String)>::from_request_parts(parts, app).await;
        let Path((project, step, text)) = path?;
        let StepPath { project, step } = StepPath::new(&project, &step)?;
        let (email, spelled) = (Email::existing(&text)?, Email::stored(&text)?);
        let key = ResponseKey { project, step, email };
        Ok(Self { key, spelled })
    }
}

impl HandlerInput for ResponsePath {
    fn describe(types: &mut HandlerTypes, _: &mut Schemas) {
        types.add_problems(&[ProblemKind::InvalidRequest]);
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = axum::extract::Query::from_request_parts(parts, state).await;
        let invalid = |rejection: QueryRejection| Problem::invalid("query", rejection.body_text());
        query
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(invalid)
    }
}

impl<T: JsonSchema> HandlerInput for Query<T> {
    fn describe(types: &mut HandlerTypes, schemas: &mut Schemas) {
        types.query = Some(T::json_schema(&mut schemas.taken));
        types.add_problems(&[ProblemKind::InvalidRequest]);
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let content_type = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let essence = content_type
            .and_then(|value| value.split(';').next())
            .map(str::trim);
        if !essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json")) {
            return Err(Problem::not_json());
        }
        // The gateway module has checked its size.
        let bytes = to_bytes(request.into_body(), usize::MAX)
            .await
            .map_err(|_| Problem::malformed_body())?;
        parse_body(&bytes).map(Self)
    }
}

/// Reads a JSON object, as its published schema describes it.
pub fn parse_body<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let value: Value = serde_json::from_slice(bytes).map_err(|_| Problem::malformed_body())?;
    if !value.is_object() {
        return Err(Problem::malformed_body());
    }
    json::from_value(value).map_err(|error| {
        let (path, detail) = (error.path(), format!("the body is invalid: {error}"));
        Problem::invalid(if path.is_empty() { "body".to_owned() } else { path }, detail)
    })
}

impl<T: JsonSchema> HandlerInput for Json<T> {
    fn describe(types: &mut HandlerTypes, schemas: &mut Schemas) {
        types.body = Some(schemas.taken.subschema_for::<T>());
        types.add_problems(&[
            ProblemKind::InvalidRequest,
            ProblemKind::BodyTooLarge,
            ProblemKind::NotJson,
        ]);
    }
}
