//! The same by every profile: the shipped ones and random ones. Words are put into blocks and taken out of them by this
//! file's own hand, so that `field` is not its own oracle.

use super::golden::{DC01, T, crc, network};
use greenwave::corridor::profile::*;
use greenwave::corridor::{ClockZero, Intersection, StageIndex};
use greenwave::field::{Ask, Mode, Op, RegisterMap, Session, identity};
use greenwave::plan::{Operation, Plan};
use greenwave::units::{Moment, Shift, Tenths};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::sync::Arc;

const SHANGHAI_S: i32 = 8 * 3600;

fn put(block: &mut [u16], item: Item, order: WordOrder, value: u64) {
    let n = item.form.words();
    for k in 0..n {
        let place = if order == WordOrder::HighFirst { n - 1 - k } else { k };
        block[usize::from(item.word + place)] = (value >> (16 * k)) as u16;
    }
}

fn get(block: &[u16], item: Item, order: WordOrder) -> u64 {
    let n = item.form.words();
    let of = |k: u16| if order == WordOrder::HighFirst { n - 1 - k } else { k };
    (0..n).map(|k| u64::from(block[usize::from(item.word + of(k))]) << (16 * k)).sum()
}

/// Hands out places of one block, with gaps.
struct Room<'a>(u16, &'a mut Pcg64Mcg);

impl Room<'_> {
    fn item(&mut self, forms: &[Form]) -> Item {
        let form = forms[self.1.random_range(0..forms.len())];
        let word = self.0 + self.1.random_range(0..3_u16);
        self.0 = word + form.words();
        Item { word, form }
    }

    fn maybe(&mut self, forms: &[Form]) -> Option<Item> {
        let there = self.1.random_bool(0.7);
        there.then(|| self.item(forms))
    }

    fn marks(&mut self) -> Vec<Mark> {
        (0..self.1.random_range(0..3_u16))
            .map(|_| Mark { word: self.item(&[Form::U16]).word, is: self.1.random() })
            .collect()
    }

    fn words(&self) -> u16 {
        self.0 + 2
    }
}

const ANY: [Form; 3] = [Form::U16, Form::U32, Form::U64];
const WIDE: [Form; 2] = [Form::U32, Form::U64];
const CHECK: [Form; 1] = [Form::U32];

/// A profile nobody has seen, as the profile language permits: nothing overlaps, what is written fits one write.
fn random(seed: u64) -> RegisterProfile {
    let mut chance = Pcg64Mcg::seed_from_u64(seed);
    let mut next = 0_u16;
    let most_read = chance.random_range(20..=125_u16);
    let tables = [RegisterTable::Holding, RegisterTable::Input];
    let mut block = |words: u16, readable: bool, chance: &mut Pcg64Mcg| {
        let at = next + [0, 0, 3, 40][chance.random_range(0..4_usize)];
        next = at + words;
        let table = if readable { tables[chance.random_range(0..2_usize)] } else { RegisterTable::Holding };
        Block { at, words, table }
    };
    let mut room = Room(0, &mut chance);
    let marks = room.marks();
    let (identity, mode, fault, boots) = (room.maybe(&CHECK), room.item(&ANY), room.maybe(&ANY), room.maybe(&ANY));
    let (stage, interval, remaining) = (room.maybe(&ANY), room.maybe(&ANY), room.maybe(&ANY));
    let (running, running_check, pending) = (room.item(&WIDE), room.maybe(&CHECK), room.item(&WIDE));
    let (activation, staged_check, refusal) = (room.maybe(&[Form::U64]), room.maybe(&CHECK), room.maybe(&ANY));
    let clock = room.maybe(&[Form::U64]);
    let place = if room.1.random() {
        CyclePlace::Start(room.item(&[Form::U64]))
    } else {
        CyclePlace::Elapsed(room.item(&WIDE))
    };
    let (heartbeat, heartbeat_left, commits) = (room.maybe(&ANY), room.maybe(&ANY), room.maybe(&ANY));
    let (channels_told, request) = (room.maybe(&ANY), room.maybe(&WIDE));
    let words = room.words();
    let codes: Vec<u16> = {
        let first = chance.random_range(0..100_u16);
        (0..6).map(|k| first + 3 * k).collect()
    };
    let kinds = [Mode::StartUp, Mode::Local, Mode::Centre, Mode::Flash, Mode::Manual, Mode::Preempt];
    let status = StatusBlock {
        block: block(words, true, &mut chance),
        marks,
        identity,
        mode,
        modes: kinds.into_iter().zip(codes).collect(),
        fault,
        boots,
        stage,
        interval,
        remaining,
        running,
        running_check,
        pending,
        activation,
        staged_check,
        refusal,
        clock,
        cycle: place,
        heartbeat,
        heartbeat_left,
        commits,
        channels: channels_told,
        request,
    };
    let mut room = Room(0, &mut chance);
    let (count, occupied) = (room.item(&ANY), room.maybe(&ANY));
    let stride = room.words();
    let channels = chance.random_range(4..=32_u16);
    let detectors =
        DetectorBlock { block: block(stride * channels, true, &mut chance), stride, channels, count, occupied };
    let mut room = Room(0, &mut chance);
    let (cycle_min, cycle_max, stages) = (room.item(&ANY), room.item(&ANY), room.item(&ANY));
    let first = room.words();
    let mut room = Room(0, &mut chance);
    let [min_green, max_green, yellow, all_red] = std::array::from_fn(|_| room.item(&[Form::U16, Form::U32]));
    let stride = room.words();
    let limits = LimitsBlock {
        block: block(first + 8 * stride, true, &mut chance),
        cycle_min,
        cycle_max,
        stages,
        first,
        stride,
        min_green,
        max_green,
        yellow,
        all_red,
    };
    let mut room = Room(0, &mut chance);
    let marks = room.marks();
    let (identity, generation, epoch) = (room.maybe(&CHECK), room.item(&WIDE), room.maybe(&ANY));
    let (cycle, offset, stages) = (room.item(&ANY), room.item(&ANY), room.item(&ANY));
    let (reference_stage, operation, check) = (room.maybe(&ANY), room.maybe(&ANY), room.item(&CHECK));
    let first = room.words();
    let mut room = Room(0, &mut chance);
    let [stage, green, yellow, all_red] = std::array::from_fn(|_| room.item(&[Form::U16, Form::U32]));
    let stride = room.0;
    let form = PlanForm {
        marks,
        identity,
        generation,
        epoch,
        cycle,
        offset,
        stages,
        reference_stage,
        operation,
        check,
        first,
        stride,
        most_stages: 4,
        stage,
        green,
        yellow,
        all_red,
    };
    let words = first + 4 * stride;
    let slots = chance.random_range(1..=4_u16);
    let running_block = block(words, true, &mut chance);
    let all = block(words * slots, false, &mut chance);
    let mut room = Room(0, &mut chance);
    let commit = CommitBlock {
        generation: room.item(&WIDE),
        key: room.item(&CHECK),
        activation: room.item(&[Form::U64]),
        expiry: room.item(&ANY),
        block: Block { at: 0, words: room.words(), table: RegisterTable::Holding },
    };
    let commit = CommitBlock { block: block(commit.block.words, false, &mut chance), ..commit };
    let plans =
        Plans::Download(Download { running: running_block, staged: Block { words, ..all }, slots, form, commit });
    let operations = [(OperationKind::FixedTime, 4), (OperationKind::Free, 5), (OperationKind::Actuated, 9)];
    RegisterProfile {
        id: format!("random-{seed}"),
        name: network().intersection(DC01).name.clone(),
        words: Words {
            order: if chance.random() { WordOrder::HighFirst } else { WordOrder::LowFirst },
            most_read,
            most_written: 123,
        },
        time: TimeBase {
            step: Tenths::new([1, 2, 5, 10][chance.random_range(0..4_usize)]),
            zero: if chance.random() { ClockZero::UnixEpoch } else { ClockZero::LocalMidnight },
        },
        offset: if chance.random() { OffsetEdge::GreenStart } else { OffsetEdge::GreenEnd },
        transitions: Carrier::Centre,
        operations: operations.to_vec(),
        sequences: true,
        status,
        detectors: Some(detectors),
        limits: Some(limits),
        plans,
        heartbeat: HeartbeatBlock {
            block: block(4, false, &mut chance),
            counter: Item { word: 2, form: Form::U32 },
            timeout: Some(Item { word: 0, form: Form::U16 }),
        },
        clock: Some(ClockBlock { block: block(4, false, &mut chance), instant: Item { word: 0, form: Form::U64 } }),
        release: ReleaseBlock { block: block(2, false, &mut chance), marks: vec![Mark { word: 1, is: 0xbeef }] },
        stage_request: None,
    }
}

/// The shipped profiles and 300 random ones.
fn profiles() -> Vec<Arc<RegisterProfile>> {
    shipped().iter().cloned().chain((0..300).map(|seed| Arc::new(random(seed)))).collect()
}

fn map(profile: &Arc<RegisterProfile>) -> RegisterMap {
    RegisterMap::new(profile.clone(), None, SHANGHAI_S, Vec::new())
}

/// A sound plan of whole seconds, so that every step can say it, in one of two orders.
fn any_plan(at: &Intersection, chance: &mut Pcg64Mcg) -> Plan {
    let greens: Vec<Tenths> = at.stages.iter().map(|_| Tenths::from_seconds(chance.random_range(10..60))).collect();
    let offset = Shift::new(10 * chance.random_range(0..1000_i64));
    let order = if chance.random() { [0, 1, 2] } else { [0, 2, 1] };
    Plan::from_greens_in(at, &order.map(StageIndex), &greens, offset).unwrap()
}

/// The last local midnight at or before, by plain arithmetic.
fn midnight(at: Moment) -> i64 {
    let local = at.count() + i64::from(SHANGHAI_S) * 10;
    local - local.rem_euclid(864_000) - i64::from(SHANGHAI_S) * 10
}

#[test]
fn a_plan_comes_back_as_it_went_by_every_profile() {
    let network = network();
    let mut at = network.intersection(DC01).clone();
    let own_reference = at.reference_phase;
    let mut chance = Pcg64Mcg::seed_from_u64(1);
    for profile in profiles() {
        let Plans::Download(download) = &profile.plans else { continue };
        let (map, form, order) = (map(&profile), &download.form, profile.words.order);
        for _ in 0..10 {
            // The reference phase begins with stage 1, or with stage 3.
            let (stage, phase) = if chance.random() { (0, own_reference) } else { (2, at.stages[2].phases[0]) };
            at.reference_phase = phase;
            let at = &at;
            let plan = any_plan(at, &mut chance);
            let from = plan.next_cycle_start(at, T + Tenths::new(chance.random_range(0..2_000_000)));
            let generation = chance.random_range(1..=u32::MAX);
            let block = map.plan_block(at, &plan, from, generation, 7).unwrap();
            assert_eq!(block.len(), usize::from(download.staged.words), "{}", profile.id);
            // What stands where, word by word.
            let value = |item: Item| get(&block, item, order);
            let steps = |time: Tenths| u64::from(time.count() / profile.time.step.count());
            assert_eq!(
                (value(form.generation), value(form.cycle)),
                (u64::from(generation), steps(plan.cycle.length()))
            );
            assert_eq!(value(form.stages), 3);
            for mark in &form.marks {
                assert_eq!(block[usize::from(mark.word)], mark.is);
            }
            let mut content = block.clone();
            content.drain(usize::from(form.check.word)..usize::from(form.check.word) + 2);
            assert_eq!(value(form.check), u64::from(crc(&content)));
            for (place, split) in (0..).zip(&plan.splits) {
                let at = |item: Item| Item { word: item.word + form.first + form.stride * place, ..item };
                assert_eq!(
                    (value(at(form.stage)), value(at(form.green))),
                    (split.stage.0 as u64 + 1, steps(split.green))
                );
            }
            // The offset: to the reference stage wherever it comes, or to stage 1, with which cycles begin.
            let stage = form.reference_stage.map_or(0, |item| {
                assert_eq!(value(item), stage + 1);
                stage as usize
            });
            let place = plan.splits.iter().position(|split| split.stage.0 == stage).unwrap();
            let lead = plan.splits[..place].iter().map(greenwave::plan::Split::length).sum::<Tenths>();
            let split = plan.splits[place];
            let green = lead + if profile.offset == OffsetEdge::GreenEnd { split.green } else { Tenths::ZERO };
            let zero = if profile.time.zero == ClockZero::UnixEpoch { 0 } else { midnight(from) };
            let told =
                (from.count() + i64::from(green.count()) - zero).rem_euclid(i64::from(plan.cycle.length().count()));
            assert_eq!(value(form.offset) * u64::from(profile.time.step.count()), told as u64, "{}", profile.id);
            // Back again, on the same day and on the next.
            for cycles in [0, 7, 400] {
                let later = from + Tenths::new(plan.cycle.length().count() * cycles);
                let back = map.read_plan(at, &block, later).unwrap();
                assert_eq!((back.generation, &back.plan), (generation, &plan), "{} {cycles}", profile.id);
                assert_eq!(back.epoch, if form.epoch.is_some() { 7 } else { 0 });
            }
            // Any other register is found.
            let word = chance.random_range(0..block.len());
            let mut bent = block.clone();
            bent[word] ^= 1 << chance.random_range(0..16_u32);
            assert_eq!(map.read_plan(at, &bent, from), None, "{} word {word}", profile.id);
        }
    }
}

#[test]
fn nothing_is_rounded_and_what_a_controller_can_not_do_is_not_written() {
    let network = network();
    let at = network.intersection(DC01);
    let sound = any_plan(at, &mut Pcg64Mcg::seed_from_u64(2));
    let from = sound.next_cycle_start(at, T);
    for profile in profiles() {
        let Plans::Download(download) = &profile.plans else { continue };
        let map = map(&profile);
        let fits = |plan: &Plan| map.plan_block(at, plan, from, 1, 1).is_some();
        let odd = sound.at_offset(sound.offset.since_zero().later() + Shift::new(1));
        assert_eq!(fits(&odd), profile.time.step == Tenths::new(1), "{}", profile.id);
        for operation in [Operation::Free, Operation::Actuated] {
            let can = profile.operations.len() > 1 && download.form.operation.is_some();
            assert_eq!(fits(&sound.clone().run(operation)), can, "{}", profile.id);
        }
    }
}

/// The poll of a session that has heard nothing, as address ranges by table.
fn polled(profile: &Arc<RegisterProfile>) -> Vec<(RegisterTable, u16, u16)> {
    let mut session = Session::by(map(profile), DC01);
    let read = |op: &Op| match op {
        Op::Read { table, address, count } => (*table, *address, *count),
        op => panic!("{op:?}"),
    };
    session.tick(T, None).iter().inspect(|r| assert_eq!(r.ask(), Ask::Poll)).map(|r| read(r.op())).collect()
}

#[test]
fn reads_cover_their_blocks_once_and_nothing_that_is_not_there() {
    let named = |id: &str| shipped().iter().find(|p| p.id == id).unwrap().clone();
    use RegisterTable::{Holding, Input};
    assert_eq!(polled(&named("reference")), [(Holding, 0, 104)]);
    assert_eq!(polled(&named("plc")), [(Input, 1000, 30), (Input, 1100, 96)]);
    assert_eq!(polled(&named("plan-select")), [(Holding, 0, 8), (Holding, 16, 16)]);
    let mut merged = 0;
    for profile in profiles() {
        let reads = polled(&profile);
        let blocks = [Some(profile.status.block), profile.detectors.map(|d| d.block)];
        let blocks: Vec<Block> = blocks.into_iter().flatten().collect();
        let mut seen = Vec::new();
        for &(table, at, count) in &reads {
            assert!((1..=profile.words.most_read).contains(&count), "{}", profile.id);
            seen.extend((at..at + count).map(|register| (table, register)));
        }
        let mut wanted: Vec<_> = blocks.iter().flat_map(|b| (b.at..b.at + b.words).map(|r| (b.table, r))).collect();
        let place = match profile.status.cycle {
            CyclePlace::Start(item) | CyclePlace::Elapsed(item) => item,
        };
        // A value is never torn between two reads.
        for item in [profile.status.running, profile.status.pending, place] {
            let first = profile.status.block.at + item.word;
            let whole = |&&(table, at, count): &&(RegisterTable, u16, u16)| {
                table == profile.status.block.table && at <= first && first + item.form.words() <= at + count
            };
            assert_eq!(reads.iter().filter(whole).count(), 1, "{}", profile.id);
        }
        merged += usize::from(reads.len() == 1);
        wanted.sort_unstable();
        seen.sort_unstable();
        assert_eq!(seen, wanted, "{}", profile.id);
    }
    assert!(merged > 3, "neighbours are read together: {merged}");
}

#[test]
fn a_status_is_read_by_every_profile() {
    let network = network();
    let at = network.intersection(DC01);
    let mut chance = Pcg64Mcg::seed_from_u64(3);
    for profile in profiles() {
        let (map, form, order) = (map(&profile), &profile.status, profile.words.order);
        let step = i64::from(profile.time.step.count());
        for &(mode, code) in &form.modes {
            let now = T + Tenths::from_seconds(chance.random_range(0..1_000_000));
            let mut block = vec![0; usize::from(form.block.words)];
            form.marks.iter().for_each(|mark| block[usize::from(mark.word)] = mark.is);
            let zero = if profile.time.zero == ClockZero::UnixEpoch { 0 } else { midnight(now) };
            let count = |moment: Moment| {
                ((moment.count() - zero).rem_euclid(if zero == 0 { i64::MAX } else { 864_000 }) / step) as u64
            };
            let (clock, start) = (now + Shift::new(30), now - Tenths::from_seconds(50));
            put(&mut block, form.mode, order, u64::from(code));
            put(&mut block, form.running, order, 77);
            put(&mut block, form.pending, order, 78);
            form.identity.into_iter().for_each(|i| put(&mut block, i, order, u64::from(identity(&at.id))));
            form.boots.into_iter().for_each(|i| put(&mut block, i, order, 9));
            form.refusal.into_iter().for_each(|i| put(&mut block, i, order, 13));
            form.clock.into_iter().for_each(|i| put(&mut block, i, order, count(clock)));
            match form.cycle {
                CyclePlace::Start(item) => put(&mut block, item, order, count(start)),
                CyclePlace::Elapsed(item) => put(&mut block, item, order, (500 / step) as u64),
            }
            let status = map.status(&block, now).unwrap_or_else(|| panic!("{}", profile.id));
            assert_eq!((status.mode, status.running, status.pending), (mode, 77, 78));
            assert_eq!(status.clock, form.clock.map(|_| clock), "{}", profile.id);
            assert_eq!(status.cycle_start, start, "{}", profile.id);
            assert_eq!(status.refusal, if form.refusal.is_some() { 13 } else { 0 });
            assert_eq!(status.boots, if form.boots.is_some() { 9 } else { 0 });
            put(&mut block, form.mode, order, 60_000);
            assert_eq!(map.status(&block, now), None, "no such mode");
            put(&mut block, form.mode, order, u64::from(code));
            if let Some(mark) = form.marks.first() {
                block[usize::from(mark.word)] ^= 1;
                assert_eq!(map.status(&block, now), None, "another layout");
            }
        }
    }
}

#[test]
fn a_commit_is_bound_to_content_generation_and_instant_by_every_profile() {
    let network = network();
    let at = network.intersection(DC01);
    let plan = any_plan(at, &mut Pcg64Mcg::seed_from_u64(4));
    // A minute before the end of a local day, and over it.
    let instants = [T + Tenths::from_seconds(16 * 3600 - 60), T + Tenths::from_seconds(16 * 3600), T + Tenths::new(7)];
    for profile in profiles() {
        let (map, order) = (map(&profile), profile.words.order);
        let Plans::Download(Download { form, commit, .. }) = &profile.plans else { continue };
        let step = i64::from(profile.time.step.count());
        for activation in instants {
            let staged = map.plan_block(at, &plan, plan.next_cycle_start(at, activation), 99, 1).unwrap();
            let Some(Op::Write { address, words }) = map.commit(&staged, 99, activation, 30) else { panic!() };
            assert_eq!((address, words.len()), (commit.block.at, usize::from(commit.block.words)));
            // The first of the cabinet's steps that is not before the instant.
            let exact = (activation.count() + step - 1).div_euclid(step) * step;
            let zero = if profile.time.zero == ClockZero::UnixEpoch { 0 } else { midnight(Moment::new(exact)) };
            assert_eq!(get(&words, commit.activation, order) as i64 * step, exact - zero, "{}", profile.id);
            assert_eq!((get(&words, commit.generation, order), get(&words, commit.expiry, order)), (99, 30));
            let registers =
                |item: Item| words[usize::from(item.word)..usize::from(item.word + item.form.words())].to_vec();
            let bound = crc(&[registers(commit.generation), registers(commit.activation)].concat());
            assert_eq!(get(&words, commit.key, order), get(&staged, form.check, order) ^ u64::from(bound));
        }
    }
}

#[test]
fn counters_wrap_with_their_form_and_count_the_same() {
    let at = network().intersection(DC01).clone();
    for profile in profiles() {
        let (Some(form), order) = (profile.detectors, profile.words.order) else { continue };
        let status = &profile.status;
        // Channel 2 counts up to the end of its form and over it.
        let reading = |count: u64, occupied: u64| {
            let network = network();
            let mut session = Session::by(map(&profile), DC01);
            let top = |item: Item| u64::MAX >> (64 - 16 * u32::from(item.form.words()));
            let mut words = std::collections::BTreeMap::new();
            let mut block = vec![0; usize::from(status.block.words)];
            status.marks.iter().for_each(|mark| block[usize::from(mark.word)] = mark.is);
            put(&mut block, status.mode, order, u64::from(status.modes[1].1));
            status.identity.into_iter().for_each(|i| put(&mut block, i, order, u64::from(identity(&at.id))));
            status.channels.into_iter().for_each(|i| put(&mut block, i, order, 2));
            words.extend((0..).zip(block).map(|(k, w)| ((status.block.table, status.block.at + k), w)));
            let mut block = vec![0; usize::from(form.block.words)];
            let second = |item: Item| Item { word: item.word + form.stride, ..item };
            put(&mut block, second(form.count), order, count & top(form.count));
            form.occupied.into_iter().for_each(|i| put(&mut block, second(i), order, occupied & top(i)));
            words.extend((0..).zip(block).map(|(k, w)| ((form.block.table, form.block.at + k), w)));
            let mut heard = None;
            for request in session.tick(T, None) {
                let Op::Read { table, address, count } = *request.op() else { panic!() };
                let answer = (address..address + count).map(|a| words[&(table, a)]).collect();
                heard = session.hear(network.intersection(DC01), Ask::Poll, &Ok(answer), T).or(heard);
            }
            heard.unwrap_or_else(|| panic!("{}", profile.id)).channels[1]
        };
        let top = |item: Item| u64::MAX >> (64 - 16 * u32::from(item.form.words()));
        let occupied = form.occupied.map_or(0, top);
        let (before, after) = (
            reading(top(form.count) - 1, occupied.wrapping_sub(3)),
            reading(top(form.count).wrapping_add(3), occupied.wrapping_add(5)),
        );
        assert_eq!(after.count.wrapping_sub(before.count), 4, "{}", profile.id);
        let steps = if form.occupied.is_some() { 8 } else { 0 };
        assert_eq!(
            u32::from(after.occupied.wrapping_sub(before.occupied)),
            steps * profile.time.step.count(),
            "{}",
            profile.id
        );
    }
}

#[test]
fn over_midnight_and_the_years_end_the_wave_stays_where_it_is() {
    let network = network();
    let at = network.intersection(DC01);
    let plc = shipped().iter().find(|p| p.id == "plc").unwrap();
    let map = map(plc);
    let Plans::Download(download) = &plc.plans else { panic!() };
    let Some(detectors) = plc.detectors else { panic!() };
    let (form, order) = (&plc.status, plc.words.order);
    // 2026-03-03 and 2027-01-01, 00:00 in Shanghai. 100 s divide a day, 107 s do not.
    for midnight in [T + Tenths::from_seconds(16 * 3600), Moment::new(17_987_328_000)] {
        for (green_s, moves) in [(42, false), (49, true)] {
            let greens = [green_s, 14, 29].map(Tenths::from_seconds);
            let plan = Plan::from_greens(at, &greens, Shift::new(320)).unwrap();
            let from = plan.next_cycle_start(at, midnight - Tenths::from_seconds(1800));
            let block = map.plan_block(at, &plan, from, 77, 1).unwrap();
            let mut session = Session::by(map.clone(), DC01);
            let mut second_block = block.clone();
            for second in 0..3600 {
                let now = midnight - Tenths::from_seconds(1800) + Tenths::from_seconds(second);
                let mut status = vec![0; usize::from(form.block.words)];
                form.marks.iter().for_each(|mark| status[usize::from(mark.word)] = mark.is);
                let start = plan.next_cycle_start(at, now) - plan.cycle.length();
                let of_day = |m: Moment| ((m.count() + i64::from(SHANGHAI_S) * 10).rem_euclid(864_000) / 10) as u64;
                put(&mut status, form.mode, order, 2);
                put(&mut status, form.running, order, get(&second_block, download.form.generation, order));
                put(&mut status, form.running_check.unwrap(), order, get(&second_block, download.form.check, order));
                put(&mut status, form.identity.unwrap(), order, u64::from(identity(&at.id)));
                put(&mut status, form.clock.unwrap(), order, of_day(now));
                let CyclePlace::Start(item) = form.cycle else { panic!() };
                put(&mut status, item, order, of_day(start));
                for request in session.tick(now, None) {
                    let words = match request.op() {
                        Op::Read { address: 1000, .. } => status.clone(),
                        Op::Read { address: 1100, .. } => vec![0; usize::from(detectors.block.words)],
                        Op::Read { address: 2000, .. } => second_block.clone(),
                        op => panic!("{op:?}"),
                    };
                    session.hear(at, request.ask(), &Ok(words), now);
                }
                if second < 2 {
                    continue;
                }
                let Some(running) = session.running() else { continue };
                assert_eq!(running.plan, plan, "wherever midnight is, the wave is where it was");
                let passed = now >= midnight && second_block == block;
                assert_eq!(session.is_of_yesterday(now), moves && passed, "second {second}");
                if second == 2700 && moves {
                    // Sent again: the offset is another number, the wave the same.
                    let next = plan.next_cycle_start(at, now);
                    second_block = map.plan_block(at, &plan, next, 78, 1).unwrap();
                    let offset = |block: &[u16]| get(block, download.form.offset, order);
                    assert_eq!((offset(&block) + 1070 - offset(&second_block)) % 107, 86_400 % 107);
                }
            }
        }
    }
}
