//! The golden words of the register table, and the intersection they speak of.

use greenwave::corridor::{Intersection, IntersectionIndex, Network, load};
use greenwave::plan::Plan;
use greenwave::safety::{Change, Limits, Safe, admit};
use greenwave::units::{Moment, Shift, Tenths};

/// Power on in the golden words: 2026-03-02 00:00:00 UTC.
pub(crate) const T: Moment = Moment::new(17_724_096_000);
/// dc01's place in [`network`].
pub(crate) const DC01: IntersectionIndex = IntersectionIndex(1);
/// The golden plan's generation and epoch.
pub(crate) const GENERATION: u32 = 65_538;
pub(crate) const EPOCH: u32 = 7;

/// A section's first register and words.
pub(crate) fn golden(name: &str) -> (u16, Vec<u16>) {
    let text = include_str!("../../sim/tests/golden_words.txt");
    let lines = text.lines().filter(|l| !l.starts_with('#'));
    let mut lines = lines.skip_while(|l| !l.starts_with(&format!("[{name} ")));
    let head = lines.next().unwrap_or_else(|| panic!("no section {name}"));
    let start = head.trim_end_matches(']').rsplit(' ').next().unwrap().parse().unwrap();
    let words = lines.take_while(|l| !l.starts_with('['));
    (start, words.flat_map(str::split_whitespace).map(|w| u16::from_str_radix(w, 16).unwrap()).collect())
}

/// What a poll brings: a golden status, the golden detectors, and nothing beyond their channels.
pub(crate) fn poll(status: &str) -> Vec<u16> {
    let mut words = golden(status).1;
    words.extend(golden("detectors").1);
    words.resize(104, 0);
    words
}

/// CRC-32 (IEEE 802.3, reflected) over registers, each high byte first; bit by bit.
pub(crate) fn crc(words: &[u16]) -> u32 {
    let bytes = words.iter().flat_map(|w| w.to_be_bytes());
    let bit = |c: u32, _: u32| if c & 1 == 1 { c >> 1 ^ 0xedb8_8320 } else { c >> 1 };
    !bytes.fold(!0_u32, |crc, byte| (0..8).fold(crc ^ u32::from(byte), bit))
}

/// What the cabinet says of its own limits: those of its definition.
pub(crate) fn own_limits(at: &Intersection) -> Vec<u16> {
    let word = |time: Tenths| u16::try_from(time.count()).unwrap();
    let mut words = vec![word(at.cycle.min.length()), word(at.cycle.max.length()), at.stages.len() as u16, 0, 0, 0];
    words.extend(at.stages.iter().flat_map(|s| [s.min_green, s.max_green, s.yellow, s.all_red].map(word)));
    words.resize(70, 0);
    words
}

/// The tutorial street with the golden intersection in its middle: id dc01, three stages, 2 s of all red after each.
pub(crate) fn network() -> Network {
    let text = include_str!("../../corridors/three.toml").replace("\"t2\"", "\"dc01\"");
    let (start, rest) = text.split_once("[[layout.tee.intergreen]]").unwrap();
    let rest = rest.split_once("length_s = 6\n").unwrap().1;
    load(&[("golden.toml".to_owned(), [start, rest].concat().into_bytes())]).unwrap_or_else(|p| panic!("{p:?}"))
}

/// The golden plan: cycle 100.0 s, greens 42.0, 14.0, 29.0 s, offset 32.1 s.
pub(crate) fn plan(at: &Intersection) -> Plan {
    Plan::from_greens(at, &[420, 140, 290].map(Tenths::new), Shift::new(321)).unwrap()
}

/// The golden plan, judged safe.
pub(crate) fn safe(network: &Network) -> Safe<Plan> {
    let at = network.intersection(DC01);
    let plan = plan(at);
    let moment = plan.next_cycle_start(at, T + Tenths::new(1000));
    admit(network, DC01, Change { running: &plan, plan: &plan, moment }, &Limits::default()).unwrap()
}
