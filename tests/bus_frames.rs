//! Arbitrary and bent bytes against the readers of frames: no panic, and no reply taken that is not the reply. Ten million of
//! them, as the promise says, with
//! `cargo test --release --test bus_frames -- --ignored --nocapture`; coverage-guided ones with `tests/fuzz`.

#[path = "kit/frames.rs"]
mod frames;

use greenwave::bus::frame::{Framing, Head, Reply, crc16, reply_pdu, request_pdu};
use greenwave::field::Op;
use rand::{Rng, RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// What became of so many runs.
#[derive(Debug, Default)]
struct Tally {
    /// Bytes taken for the reply that are the reply.
    replies: u64,
    /// Bytes in which a server found a request.
    requests: u64,
}

fn reply(chance: &mut Pcg64Mcg, op: &Op) -> Reply {
    match op {
        _ if chance.random_range(0..8) == 0 => Reply::Exception(chance.random()),
        Op::Read { count, .. } => Reply::Words((0..*count).map(|_| chance.random()).collect()),
        Op::Write { .. } => Reply::Words(Vec::new()),
    }
}

/// The bytes of a frame, bent in a way that lines and devices bend them, or not.
fn bend(chance: &mut Pcg64Mcg, framing: Framing, bytes: &mut Vec<u8>) {
    let n = bytes.len();
    match chance.random_range(0..9) {
        0 => {}
        1 => bytes[chance.random_range(0..n)] ^= 1 << chance.random_range(0..8),
        2 => bytes[chance.random_range(0..n.min(9))] = chance.random(),
        3 => bytes.truncate(chance.random_range(0..n)),
        4 => bytes.extend((0..chance.random_range(1..9)).map(|_| 0_u8)),
        5 => bytes.extend(bytes.clone()),
        6 => _ = bytes.remove(chance.random_range(0..n)),
        7 => bytes.insert(chance.random_range(0..n), chance.random()),
        _ => bytes.reverse(),
    }
    // a bent frame whose check is right again: what is left to catch is what it says
    if framing == Framing::Rtu && bytes.len() > 3 && chance.random() {
        let end = bytes.len() - 2;
        let check = crc16(&bytes[..end]).to_le_bytes();
        bytes[end..].copy_from_slice(&check);
    }
}

fn go(seed: u64, runs: u64) -> Tally {
    let mut chance = Pcg64Mcg::seed_from_u64(seed);
    let mut tally = Tally::default();
    for _ in 0..runs {
        let (framing, head, op) = frames::request(chance.random());
        let mut bytes = match chance.random_range(0..4) {
            0 => {
                let mut bytes = vec![0; chance.random_range(0..300)];
                chance.fill_bytes(&mut bytes);
                bytes
            }
            1 => framing.wrap(head, &request_pdu(&op)),
            // another request's reply, in part
            2 => {
                let (_, other, asked) = frames::request(chance.random());
                let head = Head { unit: if chance.random() { head.unit } else { other.unit }, ..head };
                framing.wrap(head, &reply_pdu(&asked, &reply(&mut chance, &asked)))
            }
            _ => framing.wrap(head, &reply_pdu(&op, &reply(&mut chance, &op))),
        };
        if !bytes.is_empty() {
            bend(&mut chance, framing, &mut bytes);
        }
        tally.replies += u64::from(frames::client(framing, head, &op, &bytes));
        tally.requests += u64::from(frames::server(framing, &bytes));
    }
    tally
}

#[test]
fn no_bytes_are_taken_for_what_they_are_not() {
    let tally = go(7, 50_000);
    assert!(tally.replies > 1_000 && tally.requests > 1_000, "it must take what is right: {tally:?}");
}

#[test]
#[ignore = "ten million runs: a minute in release"]
fn ten_million_runs() {
    println!("{:?}", go(8, 10_000_000));
}
