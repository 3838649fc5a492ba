//! The register tables beside the shipped profiles are made of them, and say where each register lies.
//!
//! `GREENWAVE_GOLDEN=write cargo test --test profiles` writes `corridors/profiles/*.md` anew.

use greenwave::corridor::profile::{markdown, reference, shipped};
use std::path::Path;

#[test]
fn the_committed_register_tables_are_the_programs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corridors/profiles");
    let mut wrong = Vec::new();
    for profile in shipped() {
        let (path, now) = (folder.join(format!("{}.md", profile.id)), markdown(profile));
        if std::env::var_os("GREENWAVE_GOLDEN").is_some() {
            std::fs::write(&path, &now).expect("the folder can be written");
        }
        if std::fs::read_to_string(&path).unwrap_or_default() != now {
            wrong.push(format!("{} is not what `greenwave check --registers {}` prints", path.display(), profile.id));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}; write them anew");
    assert_eq!(shipped().len(), 3);
}

#[test]
fn the_reference_table_has_the_places_of_its_prose() {
    // src/field/registers.md, by hand: address and name
    let table = markdown(&reference());
    for (place, name) in [
        ("2 to 3", "identity"),
        ("4", "mode"),
        ("10 to 11", "running"),
        ("12 to 13", "running_check"),
        ("16 to 19", "activation"),
        ("20 to 21", "staged_check"),
        ("23 to 26", "clock"),
        ("30 to 33", "cycle_start"),
        ("40 + 2(k-1)", "count"),
        ("41 + 2(k-1)", "occupied"),
        ("208 | 408", "cycle"),
        ("218 to 219 | 418 to 419", "check"),
        ("221 + 6(k-1) | 421 + 6(k-1)", "green"),
        ("602 to 603", "key"),
        ("620", "counter"),
        ("630 to 633", "instant"),
    ] {
        assert!(table.contains(&format!("\n| {place} | {name} |")), "{place} {name}");
    }
    assert!(table.contains("| release | 640 to 641 | 2 | holding |  | FC16 |"));
}
