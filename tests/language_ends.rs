//! Ends, outcomes and properties, rule by rule. Each test fails if its rule is dropped.

mod support;

use ghosthunt::scenario::{Expectation, UnmetKind};
use ghosthunt::search::{Completeness, Limits, search};
use support::{Scene, one, two};

#[test]
fn spinners_that_wait_for_ever_are_stuck() {
    let model = "
        var flag: bool = false
        proc spin() { while !flag { yield } }
        proc turn() { loop { let f = flag  if f { break } } }
        proc set() { flag = true }";
    assert_eq!(one(model, "spin()").outcomes(), ["stuck"]);
    assert_eq!(two(model, "spin()", "set()").outcomes(), ["done"]);
    assert_eq!(two(model, "spin()", "spin()").outcomes(), ["stuck"]);
    // A loop without `yield` is work, not a wait: it is legal, and left to liveness.
    assert_eq!(one(model, "turn()").outcomes(), Vec::<&str>::new());
    // A spinner that writes is not waiting.
    let busy = "var n: mod 3 = 0 var flag: bool = false proc f() { while !flag { atomic { n += 1 } yield } } proc g() { flag = true }";
    assert_eq!(one(busy, "f()").outcomes(), Vec::<&str>::new());
}

/// What is kept of spinning states beside them is memory, too: here it is that which takes too much.
#[test]
fn states_that_spin_are_counted_against_the_limit_on_memory() {
    let turns = "proc turns() { let i: mod 1000000 = 0  loop { step turn  i += 1  yield } }";
    let program = Scene::new(turns).thread("a", "turns()").program();
    let limits = Limits { memory_bytes: Some(8 << 20), ..Limits::default() };
    let report = search(&program, &limits, &mut |_| true);
    assert_eq!(report.completeness, Completeness::MemoryLimit);
    assert!(report.ends.is_empty() && (400_000..1_000_000).contains(&report.states));
}

/// A statement marked `unreached` is no gap where it does not run, and a fault where it does.
#[test]
fn what_is_called_unreached_must_not_run() {
    let judged = |value: u32| {
        let model = format!(
            "var x: 0..2 = 0
            proc f() {{ x = {value}  if x == 1 {{ unreached \"x is never 1\" x = 2 }} }}"
        );
        let found = one(&model, "f()");
        assert!(found.report.not_run.is_empty());
        let unmet = Expectation::default().judge(&found.report, &found.program).unmet;
        unmet.into_iter().map(|unmet| (unmet.kind, unmet.text)).collect::<Vec<_>>()
    };
    assert_eq!(judged(0), []);
    let said = "f:2 `x = 2` runs, and the text calls it unreached".to_string();
    assert_eq!(judged(1), [(UnmetKind::Different, said)]);
}

/// Of two threads that wait for each other, one blocked and one spinning, neither goes on.
#[test]
fn a_spinner_and_a_blocked_thread_are_one_end() {
    let model = "
        var m: mutex
        var flag: bool = false
        proc holder() { lock(m) while !flag { yield } unlock(m) }
        proc waiter() { lock(m) flag = true unlock(m) }";
    let found = two(model, "holder()", "waiter()");
    assert_eq!(found.ends(), [("done".into(), 1), ("stuck".into(), 1)]);
    assert!(found.report.ends[1].spinning);
}

#[test]
fn outcomes_are_tried_in_the_order_written() {
    let ends = |first: &str, second: &str| {
        let model =
            format!("var x: 0..2 = 0 proc f() {{ x = 1 }} outcome {first} outcome {second}");
        let found = one(&model, "f()");
        (found.report.ends[0].outcome.clone(), found.violations())
    };
    assert_eq!(ends("one fine when x == 1", "some when x > 0"), ("one".into(), vec![]));
    assert_eq!(
        ends("some when x > 0", "one fine when x == 1"),
        ("some".into(), vec!["some".into()])
    );
    assert_eq!(ends("none_such when x == 2", "other when x == 0"), ("done".into(), vec![]));
}

/// An end is named by a condition that holds in all its states.
#[test]
fn an_outcome_must_hold_in_all_states_of_the_end() {
    let model = "
        var never_set: bool = false
        proc spin() { loop { let f = never_set step apart if f { never_set = false break } yield } }
        outcome resting fine when forall(t: !finished(t))
        outcome odd fine when exists(t: in_kernel(t))";
    assert_eq!(one(model, "spin()").outcomes(), ["resting"]);
}

#[test]
fn properties() {
    let model = "
        var x: 0..3 = 0
        proc f() { x = 1 x = 2 }
        never three: x == 3
        never two_: x == 2
        always small: x < 2
        reach one_: x == 1
        reach three_: x == 3
        outcome end fine when done && x == 2";
    let found = one(model, "f()");
    assert_eq!(found.violations(), ["never two_", "always small"]);
    assert_eq!(found.unreached(), ["reach three_"]);
    assert_eq!(found.outcomes(), ["end"]);
    let trace = &found.report.violations[0].trace;
    assert_eq!(trace.len(), 2, "the shortest schedule");
}

#[test]
fn the_scenario_names_its_threads_in_its_properties() {
    let found = Scene::new("thread var n: 0..1 = 0 proc f() { n[self] = 1 }")
        .thread("a", "f()")
        .thread("b", "f()")
        .property("reach a_first: n[a] == 1 && n[b] == 0")
        .search();
    assert!(found.unreached().is_empty());
}
