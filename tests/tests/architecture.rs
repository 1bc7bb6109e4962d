//! Arrows point one way: the check of who may depend on whom.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;
use tests::stack::repository;

/// Each crate of ours, and those of ours that it may need.
const ARROWS: [(&str, &[&str]); 9] = [
    ("model", &[]),
    ("aws", &["model"]),
    ("api", &["aws", "model"]),
    ("ingest", &["aws", "model"]),
    // They stand for the cloud, and the cloud knows nothing of the product.
    ("media", &[]),
    ("local", &["media"]),
    ("transcoder", &["media"]),
    // A client of a deployed stage: it needs no function and no emulator.
    ("smoke", &["model"]),
    ("tests", &["api", "aws", "ingest", "model"]),
];

/// The crates that become functions on Lambda.
const FUNCTIONS: [&str; 2] = ["api", "ingest"];

fn cargo(arguments: &[&str]) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    let output = cargo
        .current_dir(repository())
        .args(arguments)
        .arg("--locked")
        .output();
    let output = output.expect("cargo starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("a text")
}

/// The workspace's crates, each with those of the workspace that its manifest names, for its tests too.
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = cargo(&["metadata", "--format-version", "1", "--no-deps"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let of_ours = |package: &Value| {
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        dependencies
            .filter(|dependency| dependency["path"].is_string())
            .map(name)
            .collect()
    };
    packages
        .map(|package| (name(package), of_ours(package)))
        .collect()
}

/// Everything that is built into a crate's programs: name and version.
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
fn every_crate_needs_only_whom_it_may() {
    let arrows = arrows();
    let known: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    let members: BTreeSet<&str> = arrows.keys().map(String::as_str).collect();
    assert_eq!(members, known, "a new crate gets its arrows here");
    for (name, may_need) in ARROWS {
        for needed in &arrows[name] {
            assert!(
                may_need.contains(&needed.as_str()),
                "{name} must not need {needed}"
            );
        }
    }
}

#[test]
fn the_model_is_pure() {
    let effects = ["hyper", "lambda_runtime", "mio", "rustix", "tokio", "ureq"];
    let impure = |(name, _): &(String, String)| name.starts_with("aws-") || effects.contains(&name.as_str());
    let found: Vec<_> = built_into("model").into_iter().filter(impure).collect();
    assert!(found.is_empty(), "model must not reach {found:?}");
}

#[test]
fn the_functions_are_lean() {
    for function in FUNCTIONS {
        let built_in = built_into(function);
        let versions = |name: &str| built_in.iter().filter(|(found, _)| found == name).count();
        // What the SDK would bring by itself costs a cold start most of its time.
        for heavy in ["aws-config", "aws-lc-rs", "aws-lc-sys", "openssl-sys", "ureq"] {
            assert_eq!(versions(heavy), 0, "{function} must not reach {heavy}");
        }
        for once in ["hyper", "rustls", "tokio"] {
            assert_eq!(versions(once), 1, "{function} must reach one {once}");
        }
    }
}
