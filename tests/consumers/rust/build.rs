//! Lists every document of the index as a module of generated types, and the types that have examples.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use heck::{ToSnakeCase, ToUpperCamelCase};
use serde_json::Value;

/// The published documents, relative to this crate.
const SCHEMAS: &str = "../../../schemas";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={SCHEMAS}");
    let index = read("index.json")?;
    let (mut modules, mut types) = (String::new(), String::new());
    for document in index["documents"].as_array().ok_or("documents")? {
        let name = document["name"].as_str().ok_or("name")?;
        let file = document["file"].as_str().ok_or("file")?;
        let is_taken = document["direction"] == "taken";
        let schema = read(file)?;
        let title = schema["title"].as_str().ok_or("title")?;
        let module = name.to_snake_case();
        modules += &format!(
            "/// {title}.\npub mod {module} {{\n    typify::import_types!(\"{SCHEMAS}/{file}\");\n}}\n"
        );
        let definitions = schema["$defs"].as_object();
        let names = definitions.iter().flat_map(|definitions| definitions.keys());
        let pointers = names.map(|name| (format!("/$defs/{name}"), name.as_str()));
        for (pointer, name) in [(String::new(), title)].into_iter().chain(pointers) {
            let round_trip = format!("round_trip::<{module}::{}>", name.to_upper_camel_case());
            types += &format!("    (\"{file}\", \"{pointer}\", {is_taken}, {round_trip}),\n");
        }
    }
    let count = types.lines().count();
    let table = format!(
        "/// The file and the pointer of each type, whether the system takes it, and the function that reads and writes it.\n\
         pub const TYPES: [(&str, &str, bool, RoundTrip); {count}] = [\n{types}];\n"
    );
    let output = Path::new(&env::var("OUT_DIR")?).join("documents.rs");
    Ok(fs::write(output, modules + &table)?)
}

fn read(file: &str) -> Result<Value, Box<dyn Error>> {
    let path = Path::new(SCHEMAS).join(file);
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(serde_json::from_str(&text)?)
}
