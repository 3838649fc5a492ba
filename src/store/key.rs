//! The key file, and random bytes from the machine.

use super::chain::{Hash, Key};
use super::file::write_private;
use super::settings::StoreError;
use std::path::Path;

/// Bytes nobody can guess, from the operating system.
pub fn random<const N: usize>() -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(bytes)
}

/// Reads the key.
pub(super) fn read(path: &Path) -> Result<Key, StoreError> {
    let text = std::fs::read_to_string(path).map_err(StoreError::file(path))?;
    let bad = || std::io::Error::new(std::io::ErrorKind::InvalidData, "is no key: 64 hexadecimal digits");
    Ok(Key(Hash::parse(text.trim()).ok_or_else(bad).map_err(StoreError::file(path))?.0))
}

/// Reads the key, or makes one where there is none.
pub(super) fn read_or_make(path: &Path) -> Result<Key, StoreError> {
    match read(path) {
        Err(StoreError::File { error, .. }) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = Key(random().map_err(StoreError::file(path))?);
            write_private(path, format!("{}\n", Hash(key.0)).as_bytes())?;
            Ok(key)
        }
        other => other,
    }
}
