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

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn files(below: &Path, prefix: &str, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(below).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
            if path.is_dir() { files(&path, &format!("{name}/"), found) } else { found.push(name) }
        }
    }

    #[test]
    fn every_file_is_carried_and_every_path_is_found() {
        let mut found = Vec::new();
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/centre/pages"), "", &mut found);
        found.retain(|name| name != INDEX.path);
        found.sort();
        let carried: Vec<&str> = PAGES.iter().map(|asset| asset.path).collect();
        assert_eq!(carried, found, "the table is the folder, sorted");
        assert!(PAGES.iter().all(|asset| find(asset.path).is_some_and(|f| f.path == asset.path)));
        assert!(find("views/none.js").is_none() && find("").is_none());
    }

    /// The content policy forbids both; nothing may come from elsewhere.
    #[test]
    fn no_script_or_style_within_a_page_and_no_other_address() {
        let html = std::str::from_utf8(INDEX.bytes).unwrap();
        assert!(!html.contains("style=") && !html.contains("<style") && !html.contains(" on"), "{html}");
        for tag in html.split("<script").skip(1) {
            assert!(tag.starts_with(" type=\"module\" src=\"/assets/"), "{tag}");
        }
        for asset in PAGES.iter().chain([&INDEX]) {
            let text = std::str::from_utf8(asset.bytes).unwrap().replace("http://www.w3.org/2000/svg", "");
            assert!(!text.contains("http://") && !text.contains("https://"), "{}", asset.path);
        }
    }

    /// A module that is not there would be found by the first reader who opens the view, and by nobody before.
    #[test]
    fn every_import_is_carried() {
        let mut seen = 0;
        for asset in PAGES.iter().filter(|asset| asset.path.ends_with(".js")) {
            let folder = asset.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let text = std::str::from_utf8(asset.bytes).unwrap();
            for line in text.lines().filter(|line| !line.trim_start().starts_with('*')) {
                let Some(at) = line
                    .find("'./")
                    .or_else(|| line.find("'../"))
                    .filter(|_| line.contains("import") || line.contains("from"))
                else {
                    continue;
                };
                let target = line[at + 1..].split('\'').next().unwrap();
                let path = match target.strip_prefix("../") {
                    Some(rest) => rest.to_owned(),
                    None if folder.is_empty() => target.replacen("./", "", 1),
                    None => target.replacen("./", &format!("{folder}/"), 1),
                };
                assert!(find(&path).is_some(), "{} names {target}", asset.path);
                seen += 1;
            }
        }
        assert!(seen > 50, "only {seen} imports read");
    }
}
