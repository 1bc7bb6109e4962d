//! The published documents, as they are and as they were released.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::change::Direction;
use crate::error::GateError;
use crate::version::ReleaseVersion;

/// The folder of the documents and of their released versions.
pub const MAJOR: &str = "v1";

/// The API's description, in `schemas` and in the folder of a released version.
pub const DESCRIPTION: &str = "openapi.json";

const INDEX: &str = "index.json";

/// The list of the published documents.
#[derive(Clone, Debug, Deserialize)]
struct Index {
    documents: Vec<Entry>,
}

/// A document of the index.
#[derive(Clone, Debug, Deserialize)]
pub struct Entry {
    /// The name, which a changelog uses.
    pub name: String,
    /// The file, in `schemas`.
    pub file: String,
    /// The `$id`.
    pub id: String,
    /// Who writes the values.
    pub direction: Direction,
}

/// All published documents of one version.
#[derive(Clone, Debug)]
pub struct Documents {
    /// The documents of the index with their schemas, by name.
    pub schemas: BTreeMap<String, (Entry, Value)>,
    /// The API's description.
    pub description: Value,
}

impl Documents {
    /// Reads the current documents of a repository.
    pub fn current(repository: &Path) -> Result<Self, GateError> {
        let schemas = repository.join("schemas");
        Self::read(&schemas, &schemas.join(MAJOR))
    }

    /// Reads all released versions, in ascending order.
    pub fn released(repository: &Path) -> Result<BTreeMap<ReleaseVersion, Self>, GateError> {
        let folder = released_folder(repository);
        let mut released = BTreeMap::new();
        if !folder.exists() {
            return Ok(released);
        }
        for name in file_names(&folder)? {
            let version = folder.join(&name);
            released.insert(name.parse()?, Self::read(&version, &version)?);
        }
        Ok(released)
    }

    /// Reads the index and the description from one folder and the schemas from another.
    fn read(folder: &Path, schema_folder: &Path) -> Result<Self, GateError> {
        let index: Index = read_json(&folder.join(INDEX))?;
        let mut schemas = BTreeMap::new();
        for entry in index.documents {
            let Some(file) = entry.file.strip_prefix(&format!("{MAJOR}/")) else {
                continue;
            };
            let schema = read_json(&schema_folder.join(file))?;
            schemas.insert(entry.name.clone(), (entry, schema));
        }
        let description = read_json(&folder.join(DESCRIPTION))?;
        Ok(Self { schemas, description })
    }
}

/// Freezes the current documents as a released version. Returns false if the same documents are already released.
///
/// Fails if the version is released with other documents.
pub fn release(repository: &Path, version: ReleaseVersion) -> Result<bool, GateError> {
    let mut files = BTreeMap::new();
    let schemas = repository.join("schemas");
    for name in file_names(&schemas.join(MAJOR))? {
        files.insert(name.clone(), read(&schemas.join(MAJOR).join(&name))?);
    }
    for name in [INDEX, DESCRIPTION] {
        files.insert(name.to_owned(), read(&schemas.join(name))?);
    }
    let folder = released_folder(repository).join(version.to_string());
    if folder.exists() {
        let differs = |name: &&String| read(&folder.join(name.as_str())).ok().as_ref() != files.get(*name);
        let mut changed: Vec<String> = files.keys().filter(differs).cloned().collect();
        changed.extend(
            file_names(&folder)?
                .into_iter()
                .filter(|name| !files.contains_key(name)),
        );
        return if changed.is_empty() {
            Ok(false)
        } else {
            Err(GateError::Released {
                version,
                files: changed,
            })
        };
    }
    fs::create_dir_all(&folder).map_err(|source| file_error(&folder, source))?;
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|source| file_error(&path, source))?;
    }
    Ok(true)
}

fn released_folder(repository: &Path) -> std::path::PathBuf {
    repository.join("schemas/released").join(MAJOR)
}

fn file_names(folder: &Path) -> Result<Vec<String>, GateError> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.map_err(|source| file_error(folder, source))?;
    Ok(entries
        .into_iter()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect())
}

fn read(path: &Path) -> Result<String, GateError> {
    fs::read_to_string(path).map_err(|source| file_error(path, source))
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, GateError> {
    serde_json::from_str(&read(path)?).map_err(|source| GateError::Json {
        path: path.to_owned(),
        source,
    })
}

fn file_error(path: &Path, source: std::io::Error) -> GateError {
    GateError::File {
        path: path.to_owned(),
        source,
    }
}
