//! Files that are there whole or not at all.

use super::settings::StoreError;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}

fn only_ours(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Writes a file anew under another name, flushes it, and renames it over the old one.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let new = beside(path, ".new");
    let write = || -> std::io::Result<()> {
        let mut file = only_ours(OpenOptions::new().write(true).create(true).truncate(true)).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&new, path)
    };
    write().map_err(StoreError::file(path))
}

/// Flushes the folder of a file, so that a renaming outlives a power cut.
pub(super) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|f| f.sync_all()).map_err(StoreError::file(folder))
}

/// Writes a file that only its owner may read (mode 0600), whole or not at all. For setup tokens and the like.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    replace(path, bytes)?;
    sync_folder(path)
}

/// The file with its journal beside it, as SQLite names them.
pub(super) fn with_journals(path: &Path) -> [PathBuf; 3] {
    [path.to_owned(), beside(path, "-wal"), beside(path, "-shm")]
}

/// Renames a database and its journals to a name that says when it was set aside; tells the new name. Nothing is overwritten.
pub(super) fn set_aside(path: &Path, unix_seconds: i64) -> Result<PathBuf, StoreError> {
    let free = |n: u32| {
        let name =
            beside(path, &format!(".damaged-{unix_seconds}{}", if n == 0 { String::new() } else { format!("-{n}") }));
        (!name.exists()).then_some(name)
    };
    let new = (0..10_000).find_map(free).unwrap_or_else(|| beside(path, ".damaged"));
    for (old, new) in with_journals(path).iter().zip(with_journals(&new)) {
        if old.exists() {
            std::fs::rename(old, &new).map_err(StoreError::file(old))?;
        }
    }
    sync_folder(path)?;
    Ok(new)
}

/// Names of databases set aside in a folder.
pub(super) fn set_aside_before(path: &Path) -> Vec<String> {
    let Some((folder, name)) = path.parent().zip(path.file_name().and_then(|n| n.to_str())) else { return Vec::new() };
    let start = format!("{name}.damaged");
    let names = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<String> = names
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|n| n.starts_with(&start) && !n.ends_with("-wal") && !n.ends_with("-shm"))
        .collect();
    found.sort();
    found
}
