//! What is in `deploy`, put to work as it stands there.

mod forward_auth;

use std::path::PathBuf;

/// A file or folder of `deploy`.
fn shipped(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy").join(path)
}
