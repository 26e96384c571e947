//! Runs that go on for ever: what each thread does meanwhile, and which fairness matters.

use super::Checked;
use super::standing::{self, Standing};
use super::text::plural;
use crate::machine::{Actor, Machine, Step};
use crate::program::{FINISHED, Op, Place, PlaceId, Program, Thread};
use crate::schedule::Run;
use crate::search::{Assumed, Assumption, Decision};
use std::collections::BTreeSet;

/// What a thread does in the cycle of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForEver {
    /// It takes so many steps a turn, and some of them change something.
    Goes(usize),
    /// It takes steps and makes no progress.
    Spins {
        /// The statement it spins at.
        place: String,
        /// What that reads, as in `busy is 1`.
        reads: Vec<String>,
        /// The threads that could change what it reads.
        waits_for: Vec<String>,
    },
    /// It takes no step. It could, in so many states of the cycle, of so many.
    Rests { last: Box<Standing>, enabled: usize, states: usize },
}

impl ForEver {
    /// In words, after the thread's name.
    pub fn words(&self) -> String {
        match self {
            ForEver::Goes(steps) => format!("takes {}", plural(*steps as u64, "step")),
            ForEver::Spins { place, reads, waits_for } => {
                let reads = match reads.as_slice() {
                    [] => String::new(),
                    reads => format!(" ({})", reads.join(", ")),
                };
                let waits = match waits_for.as_slice() {
                    [] => "nobody is left to change that".to_string(),
                    names => format!("waits for {}", names.join(" or ")),
                };
                format!("makes no progress: spins at {place}{reads}; {waits}")
            }
            ForEver::Rests { last, enabled: 0, .. } => last.words(),
            ForEver::Rests { last, enabled, states } if enabled == states => {
                format!("could go on at {} all the time, and never does", last.place)
            }
            ForEver::Rests { last, enabled, states } => {
                let place = &last.place;
                format!("could go on at {place} in {enabled} of {states} states, and never does")
            }
        }
    }
}

/// What the liveness properties turn on, a sentence each.
pub(super) fn live_words(checked: &Checked) -> Vec<String> {
    let program = &checked.check.program;
    let words = checked.report.liveness.iter().filter_map(|live| {
        let name = &program.properties[live.property].name;
        let words = match (live.decision, &live.turns_on) {
            (Decision::Open, _) => "is not decided".to_string(),
            _ if !live.triggered => return None,
            (Decision::Holds, None) => "holds under the fairness assumed".to_string(),
            (Decision::Holds, Some(all)) if all.is_empty() => {
                "holds, and no single assumption of fairness is needed".to_string()
            }
            (Decision::Holds, Some(all)) => {
                format!("holds, and needs {}", assumptions(program, all))
            }
            (Decision::Fails, Some(all)) if !all.is_empty() => {
                let each = all.iter().map(|one| assumption(program, *one));
                format!("fails; would hold with {}", each.collect::<Vec<_>>().join(", or with "))
            }
            (Decision::Fails, Some(_)) => {
                "fails; no single assumption of fairness mends it".to_string()
            }
            (Decision::Fails, None) => "fails".to_string(),
        };
        Some(format!("`{name}` {words}"))
    });
    words.collect()
}

/// What every thread does in the cycle of `run`, or in its last state; one entry a thread.
pub fn for_ever(run: &Run) -> Vec<ForEver> {
    let from = run.cycle_from.unwrap_or(run.steps.len());
    let standings = standing::standings(run.program, run.last_state());
    let machine = Machine::new(run.program);
    let mut scratch = machine.scratch();
    let states = &run.states[from..run.steps.len().max(from + 1)];
    standings
        .into_iter()
        .map(|standing| {
            let actor = Actor::Thread(standing.thread as u16);
            let own: Vec<usize> = (from..run.steps.len())
                .filter(|&step| run.steps[step].transition.actor == actor)
                .collect();
            if !own.is_empty() {
                return match own.iter().all(|&step| may_spin(&machine, run, step)) {
                    true => spinning(&machine, run, standing.thread, own[0]),
                    false => ForEver::Goes(own.len()),
                };
            }
            let can = states.iter().filter(|state| {
                let mut can = false;
                machine.successors(state, &mut scratch, |next| {
                    can |= next.transition.actor == actor;
                });
                can
            });
            let (enabled, states) = (can.count(), states.len());
            ForEver::Rests { last: Box::new(standing), enabled, states }
        })
        .collect()
}

/// Whether the step may be part of a spin, as the machine says.
fn may_spin(machine: &Machine, run: &Run, step: usize) -> bool {
    let mut spins = false;
    let mut scratch = machine.scratch();
    machine.successors(&run.states[step], &mut scratch, |successor| {
        spins |= successor.transition == run.steps[step].transition && successor.spins;
    });
    spins && matches!(run.steps[step].step, Step::Done { .. })
}

fn spinning(machine: &Machine, run: &Run, thread: usize, step: usize) -> ForEver {
    let program = run.program;
    let state = &run.states[step];
    let place = &program.threads[thread].places[machine.place(state, thread) as usize];
    let read: BTreeSet<_> = accesses(program, place).into_iter().map(|(field, _)| field).collect();
    let others = program.threads.iter().enumerate().filter(|(other, _)| *other != thread);
    let writers = others.filter(|(other, cast)| {
        let here = machine.place(state, *other);
        here != FINISHED && writes(program, cast, &read)
    });
    ForEver::Spins {
        place: standing::place_words(program, place),
        reads: standing::reads(program, read.iter().copied(), state),
        waits_for: writers.map(|(_, cast)| cast.name.clone()).collect(),
    }
}

/// Whether the thread's code can write one of the fields.
fn writes(program: &Program, thread: &Thread, fields: &BTreeSet<u16>) -> bool {
    let code = thread.places.iter().skip(1).flat_map(|place| accesses(program, place));
    code.into_iter().any(|(field, writes)| writes && fields.contains(&field))
}

/// The fields of shared variables that the step at a place may access, and whether it writes them.
/// Of an array whose index is not known, all elements.
fn accesses(program: &Program, place: &Place) -> Vec<(u16, bool)> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut rest = vec![place.entry];
    while let Some(at) = rest.pop() {
        if !seen.insert(at) {
            continue;
        }
        let op = program.code[at as usize];
        let mut array = |base: u16, length: u16, writes| {
            found.extend((base..base + length).map(|field| (field, writes)));
        };
        match op {
            Op::Load { field, .. } => array(field, 1, false),
            Op::LoadAt { base, length, .. } => array(base, length, false),
            Op::Store { field, .. } | Op::Cas { field, .. } | Op::Rmw { field, .. } => {
                array(field, 1, true);
            }
            Op::StoreAt { base, length, .. }
            | Op::CasAt { base, length, .. }
            | Op::RmwAt { base, length, .. } => array(base, length, true),
            _ => {}
        }
        match op {
            Op::Stop(_) | Op::End => {}
            Op::Jump(to) => rest.push(to),
            Op::JumpIf(to) | Op::JumpUnless(to) => rest.extend([to, at + 1]),
            Op::Branch { count } => rest.extend(at + 1..=at + count),
            _ => rest.push(at + 1),
        }
    }
    let is_shared = |field: u16| {
        program.variables.iter().any(|variable| {
            let length = variable.labels.len() as u16;
            !variable.aux && (variable.first..variable.first + length).contains(&field)
        })
    };
    found.retain(|(field, _)| is_shared(*field));
    found
}

/// What an assumption says: `weak fairness of main`.
pub fn assumption(program: &Program, assumption: Assumption) -> String {
    let strength = if assumption.strong { "strong" } else { "weak" };
    let of = match assumption.of {
        Assumed::Thread(thread) => program.threads[thread].name.clone(),
        Assumed::Action(action) => program.actions[action].name.clone(),
        Assumed::Step(thread, place) => step_words(program, thread, place),
    };
    format!("{strength} fairness of {of}")
}

fn step_words(program: &Program, thread: usize, place: PlaceId) -> String {
    let thread = &program.threads[thread];
    let words = standing::place_words(program, &thread.places[place as usize]);
    format!("{} at {words}", thread.name)
}

/// Assumptions in one phrase: `weak fairness of main and sysmon; strong fairness of deliver(main)`.
pub fn assumptions(program: &Program, all: &[Assumption]) -> String {
    let mut phrases: Vec<String> = Vec::new();
    for strong in [false, true] {
        let named = all.iter().filter(|a| a.strong == strong).map(|a| assumption(program, *a));
        let named: Vec<String> = named.collect();
        let prefix = if strong { "strong fairness of " } else { "weak fairness of " };
        let names: Vec<&str> = named.iter().map(|words| &words[prefix.len()..]).collect();
        if !names.is_empty() {
            phrases.push(format!("{prefix}{}", names.join(", ")));
        }
    }
    phrases.join("; ")
}

/// An actor as reports name it.
pub(super) fn actor_name(program: &Program, actor: Actor) -> &str {
    match actor {
        Actor::Thread(thread) => &program.threads[usize::from(thread)].name,
        Actor::Action(action) => &program.actions[usize::from(action)].name,
    }
}
