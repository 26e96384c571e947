//! One program on all three engines, and on a plain graph of its own.

use crate::graph::{Edge, ends};
use ghosthunt::engines::loom::Refusal;
use ghosthunt::engines::{self, Driven, Ran, loom, shuttle};
use ghosthunt::machine::{Machine, Step};
use ghosthunt::program::{Program, PropertyKind};
use ghosthunt::scenario::finding_name;
use ghosthunt::schedule::{self, Run, Schedule};
use ghosthunt::search::{self, Completeness, Finding, Report, Trace};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Programs with more states or walks are left alone.
const STATES_MAX: usize = 400;
pub const WALKS_MAX: u64 = 150;

type State = Box<[u64]>;

/// What a program is like, so that the tests can say what they have seen.
#[derive(Debug, Default)]
pub struct Seen {
    pub walks: u64,
    pub ends: usize,
    pub violations: usize,
    pub loom_refuses: bool,
    pub kernel_moves: bool,
    pub circles: bool,
}

/// The whole state graph, and its ends by their definition.
struct Whole {
    states: Vec<State>,
    edges: Vec<Vec<Edge>>,
    ends: Vec<Vec<usize>>,
}

impl Whole {
    fn of(program: &Program) -> Option<Whole> {
        let machine = Machine::new(program);
        let mut scratch = machine.scratch();
        let initial: State = program.initial.clone().into();
        let mut numbers = HashMap::from([(initial.clone(), 0)]);
        let (mut states, mut edges) = (vec![initial], Vec::new());
        while let Some(state) = states.get(edges.len()).cloned() {
            let mut here = Vec::new();
            machine.successors(&state, &mut scratch, |successor| {
                let target = match successor.step {
                    Step::Violation(violation) => Err(violation.check),
                    Step::Done { yielded } => {
                        let next = states.len();
                        let number = *numbers.entry(successor.state.into()).or_insert_with(|| {
                            states.push(successor.state.into());
                            next
                        });
                        Ok((number, yielded))
                    }
                    Step::Disabled => unreachable!("what is disabled is no successor"),
                };
                let (transition, spins) = (successor.transition, successor.spins);
                here.push(Edge { transition, target, spins, demands: Vec::new() });
            });
            edges.push(here);
            if states.len() > STATES_MAX {
                return None;
            }
        }
        let ends = ends(&edges);
        Some(Whole { states, edges, ends })
    }

    /// How many walks there are from here, each taken; stops counting beyond the limit.
    fn walks(&self, at: usize, been: &mut [bool], counted: u64) -> u64 {
        if counted > WALKS_MAX || self.ends.iter().any(|end| end.contains(&at)) {
            return counted + 1;
        }
        let (mut total, mut onward) = (counted, false);
        been[at] = true;
        for edge in &self.edges[at] {
            match edge.target {
                Err(_) => (total, onward) = (total + 1, true),
                Ok((target, _)) if been[target] => {}
                Ok((target, _)) => (total, onward) = (self.walks(target, been, total), true),
            }
        }
        been[at] = false;
        if onward { total } else { total + 1 }
    }

    /// The least state of each end, with what the end is called.
    fn named_ends(&self, program: &Program) -> BTreeSet<(State, String)> {
        let least = |end: &Vec<usize>| {
            let state = end.iter().map(|&state| &self.states[state]).min();
            state.expect("an end has a state").clone()
        };
        let name = |state: &State| schedule::end_at(program, state).expect("an end").outcome;
        self.ends.iter().map(least).map(|state| (state.clone(), name(&state))).collect()
    }
}

/// What is violated, by what it is.
fn violated(report: &Report) -> BTreeSet<String> {
    report.violations.iter().map(|found| format!("{:?}", found.what)).collect()
}

fn reached(report: &Report) -> BTreeSet<usize> {
    report.reach.iter().filter(|(_, trace)| trace.is_some()).map(|(index, _)| *index).collect()
}

/// What runs came to must be what the search and the graph say.
fn check_runs(program: &Program, whole: &Whole, found: &Report, ran: &Ran, walks: u64) {
    let name = &ran.engine;
    let report = ran.report(program);
    assert_eq!(ran.completeness, Completeness::Exhaustive, "{name}");
    assert_eq!(ran.observed.runs, walks, "{name}: runs");
    let ended = |(outcome, ends): (&String, &schedule::SeenEnds)| {
        ends.states.iter().map(|state| (state.clone(), outcome.clone())).collect::<Vec<_>>()
    };
    let ended: BTreeSet<_> = ran.observed.ends.iter().flat_map(ended).collect();
    assert_eq!(ended, whole.named_ends(program), "{name}: ends");
    let shortest = |report: &Report| -> BTreeMap<String, (u64, usize)> {
        let ends = report.ends.iter();
        ends.map(|end| (end.outcome.clone(), (end.count, end.trace.len()))).collect()
    };
    assert_eq!(shortest(&report), shortest(found), "{name}: ends by outcome");
    assert_eq!(violated(&report), violated(found), "{name}: violations");
    assert_eq!(reached(&report), reached(found), "{name}: reached");
    assert_eq!(report.states, found.states, "{name}: states");
    assert_eq!(report.not_run, found.not_run, "{name}: statements that never ran");
}

/// Every run of the report that shows something, with what it shows.
fn runs(program: &Program, report: &Report) -> Vec<(String, Trace)> {
    let violations = report.violations.iter();
    let violations = violations.map(|f| (finding_name(&f.what, program).to_string(), &f.trace));
    let ends = report.ends.iter().map(|end| (end.outcome.clone(), &end.trace));
    let reached = report.reach.iter().filter_map(|(index, trace)| {
        Some((program.properties[*index].name.clone(), trace.as_ref()?))
    });
    violations.chain(ends).chain(reached).map(|(name, trace)| (name, trace.clone())).collect()
}

/// Whatever an engine shows, its schedule file replays on our machine and in the other engines.
fn check_replays(program: &Arc<Program>, report: &Report) {
    for (shows, trace) in runs(program, report) {
        let schedule = Schedule::of(program, &trace, &[], &report.engine, &shows);
        let text = schedule.expect("what was found can be run").to_string();
        let read = Schedule::parse("found.schedule", &text).expect("it reads");
        let replay = match schedule::replay(program, &read) {
            Ok(replay) => replay,
            Err(error) => panic!("{}: {error:?}\n{text}", report.engine),
        };
        assert_eq!(replay.trace, trace, "{text}");
        let state = Run::new(program, &trace).expect("it runs").last_state().into();
        let asked = Driven { trace, state };
        let driven = [
            ("shuttle", shuttle::replay(program, &asked.trace)),
            ("loom", loom::replay(program, &asked.trace).expect("few threads step")),
        ];
        for (engine, driven) in driven {
            assert_eq!(driven, asked, "{engine} is driven through\n{text}");
            let shown = schedule::shows(program, &driven.trace, None, &shows);
            assert_eq!(shown, Ok(()), "{engine} is driven through\n{text}");
        }
    }
}

/// Compares the engines; `None` if the program is too large for that.
pub fn compare(program: Program) -> Option<Seen> {
    let program = Arc::new(program);
    let whole = Whole::of(&program)?;
    let walks = whole.walks(0, &mut vec![false; whole.states.len()], 0);
    if walks > WALKS_MAX {
        return None;
    }
    let live = |property: &ghosthunt::program::Property| property.kind.is_liveness();
    assert!(!program.properties.iter().any(live), "shuttle and loom say nothing of liveness");
    let found = search::search(&program, &search::Limits::default(), &mut |_| true);
    assert_eq!(
        (found.completeness, found.states),
        (Completeness::Exhaustive, whole.states.len() as u64)
    );
    let counted = engines::runs(&program, STATES_MAX);
    assert!(counted.is_none_or(|counted| counted == u128::from(walks)), "{counted:?} {walks}");
    let at_least = engines::runs_at_least(&program, STATES_MAX).expect("it is small");
    assert!(at_least <= u128::from(walks), "{at_least} {walks}");
    check_replays(&program, &found);
    let ran = shuttle::take(&program, shuttle::Choice::Dfs, shuttle::Limits::default(), || false);
    check_runs(&program, &whole, &found, &ran, walks);
    check_replays(&program, &ran.report(&program));
    let loom_refuses = match loom::take(&program, loom::Limits::default()) {
        Ok(ran) => {
            check_runs(&program, &whole, &found, &ran, walks);
            check_replays(&program, &ran.report(&program));
            false
        }
        Err(Refusal::Threads { .. }) => true,
        Err(refusal) => panic!("{refusal}"),
    };
    let bad = |found: &&search::Found| !matches!(found.what, Finding::End { .. });
    Some(Seen {
        walks,
        ends: whole.ends.len(),
        violations: found.violations.iter().filter(bad).count(),
        loom_refuses,
        kernel_moves: whole
            .edges
            .iter()
            .flatten()
            .any(|edge| matches!(edge.transition.actor, ghosthunt::machine::Actor::Action(_))),
        circles: counted.is_none(),
    })
}

/// A property of states that is not there would be agreed on by all.
pub fn has_claims(program: &Program) -> bool {
    let of_states = |kind| matches!(kind, PropertyKind::Never(_) | PropertyKind::Always(_));
    program.properties.iter().any(|property| of_states(property.kind))
}
