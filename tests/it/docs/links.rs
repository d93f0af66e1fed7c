//! Every link of README.md and of the book leads to a file and, where it names one, to a heading.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use crate::support::book::{file, page, pages};

/// The lines outside of code blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.lines().filter(move |line| {
        let is_fence = line.starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// The targets of `[text](target)`, without those in code spans.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text).collect::<Vec<_>>().join("\n");
    let outside: String = prose.split('`').step_by(2).collect();
    outside.split("](").skip(1).map(|rest| rest.split(')').next().unwrap().to_owned()).collect()
}

/// The anchors of a page, as mdBook and GitHub make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut seen = BTreeMap::<String, u32>::new();
    let headings = prose(text).filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let mut anchor = |heading: &str| {
        let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || "_- ".contains(*letter));
        let anchor = kept.collect::<String>().to_lowercase().replace(' ', "-");
        let count = seen.entry(anchor.clone()).or_default();
        *count += 1;
        if *count == 1 { anchor } else { format!("{anchor}-{}", *count - 1) }
    };
    headings.map(&mut anchor).collect()
}

/// A path without `.` and `..`.
fn resolved(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut resolved, component| {
        match component {
            Component::ParentDir => drop(resolved.pop()),
            Component::CurDir => {}
            component => resolved.push(component),
        }
        resolved
    })
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let mut faults = Vec::new();
    for from in pages() {
        for link in links(&page(&from)).into_iter().filter(|link| !link.contains("://")) {
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let folder = Path::new(&from).parent().unwrap();
            let target = if path.is_empty() { PathBuf::from(&from) } else { resolved(&folder.join(path)) };
            let target = target.to_str().unwrap();
            if !file(target).exists() {
                faults.push(format!("{from}: {link} leads to no file"));
            } else if from.starts_with("docs/") && !target.starts_with("docs/") {
                faults.push(format!("{from}: {link} leads out of the book, where mdBook has no page"));
            } else if !anchor.is_empty() && !anchors(&page(target)).contains(anchor) {
                faults.push(format!("{from}: {link} leads to no heading"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_page_is_in_the_summary_once() {
    let summary = page("docs/SUMMARY.md");
    let mut listed: Vec<String> = links(&summary).iter().map(|link| format!("docs/{link}")).collect();
    listed.sort();
    let wanted: Vec<String> =
        pages().into_iter().filter(|path| path != "README.md" && path != "docs/SUMMARY.md").collect();
    assert_eq!(listed, wanted);
}

#[test]
fn the_readme_is_one_page() {
    let readme = page("README.md");
    let (lines, bytes) = (readme.lines().count(), readme.len());
    assert!(lines <= 150 && bytes <= 12 * 1024, "{lines} lines, {bytes} bytes");
}

#[test]
fn anchors_are_made_as_in_html() {
    let text = "# TLS, HTTP/2\n## `a_b` c\n```yaml\n# no heading\n```\n## TLS, HTTP/2\n";
    let expected = ["a_b-c", "tls-http2", "tls-http2-1"].map(str::to_owned);
    assert_eq!(anchors(text), BTreeSet::from(expected));
}
