//! Values to registers and back, by the profile's word order; the content check.

use crate::corridor::profile::{Item, Mark, WordOrder};

/// The value of an item in its block. `None` when the block is too short for it.
pub(super) fn get(block: &[u16], item: Item, order: WordOrder) -> Option<u64> {
    let words = registers(block, item)?;
    let join = |value: u64, &word: &u16| value << 16 | u64::from(word);
    Some(match order {
        WordOrder::HighFirst => words.iter().fold(0, join),
        WordOrder::LowFirst => words.iter().rev().fold(0, join),
    })
}

/// The item's registers as they stand in the block.
pub(super) fn registers(block: &[u16], item: Item) -> Option<&[u16]> {
    let from = usize::from(item.word);
    block.get(from..from + usize::from(item.form.words()))
}

/// Writes a value into its block. `None` when it does not fit its form, or the block is too short.
pub(super) fn put(block: &mut [u16], item: Item, order: WordOrder, value: u64) -> Option<()> {
    let count = item.form.words();
    if count < 4 && value >> (16 * u32::from(count)) != 0 {
        return None;
    }
    let from = usize::from(item.word);
    let words = block.get_mut(from..from + usize::from(count))?;
    for (place, word) in (0_u32..).zip(words) {
        let shift = match order {
            WordOrder::HighFirst => u32::from(count) - 1 - place,
            WordOrder::LowFirst => place,
        };
        *word = (value >> (16 * shift) & 0xFFFF) as u16;
    }
    Some(())
}

/// Whether every mark stands where it must.
pub(super) fn marked(block: &[u16], marks: &[Mark]) -> bool {
    marks.iter().all(|mark| block.get(usize::from(mark.word)) == Some(&mark.is))
}

/// Writes the marks.
pub(super) fn mark(block: &mut [u16], marks: &[Mark]) -> Option<()> {
    for mark in marks {
        *block.get_mut(usize::from(mark.word))? = mark.is;
    }
    Some(())
}

/// The item `stride` registers further on for every record before this one.
pub(super) fn record(item: Item, first: u16, stride: u16, place: u16) -> Item {
    Item { word: first + stride * place + item.word, ..item }
}

/// CRC-32 over registers, each high byte first.
pub(super) fn crc<'a>(words: impl IntoIterator<Item = &'a u16>) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for word in words {
        hasher.update(&word.to_be_bytes());
    }
    hasher.finalize()
}
