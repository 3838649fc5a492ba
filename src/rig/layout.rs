//! A controller model's registers, from the core's description of them to the plant's.
//!
//! Knows: both descriptions. Must not know: what is read or written. Nothing is decided here: every place and form is handed
//! over as it stands, and the cabinet reads and writes by it with code of its own.

use super::translate::tenths;
use crate::corridor::profile::{self, CabinetMode, CyclePlace, OperationKind, Plans, RegisterProfile, RegisterTable};
use crate::corridor::profile::{Carrier, OffsetEdge, WordOrder};
use crate::corridor::{Cabinet, ClockZero};
use greenwave_sim::cabinet::{
    self, Area, ClockMap, CommitMap, DetectorMap, DownloadMap, FormMap, HeartbeatMap, Item, LimitsMap, Map, Marked,
    Mode, PlansMap, Registers, RequestMap, SelectMap, StatusMap, Stretch,
};

/// The plant's word for a table.
pub(super) fn registers(table: RegisterTable) -> Registers {
    match table {
        RegisterTable::Holding => Registers::Holding,
        RegisterTable::Input => Registers::Input,
    }
}

/// What a cabinet's clock counts from: its definition's word, or its profile's.
pub(super) fn zero(cabinet: &Cabinet) -> cabinet::ClockZero {
    match cabinet.clock_zero.unwrap_or(cabinet.profile.time.zero) {
        ClockZero::UnixEpoch => cabinet::ClockZero::UnixEpoch,
        ClockZero::LocalMidnight => cabinet::ClockZero::LocalMidnight,
    }
}

/// The layout of a cabinet's registers.
pub(super) fn map(cabinet: &Cabinet) -> Map {
    let profile = &*cabinet.profile;
    let code = |kind| profile.operations.iter().find(|o| o.0 == kind).map(|o| o.1);
    Map {
        low_first: profile.words.order == WordOrder::LowFirst,
        most_read: profile.words.most_read,
        most_written: profile.words.most_written,
        step: tenths(profile.time.step),
        zero: zero(cabinet),
        to_green_end: profile.offset == OffsetEdge::GreenEnd,
        own_transition: match profile.transitions {
            Carrier::Centre => None,
            Carrier::Cabinet { shortest_percent, longest_percent } => Some(Stretch {
                shortest_percent: i64::from(shortest_percent),
                longest_percent: i64::from(longest_percent),
            }),
        },
        fixed_time: code(OperationKind::FixedTime).unwrap_or(0),
        free: code(OperationKind::Free),
        coordinated: code(OperationKind::Actuated),
        status: status(&profile.status),
        detectors: profile.detectors.map(|d| DetectorMap {
            area: area(d.block),
            stride: d.stride,
            channels: d.channels,
            count: item(d.count),
            occupied: d.occupied.map(item),
        }),
        limits: profile.limits.map(|l| LimitsMap {
            area: area(l.block),
            cycle_min: item(l.cycle_min),
            cycle_max: item(l.cycle_max),
            stages: item(l.stages),
            first: l.first,
            stride: l.stride,
            min_green: item(l.min_green),
            max_green: item(l.max_green),
            yellow: item(l.yellow),
            all_red: item(l.all_red),
        }),
        plans: plans(profile),
        heartbeat: HeartbeatMap {
            area: area(profile.heartbeat.block),
            counter: item(profile.heartbeat.counter),
            timeout: profile.heartbeat.timeout.map(item),
        },
        clock: profile.clock.map(|c| ClockMap { area: area(c.block), instant: item(c.instant) }),
        release: Marked { area: area(profile.release.block), marks: marks(&profile.release.marks) },
        request: profile.stage_request.map(|r| RequestMap {
            area: area(r.block),
            counter: item(r.counter),
            kind: item(r.kind),
            stage: item(r.stage),
            until: item(r.until),
            expiry: item(r.expiry),
            check: item(r.check),
        }),
    }
}

fn status(status: &profile::StatusBlock) -> StatusMap {
    let mode = |mode| match mode {
        CabinetMode::StartUp => Mode::StartUp,
        CabinetMode::Local => Mode::Local,
        CabinetMode::Centre => Mode::Centre,
        CabinetMode::Flash => Mode::Flash,
        CabinetMode::Manual => Mode::Manual,
        CabinetMode::Preempt => Mode::Preempt,
    };
    let (cycle_start, cycle_elapsed) = match status.cycle {
        CyclePlace::Start(place) => (Some(item(place)), None),
        CyclePlace::Elapsed(place) => (None, Some(item(place))),
    };
    StatusMap {
        block: Marked { area: area(status.block), marks: marks(&status.marks) },
        identity: status.identity.map(item),
        mode: item(status.mode),
        modes: status.modes.iter().map(|&(m, code)| (mode(m), code)).collect(),
        fault: status.fault.map(item),
        boots: status.boots.map(item),
        stage: status.stage.map(item),
        interval: status.interval.map(item),
        remaining: status.remaining.map(item),
        running: item(status.running),
        running_check: status.running_check.map(item),
        pending: item(status.pending),
        activation: status.activation.map(item),
        staged_check: status.staged_check.map(item),
        refusal: status.refusal.map(item),
        clock: status.clock.map(item),
        cycle_start,
        cycle_elapsed,
        heartbeat: status.heartbeat.map(item),
        heartbeat_left: status.heartbeat_left.map(item),
        commits: status.commits.map(item),
        channels: status.channels.map(item),
        request: status.request.map(item),
    }
}

fn plans(profile: &RegisterProfile) -> PlansMap {
    let load = match &profile.plans {
        Plans::Download(load) => load,
        Plans::Select(select) => {
            return PlansMap::Select(SelectMap {
                area: area(select.block),
                number: item(select.number),
                expiry: item(select.expiry),
                check: item(select.check),
            });
        }
    };
    let form = &load.form;
    PlansMap::Download(Box::new(DownloadMap {
        running: area(load.running),
        staged: area(load.staged),
        slots: load.slots,
        form: FormMap {
            marks: marks(&form.marks),
            identity: form.identity.map(item),
            generation: item(form.generation),
            epoch: form.epoch.map(item),
            cycle: item(form.cycle),
            offset: item(form.offset),
            stages: item(form.stages),
            reference_stage: form.reference_stage.map(item),
            operation: form.operation.map(item),
            check: item(form.check),
            first: form.first,
            stride: form.stride,
            stage: item(form.stage),
            green: item(form.green),
            yellow: item(form.yellow),
            all_red: item(form.all_red),
        },
        commit: CommitMap {
            area: area(load.commit.block),
            generation: item(load.commit.generation),
            key: item(load.commit.key),
            activation: item(load.commit.activation),
            expiry: item(load.commit.expiry),
        },
    }))
}

fn area(block: profile::Block) -> Area {
    Area { at: block.at, words: block.words, table: registers(block.table) }
}

fn item(item: profile::Item) -> Item {
    Item { word: item.word, width: item.form.words() }
}

fn marks(marks: &[profile::Mark]) -> Vec<(u16, u16)> {
    marks.iter().map(|m| (m.word, m.is)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::load;

    /// Both readings of the reference layout: the profile file's, handed over, and the cabinet's own.
    #[test]
    fn the_profile_file_says_what_the_cabinet_knows() {
        let text = include_str!("../../corridors/three.toml");
        let network = load(&[("three.toml".to_owned(), text.as_bytes().to_vec())]).expect("a sound file");
        assert_eq!(map(&network.intersections()[0].cabinet), Map::reference());
    }
}
