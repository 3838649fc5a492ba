//! The registers of one block or record while it is read: who lies where, and whether what lies there has room.
//!
//! Knows: places and widths. Must not know: what a value means.

use super::super::problem::{Findings, Spot};
use super::super::reader::Table;
use super::super::rule::Rule;
use super::super::values;
use super::{Form, Item, Mark};

/// The words of forms.
const FORMS: &[(&str, Form)] = &[("u16", Form::U16), ("u32", Form::U32), ("u64", Form::U64)];

/// What a value has to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Anything.
    Any,
    /// Numbers up to this one.
    UpTo(u64, &'static str),
    /// A CRC-32.
    Check,
}

impl Holds {
    /// The form that a value of `form` should have instead, and why.
    fn instead(self, form: Form) -> Option<(&'static str, String)> {
        let most = form.most();
        match self {
            Holds::UpTo(up_to, what) if most < up_to => {
                let wide = if up_to <= u64::from(u32::MAX) { "u32" } else { "u64" };
                Some((wide, format!("does not hold {what}, up to {up_to}")))
            }
            Holds::Check if form != Form::U32 => Some(("u32", "is not as wide as a CRC-32".to_owned())),
            _ => None,
        }
    }
}

/// Registers 0 to `words` of a block or record, as far as known.
pub(super) struct Area {
    words: Option<u16>,
    taken: Vec<(u16, u16, String)>,
}

impl Area {
    /// Nothing in it yet; `None` where it could not be read how many registers there are.
    pub(super) fn new(words: Option<u16>) -> Self {
        Area { words, taken: Vec::new() }
    }

    /// Registers up to the end of the last value.
    pub(super) fn used(&self) -> u16 {
        self.taken.iter().map(|(_, end, _)| *end).max().unwrap_or(0)
    }

    fn take(&mut self, findings: &mut Findings, (subject, key): (&str, &str), word: u16, width: u16, spot: Spot) {
        let end = word.saturating_add(width);
        let range = |from: u16, to: u16| match to.saturating_sub(1) {
            last if last > from => format!("{from} to {last}"),
            _ => from.to_string(),
        };
        if let Some(words) = self.words.filter(|words| end > *words) {
            let message = format!("{subject}: {key} at {} lies outside registers 0 to {}", range(word, end), words - 1);
            let mend = "Mend its word, or give the block more words.";
            findings.tell(spot, Rule::ItemPlace, message, mend);
        }
        if let Some((from, to, other)) = self.taken.iter().find(|(from, to, _)| word < *to && *from < end) {
            let message = format!("{subject}: {key} at {} lies on {other} at {}", range(word, end), range(*from, *to));
            findings.tell(spot, Rule::ItemPlace, message, "Words are counted from the block's first register, from 0.");
        }
        self.taken.push((word, end, key.to_owned()));
    }

    /// A value that may be left out.
    pub(super) fn may(
        &mut self,
        findings: &mut Findings,
        table: &mut Table<'_>,
        key: &'static str,
        holds: Holds,
    ) -> Option<Item> {
        let subject = table.subject.clone();
        let inner = table.table(findings, key, format!("{subject}, {key}"))?;
        self.item(findings, inner, (&subject, key), holds)
    }

    /// A value that must be there.
    pub(super) fn need(
        &mut self,
        findings: &mut Findings,
        table: &mut Table<'_>,
        key: &'static str,
        holds: Holds,
    ) -> Option<Item> {
        let subject = table.subject.clone();
        let inner = table.need_table(findings, key, format!("{subject}, {key}"))?;
        self.item(findings, inner, (&subject, key), holds)
    }

    fn item(
        &mut self,
        findings: &mut Findings,
        mut inner: Table<'_>,
        (subject, key): (&str, &str),
        holds: Holds,
    ) -> Option<Item> {
        let spot = inner.spot;
        let word = inner.need(findings, "word", values::whole(values::REGISTER));
        let form = inner.may(findings, "form", values::word(FORMS));
        let refused = form.is_none() && inner.holds("form");
        inner.close(findings);
        if refused {
            return None;
        }
        let word = word?.value;
        let form_spot = form.as_ref().map_or(spot, |form| form.spot);
        let form = form.map_or(Form::U16, |form| form.value);
        self.take(findings, (subject, key), word, form.words(), spot);
        if let Some((wide, why)) = holds.instead(form) {
            let name = FORMS.iter().find(|(_, f)| *f == form).map_or("", |(name, _)| name);
            let message = format!("{subject}: {key} of form {name} {why}");
            findings.tell(form_spot, Rule::ItemForm, message, format!("Write form = \"{wide}\"."));
        }
        Some(Item { word, form })
    }

    /// The registers that always hold one value: `marks`; whether there must be some.
    pub(super) fn marks(&mut self, findings: &mut Findings, table: &mut Table<'_>, must: bool) -> Option<Vec<Mark>> {
        let subject = table.subject.clone();
        let of = |n| format!("{subject}, mark {n}");
        let marks = if must { table.need_tables(findings, "marks", of) } else { table.tables(findings, "marks", of) };
        let mut read = Vec::with_capacity(marks.len());
        for (index, mut mark) in marks.into_iter().enumerate() {
            let word = mark.need(findings, "word", values::whole(values::REGISTER));
            let is = mark.need(findings, "is", values::whole(values::REGISTER));
            let spot = mark.spot;
            mark.close(findings);
            if let Some(word) = &word {
                self.take(findings, (&subject, &format!("mark {}", index + 1)), word.value, 1, spot);
            }
            read.push(word.zip(is).map(|(word, is)| Mark { word: word.value, is: is.value }));
        }
        read.into_iter().collect()
    }
}
