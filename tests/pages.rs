//! The pages as files: all of them are carried in the binary, whatever they import is there, every word they say has both
//! languages, and nothing in them is forbidden by their content policy. `tests/browser` drives them in a real browser.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Every file of the pages, by its path below their folder.
fn files() -> BTreeMap<String, String> {
    let root = Path::new(ROOT).join("src/centre/pages");
    let (mut open, mut found) = (vec![root.clone()], BTreeMap::new());
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                found.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

/// What stands between `open` and the next `close`, wherever it stands.
fn between<'t>(text: &'t str, open: &str, close: char) -> Vec<&'t str> {
    text.split(open).skip(1).filter_map(|rest| rest.split_once(close).map(|(inside, _)| inside)).collect()
}

fn scripts(files: &BTreeMap<String, String>) -> impl Iterator<Item = (&String, &String)> {
    files.iter().filter(|(name, _)| name.ends_with(".js"))
}

#[test]
fn every_file_is_carried_in_the_order_of_their_paths() {
    let table = std::fs::read_to_string(Path::new(ROOT).join("src/centre/pages.rs")).unwrap();
    let mut carried = between(&table, "asset!(\"", '"');
    let index = carried.iter().position(|path| *path == "index.html").unwrap();
    carried.remove(index);
    let files = files();
    let found: Vec<&str> = files.keys().map(String::as_str).filter(|name| *name != "index.html").collect();
    assert_eq!(carried, found, "the table is the folder, sorted: a path is found by halving");
    let kinds = [("SCRIPT", ".js"), ("STYLE", ".css"), ("PICTURE", ".svg"), ("HTML", ".html")];
    for row in between(&table, "asset!(", ')').iter().filter(|row| row.starts_with('"')) {
        assert!(kinds.iter().any(|(kind, end)| row.ends_with(kind) && row.contains(&format!("{end}\""))), "{row}");
    }
}

/// A module that is not there would be found by the first reader who opens the view, and by nobody before.
#[test]
fn every_import_is_there() {
    let files = files();
    let mut seen = 0;
    for (name, text) in scripts(&files) {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        let code = text.lines().filter(|line| line.contains("import") || line.contains("from"));
        let quoted = code.flat_map(|line| line.split('\'').skip(1).step_by(2));
        for target in quoted.filter(|path| path.starts_with('.') && path.ends_with(".js")) {
            let path = match target.strip_prefix("../") {
                Some(rest) => rest.to_owned(),
                None if folder.is_empty() => target.replacen("./", "", 1),
                None => target.replacen("./", &format!("{folder}/"), 1),
            };
            assert!(files.contains_key(&path), "{name} imports {target}");
            seen += 1;
        }
    }
    assert!(seen > 80, "only {seen} imports read");
    let html = &files["index.html"];
    for path in between(html, "/assets/", '"') {
        assert!(files.contains_key(path), "index.html names {path}");
    }
}

/// The policy (`default-src 'self'`) forbids both; and the centre has no internet.
#[test]
fn nothing_within_a_page_is_forbidden_and_nothing_comes_from_elsewhere() {
    let files = files();
    let html = &files["index.html"];
    assert!(!html.contains("style=") && !html.contains("<style") && !html.contains(" on"), "{html}");
    assert!(
        between(html, "<script", '>').iter().all(|tag| tag.starts_with(" type=\"module\" src=\"/assets/")),
        "{html}"
    );
    for (name, text) in &files {
        let text = text.replace("http://www.w3.org/2000/svg", "");
        assert!(!text.contains("http://") && !text.contains("https://") && !text.contains("eval("), "{name}");
        assert!(!text.contains("innerHTML"), "{name}: what people typed must stay text");
    }
}

#[test]
fn every_script_is_type_checked_and_small() {
    for (name, text) in scripts(&files()) {
        assert!(text.starts_with("// @ts-check\n// "), "{name}: say that types are checked, then what it is for");
        assert!(text.lines().count() <= 400, "{name} has {} lines: it wants to be two", text.lines().count());
    }
}

/// The table of words: key, Chinese, English.
fn words(files: &BTreeMap<String, String>) -> BTreeMap<String, (String, String)> {
    let mut all = BTreeMap::new();
    for part in files["words.js"].split("['").collect::<Vec<_>>().windows(2) {
        let key = part[0].trim_end().trim_end_matches(':').trim_end_matches('\'');
        let key = key.rsplit(|c: char| c == '\'' || c.is_whitespace() || c == ',').next().unwrap();
        let Some((zh, rest)) = part[1].split_once("', '") else { panic!("one language only: {}", part[1]) };
        all.insert(key.to_owned(), (zh.to_owned(), rest.split_once("']").unwrap().0.to_owned()));
    }
    all
}

#[test]
fn every_word_that_is_said_has_both_languages_and_the_same_places() {
    let files = files();
    let words = words(&files);
    assert!(words.len() > 400, "{}", words.len());
    let places = |text: &str| between(text, "{", '}').into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
    for (key, (zh, en)) in &words {
        assert!(!zh.is_empty() && !en.is_empty(), "{key}");
        assert!(en.is_ascii() || !en.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{key}: {en}");
        assert_eq!(places(zh), places(en), "{key}");
    }
    let mut said = 0;
    for (name, text) in scripts(&files).filter(|(name, _)| *name != "words.js") {
        for opening in ["(t('", " t('", "[t('", "{t('", "nothing('", "`${t('"] {
            for key in between(text, opening, '\'') {
                assert!(words.contains_key(key), "{name} says {key}, which no language has");
                said += 1;
            }
        }
    }
    assert!(said > 250, "only {said} words read");
}
