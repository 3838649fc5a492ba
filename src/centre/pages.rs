//! The pages: hand-written files in `pages/`, carried in the binary.
//!
//! Knows: paths, content types, bytes. Must not know: who asks for them. There is no data in them: all they show comes through
//! the API. What each part is for stands at the top of its file; `tests/browser` drives them in a real browser.

/// A file of the pages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asset {
    /// Below `/assets/`.
    pub(super) path: &'static str,
    /// Its content type.
    pub(super) kind: &'static str,
    /// The file.
    pub(super) bytes: &'static [u8],
}

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const PICTURE: &str = "image/svg+xml";

macro_rules! asset {
    ($path:literal, $kind:ident) => {
        Asset { path: $path, kind: $kind, bytes: include_bytes!(concat!("pages/", $path)) }
    };
}

/// What a browser may load without being anybody: served under `/` .
pub(super) const INDEX: Asset = asset!("index.html", HTML);

/// What a browser may load without being anybody: served under `/assets/`, in the order of their paths.
pub(super) const PAGES: &[Asset] = &[
    asset!("api.js", SCRIPT),
    asset!("app.js", SCRIPT),
    asset!("ask.js", SCRIPT),
    asset!("base.css", STYLE),
    asset!("decision.js", SCRIPT),
    asset!("diagram/coordination.js", SCRIPT),
    asset!("diagram/cyclic.js", SCRIPT),
    asset!("diagram/element.js", SCRIPT),
    asset!("diagram/frame.js", SCRIPT),
    asset!("diagram/model.js", SCRIPT),
    asset!("diagram/paint.js", SCRIPT),
    asset!("format.js", SCRIPT),
    asset!("icon.svg", PICTURE),
    asset!("live.js", SCRIPT),
    asset!("parts.css", STYLE),
    asset!("parts.js", SCRIPT),
    asset!("route.js", SCRIPT),
    asset!("shapes.js", SCRIPT),
    asset!("state.js", SCRIPT),
    asset!("street.js", SCRIPT),
    asset!("text.js", SCRIPT),
    asset!("tree.js", SCRIPT),
    asset!("view.js", SCRIPT),
    asset!("views/accounts.js", SCRIPT),
    asset!("views/alarms.js", SCRIPT),
    asset!("views/audit.js", SCRIPT),
    asset!("views/configuration.js", SCRIPT),
    asset!("views/corridor.js", SCRIPT),
    asset!("views/escorts.js", SCRIPT),
    asset!("views/intersection.js", SCRIPT),
    asset!("views/interventions.js", SCRIPT),
    asset!("views/login.js", SCRIPT),
    asset!("views/me.js", SCRIPT),
    asset!("views/overview.js", SCRIPT),
    asset!("views/plans.js", SCRIPT),
    asset!("views/reports.js", SCRIPT),
    asset!("views/tasks.js", SCRIPT),
    asset!("words.js", SCRIPT),
];

/// The file of a path below `/assets/`.
pub(super) fn find(path: &str) -> Option<&'static Asset> {
    PAGES.binary_search_by(|asset| asset.path.cmp(path)).ok().map(|at| &PAGES[at])
}
