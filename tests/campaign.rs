//! A small campaign of faults against the field link; `greenwave campaign` is the large one.

use greenwave::campaign::{Campaign, campaign};
use std::time::Duration;

#[test]
fn whatever_the_lines_do_only_what_was_meant_runs_and_every_fault_is_in_the_journal() {
    let order = Campaign { seed: 11, pushes: 400, groups: 8, members: 4, silence: Duration::from_millis(30) };
    let report = campaign(&order, &mut |_| ()).unwrap();
    assert!(report.pushes >= 400 && report.activated > 150, "{report:#?}");
    assert!(report.bursts > 8 && report.struck.len() > 5, "the faults struck: {:?}", report.struck);
    assert_eq!((report.wrongs.total(), report.violations), (0, 0), "{report:#?}");
    assert_eq!(report.unlogged, Vec::<String>::new());
    assert_eq!(report.refused_by_guard, 0);
    assert!(report.recoveries.iter().all(|r| r.back), "{:#?}", report.recoveries);
}
