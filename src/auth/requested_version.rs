//! The version of the API that a request names, in its path or a header.

use http::HeaderMap;

use super::{Rejection, Target};
use crate::credential::{PathVersion, VersionCatalog};

/// The version that a request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedVersion {
    Unstated,
    /// Rank in the catalog.
    Known(usize),
    Unknown,
}

/// The version that path and header name, and the rest of the path.
#[derive(Debug, Clone, Copy)]
pub struct RequestedVersion<'a> {
    pub version: NamedVersion,
    pub path: &'a str,
}

impl<'a> RequestedVersion<'a> {
    /// Reads the version where the catalog says that requests name it.
    ///
    /// # Errors
    /// [`Rejection::RequestAmbiguous`] when path and header disagree, or the header is repeated.
    pub fn read(versions: &VersionCatalog, target: Target<'a>, headers: &HeaderMap) -> Result<Self, Rejection> {
        let (in_path, path) = match versions.path.as_ref().map(|template| template.read(target.path)) {
            None | Some(PathVersion::Unstated { .. }) => (None, target.path),
            Some(PathVersion::Stated { version, rest }) => (Some(version), rest),
            Some(PathVersion::Ambiguous) => {
                return Err(Rejection::RequestAmbiguous(
                    "The version prefix of the path is written in the wrong case.",
                ));
            }
        };
        let in_header = header(versions, headers)?;
        let named = match (in_path, in_header) {
            (Some(path), Some(header)) if path != header => {
                return Err(Rejection::RequestAmbiguous("The path and the version header name different versions."));
            }
            (path, header) => path.or(header),
        };
        let version = match named {
            None => NamedVersion::Unstated,
            Some(name) => versions.rank(name).map_or(NamedVersion::Unknown, NamedVersion::Known),
        };
        Ok(Self { version, path })
    }
}

fn header<'a>(versions: &VersionCatalog, headers: &'a HeaderMap) -> Result<Option<&'a str>, Rejection> {
    let Some(name) = &versions.header else { return Ok(None) };
    let mut values = headers.get_all(name).iter();
    let Some(first) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Rejection::RequestAmbiguous("The request has more than one version header."));
    }
    // A value that is not text names no known version.
    Ok(Some(first.to_str().map_or("", str::trim)))
}
