//! Which loom thread makes which step.
//!
//! loom has five threads, its main thread among them. Each thread of the cast has one. The actions of
//! the kernel, and the further ways that a `choose` or a handler leaves, are made by agents: an agent
//! makes several such steps if no two of them are ever enabled together, so that no order of steps is
//! lost. A step that is never enabled needs no agent.

use super::super::count::steps_max;
use crate::machine::{Actor, Transition};
use crate::program::Program;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// loom's threads.
pub const THREADS_MAX: usize = ::loom::MAX_THREADS;
/// Executions with more steps are not for loom: it sets room aside for all their branches.
pub const STEPS_MAX: usize = 20_000;

/// The steps of each loom thread, the first of them on loom's main thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// By loom thread.
    pub threads: Vec<Vec<Transition>>,
    /// No execution has more steps.
    pub steps_max: usize,
}

/// Why loom cannot run a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It has too many states to find out which steps can be enabled together.
    States {
        /// How many there may be.
        max: usize,
    },
    /// It needs more threads than loom has.
    Threads {
        /// What each would be for.
        needed: Vec<String>,
    },
    /// An execution may have more branches than loom can be told to expect.
    Steps {
        /// The steps that it may have.
        needed: usize,
    },
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refusal::States { max } => {
                write!(f, "loom is for small casts, and this one has more than {max} states")
            }
            Refusal::Threads { needed } => write!(
                f,
                "loom has {THREADS_MAX} threads, and this cast needs {}: {}",
                needed.len(),
                needed.join("; ")
            ),
            Refusal::Steps { needed } => write!(
                f,
                "loom has a limit on the branches of an execution: at most {STEPS_MAX} steps here, and \
                 one of this cast may have {needed}"
            ),
        }
    }
}

/// Steps that are enabled in some state, and which of them are enabled together.
#[derive(Default)]
struct Enabled {
    steps: BTreeSet<Transition>,
    together: HashSet<(Transition, Transition)>,
}

impl Enabled {
    /// These steps are enabled in one state.
    fn add(&mut self, here: &[Transition]) {
        for (index, &a) in here.iter().enumerate() {
            self.steps.insert(a);
            for &b in &here[..index] {
                self.together.extend([(a, b), (b, a)]);
            }
        }
    }
}

/// The thread that a step is about, for agents: an action's own, or the one that has further ways.
fn about(program: &Program, step: Transition) -> Option<usize> {
    match step.actor {
        Actor::Thread(thread) => Some(usize::from(thread)),
        Actor::Action(action) => program.actions[usize::from(action)].thread,
    }
}

impl Plan {
    /// Plans a program of at most `states_max` states.
    pub fn of(program: &Program, states_max: usize) -> Result<Plan, Refusal> {
        let too_many = Refusal::States { max: states_max };
        let mut enabled = Enabled::default();
        let steps_max = steps_max(program, states_max, |here| enabled.add(here)).ok_or(too_many)?;
        if steps_max > STEPS_MAX {
            return Err(Refusal::Steps { needed: steps_max });
        }
        let own = |step: &&Transition| matches!(step.actor, Actor::Thread(_)) && step.branch == 0;
        let cast: Vec<Vec<Transition>> =
            enabled.steps.iter().filter(own).map(|&s| vec![s]).collect();
        let mut agents: Vec<Vec<Transition>> = Vec::new();
        let rest: Vec<Transition> =
            enabled.steps.iter().filter(|step| !own(step)).copied().collect();
        // Agents of one thread each if there is room, of all threads if not.
        for by_thread in [true, false] {
            agents.clear();
            for &step in &rest {
                let fits = |agent: &&mut Vec<Transition>| {
                    let same = about(program, agent[0]) == about(program, step);
                    (same || !by_thread)
                        && agent.iter().all(|&other| !enabled.together.contains(&(step, other)))
                };
                match agents.iter_mut().find(fits) {
                    Some(agent) => agent.push(step),
                    None => agents.push(vec![step]),
                }
            }
            if cast.len() + agents.len() <= THREADS_MAX {
                return Ok(Plan { threads: [cast, agents].concat(), steps_max });
            }
        }
        let plan = Plan { threads: [cast, agents].concat(), steps_max };
        Err(Refusal::Threads { needed: plan.describe(program) })
    }

    /// What each thread is for, in words.
    pub fn describe(&self, program: &Program) -> Vec<String> {
        let words = |step: &Transition| match step.actor {
            Actor::Action(action) => program.actions[usize::from(action)].name.clone(),
            Actor::Thread(thread) => program.threads[usize::from(thread)].name.clone(),
        };
        let describe = |steps: &Vec<Transition>| {
            let mut ways: BTreeMap<String, usize> = BTreeMap::new();
            steps.iter().for_each(|step| *ways.entry(words(step)).or_default() += 1);
            ways.into_keys().collect::<Vec<_>>().join(", ")
        };
        self.threads.iter().map(describe).collect()
    }
}
