//! Who may import whom. The folders are the architecture, and this is what keeps them so.

use std::path::{Path, PathBuf};

/// A module of ours and which others it may name.
const MAY_IMPORT: [(&str, &[&str]); 13] = [
    // Of the program, not of the library.
    ("allocator", &[]),
    ("credential", &[]),
    ("clock", &[]),
    ("telemetry", &[]),
    ("config", &["credential"]),
    ("auth", &["credential", "clock"]),
    // Beyond design.md: `config`, for the address of the database, which is written and checked there.
    ("store", &["credential", "config"]),
    ("source", &["auth", "credential", "config", "store", "clock", "telemetry"]),
    // Never `store` nor `control`: the data plane waits for nobody.
    ("proxy", &["auth", "credential", "config", "clock", "telemetry"]),
    ("control", &["store", "delivery", "source", "auth", "credential", "config", "clock", "telemetry"]),
    // `auth` because `explain` runs the very checks that decide, instead of telling a story of its own.
    ("cli", &["control", "store", "source", "config", "credential", "clock", "server", "auth"]),
    (
        "server",
        &["control", "proxy", "store", "delivery", "source", "auth", "credential", "config", "clock", "telemetry"],
    ),
    // The map only.
    ("lib", &[]),
];

/// What belongs to few, so that it can be replaced there.
const FENCES: [(&str, &[&str]); 12] = [
    ("pingora", &["proxy", "server"]),
    ("axum", &["control", "server"]),
    ("clap", &["cli"]),
    ("sqlx", &["store"]),
    ("std::env", &["config"]),
    ("notify", &["source"]),
    ("csv", &["source"]),
    ("utoipa", &["control"]),
    ("hyper", &["server"]),
    ("prost", &["proxy", "telemetry"]),
    ("libmimalloc_sys", &["allocator"]),
    ("reqwest", &["cli", "delivery", "telemetry"]),
];

struct Source {
    path: PathBuf,
    module: String,
    /// Names from `src` to the file, its own included.
    depth: usize,
    code: String,
}

/// Every file of Rust below a folder, with what it says.
fn files(folder: PathBuf) -> Vec<(PathBuf, String)> {
    let (mut folders, mut found) = (vec![folder], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push((path.clone(), std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    found
}

/// Every file of `src` with the module it belongs to, comments cut off.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let source = |(path, text): (PathBuf, String)| {
        let within = path.strip_prefix(&root).unwrap();
        let (first, depth) = (within.iter().next().unwrap(), within.iter().count());
        let module = Path::new(first).file_stem().unwrap().to_str().unwrap().to_owned();
        let code = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>();
        Source { module, depth, code: code.join("\n"), path }
    };
    let found: Vec<_> = files(root.clone()).into_iter().map(source).collect();
    assert!(found.len() > 50, "only {} files are looked at", found.len());
    found
}

/// What follows each `prefix` that is a path of its own, not the end of another word.
fn after<'c>(code: &'c str, prefix: &'static str) -> impl Iterator<Item = &'c str> {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    code.match_indices(prefix)
        .filter(move |(at, _)| !code[..*at].ends_with(is_word))
        .map(move |(at, _)| &code[at + prefix.len()..])
}

#[test]
fn modules_import_only_what_the_table_allows() {
    for Source { path, module, code, .. } in sources() {
        let path = path.display();
        if module == "main" {
            continue;
        }
        let (_, allowed) = MAY_IMPORT.iter().find(|(name, _)| *name == module).expect("a module outside the table");
        for rest in after(&code, "crate::") {
            let length = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
            let name = &rest[..length];
            assert!(!name.is_empty(), "{path}: one `use crate::` a module, please; a group hides which");
            assert!(name == module || allowed.contains(&name), "{path}: {module} may not import {name}");
        }
    }
}

/// `super` from a module's own file leads out of it, past the table; deeper files have further to climb.
#[test]
fn nobody_climbs_out_of_a_module() {
    for Source { path, depth, code, .. } in sources() {
        let is_root = path.file_name().is_some_and(|name| name == "mod.rs") && depth == 2;
        let climbs = if is_root {
            code.lines().any(|line| line.starts_with("use super::"))
        } else {
            depth == 2 && code.contains("super::super::")
        };
        assert!(!climbs, "{}: name the module with crate::", path.display());
    }
}

#[test]
fn foreign_crates_stay_behind_their_fences() {
    for Source { path, module, code, .. } in sources() {
        for (fenced, allowed) in FENCES {
            let used = after(&code, fenced).any(|rest| rest.starts_with("::") || rest.starts_with(';'));
            assert!(!used || allowed.contains(&module.as_str()), "{}: {fenced} belongs to {allowed:?}", path.display());
        }
    }
}

/// The library forbids it; what is built beside the library is denied it only.
#[test]
fn only_the_allocator_has_unsafe_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let is_unsafe =
        |text: &str| ["{", "fn", "impl", "extern"].iter().any(|what| text.contains(&["unsafe", what].join(" ")));
    let is_built = |path: &Path| path.starts_with(root.join("fuzz/target"));
    let all = ["src", "tests", "benches", "fuzz"].into_iter().flat_map(|folder| files(root.join(folder)));
    let found = all.filter(|(path, text)| is_unsafe(text) && !is_built(path)).map(|(path, _)| path);
    let found: Vec<_> = found.collect();
    assert_eq!(found, [root.join("src/allocator.rs")]);
}

/// With two providers of cryptography in the tree rustls would refuse to choose between them.
#[test]
fn one_provider_of_cryptography_is_in_the_tree() {
    let lock = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    let names = lock.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    let others: Vec<_> =
        names.filter(|name| ["aws-lc", "openssl-sys", "boring"].iter().any(|other| name.starts_with(other))).collect();
    assert!(lock.contains("name = \"ring\"") && others.is_empty(), "{others:?}");
}
