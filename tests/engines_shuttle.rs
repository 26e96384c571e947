//! shuttle runs the same program: complete, it finds what the search finds, once a run.

#[path = "support/compared.rs"]
mod compared;
#[path = "support/mod.rs"]
mod support;

use compared::{COUNTER, built_in, check_same_as_search, facts, kernel_rules, outcomes, searched};
use ghosthunt::engines;
use ghosthunt::engines::shuttle::{self, Blocked, Choice, Limits};
use ghosthunt::machine::{Machine, Step};
use ghosthunt::program::Program;
use ghosthunt::scenario::finding_name;
use ghosthunt::schedule;
use ghosthunt::search::{Completeness, Report};
use std::collections::HashSet;
use std::sync::Arc;
use support::Scene;

fn dfs(program: &Arc<Program>) -> Report {
    shuttle::check(program, Choice::Dfs, Limits::default(), || false)
}

/// Complete in both, with equal results; returns the number of runs.
#[track_caller]
fn check_agreement(program: &Arc<Program>) -> u64 {
    let ran = dfs(program);
    check_same_as_search(program, &ran);
    for violation in &ran.violations {
        let driven = shuttle::replay(program, &violation.trace);
        assert_eq!(driven.trace, violation.trace);
        let name = finding_name(&violation.what, program);
        schedule::shows(program, &driven.trace, None, name).expect("it shows it again");
    }
    ran.runs.expect("shuttle counts its runs")
}

/// Complete, with as many runs as the graph has paths, and exactly these ends.
#[track_caller]
fn check_cast(name: &str, ends: &[&str]) {
    let program = built_in(name);
    let runs = check_agreement(&program);
    assert_eq!(Some(u128::from(runs)), engines::runs(&program, 100_000), "{name}");
    assert!(engines::runs_at_least(&program, 100_000).is_some_and(|least| least <= runs.into()));
    assert_eq!(outcomes(&searched(&program)), ends);
}

#[test]
fn cgo_exit_is_a_ghost_without_the_lock_only() {
    check_cast("engines/cgo-exit-1.14beta1@wine_8", &["exited", "ghost"]);
    check_cast("engines/cgo-exit-1.14@wine_8", &["exited"]);
    check_cast("engines/cgo-exit-1.14beta1@windows_10", &["exited", "ghost"]);
    check_cast("engines/cgo-exit-1.14@windows_10", &["exited"]);
    check_cast("engines/in-c-exit-1.14beta1", &["exited", "ghost"]);
    check_cast("engines/in-c-exit-1.14", &["exited"]);
}

#[test]
fn racefini_is_a_ghost_without_the_lock_only() {
    check_cast("engines/racefini-1.14beta1@wine_8", &["exited", "ghost", "done"]);
    check_cast("engines/racefini-1.14@wine_8", &["exited", "done"]);
    check_cast("engines/racefini-1.14beta1@windows_10", &["exited", "ghost", "done"]);
    check_cast("engines/racefini-1.14@windows_10", &["exited", "done"]);
}

#[test]
fn mutual_preemption_is_stuck_without_suspendlock_only() {
    check_cast("engines/mutual-preempt-no-suspendlock", &["done", "stuck"]);
    check_cast("engines/mutual-preempt-1.14beta1", &["done"]);
}

#[test]
fn the_kernel_rules_agree_wherever_there_are_few_runs() {
    let casts = kernel_rules(1000);
    for program in &casts {
        check_agreement(program);
    }
    assert!(casts.len() >= 20, "{} casts are small enough", casts.len());
}

/// Every walk, counted by taking it: the plainest oracle there is.
fn walks(machine: &Machine, state: &[u64], been: &mut HashSet<Vec<u64>>) -> u64 {
    let mut scratch = machine.scratch();
    let (mut failing, mut onward) = (0, Vec::new());
    machine.successors(state, &mut scratch, |successor| match successor.step {
        Step::Violation(_) => failing += 1,
        _ => onward.push(successor.state.to_vec()),
    });
    onward.retain(|next| !been.contains(next));
    let mut count = failing;
    for next in &onward {
        been.insert(next.clone());
        count += walks(machine, next, been);
        been.remove(next);
    }
    if failing == 0 && onward.is_empty() { 1 } else { count }
}

#[track_caller]
fn check_count(scene: Scene, expected: u64) {
    let program = Arc::new(scene.program());
    let machine = Machine::new(&program);
    let mut been = HashSet::from([program.initial.clone()]);
    assert_eq!(walks(&machine, &program.initial, &mut been), expected);
    assert_eq!(check_agreement(&program), expected);
    if let Some(runs) = engines::runs(&program, 10_000) {
        assert_eq!(runs, u128::from(expected));
    }
}

#[test]
fn one_execution_is_one_run() {
    check_count(Scene::new(COUNTER).thread("a", "add()").thread("b", "add()"), 6);
    check_count(Scene::new(COUNTER).thread("a", "pick()"), 3);
    check_count(Scene::new(COUNTER).thread("a", "pick()").thread("b", "add()"), 15);
    check_count(Scene::new(COUNTER).thread("a", "add()"), 1);
}

#[test]
fn a_spin_loop_waits() {
    check_count(Scene::new(COUNTER).thread("a", "wait()").thread("b", "add()"), 1);
    // Nobody comes: the spin is the end.
    check_count(Scene::new(COUNTER).thread("a", "wait()"), 1);
}

#[test]
fn a_failing_step_ends_its_run() {
    let scene =
        Scene::new(COUNTER).thread("a", "add()").thread("b", "add()").thread("c", "check()");
    let program = Arc::new(scene.program());
    assert!(check_agreement(&program) > 6);
    assert!(dfs(&program).violations.iter().any(|f| finding_name(&f.what, &program) == "assert"));
}

/// Runs that end show nothing of those that do not, so a promise keeps shuttle from `safe`.
#[test]
fn a_promise_is_left_open() {
    let promise = "var x: bool = false  proc p() { x = true }  eventually x";
    let program = Arc::new(Scene::new(promise).thread("a", "p()").program());
    let report = dfs(&program);
    assert_eq!((report.runs, report.completeness), (Some(1), Completeness::FiniteRuns));
    assert!(report.violations.is_empty());
}

#[test]
fn a_loop_that_nobody_leaves_is_run_once_round() {
    let turns = "var x: bool = false  proc turn() { loop { x = true  x = false } }";
    let program = Arc::new(Scene::new(turns).thread("a", "turn()").program());
    let report = dfs(&program);
    assert_eq!((report.runs, report.completeness), (Some(1), Completeness::Exhaustive));
    assert!(report.ends.is_empty(), "going round is no end");
    assert_eq!(engines::runs(&program, 100), None);
}

#[test]
fn samples_repeat_and_are_no_proof() {
    let program = built_in("engines/cgo-exit-1.14beta1");
    let limits = Limits { runs: Some(300), time: None };
    for choice in
        [Choice::Random { seed: 3 }, Choice::Pct { seed: 3, depth: 3 }, Choice::Urw { seed: 3 }]
    {
        let take = || shuttle::check(&program, choice, limits, || false);
        let (first, second) = (take(), take());
        assert_eq!(first.completeness, Completeness::Sampled, "{choice:?}");
        assert_eq!(first.runs, Some(300));
        let numbers = |report: &Report| (report.states, report.transitions, report.depth);
        assert_eq!(numbers(&first), numbers(&second), "{choice:?}");
        assert!(facts(&program, &first).iter().any(|fact| fact == "ghost"), "{choice:?}");
    }
}

#[test]
fn limits_end_a_search_that_is_then_incomplete() {
    let program = built_in("engines/cgo-exit-1.14");
    let take = |limits, stop: bool| shuttle::check(&program, Choice::Dfs, limits, move || stop);
    let few = take(Limits { runs: Some(10), time: None }, false);
    assert_eq!((few.runs, few.completeness), (Some(10), Completeness::RunLimit));
    let short = take(Limits { runs: None, time: Some(std::time::Duration::ZERO) }, false);
    assert_eq!((short.runs, short.completeness), (Some(0), Completeness::TimeLimit));
    assert_eq!(take(Limits::default(), true).completeness, Completeness::Interrupted);
}

#[test]
fn a_schedule_that_does_not_fit_ends_early() {
    let program = built_in("engines/cgo-exit-1.14beta1");
    let report = searched(&program);
    let ghost = report.ends.iter().find(|end| end.outcome == "ghost").expect("there is a ghost");
    let mut steps = ghost.trace.clone();
    let driven = shuttle::replay(&program, &steps);
    assert_eq!(driven.trace, steps);
    assert!(schedule::shows(&program, &driven.trace, None, "ghost").is_ok());
    assert!(schedule::shows(&program, &driven.trace, None, "exited").is_err());
    // Without its last step it shows nothing yet; with one step out of place it ends there.
    let last = steps.pop().expect("it has steps");
    let driven = shuttle::replay(&program, &steps);
    assert!(schedule::shows(&program, &driven.trace, None, "ghost").is_err());
    steps.insert(0, last);
    assert_eq!(shuttle::replay(&program, &steps).trace.len(), 0);
}

/// What shuttle says without the wrapper, when tasks block on its own mutex and condition variable.
#[track_caller]
fn check_blocking(scene: Scene, choice: Choice, runs: Option<u64>, deadlocks: bool) {
    let program = Arc::new(scene.program());
    let report = searched(&program);
    assert_eq!(report.ends.iter().any(|end| end.outcome == "stuck"), deadlocks);
    let limits = Limits { runs, time: None };
    match shuttle::blocking(&program, choice, limits) {
        Blocked::Never(_) => assert!(!deadlocks),
        Blocked::Failed(message) => {
            assert!(deadlocks && message.starts_with("deadlock!"), "{message}");
        }
    }
}

const LOCKS: &str = "
var p: mutex
var q: mutex
proc pq() { lock(p)  lock(q) }
proc qp() { lock(q)  lock(p) }
proc pq_unlock() { lock(p)  lock(q)  unlock(q)  unlock(p) }
";

#[test]
fn shuttles_own_deadlock_detection_agrees() {
    let locks = |a: &str, b: &str| Scene::new(LOCKS).thread("a", a).thread("b", b);
    check_blocking(locks("pq()", "qp()"), Choice::Dfs, None, true);
    // Depth first, the blocking program has too many runs even here.
    let random = Choice::Random { seed: 1 };
    check_blocking(locks("pq_unlock()", "pq_unlock()"), random, Some(300), false);
}

#[test]
fn shuttles_own_deadlock_detection_sees_the_ghost() {
    let random = |name: &str| {
        let limits = Limits { runs: Some(400), time: None };
        shuttle::blocking(&built_in(name), Choice::Random { seed: 1 }, limits)
    };
    let Blocked::Failed(message) = random("engines/cgo-exit-1.14beta1") else {
        panic!("a ghost waits for ever");
    };
    assert!(message.starts_with("deadlock!") && message.contains("main"), "{message}");
    assert_eq!(random("engines/cgo-exit-1.14"), Blocked::Never(400));
}
