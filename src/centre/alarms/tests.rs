//! The book of alarms over pictures made by hand.

use super::*;
use crate::control::Mode;
use crate::corridor::load;
use crate::field::{Link, Mode as CabinetMode, Status};
use crate::service::CabinetState;
use crate::store::Trouble;
use crate::units::Shift;
use std::sync::Arc;

/// Open alarms by severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    high: usize,
    medium: usize,
    low: usize,
}

impl Alarms {
    fn counts(&self) -> Counts {
        let open = self.all.values().filter(|a| a.state == State::Open);
        open.fold(Counts::default(), |mut counts, alarm| {
            *match alarm.cause.kind.severity() {
                Severity::High => &mut counts.high,
                Severity::Medium => &mut counts.medium,
                Severity::Low => &mut counts.low,
            } += 1;
            counts
        })
    }
}

fn network() -> Arc<Network> {
    let bytes = include_bytes!("../../../corridors/three.toml").to_vec();
    Arc::new(load(&[("three.toml".into(), bytes)]).expect("the shipped definition"))
}

fn cabinet() -> CabinetState {
    let status = Status {
        identity: None,
        mode: CabinetMode::Centre,
        fault: 0,
        boots: 0,
        stage: 1,
        running: 1,
        running_crc: None,
        pending: 0,
        staged_crc: None,
        refusal: 0,
        clock: None,
        cycle_start: Moment::new(0),
        request: 0,
    };
    CabinetState {
        link: Link::Up,
        status: Some(status),
        running: None,
        offset_error: None,
        cycle_start: None,
        clock_off: Shift::new(0),
        clock_ppm: None,
        answered_in: None,
        on_target: true,
    }
}

/// A street where all is well, at a second of its day.
fn well(second: i64) -> Picture {
    let network = network();
    let cabinets = network.intersections().iter().map(|_| cabinet()).collect();
    Picture {
        step: second.unsigned_abs(),
        at: Moment::from_unix_seconds(1_790_000_000 + second),
        scale: 1,
        armed: true,
        mode: Mode::Coordinated,
        changes: 0,
        cabinets,
        targets: Vec::new(),
        street: Arc::default(),
        greens: Vec::new(),
        arrivals: Vec::new(),
        readings: Vec::new(),
        decisions: Vec::new(),
        finding: None,
        journal: Vec::new(),
        missed: 0,
        escorts: Vec::new(),
        network,
    }
}

fn silent(second: i64) -> Picture {
    let mut picture = well(second);
    picture.cabinets.iter_mut().for_each(|c| c.link = Link::Lost(picture.at));
    picture
}

fn with(second: i64, decisions: Vec<Decision>) -> Picture {
    Picture { decisions, ..well(second) }
}

fn states(alarms: &Alarms) -> Vec<(Kind, State, u32)> {
    alarms.all.values().map(|a| (a.cause.kind, a.state, a.count)).collect()
}

#[test]
fn a_flood_is_one_group_and_ends_by_itself() {
    let (mut alarms, good) = (Alarms::default(), Health::default());
    assert!(alarms.take(&well(0), &good).is_empty() && alarms.writes().is_empty());
    let told = alarms.take(&silent(1), &good);
    assert_eq!(told.len(), 3);
    assert_eq!(alarms.writes().len(), 3);
    assert!(alarms.take(&silent(2), &good).is_empty(), "no news");
    let pages = alarms.pages(&network(), false);
    let groups: BTreeSet<&str> = pages.iter().map(|p| p.group.as_str()).collect();
    assert_eq!(groups.into_iter().collect::<Vec<_>>(), ["link-lost/three"]);
    assert!(pages[0].text.zh.contains("通信中断") && pages[0].text.en.ends_with(": does not answer"));
    assert_eq!(alarms.counts(), Counts { high: 3, medium: 0, low: 0 });
    assert_eq!(alarms.acknowledge_group(&network(), "link-lost/three", "li"), 3);
    assert_eq!(alarms.acknowledge_group(&network(), "link-lost/three", "li"), 0);
    assert_eq!(alarms.counts(), Counts::default());
    assert_eq!(alarms.take(&well(3), &good).len(), 3, "acknowledged and cleared are told");
    assert!(alarms.pages(&network(), false).is_empty());
    assert_eq!(alarms.pages(&network(), true).len(), 3);
}

#[test]
fn what_comes_back_soon_is_counted_and_later_is_new() {
    let (mut alarms, good) = (Alarms::default(), Health::default());
    for second in [0, 20, 40] {
        alarms.take(&silent(second), &good);
        alarms.take(&well(second + 10), &good);
    }
    assert_eq!(states(&alarms), [(Kind::LinkLost, State::Cleared, 3); 3]);
    alarms.take(&silent(700), &good);
    assert_eq!(alarms.all.len(), 6);
    assert_eq!(alarms.pages(&network(), false).len(), 3);
}

#[test]
fn shelving_ends_and_flapping_does_not_end_it() {
    let (mut alarms, good) = (Alarms::default(), Health::default());
    alarms.take(&silent(0), &good);
    let until = Moment::from_unix_seconds(1_790_000_600);
    assert!(alarms.shelve(1, until, "cable works", "li") && !alarms.acknowledge(1, "li"));
    alarms.take(&well(100), &good);
    assert!(!alarms.shelve(1, until, "too late", "li"), "it is gone");
    alarms.take(&silent(110), &good);
    assert_eq!(alarms.all[&1].state, State::Shelved);
    assert_eq!(alarms.all[&2].state, State::Open);
    alarms.take(&silent(600), &good);
    assert_eq!((alarms.all[&1].state, alarms.all[&1].why.clone()), (State::Open, None));
}

#[test]
fn decisions_stand_until_the_cabinet_does_well() {
    let (mut alarms, good) = (Alarms::default(), Health::default());
    let at = || network().intersections()[0].id.clone();
    let bad = vec![
        Decision::OtherWriter { intersection: at(), generation: 9 },
        Decision::PushFailed { intersection: at(), why: crate::field::Why::ReadBack },
        Decision::Detector { intersection: at(), channel: 3, health: crate::detection::Health::Stuck },
    ];
    alarms.take(&with(0, bad), &good);
    alarms.take(&well(800), &good);
    assert_eq!(alarms.pages(&network(), false).len(), 3);
    alarms.take(&well(901), &good);
    let kinds: Vec<Kind> = alarms.pages(&network(), false).iter().map(|p| p.kind).collect();
    assert!(!kinds.contains(&Kind::PushFailed) && kinds.len() == 2, "{kinds:?}");
    let activated = Decision::Activated {
        intersection: at(),
        generation: 10,
        cycle: Tenths::from_seconds(90),
        offset: Tenths::ZERO,
        arrived: true,
    };
    alarms.take(&with(902, vec![activated]), &good);
    let kinds: Vec<Kind> = alarms.pages(&network(), false).iter().map(|p| p.kind).collect();
    assert_eq!(kinds, [Kind::Detector], "a plan mends no detector");
    let healed = Decision::Detector { intersection: at(), channel: 3, health: crate::detection::Health::Good };
    alarms.take(&with(903, vec![healed]), &good);
    assert!(alarms.pages(&network(), false).is_empty());
}

#[test]
fn cabinets_clocks_late_steps_and_the_store_are_watched() {
    let (mut alarms, mut health) = (Alarms::default(), Health::default());
    let mut picture = well(0);
    let cabinets = &mut picture.cabinets;
    cabinets[0].clock_off = Shift::new(-31);
    if let Some(status) = &mut cabinets[1].status {
        (status.fault, status.mode) = (7, CabinetMode::Flash);
    }
    if let Some(status) = &mut cabinets[2].status {
        status.mode = CabinetMode::Manual;
    }
    alarms.take(&Picture { missed: 4, ..picture.clone() }, &health);
    assert_eq!(alarms.counts(), Counts { high: 2, medium: 1, low: 1 }, "missed before the first picture is no news");
    (picture.missed, picture.mode) = (5, Mode::Hold);
    (health.trouble, health.trimmed) = (Some(Trouble::Full), true);
    picture.at = picture.at + Tenths::from_seconds(1);
    alarms.take(&picture, &health);
    assert_eq!(alarms.counts(), Counts { high: 3, medium: 3, low: 2 });
    let store = alarms.pages(&network(), false).into_iter().find(|p| p.kind == Kind::Store).expect("it is there");
    assert!(store.text.en.contains("no space is left") && store.group == "store" && store.corridor.is_none());
    let mut later = well(302);
    later.missed = 5;
    alarms.take(&later, &Health::default());
    assert_eq!(alarms.counts(), Counts::default());
}

#[test]
fn the_book_outlives_a_restart_and_is_bounded() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = crate::store::Settings::new(folder.path());
    let now = Moment::from_unix_seconds(1_790_000_000);
    let store = crate::store::Store::open(&settings, crate::store::Opener::Service, now).expect("a store");
    let mut alarms = Alarms::default();
    alarms.take(&silent(0), &Health::default());
    alarms.acknowledge(2, "li");
    store.write(alarms.writes()).wait(std::time::Duration::from_secs(20)).expect("written");
    let mut again = Alarms::load(&store.reader().expect("a reader"));
    assert_eq!(states(&again), states(&alarms));
    assert!(again.take(&silent(1), &Health::default()).is_empty(), "known already");
    for k in 0..400 {
        again.take(&silent(1000 + k * 2000), &Health::default());
        again.take(&well(1500 + k * 2000), &Health::default());
        again.writes();
    }
    assert_eq!(again.all.len(), MOST_CLEARED);
    assert!(again.by_cause.len() == 3 && again.next > 1000);
}
