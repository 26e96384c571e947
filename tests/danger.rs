//! Danger agrees with simulation: what the chain says of each end is how often random runs get there.

mod support;

use ghosthunt::program::Program;
use ghosthunt::scenario::{Check, Named};
use ghosthunt::schedule::{RandomWalk, simulate};
use ghosthunt::search::{
    Aim, Bottoms, Completeness, Danger, Finding, Goal, Limits, search, search_graph,
};
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use support::Scene;

/// Runs of each program, unless `GHOSTHUNT_RUNS` says how many.
const RUNS: u64 = 400;

/// Graphs of so many states or more are left out, unless `GHOSTHUNT_RUNS` is set.
const STATES_MAX: u64 = 100_000;

/// The probability that chance alone makes this file fail.
const CHANCE: f64 = 1e-6;

/// The checks that are left out, and their states.
const TOO_LARGE: [(&str, u64); 15] = [
    ("go/cgo-exit-1.14beta1-two@windows_10", 185_478),
    ("go/cgo-exit-1.14beta1-two@windows_2003", 193_488),
    ("go/cgo-exit-1.14beta1-two@wine_8", 153_557),
    ("go/dll-notification-gc-1.14@windows_10", 331_165),
    ("go/dll-notification-gc-1.14beta1@windows_10", 336_998),
    ("go/dll-notification-gc-1.27.3@windows_10", 280_960),
    ("go/exit-1.14beta1-no-suspendlock-two@windows_10", 245_827),
    ("go/exit-1.14beta1-no-suspendlock-two@windows_2003", 270_484),
    ("go/exit-1.14beta1-no-suspendlock-two@wine_8", 206_408),
    ("go/mutual-preempt-1.14beta1-no-suspendlock-two@windows_10", 107_398),
    ("go/mutual-preempt-1.14beta1-no-suspendlock-two@windows_2003", 161_743),
    ("go/mutual-preempt-1.14beta1-no-suspendlock-two@wine_8", 122_214),
    ("go/racefini-1.14beta1-two@windows_10", 213_596),
    ("go/racefini-1.14beta1-two@windows_2003", 219_339),
    ("go/racefini-1.14beta1-two@wine_8", 172_421),
];

/// Whether a check expects a bad end.
fn expects_a_bad_end(check: &Check) -> bool {
    let expectation = &check.expectation;
    let outcome = expectation.outcome.iter().filter(|outcome| outcome.value != "safe");
    let mut wanted = outcome.chain(expectation.outcomes.iter().flatten());
    let outcomes = &check.program.outcomes;
    let fine = |name: &str| match outcomes.iter().find(|outcome| outcome.name == name) {
        Some(outcome) => outcome.fine,
        None => name == "done",
    };
    wanted.any(|name| !fine(&name.value))
}

/// All built-in checks that expect a bad end, those of the same program once.
fn ghosts() -> Vec<Program> {
    let mut seen = HashSet::new();
    let mut programs = Vec::new();
    for named in Named::built_in() {
        let scenario = named.parse().expect("it is right");
        for kernel in scenario.kernel_names() {
            let check = scenario.compile(kernel, &[]).expect("it compiles");
            if expects_a_bad_end(&check) && seen.insert(check.program.hash()) {
                programs.push(check.program);
            }
        }
    }
    programs
}

/// By k: the probability of k hits or fewer, and of k or more, in as many runs as there are.
struct Binomial {
    below: Vec<f64>,
    above: Vec<f64>,
}

impl Binomial {
    fn new(runs: u64, probability: f64) -> Binomial {
        let logs: Vec<f64> = std::iter::once(0.0)
            .chain((1..=runs).map(|n| (n as f64).ln()))
            .scan(0.0, |sum, log| {
                *sum += log;
                Some(*sum)
            })
            .collect();
        let runs = runs as usize;
        let mass = |k: usize| {
            let ways = logs[runs] - logs[k] - logs[runs - k];
            let hits = if k == 0 { 0.0 } else { k as f64 * probability.ln() };
            let misses = (runs - k) as f64;
            let misses = if misses == 0.0 { 0.0 } else { misses * (-probability).ln_1p() };
            (ways + hits + misses).exp()
        };
        let mass: Vec<f64> = (0..=runs).map(mass).collect();
        let sums = |masses: &mut dyn Iterator<Item = &f64>| -> Vec<f64> {
            masses
                .scan(0.0, |sum, mass| {
                    *sum += mass;
                    Some(*sum)
                })
                .collect()
        };
        let below = sums(&mut mass.iter());
        let mut above = sums(&mut mass.iter().rev());
        above.reverse();
        Binomial { below, above }
    }
}

/// One program: how probable each end is, and how often random runs get there. Says how many numbers
/// were compared, and panics if one is off by more than chance allows.
fn compare(program: &Program, runs: u64, chance: f64) -> usize {
    let check = program.check_name();
    let (report, graph) = search_graph(program, &Limits::default(), u64::MAX, &mut |_| true);
    let graph = graph.expect("it fits");
    let seen = simulate(program, &mut RandomWalk::new(1), &mut |so_far| so_far < runs);
    let bottoms = Bottoms::of(&graph);
    let (mut sum, mut compared) = (0.0, 0);
    let mut agrees = |what: &str, probability: f64, hits: u64| {
        let binomial = Binomial::new(runs, probability);
        let (below, above) = (binomial.below[hits as usize], binomial.above[hits as usize]);
        assert!(below.min(above) >= chance, "{check}: {what} {probability}, {hits} of {runs} runs");
        sum += probability;
        compared += 1;
    };
    let mut endless = 0.0;
    for end in &report.ends {
        let what = Finding::End { outcome: end.outcome.clone(), spinning: end.spinning };
        let goal = Goal::of(&graph, &bottoms, &what).expect("an end is in states");
        let danger = Danger::of(&graph, &bottoms, &goal, &[]);
        assert!(danger.residual < 1e-9, "{check}: {}", danger.residual);
        endless = danger.endless;
        let hits = seen.observed.ends.get(&end.outcome).map_or(0, |seen| seen.seen.runs);
        agrees(&end.outcome, danger.probability[0], hits);
    }
    agrees("endless", endless, seen.observed.circles);
    let failing = report.violations.iter().filter_map(|found| match &found.what {
        Finding::Step(violation) => Some(violation),
        _ => None,
    });
    for violation in failing {
        let goal = Goal { checks: vec![violation.check], ..Goal::nothing(&graph) };
        let hits = seen.observed.failures.get(violation).map_or(0, |seen| seen.runs);
        agrees("a step", Danger::of(&graph, &bottoms, &goal, &[]).probability[0], hits);
    }
    assert!((sum - 1.0).abs() < 1e-9, "{check}: all that can happen has {sum}");
    compared
}

#[test]
fn the_danger_of_each_end_is_how_often_random_runs_get_there() {
    let runs = std::env::var("GHOSTHUNT_RUNS").ok().map(|runs| runs.parse().expect("a number"));
    let programs = ghosts();
    assert!(programs.len() > 150, "{}", programs.len());
    let too_large = |program: &Program| {
        let name = program.check_name();
        TOO_LARGE.iter().find(|(large, _)| *large == name).copied()
    };
    let chosen: Vec<&Program> =
        programs.iter().filter(|program| runs.is_some() || too_large(program).is_none()).collect();
    // Bonferroni: no program has more than six numbers, each with two sides.
    let chance = CHANCE / (12 * chosen.len()) as f64;
    let next = AtomicUsize::new(0);
    let compared: usize = std::thread::scope(|scope| {
        let work = || {
            let programs = std::iter::from_fn(|| chosen.get(next.fetch_add(1, Ordering::Relaxed)));
            programs.map(|program| compare(program, runs.unwrap_or(RUNS), chance)).sum::<usize>()
        };
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().expect("it agrees")).sum()
    });
    assert!(compared > 3 * chosen.len() && compared <= 6 * chosen.len(), "{compared}");
}

#[test]
fn what_is_left_out_is_as_large_as_it_says() {
    let mut left = TOO_LARGE.to_vec();
    for named in Named::built_in() {
        let scenario = named.parse().expect("it is right");
        for kernel in scenario.kernel_names() {
            let name = match kernel {
                Some(kernel) => format!("{}@{kernel}", named.name),
                None => named.name.clone(),
            };
            let Some(at) = left.iter().position(|(large, _)| *large == name) else { continue };
            let (_, states) = left.swap_remove(at);
            assert!(states >= STATES_MAX);
            let program = scenario.compile(kernel, &[]).expect("it compiles").program;
            let limits = Limits { states: Some(STATES_MAX), ..Limits::default() };
            let report = search(&program, &limits, &mut |_| true);
            assert_eq!(report.completeness, Completeness::StateLimit, "{name} is not so large");
        }
    }
    assert_eq!(left, [], "there are no such checks");
}

/// A walk that never came back to where it has been would be stuck after the first turn, half the time.
#[test]
fn random_walks_go_round_as_the_graph_does() {
    let text = "
        var x: atomic bool = false
        proc p() { loop { choose { x = true  x = false } or { return } } }
    ";
    let program = Scene::new(text).thread("a", "p()").program();
    let seen = simulate(&program, &mut RandomWalk::new(1), &mut |runs| runs < 200).observed;
    assert_eq!((seen.circles, seen.ends["done"].seen.runs), (0, 200));
    // One that need not end is given up.
    let program =
        Scene::new("proc p() { loop { step one  step two } }").thread("a", "p()").program();
    let seen = simulate(&program, &mut RandomWalk::new(1), &mut |runs| runs < 2).observed;
    assert_eq!((seen.circles, seen.ends.len()), (2, 0));
}

#[test]
fn rates_are_weights_of_actors() {
    let text = "
        var winner: atomic 0..2 = 0
        proc runs(me: 0..2) { if cas(winner, 0, me) { skip } }
        outcome first fine when winner == 1
        outcome second fine when winner == 2
    ";
    let program = Scene::new(text).thread("a", "runs(1)").thread("b", "runs(2)").program();
    let (_, graph) = search_graph(&program, &Limits::default(), u64::MAX, &mut |_| true);
    let graph = graph.expect("it fits");
    let bottoms = Bottoms::of(&graph);
    let goal = Goal::named(&graph, &bottoms, "first").expect("it is an end");
    for (rates, expected) in
        [(vec![], 0.5), (vec![("a".to_string(), 3.0)], 0.75), (vec![("b".to_string(), 3.0)], 0.25)]
    {
        let danger = Danger::of(&graph, &bottoms, &goal, &rates);
        assert!((danger.probability[0] - expected).abs() < 1e-12);
    }
}

#[test]
fn a_run_that_never_ends_is_in_no_danger_and_counted_apart() {
    let text = "
        var x: atomic 0..1 = 0
        proc p() { choose { loop { x = 1  x = 0 } } or { await x == 1 } }
        outcome frozen when x == 0
    ";
    let program = Scene::new(text).thread("a", "p()").program();
    let (_, graph) = search_graph(&program, &Limits::default(), u64::MAX, &mut |_| true);
    let graph = graph.expect("it fits");
    let bottoms = Bottoms::of(&graph);
    let goal = Goal::named(&graph, &bottoms, "frozen").expect("it is an end");
    let danger = Danger::of(&graph, &bottoms, &goal, &[]);
    assert_eq!((danger.probability[0], danger.endless), (0.5, 0.5));
}

/// The probability that the first property of the text is broken by one thread that runs `p()`.
#[track_caller]
fn broken(text: &str, expected: f64) {
    let program = Scene::new(text).thread("a", "p()").program();
    let (_, graph) = search_graph(&program, &Limits::default(), u64::MAX, &mut |_| true);
    let graph = graph.expect("it fits");
    let bottoms = Bottoms::of(&graph);
    let aim = Aim::of(&graph, &bottoms, &Finding::Property(0)).expect("it is small");
    let danger = aim.danger(&[]);
    assert!((danger.probability[0] - expected).abs() < 1e-12, "{}", danger.probability[0]);
}

#[test]
fn a_promise_is_broken_where_a_run_stays_for_ever_without_it() {
    let text = |body: &str, promise: &str| {
        format!("var x: atomic 0..3 = 0\nproc p() {{ {body} }}\n{promise}\n")
    };
    broken(&text("choose { loop { x = 2  x = 0 } } or { x = 3 }", "eventually x == 3"), 0.5);
    // Once is enough.
    broken(&text("x = 3  loop { x = 2  x = 0 }", "eventually x == 3"), 0.0);
    broken(&text("x = 3  loop { x = 2  x = 1 }", "after x == 1: x == 3"), 1.0);
    // What goes on for ever has neither: it depends on what came before.
    let body = "choose { x = 1 } or { x = 1  x = 3 } or { skip }  loop { x = 2  x = 0 }";
    broken(&text(body, "after x == 1: x == 3"), 1.0 / 3.0);
    // It is for the whole run that `eventually` promises, not anew for what begins where it began.
    let body = "loop { choose { x = 3  x = 0 } or { loop { x = 2  x = 0 } } }";
    broken(&text(body, "eventually x == 3"), 0.5);
    // An end repeats its last state.
    broken(&text("choose { x = 1 } or { x = 1  x = 3 }", "after x == 1: x == 3"), 0.5);
    // Who takes a step that fails does not go on for ever.
    broken(&text("x = 1  choose { x += 3 } or { skip }", "after x == 1: x == 3"), 0.5);
}

#[test]
fn random_choices_break_no_promise_by_passing_a_way_out_for_ever() {
    let unfair = "var x: atomic bool = false\nproc p() { unfair x = true }\neventually x\n";
    broken(unfair, 0.0);
    let spins = "
        var x: atomic bool = false
        proc p() { loop { choose { step again } or { x = true } } }
        eventually x
    ";
    broken(spins, 0.0);
}

/// An actor may have a branch that changes nothing, and its other branches are no likelier for it.
#[test]
fn a_branch_that_changes_nothing_is_drawn_like_another() {
    let text = "
        var x: atomic 0..2 = 0
        proc f() {
            loop { choose { } or { break } }
            atomic { if x == 0 { x = 1 } }
        }
        proc g() { atomic { if x == 0 { x = 2 } } }
        outcome first fine when x == 1
        outcome second fine when x == 2
    ";
    let program = Scene::new(text).thread("a", "f()").thread("b", "g()").program();
    assert_eq!(compare(&program, 4000, CHANCE), 3);
}
