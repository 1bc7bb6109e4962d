//! Checks that modules of a crate have no cyclic dependencies, direct or transitive, not even between parent and child.
//!
//! A file depends on the files that define the names it uses. `mod child;` and `pub use child::Name;` do not count as
//! dependencies: a file that imports `Name` through the re-export depends on the child.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tests::stack::repository;

use crate::modules::Target;
use crate::workspace::packages;

/// Maps each file to the files that it depends on, with the names that it uses from each.
type Graph = BTreeMap<PathBuf, BTreeMap<PathBuf, BTreeSet<String>>>;

fn graph(root: &Path) -> Graph {
    let target = Target::read(root);
    let mut graph = Graph::new();
    for (name, module) in target.modules() {
        let edges = graph.entry(module.file.clone()).or_default();
        for path in &module.paths {
            if let Some((definer, taken)) = target.definer(name, path)
                && definer.file != module.file
            {
                edges.entry(definer.file.clone()).or_default().insert(taken);
            }
        }
    }
    graph
}

/// Returns the files that a file depends on, directly or transitively.
fn reached<'a>(graph: &'a Graph, from: &Path) -> BTreeSet<&'a Path> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&Path> = graph[from].keys().map(PathBuf::as_path).collect();
    while let Some(file) = next.pop() {
        if reached.insert(file) {
            next.extend(graph[file].keys().map(PathBuf::as_path));
        }
    }
    reached
}

/// Returns the cycles: groups of files that all depend on each other.
fn cycles(graph: &Graph) -> BTreeSet<BTreeSet<&Path>> {
    let reached: BTreeMap<&Path, BTreeSet<&Path>> = graph
        .keys()
        .map(|file| (file.as_path(), reached(graph, file)))
        .collect();
    let cycle_of = |file: &Path| {
        let both_ways = |other: &&Path| reached[file].contains(other) && reached[other].contains(file);
        reached.keys().copied().filter(both_ways).collect()
    };
    let cycles = reached.keys().map(|file| cycle_of(file));
    cycles.filter(|cycle: &BTreeSet<_>| !cycle.is_empty()).collect()
}

/// Lists the edges of a cycle: `a.rs takes Order, run from b.rs`.
fn describe(graph: &Graph, cycle: &BTreeSet<&Path>) -> String {
    let short = |file: &Path| {
        file.strip_prefix(repository())
            .unwrap_or(file)
            .display()
            .to_string()
    };
    let mut text = String::from("modules depend on each other:\n");
    for file in cycle {
        for (other, names) in graph[*file]
            .iter()
            .filter(|(other, _)| cycle.contains(other.as_path()))
        {
            let names = Vec::from_iter(names.iter().map(String::as_str)).join(", ");
            let _ = writeln!(text, "  {} takes {names} from {}", short(file), short(other));
        }
    }
    text
}

/// Returns the root files of a package's library and programs.
fn roots(package: &Value) -> Vec<PathBuf> {
    let targets = package["targets"].as_array().expect("targets").iter();
    targets
        .filter(|target| ["lib", "bin"].contains(&target["kind"][0].as_str().unwrap_or_default()))
        .map(|target| target["src_path"].as_str().expect("src_path is a text").into())
        .collect()
}

#[test]
fn modules_have_no_cycles() {
    let mut found = String::new();
    for package in &packages() {
        for root in roots(package) {
            let graph = graph(&root);
            for cycle in cycles(&graph) {
                found += &describe(&graph, &cycle);
            }
        }
    }
    assert!(found.is_empty(), "{found}");
}

#[test]
fn cycle_through_a_reexport_is_detected() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cycle");
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in [
        ("lib.rs", "mod a;\nmod b;\nmod c;\npub use b::B;\n"),
        ("a.rs", "use crate::B;\npub struct A(B);\n"),
        ("b.rs", "pub struct B;\nfn b() { crate::a::A; }\n"),
        ("c.rs", "use crate::a::A;\npub struct C(A);\n"),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
    let graph = graph(&folder.join("lib.rs"));
    let files = ["a.rs", "b.rs"].map(|name| folder.join(name));
    let expected = files.iter().map(PathBuf::as_path).collect();
    assert_eq!(cycles(&graph), BTreeSet::from([expected]));
}
