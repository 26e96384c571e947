//! Random model texts: what is compiled and searched is what the text means.
//!
//! `draw` draws texts, `run.rs` says a second time what the language's page says of them, without
//! the compiler or the machine: threads on explicit stacks, states in a hash map. As every step must
//! begin and end at the same place, the graphs must have equally many states and transitions.
//! `GHOSTHUNT_TEXTS` sets how many texts are compared.

#[expect(dead_code, reason = "random texts ask nothing of fairness")]
#[path = "../random_programs/graph.rs"]
mod graph;
#[path = "../support/mod.rs"]
mod support;

mod draw;
mod run;
mod text;
mod value;

use ghosthunt::machine::{Actor, Transition};
use ghosthunt::program::CheckKind;
use ghosthunt::search::{Completeness, Finding, Limits, search};
use graph::{Edge, ends};
use proptest::prelude::*;
use run::{Code, Halt, State, Step, Thread};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use text::{ALIVE, Claim, STOPPED, Text, Ty, VARS};
use value::{Bound, Eyes, Fail, Stands};

/// Texts with more states are left alone.
const STATES_MAX: usize = 4000;

/// What both sides say of a text.
#[derive(Debug, Default, PartialEq, Eq)]
struct Verdict {
    states: usize,
    transitions: usize,
    depth: u32,
    ends: BTreeMap<String, u64>,
    fails: BTreeSet<Fail>,
    violated: BTreeSet<String>,
    reached: BTreeSet<String>,
}

fn holds(state: &State, ex: &text::Ex, thread: i32) -> Result<bool, Fail> {
    let names = vec![("q".to_string(), Bound::Value(Ty::Thread, Some(thread)))];
    let stands: Vec<Stands> = state.threads.iter().map(Thread::stands).collect();
    let mut shared = state.shared.clone();
    Eyes { shared: &mut shared, names: &names, me: thread, stands: &stands }.holds(ex)
}

/// A successor: the transition, how it ended, whether a turn ended, whether it may be a spin.
type Next<'t> = (Transition, Result<State<'t>, Fail>, bool, bool);

fn successors<'t>(text: &'t Text, state: &State<'t>) -> Vec<Next<'t>> {
    let mut found = Vec::new();
    for me in 0..state.threads.len() {
        let thread = &state.threads[me];
        if thread.base.finished() {
            continue;
        }
        let user = thread.stands() == Stands::User;
        let on = |var: usize| state.shared[var][me] == Some(1);
        let open = match user {
            true => on(ALIVE) && !on(STOPPED),
            false => holds(state, &text.kernel_gate, me as i32).expect("a gate has no index"),
        };
        if !open {
            continue;
        }
        let signal = text.handler.as_ref().filter(|(when, _)| {
            user && thread.handler.is_none() && holds(state, when, me as i32).expect("no index")
        });
        let (mut branch, mut branches) = (0, 1);
        while branch < branches {
            let mut next = state.clone();
            let in_handler = signal.is_some() || thread.handler.is_some();
            let code = match signal {
                Some((_, body)) => {
                    let about = Bound::Value(Ty::Thread, Some(me as i32));
                    Code::new(body, vec![("q".into(), about)])
                }
                None => thread.handler.as_ref().unwrap_or(&thread.base).clone(),
            };
            let spins = signal.is_none() && code.spins();
            let (halt, left, step) = Step::run(text, &mut next, me, code, signal.is_none(), branch);
            let yielded = step.yielded;
            branches = step.branches;
            let actor = Actor::Thread(me as u16);
            let transition = Transition { actor, branch: branch as u16 };
            branch += 1;
            match halt {
                Halt::Disabled => continue,
                Halt::Fails(fail) => found.push((transition, Err(fail), false, false)),
                Halt::Done => {
                    let thread = &mut next.threads[me];
                    if in_handler {
                        thread.handler = Some(left).filter(|code| !code.finished());
                    } else {
                        thread.base = left;
                    }
                    let h = text::H;
                    let same = (0..VARS.len()).all(|v| v == h || next.shared[v] == state.shared[v]);
                    found.push((transition, Ok(next), yielded, spins && same));
                }
            }
        }
    }
    for (index, (when, body)) in text.actions.iter().enumerate() {
        for about in 0..2 {
            if !holds(state, when, about).expect("no index") {
                continue;
            }
            let mut next = state.clone();
            let actor = Actor::Action((2 * index as i32 + about) as u16);
            let transition = Transition { actor, branch: 0 };
            match Step::action(text, &mut next, about, body) {
                Halt::Done => found.push((transition, Ok(next), false, false)),
                Halt::Fails(fail) => found.push((transition, Err(fail), false, false)),
                Halt::Disabled => {}
            }
        }
    }
    found
}

/// The state before the first step; `None` if what comes before it fails.
fn initial(text: &Text) -> Option<State<'_>> {
    let length = |var: &text::Var| var.dims.iter().map(|dim| dim.1 as usize).product();
    let shared = VARS.iter().map(|var| vec![var.initial; length(var)]).collect();
    let blank = Thread { base: Code::default(), handler: None };
    let mut state = State { shared, threads: vec![blank; text.cast.len()] };
    for (me, &(proc, about)) in text.cast.iter().enumerate() {
        let code = Code::running(text, proc, about);
        let (halt, left, _) = Step::run(text, &mut state, me, code, false, 0);
        if !matches!(halt, Halt::Done) {
            return None;
        }
        state.threads[me].base = left;
    }
    Some(state)
}

/// What the text means; `None` if it has too many states.
fn judge(text: &Text) -> Option<Verdict> {
    let mut verdict = Verdict::default();
    let first = initial(text)?;
    let mut known = HashMap::from([(first.clone(), 0usize)]);
    let (mut states, mut depths, mut graph) = (vec![first], vec![0], Vec::new());
    while graph.len() < states.len() {
        let state = states[graph.len()].clone();
        let depth: u32 = depths[graph.len()];
        let mut edges = Vec::new();
        for (transition, target, yielded, spins) in successors(text, &state) {
            verdict.transitions += 1;
            let target = match target {
                Err(fail) => {
                    verdict.fails.insert(fail);
                    Err(0)
                }
                Ok(next) => {
                    let count = states.len();
                    let index = *known.entry(next).or_insert_with_key(|next| {
                        states.push(next.clone());
                        depths.push(depth + 1);
                        count
                    });
                    Ok((index, yielded))
                }
            };
            edges.push(Edge { transition, target, spins, demands: Vec::new() });
        }
        graph.push(edges);
        verdict.depth = verdict.depth.max(depth);
        if states.len() > STATES_MAX {
            return None;
        }
    }
    verdict.states = states.len();
    let all =
        |end: &[usize], ex: &text::Ex| end.iter().all(|&s| holds(&states[s], ex, 0) == Ok(true));
    for end in ends(&graph) {
        let outcome = text.outcomes.iter().position(|when| all(&end, when));
        let done = end.iter().all(|&state| {
            let state = &states[state];
            (0..2).all(|t| state.threads[t].base.finished() || state.shared[ALIVE][t] == Some(0))
        });
        let name = match outcome {
            Some(index) => format!("o{index}"),
            None if done => "done".into(),
            None => "stuck".into(),
        };
        *verdict.ends.entry(name).or_default() += 1;
    }
    for (index, (claim, when)) in text.claims.iter().enumerate() {
        let mut values = states.iter().map(|state| holds(state, when, 0).expect("no index fails"));
        match claim {
            Claim::Never if values.any(|value| value) => {
                verdict.violated.insert(format!("never c{index}"));
            }
            Claim::Always if values.any(|value| !value) => {
                verdict.violated.insert(format!("always c{index}"));
            }
            Claim::Reach if values.any(|value| value) => {
                verdict.reached.insert(format!("reach c{index}"));
            }
            _ => {}
        }
    }
    Some(verdict)
}

/// What the search of the compiled text says; `Err` if the compiler refuses it.
fn compiled(text: &Text) -> Result<Verdict, String> {
    let mut scene = support::Scene::new(&text.print());
    for (name, &(proc, about)) in ["first", "second"].into_iter().zip(&text.cast) {
        let about = ["first", "second"][about as usize];
        scene = scene.thread(name, &format!("{}({about})", text.procs[proc].name));
    }
    let (program, _) = scene.compile().map_err(|errors| support::show(&errors))?;
    let limits = Limits { states: Some(3 * STATES_MAX as u64), ..Limits::default() };
    let report = search(&program, &limits, &mut |_| true);
    let mut verdict = Verdict {
        states: report.states as usize,
        transitions: report.transitions as usize,
        depth: report.depth,
        ends: report.ends.iter().map(|end| (end.outcome.clone(), end.count)).collect(),
        ..Verdict::default()
    };
    assert!(matches!(report.completeness, Completeness::Exhaustive | Completeness::StateLimit));
    for found in &report.violations {
        match &found.what {
            Finding::Property(index) => {
                verdict.violated.insert(program.properties[*index].name.clone());
            }
            Finding::Step(violation) => {
                verdict.fails.insert(match program.checks[usize::from(violation.check)].kind {
                    CheckKind::Assert => Fail::Assert,
                    CheckKind::Range => Fail::Range,
                    CheckKind::Unlock => Fail::Unlock,
                });
            }
            Finding::End { .. } => {}
            Finding::Race(_) => unreachable!("the search has no races"),
        }
    }
    let reached = report.reach.iter().filter(|(_, trace)| trace.is_some());
    verdict.reached = reached.map(|(index, _)| program.properties[*index].name.clone()).collect();
    Ok(verdict)
}

/// How many texts to compare.
fn cases() -> u32 {
    std::env::var("GHOSTHUNT_TEXTS").ok().and_then(|count| count.parse().ok()).unwrap_or(3000)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(),
        max_global_rejects: cases() / 10,
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Default::default()
    })]

    #[test]
    fn a_text_is_compiled_to_what_it_means(tape in prop::collection::vec(any::<u8>(), 0..600)) {
        let text = draw::text(&tape);
        // A constant out of range is refused, which the generator does not foresee.
        let Ok(found) = compiled(&text) else { return Err(TestCaseError::reject("refused")) };
        if let Some(expected) = judge(&text) {
            prop_assert_eq!(found, expected, "{}\ncast: {:?}", text.print(), text.cast);
        }
    }
}
