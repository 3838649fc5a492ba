//! Whether a layout can be: everything within its area, no two areas over each other, room for the installation.
//!
//! Knows: places. Must not know: values.

use super::{Area, DetectorMap, Item, Map, PlansMap, Registers};

impl Map {
    /// Every area, with what it is called in a complaint.
    fn areas(&self) -> Vec<(&'static str, Area)> {
        let mut areas = vec![
            ("status", self.status.block.area),
            ("heartbeat", self.heartbeat.area),
            ("release", self.release.area),
        ];
        areas.extend(self.detectors.map(|d| ("detectors", d.area)));
        areas.extend(self.limits.map(|l| ("limits", l.area)));
        areas.extend(self.clock.map(|c| ("clock", c.area)));
        areas.extend(self.request.map(|r| ("stage request", r.area)));
        match &self.plans {
            PlansMap::Select(select) => areas.push(("select", select.area)),
            PlansMap::Download(load) => {
                areas.extend([("running", load.running), ("commit", load.commit.area)]);
                areas.extend((0..load.slots).map(|slot| ("staged", load.slot(slot))));
            }
        }
        areas
    }

    /// Items by area, with room to stand in.
    fn items(&self) -> Vec<(&'static str, u16, Item)> {
        let (s, mut all) = (&self.status, Vec::new());
        let told = [
            s.identity,
            Some(s.mode),
            s.fault,
            s.boots,
            s.stage,
            s.interval,
            s.remaining,
            Some(s.running),
            s.running_check,
            Some(s.pending),
            s.activation,
            s.staged_check,
            s.refusal,
            s.clock,
            s.cycle_start,
            s.cycle_elapsed,
            s.heartbeat,
            s.heartbeat_left,
            s.commits,
            s.channels,
        ];
        all.extend(told.into_iter().flatten().map(|i| ("status", s.block.area.words, i)));
        all.extend(s.block.marks.iter().map(|m| ("status", s.block.area.words, Item { word: m.0, width: 1 })));
        all.extend(
            self.release.marks.iter().map(|m| ("release", self.release.area.words, Item { word: m.0, width: 1 })),
        );
        let beat = &self.heartbeat;
        all.extend(std::iter::once(beat.counter).chain(beat.timeout).map(|i| ("heartbeat", beat.area.words, i)));
        all.extend(self.clock.map(|c| ("clock", c.area.words, c.instant)));
        if let Some(r) = self.request {
            let items = [r.counter, r.kind, r.stage, r.until, r.expiry, r.check];
            all.extend(items.map(|i| ("stage request", r.area.words, i)));
        }
        if let Some(d) = self.detectors {
            all.extend(std::iter::once(d.count).chain(d.occupied).map(|i| ("detectors", d.stride, i)));
        }
        if let Some(l) = self.limits {
            all.extend([l.cycle_min, l.cycle_max, l.stages].map(|i| ("limits", l.area.words, i)));
            all.extend([l.min_green, l.max_green, l.yellow, l.all_red].map(|i| ("limits", l.stride, i)));
        }
        match &self.plans {
            PlansMap::Select(p) => all.extend([p.number, p.expiry, p.check].map(|i| ("select", p.area.words, i))),
            PlansMap::Download(load) => {
                let (f, c) = (&load.form, &load.commit);
                let head = [Some(f.generation), Some(f.cycle), Some(f.offset), Some(f.stages), Some(f.check)];
                let more = [f.identity, f.epoch, f.reference_stage, f.operation];
                all.extend(head.into_iter().chain(more).flatten().map(|i| ("plan", f.first, i)));
                all.extend(f.marks.iter().map(|m| ("plan", f.first, Item { word: m.0, width: 1 })));
                all.extend([f.stage, f.green, f.yellow, f.all_red].map(|i| ("plan", f.stride, i)));
                all.extend([c.generation, c.key, c.activation, c.expiry].map(|i| ("commit", c.area.words, i)));
            }
        }
        all
    }

    /// Whether nothing overlaps and everything lies where it says, for so many stages and detector channels.
    pub(in crate::cabinet) fn fits(&self, stages: usize, channels: usize) -> Result<(), &'static str> {
        let mut areas = self.areas();
        areas.sort_by_key(|(_, a)| (a.table == Registers::Input, a.at));
        let end = |a: &Area| u32::from(a.at) + u32::from(a.words);
        let outside = |(what, a): &(_, Area)| (a.words == 0 || end(a) > 0x1_0000).then_some(*what);
        let overlaps = |w: &[(&'static str, Area)]| {
            let [(_, a), (what, b)] = w else { return None };
            (a.table == b.table && end(a) > u32::from(b.at)).then_some(*what)
        };
        let beyond = |(what, room, i): &(_, u16, Item)| {
            let wide = matches!(i.width, 1 | 2 | 4);
            (!wide || u32::from(i.word) + u32::from(i.width) > u32::from(*room)).then_some(*what)
        };
        let room = |words: u16, first: u16, stride: u16| {
            u32::from(words) >= u32::from(first) + u32::from(stride) * u32::try_from(stages).unwrap_or(u32::MAX)
        };
        let long = match &self.plans {
            PlansMap::Select(_) => None,
            PlansMap::Download(load) => {
                let same = load.running.words == load.staged.words && load.slots > 0;
                (!same || !room(load.staged.words, load.form.first, load.form.stride)).then_some("plan")
            }
        };
        let short = self.limits.filter(|l| !room(l.area.words, l.first, l.stride)).map(|_| "limits");
        let few = |d: DetectorMap| {
            channels > usize::from(d.channels) || u32::from(d.stride) * u32::from(d.channels) > u32::from(d.area.words)
        };
        let few = self.detectors.filter(|d| few(*d)).map(|_| "detectors");
        let step = (self.step < 1).then_some("step of time");
        let wrong = areas.iter().find_map(outside).or_else(|| areas.windows(2).find_map(overlaps));
        let wrong = wrong.or_else(|| self.items().iter().find_map(beyond)).or(long).or(short).or(few).or(step);
        wrong.map_or(Ok(()), Err)
    }
}
