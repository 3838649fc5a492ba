//! Who comes in and who does not: passwords, lockout, sessions, tokens, setup, and that no secret shows itself.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

use greenwave::people::{
    Cost, Hashed, Identity, Limits, PasswordProblem, People, Refusal, Refused, Role, Secret, Via, check_password,
    marked, parse_name,
};
use greenwave::store::{Opener, Settings, Store, Write};
use greenwave::units::{Moment, Tenths};
use std::net::IpAddr;
use std::time::Duration;

const NOW: Moment = Moment::from_unix_seconds(1_790_000_000);
/// Cheap, for tests that are not about the cost.
const CHEAP: Cost = Cost { memory_kib: 64, passes: 1 };
const GOOD: &str = "Ravine-Otter-417";

fn at(seconds: u32) -> Moment {
    NOW + Tenths::from_seconds(seconds)
}

fn address(n: u8) -> IpAddr {
    IpAddr::from([10, 0, 0, n])
}

fn hashed(name: &str, password: &str) -> Hashed {
    Hashed::new(name, &Secret::new(password), [7; 16], CHEAP).unwrap()
}

fn with(accounts: &[(&str, Role)]) -> People {
    let mut people = People::new(Limits::default(), CHEAP);
    for (name, role) in accounts {
        people.add(name, *role, hashed(name, GOOD), NOW).unwrap();
    }
    people
}

fn log_in(people: &mut People, name: &str, password: &str, from: u8, now: Moment) -> Result<Identity, Refused> {
    let attempt = people.begin(name, address(from), now)?;
    people.finish(&attempt.check(&Secret::new(password)))
}

fn session(people: &mut People, name: &str, chance: u8, now: Moment) -> Secret {
    let identity = log_in(people, name, GOOD, 1, now).unwrap();
    people.open_session(&identity, [chance; 32], now).unwrap().0
}

#[test]
fn roles_are_in_the_order_of_their_rights() {
    assert!(Role::Viewer < Role::Operator && Role::Operator < Role::Engineer && Role::Engineer < Role::Admin);
    for role in Role::ALL {
        assert_eq!(role.name().parse(), Ok(role));
        assert_eq!(serde_json::to_value(role).unwrap(), role.name());
    }
    assert!("root".parse::<Role>().is_err());
}

#[test]
fn passwords_are_judged() {
    let judge = |password: &str| check_password("wang", &Secret::new(password));
    assert_eq!(judge("short"), Err(PasswordProblem::Short));
    assert_eq!(judge("elevenchars"), Err(PasswordProblem::Short));
    assert_eq!(judge(&"long enough ".repeat(30)), Err(PasswordProblem::Long));
    assert_eq!(judge("my name is Wang now"), Err(PasswordProblem::Name));
    assert_eq!(judge("abababababababab"), Err(PasswordProblem::Monotonous));
    for common in ["Password1234!", "qwertyuiop123", "greenwave-2026", "123456789012abc", "Administrator1"] {
        assert_eq!(judge(common), Err(PasswordProblem::Common), "{common}");
    }
    for good in [GOOD, "东昌路早高峰绿波带宽三十秒", "correct horse battery staple"] {
        assert_eq!(judge(good), Ok(()), "{good}");
    }
    assert_eq!(parse_name(" Li.Na "), Ok("li.na".to_owned()));
    assert_eq!(parse_name("王伟"), Ok("王伟".to_owned()));
    for bad in ["", "x", "a b", "a/b", "<b>", &"n".repeat(33)] {
        assert_eq!(parse_name(bad), Err(Refusal::BadName), "{bad}");
    }
}

#[test]
fn a_hash_is_argon2id_with_its_salt_and_cost() {
    let stored =
        |salt: u8| serde_json::to_value(Hashed::new("li", &Secret::new(GOOD), [salt; 16], CHEAP).unwrap()).unwrap();
    let text = stored(1).as_str().unwrap().to_owned();
    assert!(text.starts_with("argon2id$19$64$1$01010101"), "{text}");
    assert_ne!(stored(1), stored(2), "salted");
    assert_eq!(Cost::OWASP, Cost { memory_kib: 19_456, passes: 2 });
    // the parameters said a second time
    let params = argon2::Params::new(64, 1, 1, Some(32)).unwrap();
    let mut hash = [0; 32];
    argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
        .hash_password_into(GOOD.as_bytes(), &[1; 16], &mut hash)
        .unwrap();
    assert!(text.ends_with(&hash.iter().map(|b| format!("{b:02x}")).collect::<String>()));
}

#[test]
fn whatever_is_wrong_the_answer_is_the_same() {
    let mut people = with(&[("li", Role::Operator), ("gone", Role::Operator)]);
    people.set_disabled("gone", true, NOW).unwrap();
    let identity = log_in(&mut people, " LI ", GOOD, 1, NOW).unwrap();
    assert_eq!(identity, Identity { name: "li".into(), role: Role::Operator, via: Via::Password });
    for (name, password) in [("li", "not this one"), ("nobody", GOOD), ("gone", GOOD), ("", ""), ("li", "")] {
        assert_eq!(log_in(&mut people, name, password, 2, NOW), Err(Refused::Wrong), "{name}");
    }
    let long = "x".repeat(1 << 20);
    assert_eq!(log_in(&mut people, &long, &long, 3, NOW), Err(Refused::Wrong));
}

/// Unknown names cost what known ones do: both run one Argon2id of the same cost.
#[test]
fn unknown_names_take_as_long() {
    let cost = Cost { memory_kib: 8192, passes: 2 };
    let mut people = People::new(Limits::default(), cost);
    people.add("li", Role::Viewer, Hashed::new("li", &Secret::new(GOOD), [7; 16], cost).unwrap(), NOW).unwrap();
    let clock = greenwave::clock::SystemClock::new();
    use greenwave::clock::Clock;
    let mut took = |name: &str, from: u8, n: u32| {
        let attempt = people.begin(name, address(from), at(n * 90_000)).unwrap();
        let before = clock.elapsed();
        let checked = attempt.check(&Secret::new("a wrong password"));
        let took = clock.elapsed() - before;
        assert_eq!(people.finish(&checked), Err(Refused::Wrong));
        took
    };
    // the least of some, in turns: what else the machine does comes on top
    let (mut known, mut unknown) = (Duration::MAX, Duration::MAX);
    for n in 0..8 {
        known = known.min(took("li", 1, n));
        unknown = unknown.min(took("nobody", 2, n));
    }
    assert!(known > Duration::from_millis(2), "{known:?}");
    let ratio = unknown.as_secs_f64() / known.as_secs_f64();
    assert!((0.4..2.5).contains(&ratio), "{known:?} {unknown:?}");
}

#[test]
fn a_name_is_locked_after_five_wrong_tries_and_waits_longer_each_time() {
    for name in ["li", "nobody"] {
        let mut people = with(&[("li", Role::Operator), ("wang", Role::Operator)]);
        for n in 0..5 {
            assert_eq!(log_in(&mut people, name, "wrong", n, at(u32::from(n))), Err(Refused::Wrong));
        }
        // from any address, with the right password too
        let locked = Err(Refused::Locked { until: at(34) });
        assert_eq!(log_in(&mut people, name, GOOD, 77, at(5)), locked, "{name}");
        assert_eq!(log_in(&mut people, name, GOOD, 77, at(33)), locked);
        assert!(log_in(&mut people, "wang", GOOD, 77, at(33)).is_ok(), "others come in");
        let mut now = 34;
        for wait in [60, 120, 240, 480, 900, 900, 900] {
            assert_eq!(log_in(&mut people, name, "wrong", 78, at(now)), Err(Refused::Wrong));
            assert_eq!(
                people.begin(name, address(79), at(now + wait - 1)).unwrap_err(),
                Refused::Locked { until: at(now + wait) }
            );
            now += wait;
        }
        if name == "li" {
            assert!(log_in(&mut people, "li", GOOD, 80, at(now)).is_ok(), "a right one after the wait");
            assert_eq!(
                log_in(&mut people, "li", "wrong", 80, at(now)),
                Err(Refused::Wrong),
                "and everything is forgiven"
            );
            assert!(log_in(&mut people, "li", GOOD, 80, at(now)).is_ok());
        }
    }
}

#[test]
fn tries_at_once_are_counted_before_they_are_judged() {
    let mut people = with(&[("li", Role::Operator)]);
    let begun: Vec<_> = (0..20).map(|n| people.begin("li", address(n), NOW)).collect();
    assert_eq!(begun.iter().filter(|attempt| attempt.is_ok()).count(), 5);
}

#[test]
fn an_address_is_locked_after_ten_wrong_tries_of_any_names() {
    let mut people = with(&[("li", Role::Operator)]);
    for n in 0..10 {
        assert_eq!(log_in(&mut people, &format!("guess{n}"), "wrong", 1, NOW), Err(Refused::Wrong));
    }
    assert_eq!(log_in(&mut people, "li", GOOD, 1, NOW), Err(Refused::Locked { until: at(30) }));
    assert!(log_in(&mut people, "li", GOOD, 2, NOW).is_ok(), "elsewhere");
    assert!(log_in(&mut people, "li", GOOD, 1, at(31)).is_ok(), "later");
    // one machine has all addresses of its version 6 network; a mapped address is the one it maps
    let six: Vec<IpAddr> = (1..=11).map(|n: u16| IpAddr::from([0x2001, 0xdb8, 0, 7, 0, 0, 0, n])).collect();
    for (n, address) in six.iter().take(10).enumerate() {
        people.begin(&format!("six{n}"), *address, NOW).unwrap();
    }
    assert!(people.begin("li", six[10], NOW).is_err());
    let mapped: IpAddr = "::ffff:10.0.0.1".parse().unwrap();
    let mut people = with(&[]);
    (0..10).for_each(|n| drop(people.begin(&format!("m{n}"), mapped, NOW).unwrap()));
    assert!(people.begin("li", address(1), NOW).is_err());
}

#[test]
fn people_who_come_in_do_not_use_up_their_address() {
    let mut people = with(&[("li", Role::Operator)]);
    for n in 0..50 {
        assert!(log_in(&mut people, "li", GOOD, 1, at(n)).is_ok(), "{n}");
    }
}

#[test]
fn sessions_end_unused_or_after_the_shift() {
    let limits = Limits::default();
    let mut people = with(&[("li", Role::Operator)]);
    let cookie = session(&mut people, "li", 1, NOW);
    assert!(cookie.reveal().starts_with("gws_") && cookie.reveal().len() == 4 + 64);
    assert_eq!(people.who(&Secret::new("gws_00"), NOW), None);
    let hour = |h: u32| at(h * 3600);
    // used every hour it lasts the shift
    for h in 0..12 {
        assert_eq!(people.who(&cookie, hour(h)).unwrap().role, Role::Operator, "{h}");
    }
    assert_eq!(people.who(&cookie, NOW + limits.longest), None);
    assert_eq!(people.who(&cookie, hour(1)), None, "ended is ended");
    let cookie = session(&mut people, "li", 2, NOW);
    assert_eq!(people.who(&cookie, NOW + limits.idle), None, "unused");
    let cookie = session(&mut people, "li", 3, NOW);
    let Via::Session(digest) = people.who(&cookie, NOW).unwrap().via else { panic!() };
    people.end_session(&digest);
    assert_eq!(people.who(&cookie, NOW), None, "logged out");
    // a twenty-first ends the one used longest ago
    let cookies: Vec<Secret> = (10..31).map(|n| session(&mut people, "li", n, at(u32::from(n)))).collect();
    assert_eq!(people.who(&cookies[0], at(40)), None);
    assert!(cookies[1..].iter().all(|c| people.who(c, at(40)).is_some()));
}

#[test]
fn a_change_of_the_account_ends_its_sessions() {
    let mut people = with(&[("li", Role::Operator), ("boss", Role::Admin)]);
    let boss = session(&mut people, "boss", 99, NOW);
    let boss_is = people.who(&boss, NOW).unwrap();
    type Change = fn(&mut People, &Identity);
    let changes: [Change; 4] = [
        |p, _| p.set_role("li", Role::Engineer, NOW).unwrap(),
        |p, by| p.set_password("li", hashed("li", GOOD), by, NOW).unwrap(),
        |p, _| p.set_disabled("li", true, NOW).unwrap(),
        |p, _| p.remove("li", NOW).unwrap(),
    ];
    for (n, change) in changes.iter().enumerate() {
        people.set_disabled("li", false, NOW).unwrap();
        let cookie = session(&mut people, "li", 1 + n as u8, NOW);
        change(&mut people, &boss_is);
        assert_eq!(people.who(&cookie, NOW), None, "{n}");
        assert!(people.who(&boss, NOW).is_some(), "{n}: others stay");
    }
    // a name given again is somebody else
    let mut people = with(&[("li", Role::Operator), ("boss", Role::Admin)]);
    let cookie = session(&mut people, "li", 1, NOW);
    people.remove("li", NOW).unwrap();
    people.add("li", Role::Admin, hashed("li", GOOD), at(5)).unwrap();
    assert_eq!(people.who(&cookie, at(6)), None);
    // one's own new password keeps the session it is set from, and ends the others
    let (here, there) = (session(&mut people, "li", 2, at(6)), session(&mut people, "li", 3, at(6)));
    let me = people.who(&here, at(6)).unwrap();
    people.set_password("li", hashed("li", "Another-Otter-418"), &me, at(7)).unwrap();
    assert!(people.who(&here, at(8)).is_some());
    assert_eq!(people.who(&there, at(8)), None);
    assert_eq!(log_in(&mut people, "li", GOOD, 5, at(8)), Err(Refused::Wrong));
    assert!(log_in(&mut people, "li", "Another-Otter-418", 5, at(8)).is_ok());
}

#[test]
fn a_password_changed_while_it_is_judged_does_not_let_in() {
    let mut people = with(&[("li", Role::Operator), ("boss", Role::Admin)]);
    let attempt = people.begin("li", address(1), NOW).unwrap();
    let boss = log_in(&mut people, "boss", GOOD, 2, NOW).unwrap();
    people.set_password("li", hashed("li", "Another-Otter-418"), &boss, NOW).unwrap();
    assert_eq!(people.finish(&attempt.check(&Secret::new(GOOD))), Err(Refused::Wrong));
}

#[test]
fn the_last_administrator_stays() {
    let mut people = with(&[("boss", Role::Admin), ("li", Role::Operator)]);
    assert_eq!(people.remove("boss", NOW), Err(Refusal::LastAdmin));
    assert_eq!(people.set_role("boss", Role::Engineer, NOW), Err(Refusal::LastAdmin));
    assert_eq!(people.set_disabled("Boss", true, NOW), Err(Refusal::LastAdmin));
    people.add("chief", Role::Admin, hashed("chief", GOOD), NOW).unwrap();
    people.set_disabled("chief", true, NOW).unwrap();
    assert_eq!(people.remove("boss", NOW), Err(Refusal::LastAdmin), "one who cannot come in does not count");
    people.set_disabled("chief", false, NOW).unwrap();
    people.remove("boss", NOW).unwrap();
    assert_eq!(people.remove("boss", NOW), Err(Refusal::NoSuchAccount));
}

#[test]
fn tokens_may_no_more_than_their_owner() {
    let mut people = with(&[("li", Role::Engineer), ("boss", Role::Admin)]);
    let li = log_in(&mut people, "li", GOOD, 1, NOW).unwrap();
    assert_eq!(people.make_token(&li, "x", Role::Admin, 30, [1; 32], NOW).unwrap_err(), Refusal::RoleTooHigh);
    assert_eq!(people.make_token(&li, "x", Role::Viewer, 0, [1; 32], NOW).unwrap_err(), Refusal::BadDays);
    assert_eq!(people.make_token(&li, "x", Role::Viewer, 367, [1; 32], NOW).unwrap_err(), Refusal::BadDays);
    assert_eq!(people.make_token(&li, "  ", Role::Viewer, 30, [1; 32], NOW).unwrap_err(), Refusal::BadLabel);
    let (secret, view) = people.make_token(&li, "wall", Role::Engineer, 30, [1; 32], NOW).unwrap();
    assert!(secret.reveal().starts_with("gwt_"));
    assert_eq!(
        people.who(&secret, NOW).unwrap(),
        Identity { name: "li".into(), role: Role::Engineer, via: Via::Token(view.id.clone()) }
    );
    people.set_role("li", Role::Viewer, NOW).unwrap();
    assert_eq!(people.who(&secret, NOW).unwrap().role, Role::Viewer, "made less with its owner");
    people.set_role("li", Role::Admin, NOW).unwrap();
    assert_eq!(people.who(&secret, NOW).unwrap().role, Role::Engineer, "never more than it was made for");
    people.set_disabled("li", true, NOW).unwrap();
    assert_eq!(people.who(&secret, NOW), None);
    people.set_disabled("li", false, NOW).unwrap();
    assert!(people.who(&secret, at(30 * 86_400 - 1)).is_some());
    assert_eq!(people.who(&secret, at(30 * 86_400)), None);
    assert_eq!(people.tokens("li").len(), 1);
    assert_eq!(people.end_token("boss", &view.id), Err(Refusal::NoSuchToken), "not one's own");
    people.end_token("li", &view.id).unwrap();
    assert_eq!(people.who(&secret, NOW), None);
    for n in 0..50 {
        people.make_token(&li, "many", Role::Viewer, 1, [n + 2; 32], NOW).unwrap();
    }
    assert_eq!(people.make_token(&li, "many", Role::Viewer, 1, [99; 32], NOW).unwrap_err(), Refusal::TooMany);
}

#[test]
fn the_first_administrator_is_made_once() {
    let mut people = People::new(Limits::default(), CHEAP);
    assert!(people.needs_setup());
    let old = people.offer_setup([1; 32]).unwrap();
    let token = people.offer_setup([2; 32]).unwrap();
    assert_eq!(
        people.set_up(&old, "boss", hashed("boss", GOOD), NOW),
        Err(Refusal::SetupWrong),
        "only the last one counts"
    );
    assert_eq!(people.set_up(&token, "b", hashed("boss", GOOD), NOW), Err(Refusal::BadName));
    assert_eq!(people.set_up(&token, "boss", hashed("boss", GOOD), NOW).unwrap().role, Role::Admin);
    assert!(!people.needs_setup() && people.offer_setup([3; 32]).is_none());
    assert_eq!(people.set_up(&token, "second", hashed("second", GOOD), NOW), Err(Refusal::SetupDone));
}

/// Everything outlives a restart through the store, and the console's changes reach a service that runs.
#[test]
fn the_store_keeps_people_and_the_console_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::new(folder.path());
    let store = Store::open(&settings, Opener::Service, NOW).unwrap();
    let save = |people: &mut People, store: &Store| {
        store.write(people.take_writes()).wait(Duration::from_secs(20)).unwrap();
    };
    let mut people = with(&[("boss", Role::Admin), ("li", Role::Operator)]);
    let cookie = session(&mut people, "li", 1, NOW);
    let boss = log_in(&mut people, "boss", GOOD, 1, NOW).unwrap();
    let (token, _) = people.make_token(&boss, "wall", Role::Viewer, 30, [5; 32], NOW).unwrap();
    for n in 0..5 {
        log_in(&mut people, "li", "wrong", n, NOW).unwrap_err();
    }
    save(&mut people, &store);
    let bytes = std::fs::read(settings.database()).unwrap();
    let wal = std::fs::read(folder.path().join("greenwave.db-wal")).unwrap_or_default();
    for secret in [GOOD, cookie.reveal(), token.reveal()] {
        let holds = |bytes: &[u8]| bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
        assert!(!holds(&bytes) && !holds(&wal), "no secret in the database");
    }
    let reader = store.reader().unwrap();
    let mut again = People::load(&reader, Limits::default(), CHEAP).unwrap();
    assert_eq!(again.accounts(NOW), people.accounts(NOW));
    assert_eq!(again.who(&cookie, NOW), people.who(&cookie, NOW));
    assert_eq!(again.who(&token, NOW), people.who(&token, NOW));
    assert!(
        matches!(log_in(&mut again, "li", GOOD, 9, NOW), Err(Refused::Locked { .. })),
        "a restart does not forgive"
    );
    assert!(!again.refresh(&reader).unwrap());
    // the console, in another process: unlock and a new role
    let console = Store::open(&settings, Opener::Console, NOW).unwrap();
    let mut theirs = People::load(&console.reader().unwrap(), Limits::default(), CHEAP).unwrap();
    theirs.unlock("li").unwrap();
    theirs.set_role("li", Role::Viewer, NOW).unwrap();
    let mut writes = theirs.take_writes();
    writes.push(marked(NOW, [3; 16]));
    console.write(writes).wait(Duration::from_secs(20)).unwrap();
    // an account made here meanwhile, not yet on the disk, is not lost
    again.add("new", Role::Viewer, hashed("new", GOOD), NOW).unwrap();
    assert!(again.refresh(&reader).unwrap() && !again.refresh(&reader).unwrap());
    assert_eq!(again.who(&cookie, NOW), None, "its account changed");
    assert_eq!(log_in(&mut again, "li", GOOD, 9, NOW).unwrap().role, Role::Viewer);
    assert!(again.account("new", NOW).is_some());
}

#[test]
fn before_the_store_can_be_read_nobody_is_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Settings::new(folder.path()), Opener::Service, NOW).unwrap();
    let mut before = with(&[("boss", Role::Admin)]);
    let cookie = session(&mut before, "boss", 1, NOW);
    store.write(before.take_writes()).wait(Duration::from_secs(20)).unwrap();
    let mut people = People::unread(Limits::default(), CHEAP);
    assert!(!people.needs_setup() && people.offer_setup([1; 32]).is_none());
    assert_eq!(people.who(&cookie, NOW), None);
    assert!(people.refresh(&store.reader().unwrap()).unwrap());
    assert!(people.who(&cookie, NOW).is_some() && log_in(&mut people, "boss", GOOD, 2, NOW).is_ok());
}

/// Whatever is printed for debugging, no secret is in it.
#[test]
fn no_secret_shows_itself() {
    let mut people = with(&[("boss", Role::Admin)]);
    let cookie = session(&mut people, "boss", 0xAB, NOW);
    let boss = people.who(&cookie, NOW).unwrap();
    let (token, view) = people.make_token(&boss, "wall", Role::Viewer, 3, [0xCD; 32], NOW).unwrap();
    let setup = People::new(Limits::default(), CHEAP).offer_setup([0xEF; 32]).unwrap();
    let attempt = people.begin("boss", address(1), NOW).unwrap();
    let checked = attempt.clone().check(&Secret::new(GOOD));
    let stored = serde_json::to_string(&hashed("boss", GOOD)).unwrap();
    let hash = stored.trim_matches('"').rsplit('$').next().unwrap().to_owned();
    let printed = format!(
        "{people:?} {boss:?} {view:?} {:?} {attempt:?} {checked:?} {:?} {:?} {:?} {:?}",
        Secret::new(GOOD),
        hashed("boss", GOOD),
        cookie.digest(),
        setup,
        (token.clone(), people.session(&boss)),
    );
    // what the store is given holds hashes, never the secrets themselves
    let writes: Vec<Write> = people.take_writes();
    assert!(writes.len() >= 3);
    let given = format!("{writes:?}");
    for secret in [GOOD, cookie.reveal(), token.reveal(), setup.reveal(), &"ab".repeat(32), &"cd".repeat(32)] {
        assert!(!printed.contains(secret) && !given.contains(secret), "{secret}");
    }
    assert!(!printed.contains(&hash), "{printed}");
}

/// What a login costs; printed for whoever chooses the machine.
#[test]
#[ignore = "a measurement"]
fn what_a_password_costs() {
    use greenwave::clock::Clock;
    let clock = greenwave::clock::SystemClock::new();
    for _ in 0..5 {
        let before = clock.elapsed();
        Hashed::new("li", &Secret::new(GOOD), [7; 16], Cost::OWASP).unwrap();
        println!("Argon2id, 19 MiB, 2 passes, 1 lane: {:?}", clock.elapsed() - before);
    }
}
