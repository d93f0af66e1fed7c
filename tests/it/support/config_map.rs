//! A folder as the kubelet mounts a ConfigMap: `claviger.yaml` and `credentials.yaml` are links into
//! `..data`, which is itself a link to a folder named after the time.

use std::os::unix::fs::symlink;
use std::path::Path;

const FILES: [&str; 2] = ["claviger.yaml", "credentials.yaml"];

/// Writes both files anew and swaps them in at once; also makes the links when there are none yet.
pub fn write(folder: &Path, settings: &str, credentials: &str) {
    let before = std::fs::read_link(folder.join("..data")).ok();
    let fresh = tempfile::Builder::new().prefix("..2026_01_01_00_00_00.").tempdir_in(folder).unwrap().keep();
    for (file, text) in FILES.iter().zip([settings, credentials]) {
        std::fs::write(fresh.join(file), text).unwrap();
    }
    symlink(fresh.file_name().unwrap(), folder.join("..data_tmp")).unwrap();
    std::fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
    for file in FILES.iter().filter(|file| !folder.join(file).is_symlink()) {
        symlink(Path::new("..data").join(file), folder.join(file)).unwrap();
    }
    // The kubelet removes the old folder once the new one is in place.
    if let Some(before) = before {
        std::fs::remove_dir_all(folder.join(before)).unwrap();
    }
}
