//! One cabinet's register map: its profile, its clock's zero, and the plans it has stored.

use super::words::{get, put, registers};
use super::zero::Zero;
use crate::corridor::profile::{Item, Plans, RegisterProfile};
use crate::corridor::{ClockZero, IntersectionIndex, Network, StoredPlan};
use crate::plan::{Operation, Plan};
use crate::units::{Moment, Tenths};
use std::sync::Arc;

/// Everything that turns one cabinet's registers into values and back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterMap {
    pub(super) profile: Arc<RegisterProfile>,
    pub(super) zero: Zero,
    /// Plans in the cabinet's memory by their number, where it lets the centre pick one.
    pub(super) stored: Vec<(u16, Plan)>,
}

impl RegisterMap {
    /// The map of a cabinet with this profile: its clock's zero where it is not the profile's, local time less UTC in seconds,
    /// and the plans it has stored.
    pub fn new(
        profile: Arc<RegisterProfile>,
        zero: Option<ClockZero>,
        utc_offset_s: i32,
        stored: Vec<(u16, Plan)>,
    ) -> Self {
        let zero = Zero::new(zero.unwrap_or(profile.time.zero), utc_offset_s);
        RegisterMap { profile, zero, stored }
    }

    /// The map of a cabinet of the network.
    pub fn of(network: &Network, index: IntersectionIndex) -> Self {
        let at = network.intersection(index);
        let plan = |stored: &StoredPlan| {
            let offset = stored.offset.since_zero().later();
            let plan = Plan::from_greens_in(at, &stored.order, &stored.greens, offset)?;
            Some((stored.number, plan))
        };
        let stored = at.stored_plans.iter().filter_map(plan).collect();
        let (profile, zero) = (at.cabinet.profile.clone(), at.cabinet.clock_zero);
        RegisterMap::new(profile, zero, network.utc_offset_s(), stored)
    }

    /// The profile.
    pub fn profile(&self) -> &RegisterProfile {
        &self.profile
    }

    /// The plans in the cabinet's memory, by number.
    pub fn stored(&self) -> &[(u16, Plan)] {
        &self.stored
    }

    /// Whether the centre picks plans by number.
    pub fn selects(&self) -> bool {
        matches!(self.profile.plans, Plans::Select(_))
    }

    /// Whether the cabinet tells its clock, and the day with it.
    pub fn tells_the_date(&self) -> bool {
        self.profile.status.clock.is_some() && self.zero.knows_the_day()
    }

    /// The controller's step of time.
    pub fn step(&self) -> Tenths {
        self.profile.time.step
    }

    pub(super) fn get(&self, block: &[u16], item: Item) -> Option<u64> {
        get(block, item, self.profile.words.order)
    }

    pub(super) fn get_u32(&self, block: &[u16], item: Item) -> Option<u32> {
        u32::try_from(self.get(block, item)?).ok()
    }

    /// A code: what is beyond 16 bits is the largest.
    pub(super) fn code(&self, block: &[u16], item: Option<Item>) -> Option<u16> {
        Some(item.map_or(0, |item| self.get(block, item).map_or(0, |v| u16::try_from(v).unwrap_or(u16::MAX))))
    }

    pub(super) fn put(&self, block: &mut [u16], item: Item, value: u64) -> Option<()> {
        put(block, item, self.profile.words.order, value)
    }

    pub(super) fn put_if(&self, block: &mut [u16], item: Option<Item>, value: u64) -> Option<()> {
        item.map_or(Some(()), |item| self.put(block, item, value))
    }

    /// A duration.
    pub(super) fn time(&self, block: &[u16], item: Item) -> Option<Tenths> {
        let steps = self.get_u32(block, item)?;
        steps.checked_mul(self.step().count()).map(Tenths::new)
    }

    /// Writes a duration; `None` when it is no whole number of steps, for nothing is rounded here.
    pub(super) fn put_time(&self, block: &mut [u16], item: Item, time: Tenths) -> Option<()> {
        if !time.is_multiple_of(self.step()) {
            return None;
        }
        self.put(block, item, u64::from(time.count() / self.step().count()))
    }

    /// An instant, the one nearest to `near` where the cabinet knows the time of day only.
    pub(super) fn instant(&self, block: &[u16], item: Item, near: Moment) -> Option<Moment> {
        let count = self.get(block, item)?.checked_mul(u64::from(self.step().count()))?;
        self.zero.moment(count, near)
    }

    /// Writes an instant. One between two of the cabinet's steps is the later of them: nothing it does begins between.
    pub(super) fn put_instant(&self, block: &mut [u16], item: Item, at: Moment) -> Option<()> {
        let step = u64::from(self.step().count());
        let count = self.zero.count(at)?;
        let wait = u32::try_from(count.div_ceil(step) * step - count).ok()?;
        // Counted anew, because the last step of a day is followed by the first of the next.
        let count = self.zero.count(at + Tenths::new(wait))? / step;
        self.put(block, item, count)
    }

    pub(super) fn registers<'a>(&self, block: &'a [u16], item: Item) -> Option<&'a [u16]> {
        registers(block, item)
    }

    /// The code of a way to follow a plan; `None` where the controller can not.
    pub(super) fn operation_code(&self, operation: Operation) -> Option<u16> {
        self.profile.operations.iter().find(|(kind, _)| *kind == operation.kind()).map(|(_, code)| *code)
    }

    pub(super) fn operation_of(&self, code: u64) -> Option<Operation> {
        let named = self.profile.operations.iter().find(|(_, c)| u64::from(*c) == code)?.0;
        [Operation::FixedTime, Operation::Free, Operation::Actuated].into_iter().find(|o| o.kind() == named)
    }
}

/// The identity of an intersection: CRC-32 of its id.
pub fn identity(id: &str) -> u32 {
    crc32fast::hash(id.as_bytes())
}
