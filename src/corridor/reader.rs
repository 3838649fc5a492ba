//! A reader over the spanned TOML tree that goes on after a mistake.
//!
//! Knows: tables, keys, lists, and where each stands. Serde stops at the first error; this reader tells every one and
//! hands back `None` in the place of what could not be read.
//! Must not know: what the keys mean.

use super::probe::Shape;
use super::problem::{At, Findings, Spot};
use super::record::Recorder;
use super::rule::Rule;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Why a value is not what its key asks for; the reader adds the place and the key.
pub(super) struct Fault {
    pub(super) rule: Rule,
    /// Goes on after the key: `is a string, not a number`.
    pub(super) message: String,
    pub(super) mend: String,
    /// What would have passed, where that is known.
    pub(super) shape: Option<Shape>,
}

impl Fault {
    /// A fault of these words.
    pub(super) fn new(rule: Rule, message: impl Into<String>, mend: impl Into<String>) -> Self {
        Fault { rule, message: message.into(), mend: mend.into(), shape: None }
    }

    /// The same fault, saying what would have passed.
    pub(super) fn shaped(self, shape: Shape) -> Self {
        Fault { shape: Some(shape), ..self }
    }

    /// The value is of another type.
    pub(super) fn of_type(found: &DeValue<'_>, wanted: &str) -> Self {
        Fault::new(Rule::Type, format!("is {}, not {wanted}", article(found)), format!("Write {wanted}."))
    }
}

/// The value's type with its article.
fn article(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// One table of a file and what has been asked of it.
pub(super) struct Table<'t> {
    /// Where the table begins: its header or key.
    pub(super) spot: Spot,
    /// What it describes, in the network's words; begins every message.
    pub(super) subject: String,
    entries: &'t DeTable<'t>,
    asked: Vec<&'static str>,
    missing: Vec<&'static str>,
    /// Notes down what is asked for instead of reading it.
    recorder: Option<Recorder<'t>>,
}

impl<'t> Table<'t> {
    /// A reader of `entries`, which begin at `spot` and describe `subject`.
    pub(super) fn new(entries: &'t DeTable<'t>, spot: Spot, subject: impl Into<String>) -> Self {
        Table { spot, subject: subject.into(), entries, asked: Vec::new(), missing: Vec::new(), recorder: None }
    }

    /// A reader of a table that is not there, which notes down what is asked for.
    pub(super) fn recording(nothing: &'t DeTable<'t>, spot: Spot, recorder: Recorder<'t>) -> Self {
        Table { recorder: Some(recorder), ..Table::new(nothing, spot, "a table") }
    }

    fn spot_of<T>(&self, spanned: &Spanned<T>) -> Spot {
        Spot { file: self.spot.file, start: spanned.span().start, end: spanned.span().end }
    }

    /// The value of a key, and that the key is known.
    fn ask(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        self.entries.get(key)
    }

    /// Whether a key that is asked for elsewhere is there.
    pub(super) fn holds(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Where a key's value stands; of one that is not there, the table.
    pub(super) fn place(&self, key: &str) -> Spot {
        self.entries.get(key).map_or(self.spot, |value| self.spot_of(value))
    }

    /// Whether a key is there that must not be, told by the caller in better words than that it is unknown.
    pub(super) fn refuses(&mut self, key: &'static str) -> bool {
        self.recorder.is_none() && self.ask(key).is_some()
    }

    /// Whether the key is there; asking makes it known.
    pub(super) fn has(&mut self, key: &'static str) -> bool {
        match &self.recorder {
            Some(recorder) => recorder.has(key),
            None => self.ask(key).is_some(),
        }
    }

    /// A text that is there, for messages, before it is read.
    pub(super) fn peek(&self, key: &str) -> Option<&'t str> {
        self.entries.get(key)?.get_ref().as_str().filter(|text| !text.trim().is_empty())
    }

    fn say(&self, findings: &mut Findings, spot: Spot, key: &str, fault: Fault) {
        findings.tell(spot, fault.rule, format!("{}: {key} {}", self.subject, fault.message), fault.mend);
    }

    /// A key that may be left out.
    pub(super) fn may<T>(
        &mut self,
        findings: &mut Findings,
        key: &'static str,
        parse: impl Fn(&'t DeValue<'t>) -> Result<T, Fault>,
    ) -> Option<At<T>> {
        if let Some(recorder) = &self.recorder {
            recorder.settle(findings.count());
            return recorder.value(key, false, &parse).map(|value| At { value, spot: self.spot });
        }
        let value = self.ask(key)?;
        let spot = self.spot_of(value);
        match parse(value.get_ref()) {
            Ok(value) => Some(At { value, spot }),
            Err(fault) => {
                self.say(findings, spot, key, fault);
                None
            }
        }
    }

    /// A key that must be there.
    pub(super) fn need<T>(
        &mut self,
        findings: &mut Findings,
        key: &'static str,
        parse: impl Fn(&'t DeValue<'t>) -> Result<T, Fault>,
    ) -> Option<At<T>> {
        if let Some(recorder) = &self.recorder {
            recorder.settle(findings.count());
            return recorder.value(key, true, &parse).map(|value| At { value, spot: self.spot });
        }
        if self.ask(key).is_none() {
            self.missing.push(key);
        }
        self.may(findings, key, parse)
    }

    /// A list that may be left out; wrong entries are all told and then stand as `None`.
    pub(super) fn may_list<T>(
        &mut self,
        findings: &mut Findings,
        key: &'static str,
        parse: impl Fn(&'t DeValue<'t>) -> Result<T, Fault>,
    ) -> Option<At<Vec<Option<At<T>>>>> {
        if let Some(recorder) = &self.recorder {
            recorder.settle(findings.count());
            recorder.list(key, false, &parse);
            return None;
        }
        let value = self.ask(key)?;
        let spot = self.spot_of(value);
        let Some(items) = value.get_ref().as_array() else {
            self.say(findings, spot, key, Fault::of_type(value.get_ref(), "a list"));
            return None;
        };
        let mut list = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let spot = self.spot_of(item);
            list.push(match parse(item.get_ref()) {
                Ok(value) => Some(At { value, spot }),
                Err(fault) => {
                    self.say(findings, spot, &format!("{key}, entry {},", index + 1), fault);
                    None
                }
            });
        }
        Some(At { value: list, spot })
    }

    /// A list that must be there and not be empty.
    pub(super) fn need_list<T>(
        &mut self,
        findings: &mut Findings,
        key: &'static str,
        parse: impl Fn(&'t DeValue<'t>) -> Result<T, Fault>,
    ) -> Option<At<Vec<Option<At<T>>>>> {
        if let Some(recorder) = &self.recorder {
            recorder.settle(findings.count());
            recorder.list(key, true, &parse);
            return None;
        }
        if self.ask(key).is_none() {
            self.missing.push(key);
        }
        let list = self.may_list(findings, key, parse)?;
        if list.value.is_empty() {
            self.say(findings, list.spot, key, Fault::new(Rule::Empty, "is empty", "Give at least one entry."));
            return None;
        }
        Some(list)
    }

    /// A table under a key, for the caller to read and close; `subject` is what it describes.
    pub(super) fn table(
        &mut self,
        findings: &mut Findings,
        key: &'static str,
        subject: impl Into<String>,
    ) -> Option<Table<'t>> {
        if let Some(recorder) = &self.recorder {
            recorder.settle(findings.count());
            return recorder.table(key, false).map(|child| Table::recording(self.entries, self.spot, child));
        }
        let value = self.ask(key)?;
        let spot = self.spot_of(value);
        match value.get_ref().as_table() {
            Some(entries) => Some(Table::new(entries, spot, subject)),
            None => {
                self.say(findings, spot, key, Fault::of_type(value.get_ref(), "a table"));
                None
            }
        }
    }

    /// A table that must be there.
    pub(super) fn need_table(
        &mut self,
        findings: &mut Findings,
        key: &'static str,
        subject: impl Into<String>,
    ) -> Option<Table<'t>> {
        if let Some(recorder) = &self.recorder {
            recorder.settle(findings.count());
            return recorder.need_table(key, false).map(|child| Table::recording(self.entries, self.spot, child));
        }
        if self.ask(key).is_none() {
            self.missing.push(key);
        }
        self.table(findings, key, subject)
    }

    /// The tables of a list of tables (`[[key]]`), each with the subject `subject` makes of its number from 1.
    pub(super) fn tables(
        &mut self,
        findings: &mut Findings,
        key: &'static str,
        subject: impl Fn(usize) -> String,
    ) -> Vec<Table<'t>> {
        if let Some(recorder) = &self.recorder {
            recorder.settle(findings.count());
            let child = recorder.table(key, true).map(|child| Table::recording(self.entries, self.spot, child));
            return child.into_iter().collect();
        }
        let Some(value) = self.ask(key) else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            let wanted = format!("a list of tables ([[{key}]])");
            self.say(findings, self.spot_of(value), key, Fault::of_type(value.get_ref(), &wanted));
            return Vec::new();
        };
        let mut tables = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            match item.get_ref().as_table() {
                Some(entries) => tables.push(Table::new(entries, self.spot_of(item), subject(index + 1))),
                None => {
                    let key = format!("{key}, entry {},", index + 1);
                    self.say(findings, self.spot_of(item), &key, Fault::of_type(item.get_ref(), "a table"));
                }
            }
        }
        tables
    }

    /// The tables of a list that must be there and not be empty.
    pub(super) fn need_tables(
        &mut self,
        findings: &mut Findings,
        key: &'static str,
        subject: impl Fn(usize) -> String,
    ) -> Vec<Table<'t>> {
        if let Some(recorder) = &self.recorder {
            recorder.settle(findings.count());
            let child = recorder.need_table(key, true);
            return child.map(|child| Table::recording(self.entries, self.spot, child)).into_iter().collect();
        }
        match self.ask(key) {
            None => self.missing.push(key),
            Some(value) if value.get_ref().as_array().is_some_and(|list| list.is_empty()) => {
                let fault = Fault::new(Rule::Empty, "is empty", "Give at least one entry.");
                self.say(findings, self.spot_of(value), key, fault);
            }
            Some(_) => {}
        }
        self.tables(findings, key, subject)
    }

    /// Every key with its value, in file order, for a table whose keys are names (`[layout.minor]`, conflicts).
    pub(super) fn names(self) -> Vec<(At<String>, Named<'t>)> {
        if let Some(recorder) = self.recorder {
            let name = At { value: "name".to_owned(), spot: self.spot };
            let subject = self.subject;
            return vec![(
                name,
                Named { entries: self.entries, value: None, spot: self.spot, subject, recorder: Some(recorder) },
            )];
        }
        let mut names: Vec<_> = self
            .entries
            .iter()
            .map(|(key, value)| {
                let name = At { value: key.get_ref().to_string(), spot: self.spot_of(key) };
                let (spot, subject) = (self.spot_of(value), self.subject.clone());
                (name, Named { entries: self.entries, value: Some(value), spot, subject, recorder: None })
            })
            .collect();
        names.sort_by_key(|(name, _)| name.spot);
        names
    }

    /// Ends the reading: tells the required keys that are not there and the keys nobody asked for. One of these that looks
    /// like one of those is told once, as the slip of the pen it is.
    pub(super) fn close(self, findings: &mut Findings) {
        if let Some(recorder) = &self.recorder {
            recorder.settle(findings.count());
            recorder.close();
            return;
        }
        let mut missing = self.missing.clone();
        for (key, _) in self.entries {
            let found = key.get_ref().as_ref();
            if self.asked.contains(&found) {
                continue;
            }
            let near = self.asked.iter().map(|known| (distance(found, known), *known)).min();
            let mend = match near {
                Some((edits, known)) if edits <= 2 + found.len() / 5 => {
                    missing.retain(|key| *key != known);
                    format!("Did you mean {known}?")
                }
                _ => {
                    let mut known = self.asked.clone();
                    known.sort_unstable();
                    format!("Remove it; the keys here are {}.", known.join(", "))
                }
            };
            let message = format!("{}: {} is not a key of the language", self.subject, found.escape_debug());
            findings.tell(self.spot_of(key), Rule::KeyUnknown, message, mend);
        }
        for key in missing {
            let message = format!("{}: {key} is missing", self.subject);
            findings.tell(self.spot, Rule::KeyMissing, message, format!("Add {key}."));
        }
    }
}

/// One value of a table whose keys are names.
pub(super) struct Named<'t> {
    entries: &'t DeTable<'t>,
    /// `None` where nothing is read.
    value: Option<&'t Spanned<DeValue<'t>>>,
    spot: Spot,
    subject: String,
    recorder: Option<Recorder<'t>>,
}

impl<'t> Named<'t> {
    /// The value as a table that describes `subject` and begins at its name.
    pub(super) fn table(&self, findings: &mut Findings, name: &At<String>, subject: String) -> Option<Table<'t>> {
        if let Some(recorder) = &self.recorder {
            recorder.settle(findings.count());
            return Some(Table::recording(self.entries, self.spot, recorder.named_table()));
        }
        let value = self.value?.get_ref();
        match value.as_table() {
            Some(entries) => Some(Table::new(entries, name.spot, subject)),
            None => {
                let fault = Fault::of_type(value, "a table");
                Table::new(self.entries, self.spot, subject).say(findings, self.spot, "it", fault);
                None
            }
        }
    }

    /// The value by a parser.
    pub(super) fn parse<T>(
        &self,
        findings: &mut Findings,
        name: &At<String>,
        parse: impl Fn(&'t DeValue<'t>) -> Result<T, Fault>,
    ) -> Option<At<T>> {
        if let Some(recorder) = &self.recorder {
            recorder.settle(findings.count());
            recorder.named(false, &parse);
        }
        match parse(self.value?.get_ref()) {
            Ok(value) => Some(At { value, spot: self.spot }),
            Err(fault) => {
                let subject = self.subject.clone();
                Table::new(self.entries, self.spot, subject).say(findings, self.spot, &name.value, fault);
                None
            }
        }
    }

    /// The value as a list; wrong entries are told and left out.
    pub(super) fn list<T>(
        &self,
        findings: &mut Findings,
        name: &At<String>,
        parse: impl Fn(&'t DeValue<'t>) -> Result<T, Fault>,
    ) -> Vec<At<T>> {
        if let Some(recorder) = &self.recorder {
            recorder.settle(findings.count());
            recorder.named(true, &parse);
        }
        let table = Table::new(self.entries, self.spot, self.subject.clone());
        let Some(value) = self.value.map(Spanned::get_ref) else { return Vec::new() };
        let Some(items) = value.as_array() else {
            table.say(findings, self.spot, &name.value, Fault::of_type(value, "a list"));
            return Vec::new();
        };
        let mut list = Vec::with_capacity(items.len());
        for item in items.iter() {
            let spot = table.spot_of(item);
            match parse(item.get_ref()) {
                Ok(value) => list.push(At { value, spot }),
                Err(fault) => table.say(findings, spot, &name.value, fault),
            }
        }
        list
    }
}

/// The least number of characters to insert, delete, replace or swap with their neighbour that makes `a` into `b`.
/// Keys longer than 40 characters are no slip of the pen.
pub(super) fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().max(b.len()) > 40 {
        return usize::MAX;
    }
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replace = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn slips_of_the_pen_are_near() {
        assert_eq!(distance("min_green_s", "min_green_s"), 0);
        assert_eq!(distance("min_gren_s", "min_green_s"), 1);
        assert_eq!(distance("lnaes", "lanes"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance(&"x".repeat(1_000_000), "abc"), usize::MAX);
    }
}
