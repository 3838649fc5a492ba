//! The cabinet reads and writes exactly the words of `golden_words.txt`.

use crate::kit::{T, cabinet};

/// A section's first register and words.
pub(crate) fn golden(name: &str) -> (u16, Vec<u16>) {
    let text = include_str!("../golden_words.txt");
    let lines = text.lines().filter(|l| !l.starts_with('#'));
    let mut lines = lines.skip_while(|l| !l.starts_with(&format!("[{name} ")));
    let head = lines.next().unwrap_or_else(|| panic!("no section {name}"));
    let start = head.trim_end_matches(']').rsplit(' ').next().unwrap().parse().unwrap();
    let words = lines.take_while(|l| !l.starts_with('['));
    (start, words.flat_map(str::split_whitespace).map(|w| u16::from_str_radix(w, 16).unwrap()).collect())
}

fn assert_reads(cabinet: &greenwave_sim::cabinet::Cabinet, name: &str) {
    let (start, words) = golden(name);
    let read = cabinet.read(start, words.len() as u16).unwrap();
    for (k, (is, should)) in read.iter().zip(&words).enumerate() {
        assert_eq!(is, should, "{name}: word {k} is {is:04x}, should be {should:04x}");
    }
}

#[test]
fn every_word_is_the_tables() {
    let mut cabinet = cabinet();
    assert_reads(&cabinet, "status-local");
    assert_reads(&cabinet, "running-local");
    assert_reads(&cabinet, "limits");
    let (at, staged) = golden("staged");
    cabinet.write(at, &staged).unwrap();
    assert_reads(&cabinet, "staged");
    let (at, commit) = golden("commit");
    cabinet.write(at, &commit).unwrap();
    let loops = [(70_000, 6553.7), (3, 2.5), (0, 0.0), (65_535, 6553.6)];
    cabinet.advance(T + 500, &loops);
    let (at, beat) = golden("heartbeat");
    cabinet.write(at, &beat).unwrap();
    assert_reads(&cabinet, "heartbeat");
    assert_reads(&cabinet, "status-pending");
    assert_reads(&cabinet, "detectors");
    // The beat at 500 lasts 600; the plan would be dropped without another before 1100.
    cabinet.advance(T + 1000, &loops);
    cabinet.write(620, &[7, 600]).unwrap();
    cabinet.advance(T + 1500, &loops);
    cabinet.write(620, &[8, 600]).unwrap();
    cabinet.advance(T + 1900, &loops);
    cabinet.write(620, &[43, 600]).unwrap();
    cabinet.advance(T + 2000, &loops);
    assert_reads(&cabinet, "status-running");
    let running = cabinet.read(200, 116).unwrap();
    assert_eq!(running, staged, "the running plan is the staged block word for word");
    let (at, request) = golden("stage-request");
    cabinet.write(at, &request).unwrap();
    assert_reads(&cabinet, "stage-request");
    assert_eq!((cabinet.read(35, 1).unwrap(), cabinet.read(22, 1).unwrap()), (vec![request[0]], vec![0]));
    assert_eq!(cabinet.read(9, 1).unwrap(), [400], "40 s are left of stage 3");
    cabinet.advance(T + 2010, &loops);
    let (at, withdrawal) = golden("stage-withdrawal");
    cabinet.write(at, &withdrawal).unwrap();
    assert_eq!((cabinet.read(35, 1).unwrap(), cabinet.read(22, 1).unwrap()), (vec![0], vec![0]));
    assert_eq!(cabinet.read(9, 1).unwrap(), [261], "as programmed");
}

#[test]
fn a_sum_of_many_small_times_is_whole() {
    let mut cabinet = cabinet();
    cabinet.advance(T + 1, &[(0, 0.7 + 0.1)]);
    assert_eq!(cabinet.read(41, 1).unwrap(), [8]);
}

#[test]
fn clock_and_release_are_the_tables() {
    let mut cabinet = cabinet();
    cabinet.advance(T + 500, &[]);
    let (at, clock) = golden("clock");
    cabinet.write(at, &clock).unwrap();
    assert_reads(&cabinet, "clock");
    assert_eq!(cabinet.clock(), T + 500, "a small correction waits for the end of the cycle");
    cabinet.advance(T + 1321, &[]);
    assert_eq!(cabinet.clock(), T + 1321 + 5);
    let (at, release) = golden("release");
    cabinet.write(at, &release).unwrap();
}
