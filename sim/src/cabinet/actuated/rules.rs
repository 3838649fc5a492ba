//! The rules of one decision: who is called, who is opposed, whose walk ends, who may leave, who is next.
//!
//! Knows: everything a decision is made on, and changes nothing of it. Must not know: how a decision is carried out.

use super::{Aim, Engine, Scene, max_green};
use crate::cabinet::actuation::Actuation;
use crate::cabinet::calls::Calls;
use crate::cabinet::heads::{Head, earliest, may_end};
use crate::cabinet::request::Kind;
use crate::cabinet::slots::bits;
use crate::cabinet::spec::{PhaseKind, Tenths};

pub(super) struct Rules<'a> {
    pub(super) engine: &'a Engine,
    pub(super) scene: &'a Scene<'a>,
    pub(super) actuation: &'a Actuation,
    pub(super) heads: &'a [Head],
    pub(super) calls: &'a Calls,
}

impl Rules<'_> {
    fn slot(&self, ring: usize) -> usize {
        self.engine.rings[ring].slot
    }

    fn current(&self, slot: usize) -> bool {
        self.slot(self.scene.table.layout.slots[slot].ring) == slot
    }

    fn coordinated(&self, slot: usize) -> bool {
        let Some(windows) = &self.engine.windows else { return false };
        windows.coordinated[self.scene.table.layout.slots[slot].ring] == slot
    }

    /// Whether the phase would be served with its slot: vehicles, and pedestrians not on call or called.
    fn served(&self, p: usize) -> bool {
        !self.scene.table.spec.phases[p].on_call || self.calls.call(p)
    }

    /// Whether each slot has somebody to serve: a call, a recall, or that it is the coordinated one. Without any the slot of
    /// rest counts: then the second value is true, and whoever is green is not opposed.
    pub(super) fn called(&self) -> (Vec<bool>, bool) {
        let table = self.scene.table;
        let slots = &table.layout.slots;
        let recalled = |s: usize| match slots[s].stage {
            Some(k) => self.actuation.recalls.contains(&k),
            None => self.actuation.recalls.iter().any(|&k| table.members[k] & slots[s].members != 0),
        };
        let called = |s: usize| {
            let waits = slots[s].phases().any(|p| !self.heads[p].going() && self.calls.call(p));
            waits || !self.current(s) && (recalled(s) || self.coordinated(s))
        };
        let mut all: Vec<bool> = (0..slots.len()).map(called).collect();
        let nobody = !(0..slots.len()).any(|s| all[s] && !self.current(s));
        let mut rests = false;
        if let Some(rest) = self.actuation.rest.filter(|_| nobody && matches!(self.scene.aim, Aim::Free(_))) {
            for s in 0..slots.len() {
                let here = slots[s].stage.map_or(table.members[rest] & slots[s].members != 0, |k| k == rest);
                let goes = here && !self.current(s);
                all[s] |= goes;
                rests |= goes;
            }
        }
        (all, rests)
    }

    /// Since when each ring's green has kept somebody waiting.
    pub(super) fn opposed(&self, called: &[bool], rests: bool) -> Vec<Option<Tenths>> {
        let slots = &self.scene.table.layout.slots;
        let rings = self.engine.rings.iter().enumerate();
        rings
            .map(|(r, ring)| {
                let group = slots[ring.slot].group;
                let keeps = |s: usize| s != ring.slot && (slots[s].ring == r || slots[s].group != group);
                let opposed = (0..slots.len()).any(|s| called[s] && keeps(s));
                (opposed && !rests).then(|| ring.opposed.unwrap_or(self.scene.now.max(ring.from)))
            })
            .collect()
    }

    /// Pedestrians whose walk ends now (false) or begins within a running green (true).
    pub(super) fn walks(&self, called: &[bool], opposed: &[Option<Tenths>], rests: bool) -> Vec<(usize, bool)> {
        let (table, now) = (self.scene.table, self.scene.now);
        let mut found = Vec::new();
        for (r, ring) in self.engine.rings.iter().enumerate().filter(|(_, ring)| ring.from <= now) {
            let slot = &table.layout.slots[ring.slot];
            for p in slot.phases() {
                let PhaseKind::Pedestrian { walk, .. } = table.spec.phases[p].kind else { continue };
                let head = self.heads[p];
                if head.going() {
                    let ends = match &self.engine.windows {
                        Some(w) if self.coordinated(ring.slot) => {
                            w.until_yield(r, now) <= table.before_end(slot, p) || self.wanted(r, called)
                        }
                        _ => opposed[r].is_some() || rests,
                    };
                    if ends && !self.scene.held && now >= head.from + walk {
                        found.push((p, false));
                    }
                } else if head.is_red(now) && self.served(p) && self.free_to_walk(p) {
                    let room = walk + table.before_end(slot, p);
                    let begins = match &self.engine.windows {
                        Some(w) if self.coordinated(ring.slot) => {
                            w.within(ring.slot, now).is_some_and(|left| left >= room) && !self.wanted(r, called)
                        }
                        Some(_) => false,
                        None => opposed[r].is_none() && !rests,
                    };
                    if begins {
                        found.push((p, true));
                    }
                }
            }
        }
        found
    }

    /// Nobody who conflicts is green, was too recently, or is about to be.
    fn free_to_walk(&self, p: usize) -> bool {
        let conflicts = self.scene.table.spec.conflicts[p];
        let going = (0..self.heads.len()).any(|q| conflicts >> q & 1 == 1 && self.heads[q].going());
        !going && earliest(self.scene.table, self.heads, p, self.scene.now) <= self.scene.now
    }

    /// Whether somebody in the ring could be gone to now, were this green over.
    fn wanted(&self, ring: usize, called: &[bool]) -> bool {
        let slots = &self.scene.table.layout.slots;
        (0..slots.len()).any(|s| called[s] && slots[s].ring == ring && !self.current(s) && self.eligible(s))
    }

    /// Whether a slot may be gone to from what its ring shows: always when free; coordinated, when its minimum ends before its
    /// force-off, and the coordinated green has not come back since the last yield point.
    fn eligible(&self, s: usize) -> bool {
        let (table, now) = (self.scene.table, self.scene.now);
        let Some(windows) = &self.engine.windows else { return true };
        if self.coordinated(s) || table.layout.slots[s].members == 0 {
            return true;
        }
        let r = table.layout.slots[s].ring;
        let ring = &self.engine.rings[r];
        let slot = &table.layout.slots[s];
        let old = &table.layout.slots[ring.slot];
        let tail = self.tail(ring.slot, slot.members);
        // Where phases are cut early, the end is decided that much before.
        let ahead = windows.until_yield(r, now);
        let since = if tail.is_some_and(|tail| ahead <= tail) { -ahead } else { windows.since_yield(r, now) };
        if self.coordinated(ring.slot) && ring.from > now - since {
            return false;
        }
        let (mut from, mut least) = (now + tail.map_or(0, |tail| tail + old.change), 0);
        for p in slot.phases().filter(|&p| !self.heads[p].going() && self.served(p)) {
            let late = slot.stage.map_or(0, |k| table.late_start(k, p));
            from = from.max(earliest(table, self.heads, p, now) - late);
            least = least.max(late + table.least(p) + slot.stage.map_or(0, |k| table.early_cut(k, p)));
        }
        // From any of the group's slots, since rings wait for each other, it must still be in time for the coordinated one.
        let back = windows.coordinated[r];
        let group = table.layout.slots.iter().filter(|o| o.group == slot.group);
        let lead = group.map(|o| table.between(o, &table.layout.slots[back])).max().unwrap_or(0);
        let last = windows.force_off(table, s).min(windows.start_of(back, r) - lead);
        since + (from - now) + least <= last
    }

    /// Whether the coordinated green must be gone to now to begin when it is programmed to.
    fn due_back(&self, ring: usize) -> bool {
        let Some(windows) = &self.engine.windows else { return false };
        windows.next_start(windows.coordinated[ring], self.scene.now) <= self.engine.back_at(self.scene, self.heads)
    }

    /// How long a slot's green still lasts when its end is decided, its phases with early cuts ending first; `None` when none
    /// of its phases ends.
    fn tail(&self, slot: usize, wanted: u64) -> Option<Tenths> {
        let table = self.scene.table;
        let slot = &table.layout.slots[slot];
        let ending = slot.phases().filter(|&p| wanted >> p & 1 == 0 && self.heads[p].going());
        ending.map(|p| slot.stage.map_or(0, |k| table.early_cut(k, p))).max()
    }

    /// Whether a ring may end what is not wanted any more: minima, clearances, and gap-out, max-out or force-off.
    fn ready(&self, ring: usize, wanted: u64, opposed: &[Option<Tenths>]) -> bool {
        let (table, now) = (self.scene.table, self.scene.now);
        let at = &self.engine.rings[ring];
        let slot = &table.layout.slots[at.slot];
        let ending = || slot.phases().filter(|&p| wanted >> p & 1 == 0 && !self.heads[p].is_red(now));
        let ended = bits(wanted).all(|p| self.heads[p].going() || self.heads[p].is_red(now));
        if !ended || !ending().all(|p| may_end(table, self.heads, p, now)) {
            return false;
        }
        let asked = self.scene.asked.filter(|w| slot.stage == Some(w.stage)).map(|w| w.kind);
        let kept = self.engine.kept(self.scene, ring, at).is_some_and(|until| now < until);
        if kept && asked == Some(Kind::Hold) {
            return false;
        }
        let over = match &self.engine.windows {
            _ if kept => false,
            _ if asked == Some(Kind::EndEarly) => true,
            Some(_) if self.coordinated(at.slot) => true,
            Some(_) if slot.members == 0 => true,
            Some(w) => {
                let tail = self.tail(at.slot, wanted).unwrap_or(0);
                w.since_yield(ring, now) + tail >= w.force_off(table, at.slot) || self.due_back(ring)
            }
            None => opposed[ring].is_some_and(|since| now >= since + max_green(table, self.actuation, at.slot)),
        };
        over || ending().filter(|&p| table.vehicle(p)).all(|p| now >= self.calls.gap(p, self.actuation.passage))
    }

    /// The slots to go to now, by ring; `None` in a ring that stays.
    pub(super) fn next(&self, called: &[bool], opposed: &[Option<Tenths>]) -> Option<Vec<Option<usize>>> {
        let rings = 0..self.engine.rings.len();
        rings.clone().find_map(|r| self.within(r, called, opposed)).or_else(|| self.across(called, opposed))
    }

    /// A later slot between the same barriers.
    fn within(&self, r: usize, called: &[bool], opposed: &[Option<Tenths>]) -> Option<Vec<Option<usize>>> {
        let layout = &self.scene.table.layout;
        let at = self.slot(r);
        if self.engine.rings[r].from > self.scene.now {
            return None;
        }
        let later = layout.of(r, layout.slots[at].group).find(|&s| s > at && called[s] && self.eligible(s))?;
        let mut picks = vec![None; self.engine.rings.len()];
        picks[r] = Some(later);
        self.ready(r, layout.slots[later].members, opposed).then_some(picks)
    }

    /// Over the next barrier behind which somebody is called, all rings together.
    fn across(&self, called: &[bool], opposed: &[Option<Tenths>]) -> Option<Vec<Option<usize>>> {
        let layout = &self.scene.table.layout;
        let rings = self.engine.rings.len();
        if self.engine.rings.iter().any(|ring| ring.from > self.scene.now) {
            return None;
        }
        let here = layout.slots[self.slot(0)].group;
        for group in self.ahead(here) {
            let first = |r| layout.of(r, group).find(|&s| called[s] && !self.current(s) && self.eligible(s));
            let mut picks: Vec<Option<usize>> = (0..rings).map(first).collect();
            if picks.iter().all(Option::is_none) {
                continue;
            }
            if group != here {
                // Dual entry: a ring without a call goes along, to its coordinated slot or the one with the longest minimum.
                for r in (0..rings).filter(|&r| picks[r].is_none()).collect::<Vec<_>>() {
                    let open = layout.of(r, group).filter(|&s| self.eligible(s));
                    picks[r] = open.max_by_key(|&s| (self.coordinated(s), self.least(s), std::cmp::Reverse(s)));
                }
                if picks.iter().any(Option::is_none) {
                    continue;
                }
            }
            let slot = |r: usize| picks[r].unwrap_or_else(|| self.slot(r));
            let wanted = (0..rings).fold(0, |all, r| all | layout.slots[slot(r)].members);
            let ready = (0..rings).filter(|&r| picks[r].is_some()).all(|r| self.ready(r, wanted, opposed));
            return ready.then_some(picks);
        }
        None
    }

    /// The groups of slots as they come after one, itself last: stages in the order of the programme. Under another order than the one
    /// in which that stage was gone to, a new cycle has begun: all from its first.
    fn ahead(&self, here: usize) -> impl Iterator<Item = usize> + use<'_> {
        let (layout, order) = (&self.scene.table.layout, self.scene.order());
        let of_stages = layout.slots[0].stage.is_some();
        let same = !of_stages || self.engine.order == self.scene.cycle.order_number();
        let from = match (same, of_stages) {
            (false, _) => 0,
            (true, true) => order.place(here) + 1,
            (true, false) => here + 1,
        };
        let n = layout.groups;
        (0..n)
            .map(move |step| (from + step) % n)
            .map(move |place| if of_stages { order.stages()[place] } else { place })
    }

    fn least(&self, s: usize) -> Tenths {
        let table = self.scene.table;
        table.layout.slots[s].phases().map(|p| table.least(p)).max().unwrap_or(0)
    }
}
