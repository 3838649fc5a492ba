//! The profiles that come with the program: `corridors/profiles`, embedded.

use super::super::compile::profiles;
use super::RegisterProfile;
use std::sync::{Arc, LazyLock};

/// Their files, by name.
const FILES: [(&str, &str); 3] = [
    ("reference.toml", include_str!("../../../corridors/profiles/reference.toml")),
    ("plc.toml", include_str!("../../../corridors/profiles/plc.toml")),
    ("plan-select.toml", include_str!("../../../corridors/profiles/plan-select.toml")),
];

static SHIPPED: LazyLock<Vec<Arc<RegisterProfile>>> = LazyLock::new(|| {
    let files: Vec<_> = FILES.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).into();
    profiles(&files).expect("the shipped profiles are checked by tests")
});

/// The profiles that any definition may name without a file: `reference`, `plc`, `plan-select`.
pub fn shipped() -> &'static [Arc<RegisterProfile>] {
    &SHIPPED
}

/// The reference profile, which `src/field/registers.md` is about.
pub fn reference() -> Arc<RegisterProfile> {
    SHIPPED[0].clone()
}
