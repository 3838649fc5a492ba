//! How the values of the signals at the front are packed into one number, and prices as the search reads them.
//!
//! A value is a choice and an offset: `choice * steps + offset`.

use super::problem::Prices;

/// What stands at the front, packed, and its cost so far plus the bound for the rest.
pub(super) type Entry = (u128, f64);

/// A front's values as one number, the first signal's lowest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packing {
    pub(super) steps: usize,
    bits: u32,
}

impl Packing {
    /// For at most so many signals of so many choices; `None` where that is too much for the number.
    pub(super) fn new(steps: usize, choices: usize, signals: usize) -> Option<Packing> {
        let bits = usize::BITS - (choices * steps).leading_zeros();
        (bits as usize * signals <= u128::BITS as usize).then_some(Packing { steps, bits })
    }

    /// The part of the number that the signal in this slot has at a value.
    pub(super) fn at(self, slot: usize, value: usize) -> u128 {
        (value as u128) << (self.bits * slot as u32)
    }

    /// The value in a slot.
    pub(super) fn value(self, key: u128, slot: usize) -> usize {
        (key >> (self.bits * slot as u32)) as usize & ((1 << self.bits) - 1)
    }

    /// The offset of a value.
    pub(super) fn offset(self, value: usize) -> usize {
        let n = self.steps;
        value % n
    }

    /// The same choice at an offset so much earlier.
    pub(super) fn earlier(self, value: usize, shift: usize) -> usize {
        let offset = self.offset(value);
        if offset >= shift { value - shift } else { value + self.steps - shift }
    }
}

/// Prices twice in a row, so that any shift of them is one slice.
#[derive(Debug, Clone)]
pub(super) struct Doubled {
    far: usize,
    steps: usize,
    cost: Vec<f64>,
}

impl Doubled {
    pub(super) fn new(prices: &Prices, steps: usize) -> Doubled {
        let [near, far] = prices.choices();
        let mut cost = Vec::with_capacity(2 * prices.all().len());
        for a in 0..near {
            for b in 0..far {
                cost.extend_from_slice(prices.row(a, b));
                cost.extend_from_slice(prices.row(a, b));
            }
        }
        Doubled { far, steps, cost }
    }

    /// Prices by the far end's offset, for its choice and the near end's value.
    pub(super) fn by_offset(&self, value: usize, choice: usize) -> &[f64] {
        let n = self.steps;
        let at = 2 * (value / n * self.far + choice) * n + n - value % n;
        &self.cost[at..at + n]
    }

    /// The price of two values.
    pub(super) fn at(&self, near: usize, far: usize) -> f64 {
        let n = self.steps;
        self.by_offset(near, far / n)[far % n]
    }
}
