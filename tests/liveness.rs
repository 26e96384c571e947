//! Liveness: what fairness promises, what it does not, and what a run that breaks a promise looks like.

mod support;

use ghosthunt::program::Program;
use ghosthunt::report::assumption;
use ghosthunt::schedule::{ReplayError, Run, Schedule, replay};
use ghosthunt::search::{
    Decision, Finding, Limits, Report, polish, search, search_graph, switches,
};
use support::{Found, Scene};

/// The names of the liveness properties that fail.
fn broken(found: &Found) -> Vec<&str> {
    let live = found.report.liveness.iter().filter(|live| live.decision == Decision::Fails);
    live.map(|live| found.program.properties[live.property].name.as_str()).collect()
}

/// The assumptions that the first liveness property turns on.
fn turns_on(found: &Found) -> Vec<String> {
    let all = found.report.liveness[0].turns_on.as_ref().expect("it is small");
    all.iter().map(|one| assumption(&found.program, *one)).collect()
}

const FLAG: &str = "
var flag: atomic bool = false
var seen: atomic bool = false
proc waits() { while !flag { yield }  seen = true }
proc sets() { flag = true }
eventually seen
";

#[test]
fn a_spinner_gets_on_if_the_other_does() {
    let found = Scene::new(FLAG).thread("a", "waits()").thread("b", "sets()").search();
    assert_eq!(broken(&found), [""; 0]);
    assert_eq!(turns_on(&found), ["weak fairness of a", "weak fairness of b"]);
    let found = Scene::new(FLAG).thread("a", "waits()").thread("b", "unfair sets()").search();
    assert_eq!(broken(&found), ["eventually seen"]);
    assert_eq!(turns_on(&found), ["weak fairness of b"]);
    // The stem is empty, and the cycle is one turn of the spinner.
    let what = &found.report.violations[0];
    assert_eq!((what.trace.len(), what.cycle_from), (1, Some(0)));
}

#[test]
fn who_is_unfair_may_rest_even_alone() {
    let found = Scene::new(FLAG).thread("b", "unfair sets()").search();
    assert_eq!(broken(&found), ["eventually seen"]);
    let (what, ends) = (&found.report.violations[0], found.ends());
    assert_eq!((what.trace.len(), what.cycle_from), (0, None));
    assert_eq!(ends, [("done".to_string(), 1)]);
}

#[test]
fn an_end_without_the_promise_breaks_it() {
    let found = Scene::new(FLAG).thread("a", "waits()").search();
    assert_eq!(found.outcomes(), ["stuck"]);
    assert_eq!(broken(&found), ["eventually seen"]);
}

/// A lock that is taken and given back for ever, and a thread that wants it once.
const LOCK: &str = "
var l: atomic 0..1 = 0
var got: atomic bool = false
proc holds() { loop { await l == 0  if cas(l, 0, 1) { step work  l = 0 } } }
proc wants() { while !cas(l, 0, 1) { yield }  got = true }
proc insists() { strong while !cas(l, 0, 1) { yield }  got = true }
proc waits() { atomic { await l == 0  l = 1 }  got = true }
eventually got
";

#[test]
fn no_fairness_of_a_thread_makes_its_cas_succeed_but_that_of_the_step_does() {
    for (runs, fails) in
        [("wants()", true), ("strong wants()", true), ("insists()", false), ("waits()", true)]
    {
        let found = Scene::new(LOCK).thread("a", runs).thread("b", "holds()").search();
        assert_eq!(broken(&found).len(), usize::from(fails), "{runs}");
    }
    // One that blocks is enabled again and again, and strong fairness lets it through.
    let found = Scene::new(LOCK).thread("a", "strong waits()").thread("b", "holds()").search();
    assert_eq!(broken(&found), [""; 0]);
    assert!(turns_on(&found).contains(&"strong fairness of a".to_string()));
}

/// A thread whose gate goes off again and again.
const GATE: &str = "
thread var off: bool = false
runs user(t) when !off[t]
action stop(t: thread) when !off[t] { off[t] = true }
action go(t: thread) when off[t] { off[t] = false }
var x: atomic bool = false
proc acts() { x = true }
eventually x
";

#[test]
fn a_gate_that_goes_off_again_and_again_lets_a_thread_starve() {
    let found = Scene::new(GATE).thread("a", "acts()").search();
    assert_eq!(broken(&found), ["eventually x"]);
    assert_eq!(turns_on(&found), ["strong fairness of a"]);
    let found = Scene::new(GATE).thread("a", "strong acts()").search();
    assert_eq!(broken(&found), [""; 0]);
}

#[test]
fn an_action_that_is_unfair_need_not_happen() {
    let text = |word: &str| {
        format!(
            "var x: atomic bool = false\n{word} action set() when !x {{ x = true }}\nproc p() {{ await x }}\neventually x\n"
        )
    };
    assert_eq!(broken(&Scene::new(&text("")).thread("a", "p()").search()), [""; 0]);
    let found = Scene::new(&text("unfair")).thread("a", "p()").search();
    assert_eq!(broken(&found), ["eventually x"]);
}

#[test]
fn a_strong_choice_takes_each_branch() {
    let text = |word: &str| {
        format!(
            "var x: atomic bool = false\nproc p() {{ loop {{ {word} choose {{ step again }} or {{ x = true }} }} }}\neventually x\n"
        )
    };
    assert_eq!(broken(&Scene::new(&text("")).thread("a", "p()").search()), ["eventually x"]);
    assert_eq!(broken(&Scene::new(&text("strong")).thread("a", "p()").search()), [""; 0]);
}

#[test]
fn a_cause_that_is_never_seen_is_told() {
    let text =
        "var x: atomic 0..2 = 0\nproc p() { x = 1 }\nafter x == 2: x == 1\nafter x == 1: done\n";
    let found = Scene::new(text).thread("a", "p()").search();
    let triggered: Vec<_> = found.report.liveness.iter().map(|live| live.triggered).collect();
    assert_eq!(triggered, [false, true]);
    assert_eq!(broken(&found), [""; 0]);
}

#[test]
fn a_lasso_replays_and_its_cycle_must_close_and_be_fair() {
    let found = Scene::new(LOCK).thread("a", "wants()").thread("b", "holds()").search();
    let program = &Program { scenario: "test".to_string(), ..found.program.clone() };
    let what = found.report.violations.iter().find(|f| f.what == Finding::Property(0));
    let what = what.expect("it is broken");
    let run = Run::new(program, &what.trace).expect("it runs");
    let cycle_from = what.cycle_from.expect("it has a cycle");
    assert_eq!(run.states[cycle_from], run.states[run.steps.len()]);

    let schedule = Schedule::of(program, &what.trace, &[], "search", "eventually got");
    let text = schedule.expect("it runs").with_cycle(what.cycle_from).to_string();
    assert!(text.contains(&format!("cycle    from {}\n", cycle_from + 1)), "{text}");
    let read = Schedule::parse("a", &text).expect("it reads");
    assert_eq!(read.to_string(), text);
    assert_eq!(replay(program, &read).expect("it replays").run.cycle_from, Some(cycle_from));

    let refused = |text: String| {
        let schedule = Schedule::parse("a", &text).expect("it reads");
        match replay(program, &schedule).expect_err("it is no such run") {
            ReplayError::ShowsOther { found, .. } => found,
            other => panic!("{other:?}"),
        }
    };
    let other = format!("cycle    from {}\n", cycle_from + 2);
    let found = refused(text.replace(&format!("cycle    from {}\n", cycle_from + 1), &other));
    assert_eq!(found, "another state than the one that its cycle begins with");
    let found = refused(text.replace(&format!("cycle    from {}\n", cycle_from + 1), ""));
    assert!(found.contains("is assumed to go on, and does not"), "{found}");
}

/// What a run does again and again in its cycle it does, though the cycle ends with the promise made
/// anew.
#[test]
fn a_cycle_in_which_the_promise_is_kept_breaks_nothing() {
    let turns = "var x: 0..3 = 0 proc p() { loop { x = 1  x = 3  x = 2 } } after x == 1: x == 3";
    let program = Scene::new(turns).thread("a", "p()").program();
    let program = Program { scenario: "test".to_string(), ..program };
    let step =
        ghosthunt::machine::Transition { actor: ghosthunt::machine::Actor::Thread(0), branch: 0 };
    let schedule = Schedule::of(&program, &[step; 4], &[], "by hand", "after x == 1: x == 3");
    let schedule = schedule.expect("it runs").with_cycle(Some(1)).to_string();
    let error = replay(&program, &Schedule::parse("a", &schedule).expect("it reads"));
    let ReplayError::ShowsOther { found, .. } = error.expect_err("it is kept") else { panic!() };
    assert_eq!(found, "a run that keeps what the property promises");
}

#[test]
fn a_cycle_of_one_thread_alone_is_unfair_to_the_other() {
    let program = Scene::new(FLAG).thread("a", "waits()").thread("b", "sets()").program();
    let program = Program { scenario: "test".to_string(), ..program };
    let step =
        ghosthunt::machine::Transition { actor: ghosthunt::machine::Actor::Thread(0), branch: 0 };
    let schedule = Schedule::of(&program, &[step], &[], "by hand", "eventually seen");
    let schedule = schedule.expect("it runs").with_cycle(Some(0)).to_string();
    let error = replay(&program, &Schedule::parse("a", &schedule).expect("it reads"));
    let ReplayError::ShowsOther { found, .. } = error.expect_err("it is unfair") else { panic!() };
    assert_eq!(found, "a run that is unfair: b is assumed to go on, and does not");
}

/// A search that stops early says nothing of what it has not seen, and what it has seen is true.
#[test]
fn a_limited_search_decides_only_what_fails() {
    let text = "
        var n: atomic 0..100 = 0
        var flag: atomic bool = false
        proc counts() { while n < 100 { n += 1 } }
        proc waits() { while !flag { yield } }
        proc sets() { flag = true }
        eventually flag
        eventually n == 100
        after n == 50: n == 51
        after flag: n == 100
    ";
    let decisions = |scene: Scene, limits: Limits| -> Vec<(Decision, bool)> {
        let report = search(&scene.program(), &limits, &mut |_| true);
        report.liveness.iter().map(|live| (live.decision, live.triggered)).collect()
    };
    let scene = |sets: &str| {
        Scene::new(text).thread("a", "counts()").thread("b", "waits()").thread("c", sets)
    };
    let few = || Limits { states: Some(40), ..Limits::default() };
    use Decision::{Fails, Holds, Open};
    let all = decisions(scene("sets()"), Limits::default());
    assert_eq!(all, [(Holds, true); 4]);
    let part = decisions(scene("sets()"), few());
    assert_eq!(part, [(Open, true), (Open, true), (Open, false), (Open, true)]);
    // Who is unfair may rest, but only once everybody else has done what they are bound to do.
    let all = decisions(scene("unfair sets()"), Limits::default());
    assert_eq!(all, [(Fails, true), (Holds, true), (Holds, true), (Holds, true)]);
    let part = decisions(scene("unfair sets()"), few());
    assert_eq!(part, [(Open, true), (Open, true), (Open, false), (Open, true)]);
    // No time, and no memory, is no reason to say that anything holds.
    let late = Limits { time: Some(std::time::Duration::ZERO), ..Limits::default() };
    let late = decisions(scene("unfair sets()"), late);
    assert!(late.iter().all(|(decision, _)| *decision == Open), "{late:?}");
}

#[test]
fn a_lasso_in_a_part_of_the_graph_is_one_of_the_whole() {
    let text = "
        var n: atomic 0..100 = 0
        var l: atomic bool = false
        proc counts() { await l  while n < 100 { n += 1 } }
        proc spins() { choose { loop { step again } } or { l = true } }
        eventually l
        after l: n == 100
    ";
    let program = Scene::new(text).thread("a", "counts()").thread("b", "spins()").program();
    let program = Program { scenario: "test".to_string(), ..program };
    let limits = Limits { states: Some(20), ..Limits::default() };
    let report = search(&program, &limits, &mut |_| true);
    let decisions: Vec<_> = report.liveness.iter().map(|live| live.decision).collect();
    assert_eq!(decisions, [Decision::Fails, Decision::Open]);
    let found = &report.violations[0];
    assert_eq!(found.what, Finding::Property(0));
    let schedule = Schedule::of(&program, &found.trace, &[], "search", "eventually l");
    let schedule = schedule.expect("it runs").with_cycle(found.cycle_from);
    replay(&program, &schedule).expect("it breaks the promise, whatever else there is");
}

#[test]
fn the_stem_of_a_lasso_has_the_fewest_switches() {
    let text = "
        var y: atomic bool = false
        var z: atomic bool = false
        proc waits() { step one  await y  loop { step round } }
        proc sets() { y = true }
        eventually z
    ";
    let program = Scene::new(text).thread("a", "waits()").thread("b", "sets()").program();
    let (mut report, graph) = search_graph(&program, &Limits::default(), u64::MAX, &mut |_| true);
    let switched = |report: &Report| {
        let found = &report.violations[0];
        assert_eq!((found.trace.len(), found.cycle_from), (4, Some(3)));
        switches(&program, &found.trace[..3].to_vec())
    };
    assert_eq!(switched(&report), 2);
    polish(&graph.expect("it fits"), &mut report);
    assert_eq!(switched(&report), 1);
}
