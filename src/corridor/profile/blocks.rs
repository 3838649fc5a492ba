//! The blocks of a profile while it is read: where each lies, that none lies on another, that what is written fits one write.

use super::super::problem::{Findings, Spot};
use super::super::reader::Table;
use super::super::rule::Rule;
use super::super::values;
use super::{Block, RegisterTable};

/// The words of tables.
const TABLES: &[(&str, RegisterTable)] = &[("holding", RegisterTable::Holding), ("input", RegisterTable::Input)];

/// Who writes a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Only read; may lie among the input registers.
    Read,
    /// Written whole.
    Written,
}

struct Known {
    block: Block,
    copies: u16,
    written: bool,
    subject: String,
    spot: Spot,
}

impl Known {
    fn end(&self) -> u32 {
        u32::from(self.block.at) + u32::from(self.block.words) * u32::from(self.copies)
    }
}

/// Blocks read so far.
pub(super) struct Blocks {
    most_written: u16,
    known: Vec<Known>,
}

impl Blocks {
    /// None yet, of a controller that takes so many registers in one write.
    pub(super) fn new(most_written: u16) -> Self {
        Blocks { most_written, known: Vec::new() }
    }

    /// Reads `at`, `words` and, where it is only read, `table` of a block.
    pub(super) fn read(&mut self, findings: &mut Findings, table: &mut Table<'_>, access: Access) -> Option<Block> {
        let at = table.need(findings, "at", values::whole(values::REGISTER));
        let words = table.need(findings, "words", values::whole(values::REGISTERS));
        let lies = match access {
            Access::Read => table.may(findings, "table", values::word(TABLES)).map(|lies| lies.value),
            Access::Written => None,
        };
        let spot = at.as_ref().map_or(table.spot, |at| at.spot);
        let block = Block { at: at?.value, words: words?.value, table: lies.unwrap_or(RegisterTable::Holding) };
        self.add(table.subject.clone(), spot, block, access, 1);
        Some(block)
    }

    /// Notes a block of which there are several, one behind the other.
    pub(super) fn add(&mut self, subject: String, spot: Spot, block: Block, access: Access, copies: u16) {
        self.known.push(Known { block, copies, written: access == Access::Written, subject, spot });
    }

    /// Tells what does not fit, once all are read.
    pub(super) fn check(&self, findings: &mut Findings) {
        for (index, known) in self.known.iter().enumerate() {
            let (at, end, subject) = (known.block.at, known.end(), &known.subject);
            if end > 65_536 {
                let message = format!("{subject}: registers {at} to {} end beyond 65535", end - 1);
                findings.tell(known.spot, Rule::BlockSize, message, "Mend at or words.");
            }
            let words = known.block.words;
            if known.written && words > self.most_written {
                let most = self.most_written;
                let message = format!("{subject}: {words} registers do not fit one write of at most {most}");
                let mend =
                    "What is written is written whole: make the block shorter, or raise most_written (up to 123).";
                findings.tell(known.spot, Rule::BlockSize, message, mend);
            }
            let on = |other: &&Known| {
                other.block.table == known.block.table && u32::from(other.block.at) < end && u32::from(at) < other.end()
            };
            if let Some(other) = self.known[..index].iter().find(on) {
                let name = other.subject.rsplit(", ").next().unwrap_or_default();
                let message = format!(
                    "{subject}: registers {at} to {} lie on those of {name}, {} to {}",
                    end - 1,
                    other.block.at,
                    other.end() - 1
                );
                findings.tell(known.spot, Rule::BlockOverlap, message, "Mend at or words of either.");
            }
        }
    }
}
