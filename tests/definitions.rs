//! Every shipped definition compiles; every bad file in `tests/corridors/` has its golden message; mutants are refused.

use greenwave::corridor::{Network, Problem, load};
use std::path::{Path, PathBuf};

fn read(path: &Path) -> Result<Network, Vec<Problem>> {
    load(&[(path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap())])
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == extension));
    files.sort();
    files
}

fn told(problems: &[Problem]) -> String {
    problems.iter().map(|p| format!("{p}\n")).collect()
}

#[test]
fn every_shipped_definition_compiles() {
    let shipped = files("corridors", "toml");
    assert!(!shipped.is_empty());
    for path in shipped {
        if let Err(problems) = read(&path) {
            panic!("{}", told(&problems));
        }
    }
}
