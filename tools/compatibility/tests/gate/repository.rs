//! A repository with small documents, in a folder of its own.

use std::fs;
use std::path::PathBuf;

use compatibility::check::{GateResult, check};
use compatibility::documents;
use compatibility::error::GateError;
use serde_json::{Value, json};

use crate::edit::{Edit, applied};

/// A repository of a test.
pub struct Repository {
    root: PathBuf,
}

impl Repository {
    /// Creates a repository whose folder has the test's name. It has a document that we send and one that we take.
    pub fn new(test: &str) -> Self {
        let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("schemas/v1")).unwrap();
        let repository = Self { root };
        let entry = |name: &str, direction: &str| json!({"name": name, "file": format!("v1/{name}.json"), "id": format!("urn:{name}"), "direction": direction});
        let index = json!({"documents": [entry("thing", "sent"), entry("thing-request", "taken")]});
        repository.write("schemas/index.json", &index.to_string());
        let description: Value = serde_json::from_str(include_str!("cases/api-base.json")).unwrap();
        let types = &description["components"]["schemas"];
        for (name, type_name) in [("thing", "Thing"), ("thing-request", "ThingRequest")] {
            let text = types[type_name]
                .to_string()
                .replace("#/components/schemas/", "#/$defs/");
            let mut schema: Value = serde_json::from_str(&text).unwrap();
            schema["$defs"] = json!({"Kind": types["Kind"]});
            repository.write(&format!("schemas/v1/{name}.json"), &schema.to_string());
        }
        repository.write("schemas/openapi.json", &description.to_string());
        repository.write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n");
        repository
    }

    /// Creates a repository with the released version 0.1.0.
    pub fn released(test: &str) -> Self {
        let repository = Self::new(test);
        assert!(repository.release("0.1.0").unwrap());
        repository
    }

    /// Writes a file.
    pub fn write(&self, path: &str, text: &str) {
        fs::write(self.root.join(path), text).unwrap();
    }

    /// Removes a file.
    pub fn remove(&self, path: &str) {
        fs::remove_file(self.root.join(path)).unwrap();
    }

    /// Edits a file in `schemas`.
    pub fn edit(&self, path: &str, edits: &[Edit]) {
        let path = format!("schemas/{path}");
        let document: Value = serde_json::from_slice(&fs::read(self.root.join(&path)).unwrap()).unwrap();
        self.write(&path, &applied(&document, edits).to_string());
    }

    /// Writes a changelog with the line in the section `### Schemas` of a version or of `Unreleased`.
    pub fn announce(&self, section: &str, line: &str) {
        self.write(
            "CHANGELOG.md",
            &format!("# Changelog\n\n## {section}\n\n### Schemas\n\n- {line}\n"),
        );
    }

    /// Releases the documents as a version.
    pub fn release(&self, version: &str) -> Result<bool, GateError> {
        documents::release(&self.root, version.parse().unwrap())
    }

    /// Compares the documents with all released versions.
    pub fn check(&self, version: &str) -> Result<GateResult, GateError> {
        check(&self.root, version.parse().unwrap())
    }

    /// Returns the changes that are errors, each with the versions whose clients it breaks.
    pub fn errors(&self, version: &str) -> Vec<String> {
        let forbidden = self.check(version).unwrap().forbidden;
        let line = |(breakage, versions): (
            compatibility::breakage::Breakage,
            Vec<compatibility::version::ReleaseVersion>,
        )| {
            let versions: Vec<String> = versions.iter().map(ToString::to_string).collect();
            let names = breakage.subject.names().join(" ");
            format!(
                "{names} | {} | {} | {}",
                breakage.place,
                breakage.text,
                versions.join(" ")
            )
        };
        forbidden.into_iter().map(line).collect()
    }
}
