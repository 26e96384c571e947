//! Random programs: the search agrees with a naive reading of what they mean.
//!
//! This is what the soundness of machine and search is anchored to. The oracle shares no code with
//! them, and the comparison is of everything that a report says, the schedules included.

mod arithmetic;
mod assemble;
mod chances;
mod endless;
mod graph;
mod model;
mod oracle;

use assemble::assemble;
use ghosthunt::machine::{Machine, Step};
use ghosthunt::program::{Fairness, Program};
use ghosthunt::search::{
    Completeness, Decision, Finding, Found, Graph, Limits, Liveness, Report, search, search_graph,
};
use model::{Action, Cond, Model, Move, Statement, Thread, Var};
use oracle::Verdict;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

/// A report in the oracle's terms.
fn verdict(report: &Report) -> Verdict {
    let mut verdict = Verdict {
        states: report.states,
        transitions: report.transitions,
        depth: report.depth,
        not_run: report.not_run.clone(),
        reach: report.reach.iter().cloned().collect(),
        ..Verdict::default()
    };
    for end in &report.ends {
        let found = (end.count, end.spinning, end.trace.clone());
        assert!(verdict.ends.insert(end.outcome.clone(), found).is_none());
    }
    for found in &report.violations {
        let trace = found.trace.clone();
        let before = match &found.what {
            Finding::Property(index) if report.liveness.iter().any(|l| l.property == *index) => {
                let stem = found.cycle_from.unwrap_or(trace.len());
                verdict.broken.insert(*index, stem).map(|_| ())
            }
            Finding::Property(index) => verdict.properties.insert(*index, trace).map(|_| ()),
            Finding::Race(_) => unreachable!("the search has no races"),
            Finding::Step(violation) => {
                verdict.checks.insert(violation.check, trace.len()).map(|_| ())
            }
            Finding::End { outcome, spinning } => {
                let end = report.ends.iter().find(|end| end.outcome == *outcome && !end.fine);
                let end = end.expect("a bad end is in the census");
                assert_eq!((&end.trace, end.spinning), (&trace, *spinning));
                None
            }
        };
        assert!(before.is_none(), "{:?} is reported twice", found.what);
    }
    let bad = report.ends.iter().filter(|end| !end.fine).count();
    let reported = report.violations.iter().filter(|f| matches!(f.what, Finding::End { .. }));
    assert_eq!(bad, reported.count());
    verdict
}

fn run(program: &Program, limits: &Limits) -> Report {
    search(program, limits, &mut |_| true)
}

/// Takes every schedule of the report, one transition at a time.
fn replay(program: &Program, report: &Report) {
    let machine = Machine::new(program);
    let mut scratch = machine.scratch();
    for found in &report.violations {
        let mut state = program.initial.clone();
        let mut next = state.clone();
        for (at, &transition) in found.trace.iter().enumerate() {
            let step = machine.step(&state, transition, &mut next, &mut scratch);
            let last = at + 1 == found.trace.len();
            match step {
                Step::Done { .. } => {}
                Step::Violation(violation) if last => {
                    assert_eq!(found.what, Finding::Step(violation));
                }
                _ => panic!("{found:?} at {at}: {step:?}"),
            }
            state.copy_from_slice(&next);
        }
    }
}

/// How many programs there were of each kind.
#[derive(Debug, Default, Clone, Copy)]
struct Kinds {
    /// With a promise, and runs that go round and do more than stay where they are.
    promising: usize,
    /// Of these, with a promise that a run breaks by going round.
    broken: usize,
    /// Of these, with a promise that is kept although it is made and there are such runs.
    kept: usize,
}

impl Kinds {
    fn add(&mut self, graph: &Graph, report: &Report) {
        if report.liveness.is_empty() || !goes_round(graph) {
            return;
        }
        self.promising += 1;
        let round =
            |found: &Found| found.cycle_from.is_some_and(|from| from + 1 < found.trace.len());
        self.broken += usize::from(report.violations.iter().any(round));
        let kept = |live: &Liveness| live.decision == Decision::Holds && live.triggered;
        self.kept += usize::from(report.liveness.iter().any(kept));
    }
}

/// Whether the graph has a cycle of two steps or more: states are left that others lead to when those
/// to which none leads are taken away, again and again.
fn goes_round(graph: &Graph) -> bool {
    let targets = |state: u32| {
        let targets = graph.targets(state).iter().copied();
        targets.filter(move |&to| to != Graph::OUTSIDE && to != state)
    };
    let mut leading = vec![0; graph.len()];
    (0..graph.len() as u32).flat_map(targets).for_each(|to| leading[to as usize] += 1);
    let mut free: Vec<u32> =
        (0..graph.len() as u32).filter(|&state| leading[state as usize] == 0).collect();
    let mut taken = 0;
    while let Some(state) = free.pop() {
        taken += 1;
        for to in targets(state) {
            leading[to as usize] -= 1;
            free.extend((leading[to as usize] == 0).then_some(to));
        }
    }
    taken < graph.len()
}

#[test]
fn the_search_finds_what_the_definition_says() {
    let config = ProptestConfig { cases: 12_000, failure_persistence: None, ..Default::default() };
    let kinds = Cell::new(Kinds::default());
    let checked = TestRunner::new(config).run(&model::model(), |model| {
        let Some(expected) = oracle::judge(&model) else { return Ok(()) };
        let program = assemble(&model);
        let (report, graph) = search_graph(&program, &Limits::default(), u64::MAX, &mut |_| true);
        prop_assert_eq!(report.completeness, Completeness::Exhaustive);
        prop_assert_eq!(report.frontier, 0);
        prop_assert_eq!(verdict(&report), expected);
        replay(&program, &report);
        endless::go_round(&program, &report);
        let mut seen = kinds.get();
        seen.add(&graph.expect("it fits"), &report);
        kinds.set(seen);
        Ok(())
    });
    checked.unwrap_or_else(|error| panic!("{error}"));
    // A comparison of nothing would agree as well.
    let (kinds, nested) = (kinds.get(), oracle::NESTED_SEARCHES.get());
    assert!(kinds.promising > 2000, "{kinds:?}");
    assert!(kinds.broken > 400 && kinds.kept > 600, "{kinds:?}");
    assert!(nested > 4000, "{nested} nested searches");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn what_is_computed_on_the_graph_is_what_plain_ways_find(model in model::model()) {
        if oracle::judge(&model).is_some_and(|verdict| verdict.states <= 300) {
            chances::check(&assemble(&model));
        }
    }

    /// Whatever a limited search says is true of the whole.
    #[test]
    fn a_limited_search_claims_nothing_that_the_whole_one_denies(
        model in model::model(),
        share in 0.0..1.0f64,
    ) {
        let program = assemble(&model);
        let Some(whole) = oracle::judge(&model) else { return Ok(()) };
        let states = 1 + (whole.states as f64 * share) as u64;
        let report = run(&program, &Limits { states: Some(states), ..Limits::default() });
        prop_assert!(report.states <= states);
        if report.completeness == Completeness::Exhaustive {
            prop_assert_eq!(verdict(&report), whole);
            return Ok(());
        }
        for live in &report.liveness {
            prop_assert!(live.decision != Decision::Holds);
            let broken = report.violations.iter().any(|f| f.what == Finding::Property(live.property));
            prop_assert_eq!(broken, live.decision == Decision::Fails);
        }
        endless::go_round(&program, &report);
        prop_assert_eq!(report.completeness, Completeness::StateLimit);
        prop_assert_eq!(report.states, states);
        prop_assert!(report.frontier > 0 && report.transitions < whole.transitions);
        prop_assert!(report.depth <= whole.depth);
        replay(&program, &report);
        let part = verdict(&report);
        for (class, (count, _, trace)) in &part.ends {
            let (whole_count, _, whole_trace) = &whole.ends[class];
            // A spinning end is found late, a blocked one may be nearer than it seems: only the
            // length of a schedule found can differ, and never below the shortest.
            prop_assert!(count <= whole_count && trace.len() >= whole_trace.len());
        }
        for (index, trace) in &part.properties {
            prop_assert_eq!(trace, &whole.properties[index]);
        }
        for (index, stem) in &part.broken {
            prop_assert!(whole.broken.get(index).is_some_and(|whole_stem| stem >= whole_stem));
        }
        for (check, length) in &part.checks {
            prop_assert!(*length >= whole.checks[check]);
        }
        let witnesses: BTreeMap<_, _> =
            part.reach.iter().filter(|(_, trace)| trace.is_some()).collect();
        for (index, trace) in witnesses {
            prop_assert_eq!(trace, &whole.reach[index]);
        }
    }
}

/// Three threads that count for ever, and a kernel that sets flags: some 130,000 states.
fn large() -> Program {
    let steps = [
        Action::Read(Var::X),
        Action::Add(Var::X, 1),
        Action::Write(Var::Y),
        Action::Add(Var::X, -1),
        Action::Goto(0),
    ];
    let body = steps.map(|action| Statement {
        action,
        kernel: false,
        spins: false,
        yields: false,
        fairness: Fairness::Weak,
    });
    let thread = Thread {
        body: body.to_vec(),
        handlers: Vec::new(),
        user_gate: false,
        kernel_gate: None,
        lives: None,
        fairness: Fairness::Weak,
    };
    let flags = (0..3).flat_map(|t| [(Var::Off(t), 0), (Var::Off(t), 1), (Var::Signal(t), 1)]);
    let moves = flags.map(|store| Move {
        guard: Cond::Is(Var::X, 0),
        stores: vec![store],
        finishes: None,
        fairness: Fairness::Weak,
    });
    assemble(&Model {
        words: 2,
        threads: vec![thread; 3],
        moves: moves.collect(),
        properties: Vec::new(),
        promises: Vec::new(),
        outcomes: Vec::new(),
    })
}

#[test]
fn each_limit_stops_the_search_and_says_so() {
    let program = large();
    let mut calls = 0;
    let whole = search(&program, &Limits::default(), &mut |progress| {
        calls += 1;
        assert!(progress.states > 0 && progress.store_bytes > 0);
        true
    });
    assert_eq!(whole.completeness, Completeness::Exhaustive);
    assert_eq!(calls, whole.states >> 16);
    assert!(calls > 1);

    let memory_bytes = Some(2 << 20);
    let small = run(&program, &Limits { memory_bytes, ..Limits::default() });
    assert_eq!(small.completeness, Completeness::MemoryLimit);
    assert!(small.store_bytes <= 2 << 20, "{} bytes", small.store_bytes);
    assert!(small.states > 10_000, "{} states", small.states);

    let short = run(&program, &Limits { time: Some(Duration::ZERO), ..Limits::default() });
    assert_eq!(short.completeness, Completeness::TimeLimit);
    assert!(short.states < 20_000 && short.frontier > 0);

    let few = run(&program, &Limits { states: Some(0), ..Limits::default() });
    assert_eq!((few.completeness, few.states), (Completeness::StateLimit, 1));

    let stopped = search(&program, &Limits::default(), &mut |_| false);
    assert_eq!(stopped.completeness, Completeness::Interrupted);
    assert!(stopped.states < whole.states);
}
