//! The import table of the architecture, and what else folders promise each other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Each module with the modules that it may import.
const MAY_IMPORT: [(&str, &[&str]); 16] = [
    // Part of the binary, not of the library.
    ("mimalloc", &[]),
    ("credential", &[]),
    ("clock", &[]),
    ("telemetry", &[]),
    ("runtime", &[]),
    ("config", &["credential"]),
    // `config` for diagnostics and their positions.
    ("formats", &["credential", "config"]),
    ("auth", &["credential", "clock", "runtime"]),
    // `config` for the address of the database.
    ("store", &["credential", "config"]),
    ("source", &["auth", "credential", "config", "formats", "store", "clock", "telemetry", "runtime"]),
    // Never `store` or `control`: the data plane does not wait for the control plane.
    ("proxy", &["auth", "credential", "config", "clock", "telemetry", "runtime"]),
    ("delivery", &["credential", "config", "clock", "telemetry"]),
    (
        "control",
        &["store", "delivery", "source", "formats", "auth", "credential", "config", "clock", "telemetry", "runtime"],
    ),
    // `auth` because `explain` runs the checks that decide.
    ("cli", &["control", "store", "source", "formats", "config", "credential", "clock", "server", "auth"]),
    (
        "server",
        &[
            "control",
            "proxy",
            "store",
            "delivery",
            "source",
            "formats",
            "auth",
            "credential",
            "config",
            "clock",
            "telemetry",
            "runtime",
        ],
    ),
    ("lib", &[]),
];

/// Crates that only these modules use, so that they can be replaced there.
const FENCES: [(&str, &[&str]); 13] = [
    ("pingora", &["proxy", "server"]),
    ("axum", &["control", "server"]),
    ("clap", &["cli"]),
    ("lettre", &["delivery"]),
    ("sqlx", &["store"]),
    ("std::env", &["config"]),
    ("notify", &["source"]),
    ("csv", &["formats"]),
    ("utoipa", &["control"]),
    ("hyper", &["server"]),
    ("prost", &["proxy", "telemetry"]),
    ("libmimalloc_sys", &["mimalloc"]),
    ("reqwest", &["cli", "delivery", "telemetry"]),
];

struct Source {
    path: PathBuf,
    /// The first folder below `src`, or the name of the file there.
    module: String,
    /// Number of path components below `src`, the file included.
    depth: usize,
    code: String,
}

/// Path and text of every Rust file below a folder.
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

/// Every file of `src`, without comments.
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
    assert!(found.len() > 50, "only {} files are checked", found.len());
    found
}

/// The text behind each occurrence of `prefix` that starts a path.
fn after<'c>(code: &'c str, prefix: &'static str) -> impl Iterator<Item = &'c str> {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    code.match_indices(prefix)
        .filter(move |(at, _)| !code[..*at].ends_with(is_word))
        .map(move |(at, _)| &code[at + prefix.len()..])
}

fn first_name(text: &str) -> &str {
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
    &text[..end.unwrap_or(text.len())]
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
            let name = first_name(rest);
            assert!(!name.is_empty(), "{path}: `use crate::{{…}}` hides the module; write one `use` per module");
            assert!(name == module || allowed.contains(&name), "{path}: {module} may not import {name}");
        }
    }
}

/// `super` from the root file of a module, or `super::super` from a file beside it, would bypass the table.
#[test]
fn super_paths_stay_within_their_module() {
    for Source { path, depth, code, .. } in sources() {
        let is_root = path.file_name().is_some_and(|name| name == "mod.rs") && depth == 2;
        let leaves = if is_root {
            code.lines().any(|line| line.starts_with("use super::"))
        } else {
            depth == 2 && code.contains("super::super::")
        };
        assert!(!leaves, "{}: name the module with crate::", path.display());
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

/// Files of `store` whose statements show the question in their answer, and that which makes all others.
const KEPT_STATEMENTS: [&str; 4] = ["answer_origin.rs", "change_feed.rs", "gate.rs", "statement.rs"];

/// Behind a pooler in transaction mode, the name of a statement may be that of another client's.
#[test]
fn statements_that_do_not_show_their_question_have_no_name() {
    let mut checked = 0;
    for Source { path, module, code, .. } in sources() {
        // Migrations hold a session, and begin only where it is one.
        if module != "store" || path.iter().any(|part| part == "schema") {
            continue;
        }
        let code = code.split("#[cfg(test)]").next().unwrap();
        let path = path.display();
        let is_kept = KEPT_STATEMENTS.iter().any(|name| path.to_string().ends_with(name));
        let named = ["sqlx::query(", "sqlx::query_as(", "sqlx::query_as::<", "sqlx::query_scalar("];
        assert!(is_kept || named.iter().all(|call| !code.contains(call)), "{path}: use statement::query");
        let code: String = code.split_whitespace().collect();
        for (at, _) in code.match_indices(".build") {
            let call = &code[at..code.len().min(at + 120)];
            let end = call.find("()").map_or(call, |end| &call[end..]);
            assert!(end.starts_with("().persistent(false)"), "{path}: {call}");
            checked += 1;
        }
    }
    assert!(checked > 15, "{checked}");
}

/// The paths of the `use` statements of a file, braces expanded.
fn used_paths(code: &str) -> Vec<String> {
    fn expand(prefix: &str, tree: &str, paths: &mut Vec<String>) {
        let Some((before, group)) = tree.split_once('{') else {
            // Empty behind a trailing comma.
            if !tree.is_empty() {
                paths.push(format!("{prefix}{tree}"));
            }
            return;
        };
        let (prefix, mut depth, mut start) = (format!("{prefix}{before}"), 0, 0);
        for (at, letter) in group.char_indices() {
            match letter {
                '{' => depth += 1,
                ',' | '}' if depth == 0 => {
                    expand(&prefix, &group[start..at], paths);
                    start = at + 1;
                }
                '}' => depth -= 1,
                _ => {}
            }
        }
    }
    let mut paths = Vec::new();
    for statement in after(code, "use ").filter_map(|rest| rest.split(';').next()) {
        expand("", &statement.split_whitespace().collect::<String>(), &mut paths);
    }
    paths
}

/// Which of its siblings each file of a folder imports, by path or through a re-export of their `mod.rs`.
fn sibling_imports(folder: &Path, sources: &[Source]) -> BTreeMap<String, BTreeSet<String>> {
    let name = |source: &Source| source.path.file_stem().unwrap().to_str().unwrap().to_owned();
    let all: Vec<_> = sources.iter().filter(|source| source.path.parent() == Some(folder)).collect();
    let names: BTreeSet<_> = all.iter().map(|source| name(source)).filter(|name| name != "mod").collect();
    let reexports: BTreeMap<String, String> = all
        .iter()
        .filter(|source| name(source) == "mod")
        .flat_map(|source| used_paths(&source.code))
        .filter_map(|path| {
            let path = path.strip_prefix("self::").unwrap_or(&path);
            let (sibling, item) = (first_name(path), path.rsplit("::").next()?);
            names.contains(sibling).then(|| (item.to_owned(), sibling.to_owned()))
        })
        .collect();
    let here = folder.components().skip_while(|part| part.as_os_str() != "src").skip(1);
    let here = here.map(|part| part.as_os_str().to_str().unwrap().to_owned() + "::").collect::<String>();
    let imports = |source: &&Source| {
        // Unit tests may use any sibling.
        let code = source.code.split("#[cfg(test)]").next().unwrap_or_default();
        let paths = used_paths(code);
        let own = paths.iter().filter_map(|path| {
            let within = path.strip_prefix("super::");
            let first = first_name(within.or_else(|| path.strip_prefix("crate::")?.strip_prefix(&here))?);
            names.get(first).or_else(|| reexports.get(first)).cloned()
        });
        let sibling = name(source);
        (sibling.clone(), own.filter(|other| *other != sibling).collect())
    };
    all.iter().filter(|source| names.contains(&name(source))).map(imports).collect()
}

#[test]
fn files_of_a_folder_do_not_import_each_other_in_a_circle() {
    let is_test = |source: &Source| source.path.to_string_lossy().ends_with("_tests.rs");
    let sources: Vec<_> = sources().into_iter().filter(|source| !is_test(source)).collect();
    let folders: BTreeSet<&Path> = sources.iter().filter_map(|source| source.path.parent()).collect();
    let mut circles = Vec::new();
    for folder in folders {
        let mut imports = sibling_imports(folder, &sources);
        // What imports nothing that is left is in no circle.
        loop {
            let (before, left) = (imports.len(), imports.keys().cloned().collect::<BTreeSet<_>>());
            imports.retain(|_, others| others.iter().any(|other| left.contains(other)));
            if imports.len() == before {
                break;
            }
        }
        if !imports.is_empty() {
            circles.push(format!("{}: {imports:?}", folder.display()));
        }
    }
    assert!(circles.is_empty(), "{}", circles.join("\n"));
}

/// Files of the console and of operations with sentences that no page shows, and the mark around those of libraries.
const ENGLISH_ONLY: [&str; 12] = [
    "console/markup.rs",
    "console/middleware.rs",
    "console/mod.rs",
    "console/wording.rs",
    "pages/api_docs/mod.rs",
    "pages/error_index.rs",
    // The page names the accounts instead.
    "access_requests/mod.rs",
    "diagnosis/credential.rs",
    "diagnosis/step.rs",
    "diagnosis/throttled.rs",
    // For the API behind, which posts events.
    "publishers/post_events.rs",
    "publishers/posted_event.rs",
];

/// Every other refusal is a sentence of the table, which the console has in the language of the reader.
#[test]
fn refusals_that_pages_show_are_in_the_table_of_sentences() {
    let mut listed = Vec::new();
    for Source { path, code, .. } in sources() {
        let path = path.display().to_string();
        let is_checked = ["/control/console/", "/control/operations/"].iter().any(|folder| path.contains(folder));
        if !is_checked || !(code.contains("::english(") || code.contains("Untranslated")) {
            continue;
        }
        let entry = ENGLISH_ONLY.iter().find(|end| path.ends_with(**end));
        listed.push(*entry.unwrap_or_else(|| panic!("{path}: a page may show this in English")));
    }
    assert_eq!(listed.len(), ENGLISH_ONLY.len(), "only these have such sentences: {listed:?}");
}

/// The library forbids unsafe code; elsewhere it is denied only.
#[test]
fn only_the_allocator_has_unsafe_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let is_unsafe =
        |text: &str| ["{", "fn", "impl", "extern"].iter().any(|what| text.contains(&["unsafe", what].join(" ")));
    let is_built = |path: &Path| path.starts_with(root.join("fuzz/target"));
    let all = ["src", "tests", "benches", "fuzz"].into_iter().flat_map(|folder| files(root.join(folder)));
    let found = all.filter(|(path, text)| is_unsafe(text) && !is_built(path)).map(|(path, _)| path);
    let found: Vec<_> = found.collect();
    assert_eq!(found, [root.join("src/mimalloc.rs")]);
}

/// With two cryptography providers in the tree rustls has no default.
#[test]
fn one_provider_of_cryptography_is_in_the_tree() {
    let lock = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    let names = lock.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    let others: Vec<_> =
        names.filter(|name| ["aws-lc", "openssl-sys", "boring"].iter().any(|other| name.starts_with(other))).collect();
    assert!(lock.contains("name = \"ring\"") && others.is_empty(), "{others:?}");
}
