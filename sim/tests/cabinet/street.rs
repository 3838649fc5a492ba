//! The street under stress: whatever the centre, the clock, the power and people do, the monitor stays silent.

use crate::kit::*;
use greenwave_sim::cabinet::*;
use greenwave_sim::monitor::ViolationKind;
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Act {
    Wait(i64),
    /// A centre that does it right: hands off the panel, a plan for the next cycle, a beat, and the time to get there.
    Step([i64; 3], bool),
    Push {
        greens: [i64; 3],
        turned: bool,
        ahead: i64,
        shift: i64,
        minutes: u16,
    },
    Torn {
        greens: [i64; 3],
        cut: usize,
        reboot: bool,
    },
    Beat(u16),
    Release,
    Reboot,
    Off(i64),
    Manual(bool),
    Flash(bool),
    Clock(i64),
    Drift(i32),
    Garbage {
        addr: u16,
        words: Vec<u16>,
    },
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let greens = (185i64..600, 69i64..402, 218i64..600).prop_map(|(a, b, c)| [a, b, c]);
    let act = prop_oneof![
        12 => (1i64..1500).prop_map(Act::Wait),
        12 => (greens.clone(), any::<bool>()).prop_map(|(greens, turned)| Act::Step(greens, turned)),
        12 => (greens.clone(), 0i64..4, prop_oneof![4 => Just(0i64), 1 => -30i64..30], 1u16..20, any::<bool>())
            .prop_map(|(greens, ahead, shift, minutes, turned)| Act::Push { greens, turned, ahead, shift, minutes }),
        1 => (greens, 0usize..=116, prop::bool::ANY).prop_map(|(greens, cut, reboot)| Act::Torn { greens, cut, reboot }),
        4 => (50u16..2000).prop_map(Act::Beat),
        1 => Just(Act::Release),
        1 => Just(Act::Reboot),
        1 => (1i64..300).prop_map(Act::Off),
        2 => prop::bool::weighted(0.2).prop_map(Act::Manual),
        2 => prop::bool::weighted(0.2).prop_map(Act::Flash),
        2 => prop_oneof![-20i64..=20, -40_000i64..40_000].prop_map(Act::Clock),
        1 => (-1000i32..1000).prop_map(Act::Drift),
        1 => (prop_oneof![Just(400u16), Just(600), Just(620), Just(630), Just(640), 0u16..700],
              prop::collection::vec(any::<u16>(), 0..124))
            .prop_map(|(addr, words)| Act::Garbage { addr, words }),
    ];
    prop::collection::vec(act, 1..60)
}

/// The left from the west may lag.
fn turning(day: &[(u32, LocalPlan)]) -> CabinetSpec {
    CabinetSpec { sequences: vec![vec![0, 2, 1]], ..with_day(day) }
}

fn order(turned: bool) -> [usize; 3] {
    if turned { [0, 2, 1] } else { [0, 1, 2] }
}

fn days() -> impl Strategy<Value = Vec<(u32, LocalPlan)>> {
    let line = (190i64..600, 70i64..400, 220i64..600, prop::option::of(0i64..600), 0i64..2000, 0usize..2);
    let plan = line.prop_map(|(a, b, c, offset, initial_phase, sequence)| LocalPlan {
        greens: vec![a, b, c],
        sequence,
        offset,
        initial_phase,
        actuation: None,
    });
    // T is 08:00 local; lines begin within the first half hour after it.
    prop::collection::vec((1u32..900, plan), 1..4).prop_map(|lines| {
        let mut from = 8 * 3600 - 900;
        let mut day = Vec::new();
        for (gap, plan) in lines {
            from += gap;
            day.push((from, plan));
        }
        day
    })
}

/// Does one thing; returns the time afterwards.
fn act(cabinet: &mut Cabinet, act: &Act, now: i64, generation: &mut u32) -> i64 {
    match act {
        Act::Wait(time) => return now + time,
        Act::Step(greens, turned) => {
            cabinet.set_manual(false);
            cabinet.set_flash(false, Fault::None);
            *generation += 1;
            let cycle = i64::from(cabinet.read(208, 1).unwrap()[0]);
            let start = status(cabinet).cycle_start;
            push_in(cabinet, &order(*turned), *generation, greens, start + cycle);
            cabinet.write(620, &[*generation as u16, 6000]).unwrap();
            return now + cycle;
        }
        Act::Push { greens, turned, ahead, shift, minutes } => {
            *generation += 1;
            let cycle: i64 = greens.iter().map(|g| g + 50).sum();
            let s = status(cabinet);
            let running = i64::from(cabinet.read(208, 1).unwrap()[0]);
            let start = s.cycle_start + running * (1 + ahead) + shift;
            let words = block_in(&order(*turned), *generation, 1, greens, start.rem_euclid(cycle));
            cabinet.write(400, &words).unwrap();
            cabinet.write(600, &commit(&words, start, *minutes)).unwrap();
        }
        Act::Torn { greens, cut, reboot } => {
            *generation += 1;
            let words = block(*generation, 1, greens, 0);
            cabinet.write_torn(400, &words, *cut, *reboot).unwrap();
        }
        Act::Beat(timeout) => {
            let last = cabinet.read(620, 1).unwrap()[0];
            cabinet.write(620, &[last.wrapping_add(1), *timeout]).unwrap();
        }
        Act::Release => cabinet.write(640, &[0x5245, 0]).unwrap(),
        Act::Reboot => cabinet.reboot(),
        Act::Off(time) => {
            cabinet.power_off();
            cabinet.advance(now + time, &[]);
            cabinet.power_on();
            return now + time;
        }
        Act::Manual(on) => cabinet.set_manual(*on),
        Act::Flash(on) => cabinet.set_flash(*on, Fault::Conflict),
        Act::Clock(by) => cabinet.write(630, &quarters(cabinet.clock() + by)).unwrap(),
        Act::Drift(ppm) => cabinet.set_drift(*ppm),
        Act::Garbage { addr, words } => drop(cabinet.write(*addr, words)),
    }
    now
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_monitor_stays_silent(day in days(), acts in acts()) {
        let spec = turning(&day);
        let mut monitor = watch(&spec, T);
        let mut cabinet = Cabinet::new(spec, T).unwrap();
        let mut now = T;
        let mut generation = 0;
        let mut held = false;
        for one in &acts {
            let manual = cabinet.mode() == Mode::Manual;
            held |= manual || matches!(one, Act::Manual(true));
            let before = (cabinet.running_generation(), cabinet.cycle_start());
            now = act(&mut cabinet, one, now, &mut generation);
            cabinet.advance(now, &[]);
            let after = (cabinet.running_generation(), cabinet.cycle_start());
            // Only a new cycle brings a centre plan; a hand or a power cut may end one at once.
            if after.0.is_some() && after.0 != before.0 {
                prop_assert_ne!(after.1, before.1);
            }
            for v in judge(&mut monitor, &mut cabinet, now) {
                prop_assert!(held && v.kind == ViolationKind::Starved, "{v:?} after {one:?}");
            }
        }
        // And when everybody has gone, it runs its own plan by itself.
        cabinet.set_manual(false);
        cabinet.set_flash(false, Fault::None);
        cabinet.advance(now + 6000 + 4 * 1800, &[]);
        prop_assert_eq!(cabinet.mode(), Mode::Local);
        for v in judge(&mut monitor, &mut cabinet, now + 6000 + 4 * 1800) {
            prop_assert!(held && v.kind == ViolationKind::Starved, "{v:?}");
        }
    }

    /// Time in one stride or in many gives the same lamps at the same times and the same words.
    #[test]
    fn strides_do_not_matter(day in days(), steps in prop::collection::vec(1i64..700, 1..40)) {
        let spec = turning(&day);
        let mut one = Cabinet::new(spec.clone(), T).unwrap();
        let mut many = Cabinet::new(spec, T).unwrap();
        let mut now = T;
        for step in steps {
            now += step;
            many.advance(now, &[]);
        }
        one.advance(now, &[]);
        prop_assert_eq!(one.lamp_changes(), many.lamp_changes());
        prop_assert_eq!(one.read(0, 104), many.read(0, 104));
    }
}
