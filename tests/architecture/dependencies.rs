//! Checks which crates depend on which.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::workspace::{cargo, packages};

/// Each crate of the workspace with the workspace crates that it may depend on.
const ALLOWED: [(&str, &[&str]); 17] = [
    ("model", &[]),
    ("aws", &["model", "schema-strategies", "test-dynamodb"]),
    ("api", &["aws", "model", "schema-strategies"]),
    ("ingest", &["aws", "model", "test-dynamodb"]),
    // They emulate AWS and do not know the product.
    ("media", &[]),
    ("local", &[]),
    ("transcoder", &["media", "python-tools"]),
    // A client of the product that starts its own local stack.
    ("demo", &["local", "media"]),
    // A client of a deployed stage; depends on neither functions nor emulator.
    ("smoke", &["model"]),
    // Writes the documents that are generated from code.
    ("generate", &["api", "aws", "model"]),
    // Measures the functions as programs.
    ("bench", &["aws"]),
    // Compares published documents, whatever wrote them.
    ("compatibility", &[]),
    ("python-tools", &[]),
    // Knows the product by its published documents only.
    ("schema-consumer", &[]),
    // Knows JSON Schema only.
    ("schema-strategies", &[]),
    // Knows the table's name and its indexes.
    ("test-dynamodb", &[]),
    (
        "tests",
        &[
            "api",
            "aws",
            "ingest",
            "model",
            "python-tools",
            "schema-strategies",
        ],
    ),
];

/// The crates that are deployed as Lambda functions.
const FUNCTIONS: [&str; 2] = ["api", "ingest"];

/// Returns the workspace's crates with the workspace crates in their manifests, including dev-dependencies.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let of_workspace = |package: &Value| {
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        dependencies
            .filter(|dependency| dependency["path"].is_string())
            .map(name)
            .collect()
    };
    packages()
        .iter()
        .map(|package| (name(package), of_workspace(package)))
        .collect()
}

/// Returns name and version of every package that is compiled into a crate.
fn built_into(package: &str) -> BTreeSet<(String, String)> {
    let tree = [
        "tree",
        "--package",
        package,
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ];
    let lines = cargo(&tree);
    let lines = lines.lines().map(|line| {
        let mut words = line.split_whitespace();
        (
            words.next().unwrap_or_default().to_owned(),
            words.next().unwrap_or_default().to_owned(),
        )
    });
    lines.collect()
}

#[test]
fn crates_depend_only_on_allowed_crates() {
    let dependencies = dependencies();
    let known: BTreeSet<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
    let members: BTreeSet<&str> = dependencies.keys().map(String::as_str).collect();
    assert_eq!(members, known, "ALLOWED must list every crate");
    for (name, allowed) in ALLOWED {
        for needed in &dependencies[name] {
            assert!(
                allowed.contains(&needed.as_str()),
                "{name} must not depend on {needed}"
            );
        }
    }
}

#[test]
fn model_has_no_side_effects() {
    let effects = ["hyper", "lambda_runtime", "mio", "rustix", "tokio", "ureq"];
    let impure = |(name, _): &(String, String)| name.starts_with("aws-") || effects.contains(&name.as_str());
    let found: Vec<_> = built_into("model").into_iter().filter(impure).collect();
    assert!(found.is_empty(), "model must not depend on {found:?}");
}

#[test]
fn functions_have_no_heavy_dependencies() {
    for function in FUNCTIONS {
        let built_in = built_into(function);
        let versions = |name: &str| built_in.iter().filter(|(found, _)| found == name).count();
        // The SDK's default TLS and configuration take most of a cold start.
        for heavy in ["aws-config", "aws-lc-rs", "aws-lc-sys", "openssl-sys", "ureq"] {
            assert_eq!(versions(heavy), 0, "{function} must not depend on {heavy}");
        }
        for once in ["hyper", "rustls", "tokio"] {
            assert_eq!(
                versions(once),
                1,
                "{function} must depend on exactly one version of {once}"
            );
        }
    }
}
