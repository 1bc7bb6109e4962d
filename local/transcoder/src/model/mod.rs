//! The service models' constraints on requests: required members, types, enumerations, patterns, lengths and ranges.
//!
//! The two tables contain the supported part of botocore's models, with the models' own names. In `tests/python`,
//! `constraints.py` generates them and `conformance.py` breaks each constraint.

mod problem;
mod shape;

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};

pub use problem::{PathStep, ShapeProblem};
use shape::Shape;

/// Elastic Transcoder, from the last version of botocore that contains it.
pub static ELASTIC_TRANSCODER: LazyLock<Model> =
    LazyLock::new(|| Model::read(include_str!("elastic_transcoder.json")));

/// MediaConvert.
pub static MEDIA_CONVERT: LazyLock<Model> = LazyLock::new(|| Model::read(include_str!("media_convert.json")));

/// The operations of a service and the shapes of their requests.
#[derive(Debug, Default, Deserialize)]
pub struct Model {
    operations: HashMap<String, ServiceOperation>,
    shapes: HashMap<String, Shape>,
}

/// An operation.
#[derive(Debug, Deserialize)]
pub struct ServiceOperation {
    /// The method and the path, where `{Id}` stands for the member `Id`.
    route: String,
    /// The shape with all members of a request, in the path, the query and the body.
    input: String,
    /// The members in the path.
    uri: Vec<String>,
    /// The members in the query.
    query: Vec<String>,
}

/// The parts of a request.
#[derive(Debug)]
pub struct Parts<'a> {
    /// The parameters of the path.
    pub uri: Vec<(String, String)>,
    /// The parameters of the query.
    pub query: HashMap<String, String>,
    /// The body.
    pub body: &'a [u8],
}

impl Model {
    fn read(text: &str) -> Self {
        // A test checks that both parse.
        serde_json::from_str(text).unwrap_or_default()
    }

    /// Returns the operation of a method and a route, with its name.
    pub fn operation(&self, method: &str, route: &str) -> Option<(&str, &ServiceOperation)> {
        let found = self
            .operations
            .iter()
            .find(|(_, operation)| operation.route.split_once(' ') == Some((method, route)));
        found.map(|(name, operation)| (name.as_str(), operation))
    }

    /// Returns the constraints that a request breaks.
    pub fn problems(&self, operation: &ServiceOperation, parts: Parts<'_>) -> Vec<ShapeProblem> {
        let mut members = match self.body(operation, parts.body) {
            Ok(members) => members,
            Err(problem) => return vec![problem],
        };
        members.extend(
            parts
                .uri
                .into_iter()
                .map(|(name, text)| (name, Value::String(text))),
        );
        for name in &operation.query {
            if let Some(text) = parts.query.get(name) {
                members.insert(name.clone(), self.parameter(operation, name, text));
            }
        }
        let mut problems = Vec::new();
        self.check(
            &operation.input,
            &Value::Object(members),
            &mut Vec::new(),
            &mut problems,
        );
        problems
    }

    /// Returns the body's members; none where the operation has no body.
    fn body(&self, operation: &ServiceOperation, bytes: &[u8]) -> Result<Map<String, Value>, ShapeProblem> {
        let elsewhere = operation.uri.len() + operation.query.len();
        let has_body = matches!(self.shapes.get(&operation.input), Some(Shape::Structure { members, .. }) if members.len() > elsewhere);
        if !has_body || bytes.is_empty() {
            return Ok(Map::new());
        }
        let value: Value =
            serde_json::from_slice(bytes).map_err(|error| ShapeProblem::at(&[], None, error.to_string()))?;
        match value {
            Value::Object(members) => Ok(members),
            value => Err(ShapeProblem::at(&[], Some(&value), "Member must be a structure")),
        }
    }

    /// Reads a value of the query as the model's type.
    fn parameter(&self, operation: &ServiceOperation, name: &str, text: &str) -> Value {
        let shape = match self.shapes.get(&operation.input) {
            Some(Shape::Structure { members, .. }) => members.get(name),
            _ => None,
        };
        match shape.and_then(|shape| self.shapes.get(shape)) {
            Some(Shape::Integer(_)) => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
            _ => text.into(),
        }
    }

    fn check(&self, shape: &str, value: &Value, path: &mut Vec<PathStep>, problems: &mut Vec<ShapeProblem>) {
        // Unsupported and unknown members have no shape here.
        let Some(shape) = self.shapes.get(shape) else {
            problems.push(ShapeProblem::at(
                path,
                Some(value),
                "Member is unknown, or not served here",
            ));
            return;
        };
        let constraints = shape.constraints(value).into_iter();
        problems.extend(constraints.map(|constraint| ShapeProblem::at(path, Some(value), constraint)));
        let mut inner = |shape: &str, value: &Value, step: PathStep| {
            path.push(step);
            self.check(shape, value, path, problems);
            path.pop();
        };
        match (shape, value) {
            (Shape::Structure { members, required }, Value::Object(values)) => {
                // A null member is absent.
                let values = values.iter().filter(|(_, value)| !value.is_null());
                for (name, value) in values.clone() {
                    let shape = members.get(name).map_or("", String::as_str);
                    inner(shape, value, PathStep::Member(name.clone()));
                }
                let is_there = |name: &String| values.clone().any(|(there, _)| there == name);
                for name in required.iter().filter(|name| !is_there(name)) {
                    path.push(PathStep::Member(name.clone()));
                    problems.push(ShapeProblem::at(path, None, "Member must not be null"));
                    path.pop();
                }
            }
            (Shape::List { member, .. }, Value::Array(values)) => {
                for (index, value) in values.iter().enumerate() {
                    inner(member, value, PathStep::Item(index));
                }
            }
            (
                Shape::Map {
                    key, value: shape, ..
                },
                Value::Object(values),
            ) => {
                for (name, value) in values {
                    inner(key, &Value::String(name.clone()), PathStep::Key(name.clone()));
                    inner(shape, value, PathStep::Value(name.clone()));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Returns the constraints that a request breaks, by the name of its operation.
    fn problems(
        model: &Model,
        operation: &str,
        uri: &[(&str, &str)],
        query: &str,
        body: &Value,
    ) -> Vec<ShapeProblem> {
        let pair = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
        let body = body.to_string();
        let parts = Parts {
            uri: uri.iter().copied().map(pair).collect(),
            query: query
                .split('&')
                .filter_map(|text| text.split_once('='))
                .map(pair)
                .collect(),
            body: body.as_bytes(),
        };
        model.problems(&model.operations[operation], parts)
    }

    #[test]
    fn both_tables_parse() {
        assert_eq!(ELASTIC_TRANSCODER.operations.len(), 16);
        assert_eq!(MEDIA_CONVERT.operations.len(), 13);
        let (name, operation) = MEDIA_CONVERT.operation("GET", "/2017-08-29/jobs/{id}").unwrap();
        assert_eq!(
            (name, operation.uri.as_slice()),
            ("GetJob", ["id".to_owned()].as_slice())
        );
        assert!(MEDIA_CONVERT.operation("PUT", "/2017-08-29/jobs/{id}").is_none());
    }

    #[test]
    fn each_kind_of_constraint_is_reported() {
        let job = json!({
            "PipelineId": 1, "Inputs": [{ "Key": "", "TimeSpan": [] }], "Outputs": vec![json!({}); 31],
            "UserMetadata": { "take": 0 }, "Playlists": [{}], "Priority": 1, "OutputKeyPrefix": null,
        });
        let notifications =
            json!({ "Id": "as in the guide's examples", "Notifications": { "Error": "topic" } });
        let elastic = |operation, uri: &[(&str, &str)], body| {
            let problems = problems(&ELASTIC_TRANSCODER, operation, uri, "", body);
            problems
                .iter()
                .map(ShapeProblem::elastic_transcoder)
                .collect::<Vec<_>>()
                .join("\n")
        };
        let media_convert = |operation, query, body| {
            let problems = problems(&MEDIA_CONVERT, operation, &[], query, body);
            problems
                .iter()
                .map(ShapeProblem::media_convert)
                .collect::<Vec<_>>()
                .join("\n")
        };
        let told = [
            elastic("CreateJob", &[], &job),
            elastic("UpdatePipelineNotifications", &[("Id", "x")], &notifications),
            elastic("CreatePipeline", &[], &json!([])),
            media_convert("ListJobs", "maxResults=21&order=UP&other=1", &Value::Null),
            media_convert("ListJobs", "maxResults=many", &Value::Null),
            media_convert("CreateQueue", "", &json!({ "status": "GONE", "tags": "none" })),
        ];
        insta::assert_snapshot!(told.join("\n\n"));
    }
}
