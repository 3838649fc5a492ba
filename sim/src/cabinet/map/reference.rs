//! The reference layout: this side's own reading of `src/field/registers.md`.
//!
//! Knows: addresses. Must not know: the controller's description of the same, which the rig hands over and a test compares.

use super::*;
use crate::cabinet::spec::{MAX_CHANNELS, MAX_STAGES};

const fn item(word: u16, width: u16) -> Item {
    Item { word, width }
}

const fn area(at: u16, words: u16) -> Area {
    Area { at, words, table: Registers::Holding }
}

impl Map {
    /// The reference layout, by `src/field/registers.md`.
    pub fn reference() -> Map {
        let (one, two, four) = (|w| item(w, 1), |w| item(w, 2), |w| item(w, 4));
        let modes = [Mode::StartUp, Mode::Local, Mode::Centre, Mode::Flash, Mode::Manual, Mode::Preempt];
        let marks = vec![(0, 0x4757), (1, 1)];
        Map {
            low_first: false,
            most_read: 125,
            most_written: 123,
            step: 1,
            zero: ClockZero::UnixEpoch,
            to_green_end: false,
            own_transition: None,
            fixed_time: 0,
            free: Some(1),
            coordinated: Some(2),
            status: StatusMap {
                block: Marked { area: area(0, 40), marks: marks.clone() },
                identity: Some(two(2)),
                mode: one(4),
                modes: modes.into_iter().zip(0..).collect(),
                fault: Some(one(5)),
                boots: Some(one(6)),
                stage: Some(one(7)),
                interval: Some(one(8)),
                remaining: Some(one(9)),
                running: two(10),
                running_check: Some(two(12)),
                pending: two(14),
                activation: Some(four(16)),
                staged_check: Some(two(20)),
                refusal: Some(one(22)),
                clock: Some(four(23)),
                cycle_start: Some(four(30)),
                cycle_elapsed: None,
                heartbeat: Some(one(27)),
                heartbeat_left: Some(one(28)),
                commits: Some(one(29)),
                channels: Some(one(34)),
                request: Some(one(35)),
            },
            detectors: Some(DetectorMap {
                area: area(40, 2 * MAX_CHANNELS as u16),
                stride: 2,
                channels: MAX_CHANNELS as u16,
                count: one(0),
                occupied: Some(one(1)),
            }),
            limits: Some(LimitsMap {
                area: area(110, 70),
                cycle_min: one(0),
                cycle_max: one(1),
                stages: one(2),
                first: 6,
                stride: 4,
                min_green: one(0),
                max_green: one(1),
                yellow: one(2),
                all_red: one(3),
            }),
            plans: PlansMap::Download(Box::new(DownloadMap {
                running: area(200, 20 + 6 * MAX_STAGES as u16),
                staged: area(400, 20 + 6 * MAX_STAGES as u16),
                slots: 1,
                form: FormMap {
                    marks: marks.into_iter().chain([(12, 1)]).collect(),
                    identity: Some(two(2)),
                    generation: two(4),
                    epoch: Some(two(6)),
                    cycle: one(8),
                    offset: one(9),
                    stages: one(10),
                    reference_stage: Some(one(11)),
                    operation: Some(one(13)),
                    check: two(18),
                    first: 20,
                    stride: 6,
                    stage: one(0),
                    green: one(1),
                    yellow: one(2),
                    all_red: one(3),
                },
                commit: CommitMap {
                    area: area(600, 10),
                    generation: two(0),
                    key: two(2),
                    activation: four(4),
                    expiry: one(8),
                },
            })),
            heartbeat: HeartbeatMap { area: area(620, 2), counter: one(0), timeout: Some(one(1)) },
            clock: Some(ClockMap { area: area(630, 4), instant: four(0) }),
            release: Marked { area: area(640, 2), marks: vec![(0, 0x5245)] },
            request: Some(RequestMap {
                area: area(650, 14),
                counter: one(0),
                kind: one(1),
                stage: one(2),
                until: four(4),
                expiry: four(8),
                check: two(12),
            }),
        }
    }
}
