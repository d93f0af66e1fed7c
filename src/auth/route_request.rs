//! One request, reduced to what decisions look at.

use std::net::IpAddr;

use http::{HeaderMap, Method};
use jiff::Timestamp;

use super::{Rejection, Target};
use crate::credential::{PathVersion, VersionCatalog};

/// What a request wants, from where and when.
#[derive(Debug, Clone, Copy)]
pub struct RouteRequest<'a> {
    /// As it came.
    pub method: &'a Method,
    /// The path after the version; scopes and public routes are about this.
    pub path: &'a str,
    /// Which version it names.
    pub version: NamedVersion,
    /// Who is calling, network-wise; `None` where that cannot be told, which is on no list.
    pub address: Option<IpAddr>,
    /// When.
    pub now: Timestamp,
}

/// The version that a request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedVersion {
    /// None.
    Unstated,
    /// One that the catalog knows, by its rank.
    Known(usize),
    /// One that it does not.
    Unknown,
}

/// What path and header say about the version, and the path that is left.
#[derive(Debug, Clone, Copy)]
pub struct RequestedVersion<'a> {
    /// The version.
    pub version: NamedVersion,
    /// The path after it.
    pub path: &'a str,
}

impl<'a> RequestedVersion<'a> {
    /// Reads the version from path and header, where the catalog says so.
    ///
    /// # Errors
    /// [`Rejection::RequestAmbiguous`] when two places name two versions.
    pub fn read(versions: &VersionCatalog, target: Target<'a>, headers: &HeaderMap) -> Result<Self, Rejection> {
        let (in_path, path) = match versions.path.as_ref().map(|template| template.read(target.path)) {
            None | Some(PathVersion::Unstated { .. }) => (None, target.path),
            Some(PathVersion::Stated { version, rest }) => (Some(version), rest),
            Some(PathVersion::Ambiguous) => {
                return Err(Rejection::RequestAmbiguous("The path names its version in other letters (upper, lower)."));
            }
        };
        let in_header = header(versions, headers)?;
        let named = match (in_path, in_header) {
            (Some(path), Some(header)) if path != header => {
                return Err(Rejection::RequestAmbiguous("Path and header name different versions."));
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
        return Err(Rejection::RequestAmbiguous("The version header stands there twice."));
    }
    // Anything that is not text names no version that we know.
    Ok(Some(first.to_str().map_or("", str::trim)))
}
