//! The seeds of the fuzz targets, and what the fuzzers have found, as tests. `make fuzz` makes new input.

#[path = "../../fuzz/checks.rs"]
mod checks;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use checks::CHECKS;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut entries: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

fn stems(folder: &str) -> BTreeSet<String> {
    entries(&fuzz().join(folder)).iter().map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_seed_of_the_fuzz_targets_is_read_without_a_flaw() {
    for (name, check) in CHECKS {
        let (mut taken, mut refused) = (0, 0);
        for seed in entries(&fuzz().join("corpus").join(name)) {
            let input = std::fs::read(&seed).unwrap();
            match std::panic::catch_unwind(|| check(&input)) {
                Ok(true) => taken += 1,
                Ok(false) => refused += 1,
                Err(_) => panic!("{} breaks it, see above", seed.display()),
            }
        }
        // A check that refuses everything has seen nothing.
        assert!(taken >= 3 && refused >= 3, "{name}: {taken} seeds are taken, {refused} refused");
    }
}

#[test]
fn every_check_has_a_fuzz_target_and_a_corpus() {
    let checks: BTreeSet<_> = CHECKS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(stems("fuzz_targets"), checks);
    assert_eq!(stems("corpus"), checks);
    for (name, _) in CHECKS {
        let target = std::fs::read_to_string(fuzz().join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(target.contains(&format!("claviger_fuzz::{name}(input)")), "target {name} runs another check");
    }
}
