//! Writes the published schemas. With `--check`, lists the schemas that are out of date.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

fn main() -> ExitCode {
    let check = env::args().skip(1).any(|argument| argument == "--check");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/v1");
    match if check { stale(&folder) } else { write(&folder) } {
        Ok(stale) if stale.is_empty() => ExitCode::SUCCESS,
        Ok(stale) => {
            for name in stale {
                eprintln!("schemas/v1/{name} is out of date: run `make schemas` and review the difference");
            }
            ExitCode::FAILURE
        }
        Err((path, error)) => {
            eprintln!("{}: {error}", path.display());
            ExitCode::FAILURE
        }
    }
}

type PathError = (PathBuf, io::Error);

fn documents() -> Vec<(&'static str, String)> {
    let text = |value: serde_json::Value| format!("{value:#}\n");
    model::schema::documents()
        .into_iter()
        .map(|(name, value)| (name, text(value)))
        .collect()
}

fn write(folder: &Path) -> Result<Vec<String>, PathError> {
    fs::create_dir_all(folder).map_err(|error| (folder.to_owned(), error))?;
    for (name, text) in documents() {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| (path, error))?;
    }
    Ok(Vec::new())
}

/// Returns the names of files that differ, are missing, or belong to no type.
fn stale(folder: &Path) -> Result<Vec<String>, PathError> {
    let documents = documents();
    let differs =
        |(name, text): &&(&str, String)| fs::read_to_string(folder.join(name)).ok().as_ref() != Some(text);
    let mut stale: Vec<String> = documents
        .iter()
        .filter(differs)
        .map(|(name, _)| (*name).to_owned())
        .collect();
    for entry in fs::read_dir(folder).map_err(|error| (folder.to_owned(), error))? {
        let entry = entry.map_err(|error| (folder.to_owned(), error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !documents.iter().any(|(known, _)| *known == name) {
            stale.push(name);
        }
    }
    Ok(stale)
}
