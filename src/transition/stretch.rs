//! A plan made longer or shorter, keeping its stages' proportions, minima and maxima.

use crate::corridor::Intersection;
use crate::plan::{Operation, Plan};
use crate::units::{Shift, Tenths};

/// The plan's greens stretched so that its cycle grows by `by` (shrinks if negative), on the cabinet's resolution, every
/// green within its stage's minimum and maximum, the stages in the plan's order, followed in fixed time. Longer: in proportion to the greens; shorter: in proportion to what each
/// green has above its minimum. `None` when the stages can not take that much. The offset keeps its time since zero modulo
/// the new cycle; the caller places the plan.
pub fn stretch(at: &Intersection, plan: &Plan, by: Shift, resolution: Tenths) -> Option<Plan> {
    if by == Shift::default() {
        return Some(plan.clone());
    }
    let unit = u64::from(resolution.count());
    if !by.magnitude().is_multiple_of(unit) {
        return None;
    }
    let grow = by.count() > 0;
    let room = |position: usize, green: Tenths| {
        let stage = &at.stages[plan.splits[position].stage.0];
        let room = if grow { stage.max_green.saturating_sub(green) } else { green.saturating_sub(stage.min_green) };
        u64::from(room.count()) / unit
    };
    let mut greens = plan.greens();
    let weights: Vec<u64> =
        greens.iter().enumerate().map(|(i, &g)| if grow { u64::from(g.count()) } else { room(i, g) }).collect();
    let mut left = by.magnitude() / unit;
    // Each round hands out the rest in proportion to the weights of the stages that still have room (largest remainders
    // first); a stage that is full drops out, so there are at most as many rounds as stages, plus one.
    for _ in 0..=greens.len() {
        let open: Vec<usize> = (0..greens.len()).filter(|&i| room(i, greens[i]) > 0).collect();
        let total: u64 = open.iter().map(|&i| weights[i].max(1)).sum();
        if left == 0 || open.is_empty() {
            break;
        }
        let mut shares: Vec<(usize, u64, u64)> =
            open.iter().map(|&i| (i, left * weights[i].max(1) / total, left * weights[i].max(1) % total)).collect();
        let mut spare = left - shares.iter().map(|s| s.1).sum::<u64>();
        shares.sort_by_key(|&(i, _, remainder)| (std::cmp::Reverse(remainder), i));
        for (i, share, _) in shares {
            let extra = u64::from(spare > 0);
            spare -= extra;
            let given = (share + extra).min(room(i, greens[i]));
            left -= given;
            let tenths = Tenths::new(u32::try_from(given * unit).ok()?);
            greens[i] = if grow { greens[i] + tenths } else { greens[i] - tenths };
        }
    }
    (left == 0).then(|| plan.with_greens(&greens))?.map(|plan| plan.run(Operation::FixedTime))
}
