//! The built-in reference profile: addresses and sizes of the register table, named.

use crate::units::Tenths;

/// Where things live in one controller model's registers, and what it can do. One built-in profile so far; files follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name in definitions.
    pub name: &'static str,
    /// The step of time the controller can run.
    pub resolution: Tenths,
}

impl Profile {
    /// The reference profile: layout 0x4757 version 1, 0.1 s, transitions carried by the centre, clock zero Unix epoch UTC.
    pub const REFERENCE: Profile = Profile { name: "reference", resolution: Tenths::new(1) };
}

/// First word of status and plan blocks.
pub(super) const LAYOUT: u16 = 0x4757;
/// Layout version.
pub(super) const VERSION: u16 = 1;
/// Status and detector block: one read.
pub(super) const STATUS: u16 = 0;
/// Registers of status and detectors together.
pub(super) const STATUS_WORDS: u16 = 104;
/// First detector register within the block.
pub(super) const DETECTORS: usize = 40;
/// The running plan's mirror.
pub(super) const RUNNING: u16 = 200;
/// The staging area.
pub(super) const STAGED: u16 = 400;
/// Registers of a plan block.
pub(super) const PLAN_WORDS: usize = 116;
/// Header words of a plan block.
pub(super) const HEADER_WORDS: usize = 20;
/// Words of a stage record.
pub(super) const RECORD_WORDS: usize = 6;
/// Most stages of a plan.
pub(super) const MOST_STAGES: usize = 16;
/// The commit block.
pub(super) const COMMIT: u16 = 600;
/// The heartbeat block.
pub(super) const HEARTBEAT: u16 = 620;
/// The clock block.
pub(super) const CLOCK: u16 = 630;
/// The release block.
pub(super) const RELEASE: u16 = 640;
/// The word that means release.
pub(super) const RELEASE_WORD: u16 = 0x5245;
