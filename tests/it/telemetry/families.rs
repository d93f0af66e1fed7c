//! Metric families: as docs/operate/metrics.md documents them, and as `/metrics` exports them.

use std::collections::{BTreeMap, BTreeSet};

use claviger::auth::REJECTION_CODES;

use crate::support::book::page;

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Family {
    /// Counter, gauge or histogram.
    pub kind: String,
    /// The values of each label; empty for any value.
    pub labels: BTreeMap<String, BTreeSet<String>>,
}

pub type Families = BTreeMap<String, Family>;

/// Documents the meaning of each metric and what to do.
pub const PAGE: &str = "docs/operate/metrics.md";

/// Parses the table of the README.
pub fn documented() -> Families {
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

/// Parses the text format of Prometheus.
pub fn exported(text: &str) -> Families {
    let mut families = Families::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            families.insert(name.to_owned(), Family { kind: kind.to_owned(), ..Family::default() });
        } else if !line.starts_with('#') {
            let (name, labels) = series(line);
            let family = families.get_mut(family_of(name)).unwrap_or_else(|| panic!("no family for {line}"));
            for (label, value) in labels {
                // A label of the format, not of the metric.
                if label != "le" {
                    family.labels.entry(label.to_owned()).or_default().insert(value.to_owned());
                }
            }
        }
    }
    families
}

/// The HELP text of each family.
pub fn helps(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("# HELP ")?.split_once(' '));
    lines.map(|(name, help)| (name.to_owned(), help.to_owned())).collect()
}

/// Name and labels of a sample. Our label values contain no comma and no quotation mark.
fn series(line: &str) -> (&str, Vec<(&str, &str)>) {
    let Some((name, rest)) = line.split_once('{') else { return (line.split(' ').next().unwrap(), Vec::new()) };
    let (labels, _) = rest.rsplit_once('}').unwrap();
    let pairs = labels.split(',').map(|pair| {
        let (label, value) = pair.split_once('=').unwrap();
        (label, value.trim_matches('"'))
    });
    (name, pairs.collect())
}

/// Removes the suffixes of histogram samples.
fn family_of(name: &str) -> &str {
    let histogram = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
    histogram.unwrap_or(name)
}
