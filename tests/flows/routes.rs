//! Compares API Gateway's deployed routes with the operations of `schemas/openapi.json`, including their authorization.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;
use tests::respondent::OPEN_PROJECT;
use tests::{Stack, contract};

/// Maps each route key, such as `GET /health`, to the scope it requires; `None` for a route without an authorizer.
type Routes = BTreeMap<String, Option<String>>;

/// Reads the routes from the stage's Terraform state.
fn deployed(stack: &Stack) -> Routes {
    let path = stack.info.state.join("terraform/terraform.tfstate");
    let state: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let instances = |kind: &'static str| {
        let resources = state["resources"].as_array().unwrap().iter();
        resources
            .filter(move |resource| resource["type"] == kind)
            .flat_map(|resource| resource["instances"].as_array().unwrap())
            .map(|instance| &instance["attributes"])
    };
    let authorizers: Vec<&Value> = instances("aws_apigatewayv2_authorizer").collect();
    let [authorizer] = authorizers[..] else {
        panic!("one authorizer: {authorizers:#?}")
    };
    assert_eq!(authorizer["authorizer_type"], "JWT");
    let scope = |route: &Value| match route["authorization_type"].as_str() {
        Some("NONE") => None,
        Some("JWT") => {
            assert_eq!(route["authorizer_id"], authorizer["id"], "{route:#}");
            let scopes = route["authorization_scopes"].as_array().unwrap();
            assert_eq!(scopes.len(), 1, "{route:#}");
            Some(scopes[0].as_str().unwrap().to_owned())
        }
        _ => panic!("unknown authorization: {route:#}"),
    };
    instances("aws_apigatewayv2_route")
        .map(|route| (route["route_key"].as_str().unwrap().to_owned(), scope(route)))
        .collect()
}

/// Returns the scope that an operation requires, and whether it is also allowed without a token.
fn security(operation: &Value) -> (Option<String>, bool) {
    let alternatives = operation["security"].as_array().unwrap();
    let scopes: Vec<&Value> = alternatives
        .iter()
        .flat_map(|alternative| alternative.get("owner"))
        .flat_map(|scopes| scopes.as_array().unwrap())
        .collect();
    assert!(scopes.len() <= 1, "{operation:#}");
    let is_optional = alternatives
        .iter()
        .any(|alternative| *alternative == serde_json::json!({}));
    let scope = scopes.first().map(|scope| scope.as_str().unwrap().to_owned());
    (scope, is_optional)
}

/// Returns the routes that the operations need.
///
/// An operation that is allowed with and without a token has a route with the authorizer, and for each open project a
/// route without it: docs/adr/0006-open-projects-have-routes-of-their-own.md.
fn described() -> Routes {
    let mut routes = Routes::new();
    for (path, item) in contract::document()["paths"].as_object().unwrap() {
        // One route serves every version of the schemas.
        let path = if path.starts_with("/schemas/") {
            "/schemas/{name+}"
        } else {
            path
        };
        for (method, operation) in item.as_object().unwrap() {
            let (scope, is_optional) = security(operation);
            let mut methods = vec![method.to_uppercase()];
            if method == "get" {
                methods.push("HEAD".to_owned());
            }
            for method in methods {
                routes.insert(format!("{method} {path}"), scope.clone());
                if is_optional {
                    let open = path.replace("{project}", OPEN_PROJECT);
                    assert_ne!(open, path, "an open operation belongs to a project");
                    routes.insert(format!("{method} {open}"), None);
                }
            }
        }
    }
    routes
}

#[test]
fn deployed_routes_are_the_described_operations() {
    let described = described();
    assert!(described.len() > 20, "{described:#?}");
    assert_eq!(deployed(&Stack::shared()), described);
}
