//! Writes the generated documents: `schemas/`, `docs/schemas.md` and `docs/lifecycle.md`. With `--check`, reports the files that differ.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

mod bodies;
mod diagram;
mod document;
mod documents;
mod dynamodb;
mod example_values;
mod lifecycle;
mod openapi;
mod reference;
mod settings;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let documents = documents()?;
    if !env::args().skip(1).any(|argument| argument == "--check") {
        for (path, text) in documents {
            fs::write(repository.join(&path), text).map_err(|error| format!("{path}: {error}"))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let outdated = outdated(&documents, &repository)?;
    for path in &outdated {
        eprintln!("{path} is not what the code generates: run `make schemas` and review the difference");
    }
    Ok(if outdated.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

const SCHEMAS: &str = "schemas/v1";

/// Returns the generated texts, by their paths in the repository.
fn documents() -> Result<BTreeMap<String, String>, Box<dyn Error>> {
    let schemas = documents::documents()?;
    let reference = reference::page(&schemas)?;
    let index = ("schemas/index.json".to_owned(), documents::index(&schemas));
    let openapi = ("schemas/openapi.json".to_owned(), openapi::document());
    let mut documents: BTreeMap<String, String> = schemas
        .into_iter()
        .map(|document| (format!("{SCHEMAS}/{}.json", document.name), document.schema))
        .chain([index, openapi])
        .map(|(path, value)| (path, format!("{value:#}\n")))
        .collect();
    documents.insert("docs/lifecycle.md".to_owned(), lifecycle::document()?);
    documents.insert("docs/schemas.md".to_owned(), reference);
    Ok(documents)
}

/// Returns the files that differ or are missing, and the schemas that the code does not generate.
fn outdated(documents: &BTreeMap<String, String>, repository: &Path) -> io::Result<Vec<String>> {
    let differs = |(path, text): &(&String, &String)| {
        fs::read_to_string(repository.join(path)).ok().as_ref() != Some(*text)
    };
    let mut outdated: Vec<String> = documents
        .iter()
        .filter(differs)
        .map(|(path, _)| path.clone())
        .collect();
    for entry in fs::read_dir(repository.join(SCHEMAS))? {
        let path = format!("{SCHEMAS}/{}", entry?.file_name().to_string_lossy());
        if !documents.contains_key(&path) {
            outdated.push(path);
        }
    }
    Ok(outdated)
}
