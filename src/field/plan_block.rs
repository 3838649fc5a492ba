//! The plan block: a plan as registers, and registers as a plan.
//!
//! A plan's offset is the core's: programmed start of green of the reference phase, after the Unix epoch. The block's counts
//! from the cabinet's zero to its edge of its stage's green. Where the zero is local midnight, it is the one before the
//! cycle start at which the plan takes effect, and stays that one as long as the plan runs.

use super::map::{RegisterMap, identity};
use super::words::{crc, mark, marked, record};
use crate::corridor::profile::{Block, Download, OffsetEdge, PlanForm, Plans};
use crate::corridor::{Intersection, StageIndex};
use crate::plan::{Operation, Plan, Split};
use crate::units::{CycleLength, Moment, Shift, Tenths};

/// A plan as a cabinet mirrors it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningPlan {
    /// Its generation, or its number where it was picked by number; 0 = a local plan.
    pub generation: u32,
    /// Epoch of its writer; 0 where the block has none.
    pub epoch: u32,
    /// Content check as the cabinet states it; 0 for a stored plan.
    pub crc: u32,
    /// The zero its offset counts from.
    pub zero: Moment,
    /// The timing.
    pub plan: Plan,
}

/// The registers of a block that are not the check's.
fn content<'a>(form: &PlanForm, block: &'a [u16]) -> impl Iterator<Item = &'a u16> + use<'a> {
    let check = usize::from(form.check.word)..usize::from(form.check.word + form.check.form.words());
    block.iter().enumerate().filter(move |(at, _)| !check.contains(at)).map(|(_, word)| word)
}

impl RegisterMap {
    pub(super) fn download(&self) -> Option<&Download> {
        match &self.profile.plans {
            Plans::Download(download) => Some(download),
            Plans::Select(_) => None,
        }
    }

    /// The staging area of a generation.
    pub(super) fn staged(&self, generation: u32) -> Option<Block> {
        let download = self.download()?;
        let n = u32::from(download.slots.max(1));
        let slot = u16::try_from(generation % n).ok()?;
        Some(Block { at: download.staged.at + slot * download.staged.words, ..download.staged })
    }

    /// From the start of a cycle to what the block's offset means.
    fn edge(&self, splits: &[Split], stage: StageIndex) -> Option<Tenths> {
        let mut start = Tenths::ZERO;
        for split in splits {
            if split.stage == stage {
                let green = if self.profile.offset == OffsetEdge::GreenEnd { split.green } else { Tenths::ZERO };
                return Some(start + green);
            }
            start += split.length();
        }
        None
    }

    /// The plan block of a plan that takes effect at `from`, a start of its cycle. `None` for a plan that the profile has no
    /// words for: more stages or longer times than there is room for, a time off the controller's step, a way to
    /// follow it that the controller does not have.
    pub fn plan_block(
        &self,
        at: &Intersection,
        plan: &Plan,
        from: Moment,
        generation: u32,
        epoch: u32,
    ) -> Option<Vec<u16>> {
        let Download { form, staged, .. } = self.download()?;
        let (reference, _) = plan.green_in_cycle(at, at.reference_phase)?;
        let mut start = Tenths::ZERO;
        let carries = plan.splits.iter().find(|split| {
            let here = start == reference;
            start += split.length();
            here
        })?;
        // Without a place to name it the block speaks of stage 1.
        let stage = if form.reference_stage.is_some() { carries.stage } else { StageIndex(0) };
        let edge = self.edge(&plan.splits, stage)?;
        let zero = self.zero.before(from);
        let offset = plan.cycle_start(at).shifted(edge.later() + Shift::new(-zero.count())).since_zero();
        let mut block = vec![0; usize::from(staged.words)];
        mark(&mut block, &form.marks)?;
        self.put_if(&mut block, form.identity, u64::from(identity(&at.id)))?;
        self.put(&mut block, form.generation, u64::from(generation))?;
        self.put_if(&mut block, form.epoch, u64::from(epoch))?;
        self.put_time(&mut block, form.cycle, plan.cycle.length())?;
        self.put_time(&mut block, form.offset, offset)?;
        self.put(&mut block, form.stages, u64::try_from(plan.splits.len()).ok()?)?;
        self.put_if(&mut block, form.reference_stage, field_number(stage)?)?;
        let code = self.operation_code(plan.operation)?;
        if form.operation.is_none() && plan.operation != Operation::FixedTime {
            return None;
        }
        self.put_if(&mut block, form.operation, u64::from(code))?;
        for (place, split) in (0..form.most_stages).zip(&plan.splits) {
            let at = |item| record(item, form.first, form.stride, place);
            self.put(&mut block, at(form.stage), field_number(split.stage)?)?;
            self.put_time(&mut block, at(form.green), split.green)?;
            self.put_time(&mut block, at(form.yellow), split.yellow)?;
            self.put_time(&mut block, at(form.all_red), split.all_red)?;
        }
        if plan.splits.len() > usize::from(form.most_stages) {
            return None;
        }
        let check = crc(content(form, &block));
        self.put(&mut block, form.check, u64::from(check))?;
        Some(block)
    }

    /// Reads a plan block back; `None` when it is none of this intersection, or its own check does not hold. `cycle_start` is a
    /// start of its cycle as the status told it: where the zero is a midnight, it is the one with which they agree.
    pub fn read_plan(&self, at: &Intersection, block: &[u16], cycle_start: Moment) -> Option<RunningPlan> {
        let Download { form, running, .. } = self.download()?;
        let identified = match form.identity {
            Some(item) => self.get_u32(block, item)? == identity(&at.id),
            None => true,
        };
        if block.len() != usize::from(running.words) || !marked(block, &form.marks) || !identified {
            return None;
        }
        let check = self.get_u32(block, form.check)?;
        let stages = self.get(block, form.stages)?;
        if check != crc(content(form, block)) || stages > u64::from(form.most_stages) {
            return None;
        }
        let cycle = CycleLength::new(self.time(block, form.cycle)?)?;
        let splits = (0..u16::try_from(stages).ok()?)
            .map(|place| {
                let at = |item| record(item, form.first, form.stride, place);
                Some(Split {
                    stage: StageIndex(usize::try_from(self.get(block, at(form.stage))?).ok()?.checked_sub(1)?),
                    green: self.time(block, at(form.green))?,
                    yellow: self.time(block, at(form.yellow))?,
                    all_red: self.time(block, at(form.all_red))?,
                })
            })
            .collect::<Option<Vec<_>>>()?;
        let operation = match form.operation {
            Some(item) => self.operation_of(self.get(block, item)?)?,
            None => Operation::FixedTime,
        };
        let told = self.time(block, form.offset)?;
        if told >= cycle.length() {
            return None;
        }
        let stage = match form.reference_stage {
            Some(item) => StageIndex(usize::try_from(self.get(block, item)?).ok()?.checked_sub(1)?),
            None => StageIndex(0),
        };
        let edge = self.edge(&splits, stage)?;
        let plan = Plan { cycle, offset: cycle.offset(Shift::default()), splits, operation };
        let reference = plan.green_in_cycle(at, at.reference_phase).map_or(Tenths::ZERO, |(place, _)| place);
        let placed =
            |zero: Moment| plan.at_offset(told.later() + Shift::new(zero.count()) + -edge.later() + reference.later());
        let last = self.zero.before(cycle_start);
        let zeros = [Some(last), self.zero.earlier(last)].into_iter().flatten();
        let away = |zero: &Moment| {
            let late = placed(*zero).cycle_start(at).position(cycle_start).later();
            cycle.shorter_way(late).magnitude()
        };
        let zero = zeros.min_by_key(away)?;
        Some(RunningPlan {
            generation: self.get_u32(block, form.generation)?,
            epoch: form.epoch.map_or(Some(0), |item| self.get_u32(block, item))?,
            crc: check,
            zero,
            plan: placed(zero),
        })
    }

    /// Whether a plan's offset counts from a midnight that is no longer the last one before `now`, and would be another number
    /// from that one. It is sent again then, so that what stands in the cabinet is what a restart would need.
    pub(super) fn is_of_yesterday(&self, running: &RunningPlan, now: Moment) -> bool {
        running.generation != 0 && self.zero.moves(running.plan.cycle) && running.zero < self.zero.before(now)
    }
}

fn field_number(stage: StageIndex) -> Option<u64> {
    u64::try_from(stage.0 + 1).ok()
}
