//! The schedule of one cast, followed on the same cast with the fix as far as it goes.
//!
//! A fix adds steps and takes others away, so the two schedules are matched by who steps and by the
//! words of the statement: where an actor does not stand at the next statement of the schedule, it
//! may take steps of its own until it does. The first statement that it cannot get to by itself is
//! the one that the fix forbids.

use crate::graph::View;
use crate::machine::{Actor, Machine, Step, Transition};
use crate::program::Program;
use crate::report::{Condition, standings};
use crate::schedule::{Run, StepWords, Taken, enabled, end_at};
use std::collections::{HashSet, VecDeque};

/// States that an actor may lead through by itself on its way to a statement.
const DETOUR_STATES_MAX: usize = 500;

/// Where a fixed cast leaves a schedule.
#[derive(Debug, Clone)]
pub struct Parting {
    /// The fixed cast's run: along the schedule as far as it goes, and on to an end.
    pub trace: Vec<Transition>,
    /// So many steps of it follow the schedule, the fix's own among them.
    pub followed: usize,
    /// What the run leads to; empty if no end is known.
    pub shows: String,
    /// The step that the fix forbids; `None` if the whole schedule can be followed.
    pub forbidden: Option<Forbidden>,
}

/// A step of a schedule that cannot be taken.
#[derive(Debug, Clone)]
pub struct Forbidden {
    /// Its number in the schedule, from 1.
    pub step: usize,
    /// Who would have taken it.
    pub actor: String,
    /// Its words.
    pub label: String,
    /// What happens instead, as a sentence.
    pub instead: String,
}

/// A position in the fixed program.
struct Walk<'p> {
    machine: Machine<'p>,
    state: Box<[u64]>,
    trace: Vec<Transition>,
}

impl Parting {
    /// Follows `run` on `fixed`; `view` is of the fixed program's whole graph if it is small.
    pub(super) fn of(run: &Run, fixed: &Program, view: Option<&View>) -> Parting {
        let mut walk = Walk {
            machine: Machine::new(fixed),
            state: fixed.initial.clone().into(),
            trace: Vec::new(),
        };
        let stopped = run.steps.iter().position(|taken| !walk.follow(taken));
        let followed = walk.trace.len();
        let forbidden = stopped.map(|index| {
            let taken = &run.steps[index];
            Forbidden {
                step: index + 1,
                actor: taken.words.actor.clone(),
                label: label(&taken.words).to_string(),
                instead: walk.instead(taken),
            }
        });
        if let Some(view) = view {
            walk.go_to_an_end(view);
        }
        let shows = end_at(fixed, &walk.state).map_or(String::new(), |end| end.outcome);
        Parting { trace: walk.trace, followed, shows, forbidden }
    }
}

impl Walk<'_> {
    /// Takes the step, after steps of the same actor that lead to it; false if there are none.
    fn follow(&mut self, taken: &Taken) -> bool {
        let mut seen = HashSet::from([self.state.clone()]);
        let mut queue = VecDeque::from([(self.state.clone(), Vec::new())]);
        let mut scratch = self.machine.scratch();
        while let Some((state, way)) = queue.pop_front() {
            let own: Vec<_> = enabled(&self.machine, &state)
                .into_iter()
                .filter(|(_, words)| words.actor == taken.words.actor)
                .collect();
            let mut after = state.clone();
            if let Some((transition, _)) = own.iter().find(|(_, words)| same(words, &taken.words)) {
                self.machine.step(&state, *transition, &mut after, &mut scratch);
                self.state = after;
                self.trace.extend(way);
                self.trace.push(*transition);
                return true;
            }
            for (transition, _) in own {
                // The kernel's other moves are no detour on the way to this one.
                let thread = matches!(transition.actor, Actor::Thread(_));
                let step = self.machine.step(&state, transition, &mut after, &mut scratch);
                let goes_on = thread && matches!(step, Step::Done { .. });
                if goes_on && seen.len() < DETOUR_STATES_MAX && seen.insert(after.clone()) {
                    let mut longer = way.clone();
                    longer.push(transition);
                    queue.push_back((after.clone(), longer));
                }
            }
        }
        false
    }

    /// What the actor of the forbidden step does instead; if it can step, it does.
    fn instead(&mut self, taken: &Taken) -> String {
        let actor = &taken.words.actor;
        let choices = enabled(&self.machine, &self.state);
        if let Some((transition, words)) =
            choices.into_iter().find(|(_, words)| words.actor == *actor && actor != "kernel")
        {
            let mut after = self.state.clone();
            let mut scratch = self.machine.scratch();
            self.machine.step(&self.state, transition, &mut after, &mut scratch);
            self.state = after;
            self.trace.push(transition);
            return format!("Instead, {actor} goes on with `{}` at {}.", words.label, words.place);
        }
        let program = self.machine.program();
        let thread = program.threads.iter().position(|thread| thread.name == *actor);
        let Some(thread) = thread else {
            return "There is nothing for the kernel to do there.".to_string();
        };
        let standing = standings(program, &self.state).swap_remove(thread);
        match standing.condition {
            Condition::Finished => format!("{actor} has finished by then."),
            Condition::Dead => format!("{actor} is dead by then."),
            Condition::Stopped => format!("{actor} is stopped there, at {}.", standing.place),
            _ => format!("{actor} waits there, at {}.", standing.place),
        }
    }

    /// Goes on to the nearest end by the shortest way.
    fn go_to_an_end(&mut self, view: &View) {
        let Some(here) = view.path(&self.trace).and_then(|path| path.last().copied()) else {
            return;
        };
        let mut came: Vec<Option<(usize, Transition)>> = vec![None; view.nodes.len()];
        let mut queue = VecDeque::from([here]);
        while let Some(node) = queue.pop_front() {
            let state = &view.nodes[node].state;
            if end_at(self.machine.program(), state).is_some() {
                let mut way = Vec::new();
                let mut at = node;
                while at != here {
                    let (from, transition) = came[at].expect("it was reached from somewhere");
                    way.push(transition);
                    at = from;
                }
                way.reverse();
                self.trace.extend(way);
                self.state = state.clone();
                return;
            }
            for edge in &view.nodes[node].edges {
                if edge.to != here && came[edge.to].is_none() {
                    came[edge.to] = Some((node, edge.transition));
                    queue.push_back(edge.to);
                }
            }
        }
    }
}

/// What a step does, in words.
fn label(words: &StepWords) -> &str {
    if words.label.is_empty() { &words.place } else { &words.label }
}

/// The same statement of the same proc; its line may differ between two texts.
fn same(one: &StepWords, other: &StepWords) -> bool {
    let owner = |words: &StepWords| match words.label.is_empty() {
        true => words.place.clone(),
        false => words.place.split(':').next().unwrap_or("").to_string(),
    };
    one.label == other.label && owner(one) == owner(other)
}
