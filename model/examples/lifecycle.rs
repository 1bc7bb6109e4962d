//! Writes `docs/lifecycle.md`, or with `--check` says whether it is what the decisions say.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use model::ResponseKey;
use model::lifecycle::diagram;

const ABOUT: &str = "\
# The life of a response

Made by `make schemas`, which tries every change on every response that can come about (`model::lifecycle`). What changes
a response without changing where it stands is left out; `deleting` ends when nothing of it can come any more, and the
record goes.

";

fn main() -> Result<(), Box<dyn Error>> {
    let example = ResponseKey {
        project: "demo".parse()?,
        step: "0".parse()?,
        email: "ann@example.com".parse()?,
    };
    let text = format!("{ABOUT}```mermaid\n{}```\n", diagram::mermaid(&example));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/lifecycle.md");
    if !env::args().skip(1).any(|argument| argument == "--check") {
        return Ok(fs::write(path, text)?);
    }
    if fs::read_to_string(path)? == text {
        Ok(())
    } else {
        Err(
            "docs/lifecycle.md is not what the decisions say: run `make schemas` and look at the difference"
                .into(),
        )
    }
}
