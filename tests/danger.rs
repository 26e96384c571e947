//! Danger agrees with simulation: what the chain says of each end is how often random runs get there.

mod support;

use ghosthunt::scenario::Named;
use ghosthunt::schedule::{RandomWalk, simulate};
use ghosthunt::search::{Bottoms, Danger, Finding, Goal, Limits, search_graph};
use support::Scene;

const RUNS: u64 = 4_000;

/// How many standard deviations a count may be off: that happens by chance once in 100 million.
const DEVIATIONS_MAX: f64 = 5.8;

/// Scenarios with two to four threads that leave ghosts.
const GHOSTS: [&str; 5] = [
    "go/cgo-exit-1.14beta1",
    "go/exit-1.14beta1-no-suspendlock",
    "go/racefini-1.14beta1",
    "nt/doomed-suspender",
    "nt/two-suspenders-against-exit",
];

#[test]
fn the_danger_of_each_end_is_how_often_random_runs_get_there() {
    for name in GHOSTS {
        let scenario = Named::find(name).expect("it is built in").parse().expect("it is right");
        for kernel in scenario.kernel_names() {
            let program = scenario.compile(kernel, &[]).expect("it compiles").program;
            let (report, graph) =
                search_graph(&program, &Limits::default(), u64::MAX, &mut |_| true);
            let graph = graph.expect("it fits");
            let seen = simulate(&program, &mut RandomWalk::new(1), &mut |runs| runs < RUNS);
            let bottoms = Bottoms::of(&graph);
            let mut sum = 0.0;
            for end in &report.ends {
                let what = Finding::End { outcome: end.outcome.clone(), spinning: end.spinning };
                let goal = Goal::of(&graph, &bottoms, &what).expect("an end is in states");
                let danger = Danger::of(&graph, &bottoms, &goal, &[]);
                assert!(danger.residual < 1e-9);
                let probability = danger.probability[0];
                sum += probability;
                let runs = seen.observed.ends.get(&end.outcome).map_or(0, |seen| seen.seen.runs);
                let deviation = (probability * (1.0 - probability) * RUNS as f64).sqrt().max(1.0);
                let off = (runs as f64 - probability * RUNS as f64).abs() / deviation;
                let check = program.check_name();
                assert!(off < DEVIATIONS_MAX, "{check}: {} {probability}, {runs}", end.outcome);
            }
            assert!((sum - 1.0).abs() < 1e-9, "{name}: all ends together are {sum}");
        }
    }
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
