//! Source files as the house rules see them: code without its comments, and without what its literals say.

use std::path::Path;

/// A source file.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// From the repository's root, with slashes.
    pub(crate) path: String,
    /// As it stands.
    pub(crate) text: String,
    /// The same lines; comments and the insides of literals are blanks.
    code: String,
}

/// Every Rust file under a folder of the repository, in the order of their paths.
pub(crate) fn sources(folder: &str) -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut open = vec![root.join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            if path.is_dir() {
                open.push(path);
            } else if name.ends_with(".rs") {
                files.push(File::new(&name, &std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!files.is_empty(), "nothing to check in {folder}");
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

impl File {
    pub(crate) fn new(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned(), code: code(text) }
    }

    /// The room: the folder below `src`, or the file's own name where it stands there by itself.
    pub(crate) fn room(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
    }

    pub(crate) fn lines(&self) -> usize {
        self.text.lines().count()
    }

    /// Whether nothing in it is part of the program.
    pub(crate) fn is_test(&self) -> bool {
        self.path.ends_with("_tests.rs") || self.path.ends_with("/testing.rs")
    }

    /// Lines of the code that hold a text; at a word's beginning, where it begins with a word.
    pub(crate) fn find(&self, what: &str) -> Vec<usize> {
        let word = what.starts_with(is_word);
        self.places(what).into_iter().filter(|&at| !word || !self.word_before(at)).map(|at| self.line(at)).collect()
    }

    /// Lines of the code that name a path or something below it.
    pub(crate) fn find_path(&self, path: &str) -> Vec<usize> {
        let ends = |at: usize| !self.code[at + path.len()..].starts_with(is_word);
        let part =
            |at: usize| self.word_before(at) || self.code[..at].ends_with("::") || self.code[..at].ends_with('.');
        let named = |at: usize| {
            // a variable or a field of that name is no path: a path goes on, or stands in a `use`
            let after = &self.code[at + path.len()..];
            let statement = self.code[..at].rsplit([';', '{', '}']).next().unwrap_or_default();
            after.starts_with("::") || statement.trim_start().starts_with("use ") || path.contains("::")
        };
        let places = self.places(path).into_iter();
        places.filter(|&at| ends(at) && !part(at) && named(at)).map(|at| self.line(at)).collect()
    }

    /// Every name that comes after `crate::` or `super::`, with its line.
    pub(crate) fn paths_after(&self, start: &str) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for at in self.places(start).into_iter().filter(|&at| !self.word_before(at)) {
            let Some(after) = self.code[at + start.len()..].trim_start().strip_prefix("::") else { continue };
            let after = after.trim_start();
            let names = match after.strip_prefix('{') {
                Some(group) => first_names(group),
                None => vec![first_word(after)],
            };
            found.extend(names.into_iter().map(|name| (self.line(at), name)));
        }
        found
    }

    /// What every remainder outside the file's own tests divides by.
    pub(crate) fn divisors(&self) -> Vec<(usize, String)> {
        let end = self.code.find("#[cfg(test)]\nmod tests {").unwrap_or(self.code.len());
        let places = self.places("%").into_iter().filter(|&at| at < end);
        places
            .map(|at| {
                let right = self.code[at + 1..].trim_start_matches('=').trim_start();
                let mut depth = 0_i32;
                let stops = |c: char| {
                    depth += i32::from(c == '(') - i32::from(c == ')');
                    depth < 0 || depth == 0 && !(is_word(c) || c == '.' || c == ')')
                };
                let length = right.find(stops).unwrap_or(right.len());
                (self.line(at), right[..length].to_owned())
            })
            .collect()
    }

    /// Every lint expectation with all it says.
    pub(crate) fn expectations(&self) -> Vec<(usize, String)> {
        let mut all = Vec::new();
        for start in ["#[expect(", "#![expect("] {
            all.extend(self.places(start).into_iter().map(|at| {
                let end = self.code[at..].find(")]").map_or(self.code.len(), |length| at + length);
                (self.line(at), self.code[at..end].to_owned())
            }));
        }
        all
    }

    fn places(&self, what: &str) -> Vec<usize> {
        self.code.match_indices(what).map(|(at, _)| at).collect()
    }

    fn word_before(&self, at: usize) -> bool {
        self.code[..at].ends_with(is_word)
    }

    fn line(&self, at: usize) -> usize {
        self.code[..at].matches('\n').count() + 1
    }
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|&c| is_word(c)).collect()
}

/// First words of the members of a `{...}` group whose brace is open already.
fn first_names(group: &str) -> Vec<String> {
    let (mut depth, mut names, mut member) = (0, Vec::new(), String::new());
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(std::mem::take(&mut member)),
            _ => {}
        }
        if c != ',' || depth > 0 {
            member.push(c);
        }
    }
    names.push(member);
    names.iter().map(|m| first_word(m.trim())).filter(|name| !name.is_empty()).collect()
}

/// Blanks for comments and for the insides of literals; line ends stay.
fn code(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let mut i = 0;
    while i < chars.len() {
        let length = literal(&chars, i);
        if length == 0 {
            out.push(chars[i]);
            i += 1;
            continue;
        }
        let blank = |c: &char| if *c == '\n' { '\n' } else { ' ' };
        out.extend(chars[i..(i + length).min(chars.len())].iter().map(blank));
        i += length;
    }
    out
}

/// Length of the comment or literal that begins here; 0 where none does.
fn literal(chars: &[char], i: usize) -> usize {
    let at = |k: usize| chars.get(i + k).copied().unwrap_or('\0');
    let until = |from: usize, end: &str| {
        let end: Vec<char> = end.chars().collect();
        let tail = &chars[(i + from).min(chars.len())..];
        tail.windows(end.len()).position(|w| w == end).map_or(chars.len() - i, |p| from + p + end.len())
    };
    let begins_word = i == 0 || !is_word(chars[i - 1]);
    match (at(0), at(1)) {
        ('/', '/') => chars[i..].iter().position(|c| *c == '\n').unwrap_or(chars.len() - i),
        ('/', '*') => until(2, "*/"),
        ('"', _) => quoted(chars, i),
        ('r', '"') if begins_word => until(2, "\""),
        ('r', '#') if begins_word => {
            let hashes = chars[i + 1..].iter().take_while(|c| **c == '#').count();
            if at(1 + hashes) != '"' {
                return 0; // r#ident
            }
            until(2 + hashes, &format!("\"{}", "#".repeat(hashes)))
        }
        ('\'', '\\') => until(3, "'"),
        // a lifetime has no closing quote behind its first letter
        ('\'', _) if at(2) == '\'' => 3,
        _ => 0,
    }
}

fn quoted(chars: &[char], i: usize) -> usize {
    let mut k = i + 1;
    while k < chars.len() && chars[k] != '"' {
        k += if chars[k] == '\\' { 2 } else { 1 };
    }
    k + 1 - i
}
