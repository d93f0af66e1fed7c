//! Routes that look further into a path than `paths` lets them.

use super::raw;
use super::setting_fault::SettingFault;
use crate::credential::RoutePath;

/// Every rule that depends on how a path below an entry of `paths` is read.
pub(super) fn below_exceptions(file: &raw::File) -> Vec<SettingFault> {
    const ONE_ENTRY: &str = "list all spellings in one entry";
    let template = file.versions.read_from.path.as_ref().map(|template| &template.0.value);
    let mut faults = Vec::new();
    for (index, entry) in file.paths.iter().enumerate() {
        let prefix = &entry.path.0.value;
        let below = routes(file).filter(|(_, route)| route.is_below(prefix));
        let mut found: Vec<(Vec<String>, &str)> =
            below.map(|(path, _)| (path, "name the path itself or one above it")).collect();
        if template.is_some_and(|template| template.is_below(prefix)) {
            let path = ["versions", "read_from", "path"].map(String::from).into();
            found.push((path, "name a path behind the version in paths, as in scopes"));
        }
        let entries = file.paths.iter().enumerate().map(|(index, entry)| (index, &entry.path.0.value));
        let nested = entries.clone().filter(|(_, path)| path.is_below(prefix));
        found.extend(nested.map(|(index, _)| (entry_path(index), ONE_ENTRY)));
        faults.extend(found.into_iter().map(|(path, hint)| SettingFault {
            path,
            problem: format!("is below {}, where paths[{index}] admits several spellings of one path", entry.path.0),
            hint,
        }));
        let twice = entries.filter(|(later, path)| *later > index && *path == prefix);
        faults.extend(twice.map(|(index, _)| SettingFault {
            path: entry_path(index),
            problem: "is listed twice".to_owned(),
            hint: ONE_ENTRY,
        }));
    }
    faults
}

fn entry_path(index: usize) -> Vec<String> {
    vec!["paths".to_owned(), index.to_string(), "path".to_owned()]
}

/// The paths that rules compare with those of requests.
fn routes(file: &raw::File) -> impl Iterator<Item = (Vec<String>, &RoutePath)> {
    let at = |keys: &[&str], index: usize| {
        let keys = keys.iter().map(|key| (*key).to_owned());
        keys.chain([index.to_string(), "path".to_owned()]).collect::<Vec<_>>()
    };
    let scopes = file.scopes.iter().flat_map(move |(name, routes)| {
        let routes = routes.iter().enumerate();
        routes.map(move |(index, route)| (at(&["scopes", name.0.as_str()], index), &route.path.0.value))
    });
    let public = file.public.iter().enumerate();
    let public = public.map(move |(index, route)| (at(&["public"], index), &route.path.0.value));
    let upgrades = file.proxy.iter().flat_map(|proxy| &proxy.upgrades).enumerate();
    let upgrades = upgrades.map(move |(index, route)| (at(&["proxy", "upgrades"], index), &route.path.0.value));
    scopes.chain(public).chain(upgrades)
}
