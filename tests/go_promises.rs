//! What Go's runtimes promise, and which fairness each promise needs: the same in all versions, but for
//! what 1.26 changed.

use ghosthunt::report::assumption;
use ghosthunt::scenario::Named;
use ghosthunt::search::{Decision, Limits, search};

const VERSIONS: [&str; 6] = ["1.14", "1.16", "1.19", "1.22", "1.27.3", "1.27.3-repaired"];

const ACKNOWLEDGED: &str = "after preempt_requested[sysmon]: !preempt_requested[sysmon] || exited";
const ENTER_RETURNS: &str = "after atomicstatus[m0] == Gsyscall && !incgo[m0]: incgo[m0] || \
                             atomicstatus[m0] == Grunning || exited";
const CGOCALL_RETURNS: &str = "after incgo[m0]: atomicstatus[m0] == Grunning || exited";
const EXIT_ENDS: &str = "after exiting == 1: exited";
const RESUMED: &str = "after stopped[main]: !stopped[main]";
const BALANCED: &str = "after finished(sysmon): count[main] == 0";
const EXITED: &str = "eventually exited";

/// Each promise of a scenario on Windows 10: whether it is kept, and what that turns on.
fn promises(scenario: &str) -> Vec<(String, Decision, String)> {
    let scenario = Named::find(scenario).expect("it is built in").parse().expect("it is right");
    let program = scenario.compile(Some("windows_10"), &[]).expect("it compiles").program;
    let report = search(&program, &Limits::default(), &mut |_| true);
    let promise = |live: &ghosthunt::search::Liveness| {
        let all = live.turns_on.as_ref().expect("it is small").iter();
        let all: Vec<String> = all.map(|one| assumption(&program, *one)).collect();
        (program.properties[live.property].name.clone(), live.decision, all.join(", "))
    };
    report.liveness.iter().map(promise).collect()
}

#[track_caller]
fn check(scenario: &str, expected: &[(&str, Decision, &str)]) {
    let found = promises(scenario);
    let found: Vec<(&str, Decision, &str)> = found
        .iter()
        .map(|(name, decision, all)| (name.as_str(), *decision, all.as_str()))
        .collect();
    assert_eq!(found, expected, "{scenario}");
}

use Decision::{Fails, Holds};

const MAIN: &str = "weak fairness of main";
const SYSMON: &str = "weak fairness of sysmon";

#[test]
fn every_version_keeps_its_promises_if_all_are_weakly_fair() {
    let needs = |last: &str| format!("{MAIN}, {SYSMON}, weak fairness of {last}");
    let (killed, delivered) = (needs("die(sysmon)"), needs("deliver(main)"));
    let exits = format!("{MAIN}, weak fairness of die(sysmon)");
    let all = format!("{delivered}, weak fairness of die(sysmon)");
    for version in VERSIONS {
        check(
            &format!("go/live-cgo-{version}"),
            &[
                (ACKNOWLEDGED, Holds, &killed),
                (ENTER_RETURNS, Holds, &delivered),
                (CGOCALL_RETURNS, Holds, &delivered),
                (EXIT_ENDS, Holds, &exits),
                (RESUMED, Holds, SYSMON),
                (BALANCED, Holds, ""),
                (EXITED, Holds, &all),
            ],
        );
    }
}

#[test]
fn without_fairness_of_sysmon_who_is_being_preempted_may_wait_for_ever() {
    let exits = format!("{MAIN}, weak fairness of die(sysmon)");
    for version in VERSIONS {
        check(
            &format!("go/live-cgo-{version}-unfair-sysmon"),
            &[
                (ACKNOWLEDGED, Fails, SYSMON),
                (ENTER_RETURNS, Fails, SYSMON),
                (CGOCALL_RETURNS, Fails, SYSMON),
                (EXIT_ENDS, Holds, &exits),
                (RESUMED, Fails, SYSMON),
                (BALANCED, Holds, ""),
                (EXITED, Fails, SYSMON),
            ],
        );
    }
}

/// Since 1.26 a goroutine in a system call, and so one that waits in Enter, is left alone.
#[test]
fn under_a_preemptor_that_never_stops_enter_needs_strong_fairness_until_1_26() {
    let weak = format!("{MAIN}, {SYSMON}, weak fairness of deliver(main)");
    let acknowledged = format!("{MAIN}, {SYSMON}, weak fairness of die(sysmon)");
    let strong = format!("strong fairness of main, {SYSMON}, weak fairness of deliver(main)");
    for version in VERSIONS {
        let skips = version.starts_with("1.27");
        let enter = if skips { (Holds, weak.as_str()) } else { (Fails, "strong fairness of main") };
        check(
            &format!("go/live-enter-{version}"),
            &[
                (ACKNOWLEDGED, Holds, &acknowledged),
                (ENTER_RETURNS, enter.0, enter.1),
                (EXITED, Fails, ""),
            ],
        );
        let needs = if skips { &weak } else { &strong };
        check(
            &format!("go/live-enter-{version}-strong-main"),
            &[
                (ACKNOWLEDGED, Holds, &acknowledged),
                (ENTER_RETURNS, Holds, needs),
                (EXITED, Fails, ""),
            ],
        );
    }
}
