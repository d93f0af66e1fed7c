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

/// A few of what a fuzzer would try, for readers of what strangers send.
#[test]
fn changed_seeds_of_the_readers_of_the_wire_are_read_without_a_flaw() {
    let mut random = fastrand::Rng::with_seed(57);
    for (name, check) in CHECKS.into_iter().filter(|(name, _)| ["forward_auth", "wire"].contains(name)) {
        let seeds: Vec<_> =
            entries(&fuzz().join("corpus").join(name)).iter().map(|seed| std::fs::read(seed).unwrap()).collect();
        for round in 0..20_000 {
            let mut input = random.choice(&seeds).unwrap().clone();
            for _ in 0..random.usize(1..5) {
                let at = random.usize(..=input.len());
                match random.u8(..5) {
                    0 if at < input.len() => input[at] = random.u8(..),
                    1 if at < input.len() => input[at] ^= 1 << random.u8(..8),
                    2 => input.insert(at, random.choice(*b"\r\n \0:/\x7f\xff{").unwrap()),
                    3 => input.truncate(at),
                    _ => {
                        let other = random.choice(&seeds).unwrap();
                        input.splice(at.., other[random.usize(..=other.len())..].iter().copied());
                    }
                }
            }
            if std::panic::catch_unwind(|| check(&input)).is_err() {
                panic!("{name} in round {round}, see above: {}", input.escape_ascii());
            }
        }
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
