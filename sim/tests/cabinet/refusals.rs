//! Each refusal code of register 22 and each exception, by the one mutant that earns it.

use crate::kit::*;
use greenwave_sim::cabinet::{Cabinet, CabinetSpec, Exception, Fault, Refusal};

fn sound() -> Vec<u16> {
    block(5, 3, &GREENS, START % 1000)
}

/// Stages a sealed mutant; the staged block must be refused for `why`, read back as written, and not be committable.
fn refused(why: Refusal, mutate: impl Fn(&mut Vec<u16>)) {
    let mut cabinet = cabinet();
    let mut words = sound();
    mutate(&mut words);
    seal(&mut words);
    cabinet.write(400, &words).unwrap();
    assert_eq!(status(&cabinet).refusal, why as u16);
    assert_eq!(cabinet.read(400, 116).unwrap(), words, "kept for read-back");
    let sum = long(words[18], words[19]);
    assert_eq!(status(&cabinet).staged_crc, sum);
    cabinet.write(600, &commit(&words, START, 10)).unwrap();
    assert_eq!(status(&cabinet).refusal, why as u16);
    assert_eq!((status(&cabinet).pending, status(&cabinet).commits), (0, 0));
}

/// A cabinet with the sound plan staged.
fn staged() -> Cabinet {
    let mut cabinet = cabinet();
    cabinet.write(400, &sound()).unwrap();
    assert_eq!(status(&cabinet).refusal, 0);
    cabinet
}

/// Writes a mutated commit of the sound plan.
fn commit_refused(cabinet: &mut Cabinet, why: Refusal, words: &[u16]) {
    let before = status(cabinet);
    cabinet.write(600, words).unwrap();
    let after = status(cabinet);
    assert_eq!(after.refusal, why as u16);
    assert_eq!((after.pending, after.commits), (before.pending, before.commits));
}

#[test]
fn the_sound_plan_is_accepted() {
    let mut cabinet = staged();
    cabinet.write(600, &commit(&sound(), START, 10)).unwrap();
    let s = status(&cabinet);
    assert_eq!((s.refusal, s.pending, s.commits, s.running), (0, 5, 1, 0));
}

#[test]
fn r1_identity() {
    refused(Refusal::Identity, |w| w[3] ^= 1);
}

#[test]
fn r2_layout_version_resolution_flags_reserved() {
    for word in [0, 1, 12, 13, 14, 15, 16, 17, 24, 25, 20 + 6 * 2 + 4, 20 + 6 * 3, 20 + 6 * 3 + 1, 115] {
        refused(Refusal::Layout, |w| w[word] ^= 2);
    }
    let mut cabinet = staged();
    let mut words = commit(&sound(), START, 10);
    words[9] = 1;
    commit_refused(&mut cabinet, Refusal::Layout, &words);
}

#[test]
fn r3_generation() {
    refused(Refusal::Generation, |w| w[5] = 0);
    let mut cabinet = staged();
    let mut other = sound();
    other[5] = 6;
    let sum = halves(long(sound()[18], sound()[19]));
    other[18..20].copy_from_slice(&sum);
    commit_refused(&mut cabinet, Refusal::Generation, &commit(&other, START, 10));
    // Not above the pending one's.
    cabinet.write(600, &commit(&sound(), START, 10)).unwrap();
    assert_eq!(status(&cabinet).pending, 5);
    for generation in [4, 5] {
        cabinet.write(400, &block(generation, 3, &GREENS, START % 1000)).unwrap();
        assert_eq!(status(&cabinet).refusal, Refusal::Generation as u16);
    }
    // Not above the running one's.
    cabinet.advance(START, &[]);
    assert_eq!((status(&cabinet).running, status(&cabinet).pending), (5, 0));
    cabinet.write(400, &block(5, 3, &GREENS, START % 1000)).unwrap();
    assert_eq!(status(&cabinet).refusal, Refusal::Generation as u16);
    cabinet.write(400, &block(6, 3, &GREENS, START % 1000)).unwrap();
    assert_eq!(status(&cabinet).refusal, 0);
}

#[test]
fn r4_epoch() {
    let mut cabinet = staged();
    cabinet.write(600, &commit(&sound(), START, 10)).unwrap();
    cabinet.write(400, &block(6, 2, &GREENS, START % 1000)).unwrap();
    assert_eq!(status(&cabinet).refusal, Refusal::Epoch as u16);
    cabinet.write(400, &block(6, 4, &GREENS, START % 1000)).unwrap();
    assert_eq!(status(&cabinet).refusal, 0);
}

#[test]
fn r5_checksum() {
    for word in 2..116 {
        let mut cabinet = cabinet();
        let mut words = sound();
        words[word] ^= 0x10;
        cabinet.write(400, &words).unwrap();
        assert_eq!(status(&cabinet).refusal, Refusal::Checksum as u16, "word {word}");
    }
}

#[test]
fn r6_cycle_limits() {
    for cycle in [629, 1801, 0, 65535] {
        refused(Refusal::Cycle, |w| w[8] = cycle);
    }
}

#[test]
fn r7_offset() {
    refused(Refusal::Offset, |w| w[9] = 1000);
}

#[test]
fn r8_stages() {
    refused(Refusal::Stages, |w| w[10] = 0);
    refused(Refusal::Stages, |w| w[10] = 17);
    refused(Refusal::Stages, |w| w[10] = 2);
    refused(Refusal::Stages, |w| w[11] = 0);
    refused(Refusal::Stages, |w| w[11] = 4);
    refused(Refusal::Stages, |w| w[20] = 4);
    refused(Refusal::Stages, |w| w[26] = 1);
    refused(Refusal::Stages, |w| (w[26], w[32]) = (3, 2));
    refused(Refusal::Stages, |w| (w[20], w[26], w[32]) = (2, 3, 1));
}

#[test]
fn r9_green() {
    refused(Refusal::Green, |w| (w[21], w[27]) = (189, 371));
    refused(Refusal::Green, |w| (w[27], w[21]) = (401, 159 + 30));
    refused(Refusal::Green, |w| (w[27], w[21]) = (401, 190));
    refused(Refusal::Green, |w| w[33] = 0);
}

#[test]
fn r10_activation() {
    let at = |activation| commit(&sound(), activation, 10);
    let mut cabinet = staged();
    commit_refused(&mut cabinet, Refusal::Activation, &at(T - 1));
    commit_refused(&mut cabinet, Refusal::Activation, &at(T + 36_001));
    commit_refused(&mut cabinet, Refusal::Activation, &at(-1));
    // Not a cycle start of the new plan: its offset is off by more than 0.1 s.
    for off in [-2, 2, 500] {
        let words = block(6, 3, &GREENS, (START + off) % 1000);
        cabinet.write(400, &words).unwrap();
        commit_refused(&mut cabinet, Refusal::Activation, &commit(&words, START, 10));
    }
    for (generation, off) in [(6, -1), (7, 1), (8, 0)] {
        let words = block(generation, 3, &GREENS, (START + off) % 1000);
        cabinet.write(400, &words).unwrap();
        cabinet.write(600, &commit(&words, START, 10)).unwrap();
        assert_eq!(status(&cabinet).refusal, 0);
    }
}

#[test]
fn r11_yellow_or_all_red() {
    for word in [22, 23, 34] {
        refused(Refusal::Clearance, |w| (w[word], w[word - 1]) = (w[word] + 10, w[word - 1] - 10));
    }
}

#[test]
fn r12_sum() {
    refused(Refusal::Sum, |w| w[8] = 1001);
    refused(Refusal::Sum, |w| w[21] += 1);
}

#[test]
fn r13_key() {
    let mut cabinet = staged();
    let good = commit(&sound(), START, 10);
    for word in 2..8 {
        let mut words = good.clone();
        words[word] ^= 1;
        commit_refused(&mut cabinet, Refusal::Key, &words);
    }
    let mut constant = good;
    constant[2..4].copy_from_slice(&[0xCAFE, 0xBABE]);
    commit_refused(&mut cabinet, Refusal::Key, &constant);
}

#[test]
fn r14_nothing_staged() {
    commit_refused(&mut cabinet(), Refusal::Empty, &commit(&sound(), START, 10));
}

#[test]
fn r15_mode() {
    let words = commit(&sound(), START, 10);
    let mut manual = staged();
    manual.set_manual(true);
    commit_refused(&mut manual, Refusal::Mode, &words);
    let mut flash = staged();
    flash.set_flash(true, Fault::Conflict);
    assert_eq!((status(&flash).mode, status(&flash).fault), (3, 1));
    commit_refused(&mut flash, Refusal::Mode, &words);
    let mut starting = Cabinet::new(CabinetSpec { startup_flash: 60, startup_all_red: 60, ..spec() }, T).unwrap();
    assert_eq!(status(&starting).mode, 0);
    starting.write(400, &sound()).unwrap();
    commit_refused(&mut starting, Refusal::Mode, &words);
}

#[test]
fn r16_expiry() {
    let mut cabinet = staged();
    commit_refused(&mut cabinet, Refusal::Expiry, &commit(&sound(), START, 0));
    commit_refused(&mut cabinet, Refusal::Expiry, &commit(&sound(), START, 1441));
    // Over before the first cycle start.
    commit_refused(&mut cabinet, Refusal::Expiry, &commit(&sound(), START - 900, 1));
}

#[test]
fn r17_clock() {
    let mut cabinet = staged();
    cabinet.write(600, &commit(&sound(), START, 10)).unwrap();
    cabinet.advance(START, &[]);
    cabinet.write(630, &quarters(START + 21)).unwrap();
    assert_eq!(status(&cabinet).refusal, Refusal::Clock as u16);
    cabinet.write(630, &[0xFFFF; 4]).unwrap();
    assert_eq!(status(&cabinet).refusal, Refusal::Clock as u16);
    assert_eq!(cabinet.read(630, 4).unwrap(), [0; 4], "nothing accepted");
    cabinet.write(630, &quarters(START + 20)).unwrap();
    assert_eq!(cabinet.read(630, 4).unwrap(), quarters(START + 20));
}

#[test]
fn exceptions() {
    let mut c = cabinet();
    for (addr, count) in [(0, 0), (0, 126)] {
        assert_eq!(c.read(addr, count), Err(Exception::IllegalValue));
    }
    for (addr, count) in [(104, 1), (103, 2), (199, 2), (315, 2), (516, 1), (609, 2), (622, 1), (65535, 2)] {
        assert_eq!(c.read(addr, count), Err(Exception::IllegalAddress), "{addr} {count}");
    }
    assert_eq!(c.read(0, 104).unwrap().len(), 104, "status and detectors in one request");
    assert_eq!(c.read(600, 10).unwrap(), [0; 10]);
    assert_eq!(c.read(640, 2).unwrap(), [0; 2]);
    assert_eq!(c.write(400, &[]), Err(Exception::IllegalValue));
    assert_eq!(c.write(400, &[0; 124]), Err(Exception::IllegalValue));
    for (addr, count) in
        [(0, 1), (40, 64), (200, 116), (400, 115), (401, 115), (400, 117), (600, 9), (620, 1), (700, 2)]
    {
        assert_eq!(c.write(addr, &vec![0; count]), Err(Exception::IllegalAddress), "{addr} {count}");
    }
    for timeout in [0, 49, 6001] {
        assert_eq!(c.write(620, &[1, timeout]), Err(Exception::IllegalValue));
    }
    assert_eq!(c.read(620, 2).unwrap(), [0, 0], "changes nothing");
    for words in [[0x5245, 1], [0x5246, 0]] {
        assert_eq!(c.write(640, &words), Err(Exception::IllegalValue));
    }
    assert_eq!(Exception::IllegalFunction.code(), 1);
}
