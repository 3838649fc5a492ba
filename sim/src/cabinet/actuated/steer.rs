//! Back into a fixed-time programme: from whatever is green to the stage the programme shows, without breaking anything.
//!
//! Knows: heads and the programmed cycle. Must not know: calls, rings. It takes at most the cycle that begins when the
//! fixed-time plan does and part of the next; then the programme shows the heads alone.

use super::Scene;
use crate::cabinet::cycle::{Cycle, Interval, Place};
use crate::cabinet::heads::{Head, cleared, earliest, may_end};
use crate::cabinet::spec::{PhaseKind, Table, Tenths};
use crate::signal::Lamp;

/// Ends the walks of whoever is not wanted as they come of age; true once all others going may end.
pub(super) fn clear_for(table: &Table, heads: &mut [Head], wanted: u64, now: Tenths) -> bool {
    let mut clear = true;
    for p in (0..heads.len()).filter(|&p| wanted >> p & 1 == 0) {
        if let (PhaseKind::Pedestrian { walk, clearance }, true) = (table.spec.phases[p].kind, heads[p].going())
            && now >= heads[p].from + walk
        {
            heads[p].end(now, clearance);
        }
        clear &= may_end(table, heads, p, now);
    }
    clear
}

/// One decision on the way into step; true when the heads are what the programme shows, and may go on as it says.
pub(super) fn steer(scene: &Scene<'_>, heads: &mut [Head]) -> bool {
    let (table, cycle, now) = (scene.table, scene.cycle, scene.now);
    let place = cycle.place(table, now);
    if place.interval == Interval::Green
        && (0..heads.len()).all(|p| heads[p].lamp(now) == Cycle::lamp(table, p, &place))
        && (0..heads.len()).all(|p| heads[p].from <= now || table.serves(place.stage, p))
        && ends_well(table, heads, &place, now)
        && begins_well(table, heads, &place, now)
    {
        heads.iter_mut().for_each(|head| head.hand_over(now));
        return true;
    }
    if scene.held || heads.iter().any(|h| h.from > now) {
        return false;
    }
    let order = cycle.order(table);
    for &stage in &order.stages()[order.place(place.stage)..] {
        let wanted = table.members[stage];
        let start = cycle.start + table.lead(order, cycle.greens(), stage);
        let end = start + cycle.greens()[stage];
        let ends = (0..heads.len()).any(|p| wanted >> p & 1 == 0 && !heads[p].is_red(now));
        let phases = table.spec.stages[stage].phases.iter().filter(|&&p| !heads[p].going());
        let new: Vec<(usize, Tenths)> = phases.map(|&p| (p, table.late_start(stage, p))).collect();
        let before = &table.spec.stages[order.before(stage)];
        let change = before.yellow + before.all_red;
        let mut from = if ends { now + change } else { now };
        for &(p, late) in &new {
            from = from.max(earliest(table, heads, p, now) - late);
        }
        if from < start {
            return false;
        }
        if new.is_empty() && !ends || from + table.spec.stages[stage].min_green > end {
            continue;
        }
        let begun = new.iter().all(|&(p, _)| heads[p].is_red(now));
        if clear_for(table, heads, wanted, now) && begun {
            for p in (0..heads.len()).filter(|&p| wanted >> p & 1 == 0) {
                if heads[p].going() {
                    heads[p].end(now, table.yellow(p));
                }
            }
            for (p, late) in new {
                heads[p] = Head { from: from + late, ends: None, red: now };
            }
        }
        return false;
    }
    false
}

/// Whether everybody green will have had his minimum when the programme ends the stage's green, and everybody whose yellow or
/// clearance has begun just that much of it.
fn ends_well(table: &Table, heads: &[Head], place: &Place, now: Tenths) -> bool {
    let (k, end) = (place.stage, now + place.left);
    table.spec.stages[k].phases.iter().filter(|&&p| !table.serves(place.after, p)).all(|&p| {
        let (head, end) = (&heads[p], end - table.early_cut(k, p));
        match table.spec.phases[p].kind {
            PhaseKind::Vehicle if head.lamp(now) == Lamp::Yellow => head.red == end + table.spec.stages[k].yellow,
            PhaseKind::Vehicle => head.from + table.spec.phases[p].min_green <= end,
            PhaseKind::Pedestrian { walk, clearance } if head.going() => head.from + walk + clearance <= end,
            PhaseKind::Pedestrian { .. } => head.is_red(now) || head.red == end,
        }
    })
}

/// Whether whoever the programme has yet to begin, late in this stage or with the next one, finds those who ended cleared: they
/// ended when the calls had it, and not when the programme would have.
fn begins_well(table: &Table, heads: &[Head], place: &Place, now: Tenths) -> bool {
    let (k, next) = (place.stage, place.after);
    let stage = &table.spec.stages[k];
    let change = now + place.left + stage.yellow + stage.all_red;
    let late = stage.phases.iter().filter(|&&p| heads[p].lamp(now) == Lamp::Red);
    let late = late.map(|&p| (p, now - place.into + table.late_start(k, p))).filter(|&(_, begins)| begins > now);
    let new = table.spec.stages[next].phases.iter().filter(|&&p| !table.serves(k, p));
    let new = new.map(|&p| (p, change + table.late_start(next, p)));
    late.chain(new).all(|(p, begins)| cleared(table, heads, p) <= begins)
}
