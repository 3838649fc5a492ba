//! The tutorial street where stages may come in other orders: every one of the crossroads that begins with stage 1, the lefts at the
//! T-junction before or after the side street.

use greenwave::corridor::{Network, load};

/// Its file.
pub(crate) fn text() -> String {
    let crossroads = "sequences = [[1, 2, 4, 3], [1, 3, 2, 4], [1, 3, 4, 2], [1, 4, 2, 3], [1, 4, 3, 2]]\n";
    let text = include_str!("../../corridors/three.toml");
    let text =
        text.replace("local_green_s = [32, 10, 24, 10]", &format!("{crossroads}local_green_s = [32, 10, 24, 10]"));
    text.replace("local_green_s = [36, 10, 24]", "sequences = [[1, 3, 2]]\nlocal_green_s = [36, 10, 24]")
}

/// The street.
pub(crate) fn ordered() -> Network {
    load(&[("three.toml".to_owned(), text().into_bytes())]).unwrap_or_else(|problems| panic!("{problems:?}"))
}
