//! Families of metrics: those of docs/operate/metrics.md, and those of an answer of `/metrics`.

use std::collections::{BTreeMap, BTreeSet};

use claviger::auth::REJECTION_CODES;

use crate::support::book::page;

/// One name.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Family {
    /// Counter, gauge or histogram.
    pub kind: String,
    /// The values of each label; none where any will do.
    pub labels: BTreeMap<String, BTreeSet<String>>,
}

pub type Families = BTreeMap<String, Family>;

/// The page that says what each metric means and what to do.
pub const PAGE: &str = "docs/operate/metrics.md";

/// Its table.
pub fn promised() -> Families {
    let page = page(PAGE);
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let mut families = Families::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, names, kind, labels, meaning, advice, _] = cells[..] else { panic!("not five cells: {row}") };
        assert!(!meaning.is_empty() && !advice.is_empty(), "{row}");
        let labels = labels.split(';').filter_map(label).collect();
        let family = Family { kind: kind.to_owned(), labels };
        for name in quoted(names) {
            let is_new = families.insert(name.to_owned(), family.clone()).is_none();
            assert!(is_new, "{name} has two rows");
        }
    }
    families
}

/// Such as "`cache`: `password`, `credential`".
fn label(text: &str) -> Option<(String, BTreeSet<String>)> {
    let (name, values) = text.trim().split_once(": ")?;
    let mut values: BTreeSet<String> = quoted(values).map(str::to_owned).collect();
    if text.contains("(../reference/error-codes.md)") {
        values.extend(REJECTION_CODES.map(str::to_owned));
    }
    Some((quoted(name).next()?.to_owned(), values))
}

fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// What stands in an answer of `/metrics`.
pub fn told(text: &str) -> Families {
    let mut families = Families::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            families.insert(name.to_owned(), Family { kind: kind.to_owned(), ..Family::default() });
        } else if !line.starts_with('#') {
            let (name, labels) = series(line);
            let family = families.get_mut(family_of(name)).unwrap_or_else(|| panic!("of no family: {line}"));
            for (label, value) in labels {
                // Buckets are of the format, not of the meaning.
                if label != "le" {
                    family.labels.entry(label.to_owned()).or_default().insert(value.to_owned());
                }
            }
        }
    }
    families
}

/// The text of each family.
pub fn helps(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("# HELP ")?.split_once(' '));
    lines.map(|(name, help)| (name.to_owned(), help.to_owned())).collect()
}

/// Name and labels of a sample. No value of ours holds a comma or a quotation mark.
fn series(line: &str) -> (&str, Vec<(&str, &str)>) {
    let Some((name, rest)) = line.split_once('{') else { return (line.split(' ').next().unwrap(), Vec::new()) };
    let (labels, _) = rest.rsplit_once('}').unwrap();
    let pairs = labels.split(',').map(|pair| {
        let (label, value) = pair.split_once('=').unwrap();
        (label, value.trim_matches('"'))
    });
    (name, pairs.collect())
}

/// Samples of a histogram have names of their own.
fn family_of(name: &str) -> &str {
    let of_histogram = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
    of_histogram.unwrap_or(name)
}
