//! What may never run: torn, replayed, forged and forgotten pushes.

use crate::kit::*;
use greenwave_sim::cabinet::*;
use proptest::prelude::*;

#[test]
fn old_commits_do_nothing() {
    let mut cabinet = cabinet();
    let old = block(5, 1, &GREENS, START % 1000);
    let old_commit = commit(&old, START + 5000, 60);
    cabinet.write(400, &old).unwrap();
    cabinet.write(600, &old_commit).unwrap();
    assert_eq!(status(&cabinet).refusal, 0);
    // New content staged, the old commit delivered again.
    let new = block(6, 1, &OTHER, START % 1000);
    cabinet.write(400, &new).unwrap();
    cabinet.write(600, &old_commit).unwrap();
    assert_eq!((status(&cabinet).refusal, status(&cabinet).pending), (Refusal::Generation as u16, 5));
    // The same generation with other content: the key is bound to the content.
    let twin = block(7, 1, &OTHER, START % 1000);
    cabinet.write(400, &twin).unwrap();
    let mut forged = commit(&block(7, 1, &GREENS, START % 1000), START, 60);
    cabinet.write(600, &forged).unwrap();
    assert_eq!(status(&cabinet).refusal, Refusal::Key as u16);
    // The right plan with another activation than the key's.
    forged = commit(&twin, START, 60);
    forged[7] = forged[7].wrapping_add(1000);
    cabinet.write(600, &forged).unwrap();
    assert_eq!(status(&cabinet).refusal, Refusal::Key as u16);
    // Released, then the whole old push delivered late, its activation still ahead.
    cabinet.write(640, &[0x5245, 0]).unwrap();
    assert_eq!(status(&cabinet).pending, 0);
    for _ in 0..2 {
        cabinet.write(400, &old).unwrap();
        cabinet.write(600, &old_commit).unwrap();
        assert_eq!((status(&cabinet).refusal, status(&cabinet).pending), (Refusal::Generation as u16, 0));
        // ... nor after a power cut.
        cabinet.reboot();
        let later = cabinet.clock() + 500;
        cabinet.advance(later, &[]);
    }
    // A new writer begins again at 1 with a larger epoch.
    let start = status(&cabinet).cycle_start + 1000;
    let words = block(1, 2, &GREENS, start % 1000);
    cabinet.write(400, &words).unwrap();
    cabinet.write(600, &commit(&words, start, 60)).unwrap();
    assert_eq!((status(&cabinet).refusal, status(&cabinet).pending), (0, 1));
}

#[test]
fn a_duplicate_commit_changes_nothing() {
    let mut cabinet = cabinet();
    let words = block(5, 1, &GREENS, START % 1000);
    let order = commit(&words, START, 60);
    cabinet.write(400, &words).unwrap();
    cabinet.write(600, &order).unwrap();
    cabinet.write(600, &order).unwrap();
    let s = status(&cabinet);
    assert_eq!((s.pending, s.commits, s.refusal), (5, 1, 3));
    cabinet.advance(START, &[]);
    cabinet.write(600, &order).unwrap();
    assert_eq!((status(&cabinet).running, status(&cabinet).commits, status(&cabinet).pending), (5, 1, 0));
}

#[test]
fn a_reboot_in_the_midst_of_a_push_ends_local() {
    for cut in 0..4 {
        let mut cabinet = centre();
        let words = block(6, 1, &OTHER, START % 1000);
        let order = commit(&words, START + 1000, 60);
        cabinet.advance(START + 100, &[(50, 10.0)]);
        if cut == 0 {
            cabinet.write_torn(400, &words, 60, true).unwrap();
        } else {
            cabinet.write(400, &words).unwrap();
            match cut {
                1 => cabinet.reboot(),
                2 => cabinet.write_torn(600, &order, 9, true).unwrap(),
                _ => cabinet.write_torn(600, &order, 10, true).unwrap(),
            }
        }
        let s = status(&cabinet);
        assert_eq!((s.boots, s.mode, s.running, s.pending, s.staged_crc, s.commits), (1, 0, 0, 0, 0, 0));
        assert_eq!(cabinet.read(40, 2).unwrap(), [0, 0], "counters begin again");
        cabinet.advance(START + 5000, &[(57, 10.5)]);
        assert_eq!((status(&cabinet).mode, status(&cabinet).running), (1, 0));
        assert_eq!(cabinet.read(40, 2).unwrap(), [7, 5]);
        cabinet.write(600, &order).unwrap();
        assert_eq!(status(&cabinet).refusal, Refusal::Empty as u16);
    }
}

#[test]
fn a_lying_read_back_and_a_stuck_register_show_what_is_not() {
    let mut cabinet = cabinet();
    let old = block(5, 1, &GREENS, START % 1000);
    let new = block(6, 1, &OTHER, START % 1000);
    cabinet.write(400, &old).unwrap();
    cabinet.lie_about_staged(true);
    cabinet.write(400, &new).unwrap();
    assert_eq!(cabinet.read(400, 116).unwrap(), old);
    assert_ne!(status(&cabinet).staged_crc, long(old[18], old[19]), "the checksum over memory gives it away");
    cabinet.lie_about_staged(false);
    assert_eq!(cabinet.read(400, 116).unwrap(), new);
    cabinet.stick(22, Some(9));
    assert_eq!(status(&cabinet).refusal, 9);
    cabinet.stick(22, None);
    assert_eq!(status(&cabinet).refusal, 0);
}

#[test]
fn a_new_epoch_does_not_go_back_behind_what_runs() {
    let mut cabinet = centre();
    cabinet.write(400, &block(4, 9, &GREENS, START % 1000)).unwrap();
    assert_eq!(status(&cabinet).refusal, Refusal::Generation as u16);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// However a staging write is cut, over whatever lay there, what runs is one of the committed plans, whole.
    #[test]
    fn torn_writes_never_run_a_mixed_plan(
        cut in 0usize..=116,
        over in prop::bool::ANY,
        reboot in prop::bool::ANY,
        a in 190i64..500, b in 70i64..300, c in 220i64..500,
    ) {
        let mut cabinet = centre();
        let first = block(5, 1, &GREENS, START % 1000);
        let cycle = a + b + c + 150;
        let words = block(6, 1, &[a, b, c], (START + 1000) % cycle);
        if !over {
            cabinet.reboot();
            cabinet.advance(START + 400, &[]);
        }
        cabinet.write_torn(400, &words, cut, reboot).unwrap();
        cabinet.write(600, &commit(&words, START + 1000, 60)).unwrap();
        let s = status(&cabinet);
        // Where the rest of the words was there already, a cut write is a whole one.
        let whole = cabinet.read(400, 116).unwrap() == words;
        prop_assert!(whole || s.pending == 0, "cut at {cut}");
        for t in [1000, 2500, 4000] {
            cabinet.advance(START + t, &[]);
            let running = cabinet.read(200, 116).unwrap();
            match status(&cabinet).running {
                0 => prop_assert_eq!(running[5], 0),
                5 => prop_assert_eq!(&running, &first),
                6 => prop_assert_eq!((whole, &running), (true, &words)),
                other => prop_assert!(false, "generation {other} runs"),
            }
        }
    }

    /// The same for a second staging torn after the first was committed: pending and running plans are copies.
    #[test]
    fn a_torn_write_never_reaches_a_committed_plan(cut in 0usize..116, before in prop::bool::ANY) {
        let mut cabinet = cabinet();
        prop_assert_eq!(push(&mut cabinet, 5, &GREENS, START), 0);
        if !before {
            cabinet.advance(START + 10, &[]);
        }
        cabinet.write_torn(400, &block(6, 1, &OTHER, START % 1000), cut, false).unwrap();
        cabinet.advance(START + 20, &[]);
        prop_assert_eq!(cabinet.read(200, 116).unwrap(), block(5, 1, &GREENS, START % 1000));
    }
}
