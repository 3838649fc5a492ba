//! What is wrong with a definition: place, rule, message and mend; and how it is shown.
//!
//! Knows: positions in a text and how to draw them.
//! Must not know: what the rules mean. Every problem of every file is collected before anything is refused.

use super::rule::Rule;
use serde::Serialize;
use std::fmt;

/// One thing wrong with a definition file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file, as it was named to `load`.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// How many characters of the line are meant; at least 1.
    pub width: usize,
    /// The rule that is broken.
    pub rule: Rule,
    /// What is wrong, with its place in the network's words, ending without a full stop.
    pub message: String,
    /// What to do about it: a whole sentence.
    pub mend: String,
    /// The text of the line.
    pub source: String,
}

impl fmt::Display for Problem {
    /// One line: `file:line:column message. Mend.`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{} {}. {}", self.file, self.line, self.column, self.message, self.mend)
    }
}

impl Problem {
    /// Several lines, as a compiler shows them: the rule and the message, the place, the source line with the piece that is
    /// meant underlined, the mend.
    pub fn render(&self) -> String {
        let gutter = self.line.to_string().len();
        let pad = " ".repeat(gutter);
        let before: usize = self.source.chars().take(self.column - 1).map(columns).sum();
        let meant: usize = self.source.chars().skip(self.column - 1).take(self.width).map(columns).sum();
        let source: String = self.source.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        format!(
            "problem[{}]: {}\n{pad}--> {}:{}:{}\n{pad} |\n{} | {}\n{pad} | {}{}\n{pad} = {}\n",
            self.rule,
            self.message,
            self.file,
            self.line,
            self.column,
            self.line,
            source.trim_end(),
            " ".repeat(before),
            "^".repeat(meant.max(1)),
            self.mend
        )
    }
}

/// How many terminal columns a character takes: two for the ideographs and full-width forms, one for the rest.
fn columns(c: char) -> usize {
    match u32::from(c) {
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f | 0xff00..=0xff60 => 2,
        0xffe0..=0xffe6 | 0x1f300..=0x1f9ff | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// A piece of a file: bytes `start..end` of file number `file`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    pub(super) file: usize,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) spot: Spot,
}

/// A definition file's name and text.
pub(super) struct Source {
    pub(super) name: String,
    pub(super) text: String,
}

/// The problems found so far, and the texts they point into.
pub(super) struct Findings {
    sources: Vec<Source>,
    problems: Vec<(Spot, Problem)>,
}

impl Findings {
    /// Nothing found yet in these files.
    pub(super) fn new(sources: Vec<Source>) -> Self {
        Findings { sources, problems: Vec::new() }
    }

    /// Notes a problem.
    pub(super) fn tell(&mut self, spot: Spot, rule: Rule, message: impl Into<String>, mend: impl Into<String>) {
        let nameless = Source { name: "(no file)".to_owned(), text: String::new() };
        let source = self.sources.get(spot.file).unwrap_or(&nameless);
        let (line, column, text) = place(&source.text, spot.start);
        let room = text.chars().count().saturating_sub(column - 1);
        let meant = source
            .text
            .get(spot.start..spot.end)
            .map_or(0, |piece| piece.lines().next().map_or(0, |l| l.chars().count()));
        let problem = Problem {
            file: source.name.clone(),
            line,
            column,
            width: meant.min(room).max(1),
            rule,
            message: message.into(),
            mend: mend.into(),
            source: text.to_owned(),
        };
        self.problems.push((spot, problem));
    }

    /// `file:line` of a spot, for a message that points at a second place.
    pub(super) fn locate(&self, spot: Spot) -> String {
        self.sources.get(spot.file).map_or_else(String::new, |s| format!("{}:{}", s.name, place(&s.text, spot.start).0))
    }

    /// Whether nothing was found.
    pub(super) fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }

    /// How many were found so far: equal before and after a step, the step found nothing.
    pub(super) fn count(&self) -> usize {
        self.problems.len()
    }

    /// All problems, by file and place; what is said twice of one place is said once.
    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort_by(|(a, p), (b, q)| (a, p.rule, &p.message).cmp(&(b, q.rule, &q.message)));
        self.problems.dedup_by(|a, b| a == b);
        self.problems.into_iter().map(|(_, problem)| problem).collect()
    }
}

/// Line, column (both from 1, the column in characters) and text of the line of a byte offset. An offset past the end
/// means the end; one inside a character means its start.
fn place(text: &str, offset: usize) -> (usize, usize, &str) {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = text[start..].split('\n').next().unwrap_or_default().trim_end_matches('\r');
    (before.matches('\n').count() + 1, before[start..].chars().count() + 1, line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_lines_and_characters() {
        let text = "a = 1\nb = \"东昌路\" # x\n";
        assert_eq!(place(text, 0), (1, 1, "a = 1"));
        assert_eq!(place(text, text.find('#').unwrap()), (2, 11, "b = \"东昌路\" # x"));
        assert_eq!(place(text, 9999), (3, 1, ""));
        assert_eq!(place("", 0), (1, 1, ""));
    }

    #[test]
    fn the_underline_stands_under_wide_characters() {
        let text = "zh = \"东昌路\", en = 3\n".to_owned();
        let start = text.find('3').unwrap();
        let mut findings = Findings::new(vec![Source { name: "a.toml".into(), text }]);
        findings.tell(
            Spot { file: 0, start, end: start + 1 },
            Rule::Type,
            "name: en is an integer, not a text",
            "Quote it.",
        );
        let problem = findings.into_problems().remove(0);
        assert_eq!(problem.to_string(), "a.toml:1:18 name: en is an integer, not a text. Quote it.");
        let shown = problem.render();
        let lines: Vec<&str> = shown.lines().collect();
        let drawn = |line: &str, c: char| line.chars().take_while(|&x| x != c).map(columns).sum::<usize>();
        assert_eq!(drawn(lines[3], '3'), drawn(lines[4], '^'));
    }
}
