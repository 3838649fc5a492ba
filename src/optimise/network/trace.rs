//! From the last table of a pass back to the first: which settings led to the best.

use super::picture::Entry;
use super::problem::Setting;
use super::sweep::{Prepared, Seen, Sweep};

impl Sweep {
    /// The settings behind the cheapest entry of the last of `tables`, one before each stage and one after the last.
    pub(super) fn trace(&self, tables: &[Vec<Entry>]) -> Vec<Setting> {
        let n = self.packing.steps;
        let mut values: Vec<usize> = vec![0; self.stages.len()];
        for (prepared, table) in self.stages.iter().zip(tables).rev() {
            let stage = &prepared.stage;
            let shift = stage.rest.first().map_or(0, |&r| self.packing.offset(values[r]));
            let mut rest = 0;
            for (slot, &r) in stage.rest.iter().enumerate() {
                rest |= self.packing.at(slot, self.packing.earlier(values[r], shift));
            }
            let wanted = self.packing.earlier(values[stage.signal], shift);
            let Some((picture, value)) = self.best(prepared, table, rest, wanted) else { continue };
            // Where nobody stays, the table's frame is its own: turned so that the signal stands where it was wanted.
            let alone = stage.rest.is_empty() && stage.stays;
            let turn = if alone { (wanted % n + n - value % n) % n } else { shift };
            let later = |value: usize| self.packing.earlier(value, (n - turn) % n);
            values[stage.signal] = later(value);
            for (&g, value) in stage.gone.iter().zip(self.gone(prepared, table, &picture)) {
                values[g] = later(value);
            }
        }
        values.iter().map(|&value| Setting { offset: value % n, choice: value / n }).collect()
    }

    /// The cheapest picture with this rest and its signal's value: the wanted one where the signal stays.
    fn best(&self, prepared: &Prepared, table: &[Entry], rest: u128, wanted: usize) -> Option<(Seen, usize)> {
        let n = self.packing.steps;
        let stage = &prepared.stage;
        let mut outward = vec![0.0; prepared.own.len()];
        self.outward(prepared, rest, &mut outward);
        let mut cost = vec![0.0; prepared.own.len()];
        let mut best: Option<(f64, Seen, usize)> = None;
        for entry in 0..table.len() {
            let picture = self.see(prepared, table, entry);
            if picture.rest != rest {
                continue;
            }
            cost.fill(f64::INFINITY);
            self.spread(prepared, table, &picture, &mut cost);
            for (value, (c, o)) in cost.iter().zip(&outward).enumerate() {
                let fits = match (stage.stays, stage.rest.is_empty()) {
                    (false, _) => true,
                    (true, true) => value / n == wanted / n,
                    (true, false) => value == wanted,
                };
                if fits && best.as_ref().is_none_or(|(least, ..)| c + o < *least) {
                    best = Some((c + o, picture, value));
                }
            }
        }
        best.map(|(_, picture, value)| (picture, value))
    }
}
