//! A run: the states that a trace leads through, and what each step is called.

use crate::machine::{Actor, Machine, Step, Transition};
use crate::program::{Program, StatementId};

/// A trace carried out.
#[derive(Debug, Clone)]
pub struct Run<'p> {
    /// What ran.
    pub program: &'p Program,
    /// The steps taken.
    pub steps: Vec<Taken>,
    /// The initial state, and the state after each step.
    pub states: Vec<Box<[u64]>>,
    /// If it ends in a cycle that goes on for ever: the steps before it.
    pub cycle_from: Option<usize>,
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Who, and which branch.
    pub transition: Transition,
    /// What it is called.
    pub words: StepWords,
    /// The statement, or the declaration of a handler or action.
    pub statement: StatementId,
    /// What became of it.
    pub step: Step,
}

/// What a step is called, in schedules and everywhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepWords {
    /// A thread's name, or `kernel`.
    pub actor: String,
    /// Where the thread stands, `owner:line`, or the kernel action with its arguments.
    pub place: String,
    /// The statement's own words, and the branch of a `choose`; empty for an action.
    pub label: String,
}

impl<'p> Run<'p> {
    /// Carries out `trace` from the initial state.
    ///
    /// # Errors
    /// The index of the first transition that is not enabled there.
    pub fn new(program: &'p Program, trace: &[Transition]) -> Result<Run<'p>, usize> {
        let machine = Machine::new(program);
        let mut scratch = machine.scratch();
        let mut run = Run {
            program,
            steps: Vec::with_capacity(trace.len()),
            states: vec![program.initial.clone().into()],
            cycle_from: None,
        };
        for (index, &transition) in trace.iter().enumerate() {
            let before = run.last_state();
            let mut after = vec![0; before.len()].into_boxed_slice();
            let step = machine.step(before, transition, &mut after, &mut scratch);
            if step == Step::Disabled {
                return Err(index);
            }
            let statement = statement(&machine, before, transition);
            let words = words(program, transition, statement, &machine, before);
            run.steps.push(Taken { transition, words, statement, step });
            run.states.push(after);
        }
        Ok(run)
    }

    /// The same, ending in a cycle after so many steps.
    #[must_use]
    pub fn with_cycle(self, cycle_from: Option<usize>) -> Run<'p> {
        Run { cycle_from, ..self }
    }

    /// The state that the run leads to.
    pub fn last_state(&self) -> &[u64] {
        self.states.last().expect("the initial state is always there")
    }

    /// How often another thread goes on than the one that stepped before it, kernel moves aside.
    pub fn switches(&self) -> usize {
        let threads: Vec<_> = self
            .steps
            .iter()
            .map(|taken| taken.transition.actor)
            .filter(|actor| matches!(actor, Actor::Thread(_)))
            .collect();
        threads.windows(2).filter(|pair| pair[0] != pair[1]).count()
    }
}

/// The transitions that are enabled in `state`, each with what it is called.
pub fn enabled(machine: &Machine, state: &[u64]) -> Vec<(Transition, StepWords)> {
    let mut transitions = Vec::new();
    let mut scratch = machine.scratch();
    machine.successors(state, &mut scratch, |successor| transitions.push(successor.transition));
    let name = |transition| {
        let statement = statement(machine, state, transition);
        (transition, words(machine.program(), transition, statement, machine, state))
    };
    transitions.into_iter().map(name).collect()
}

/// Whether `transition` enters a handler.
fn enters(machine: &Machine, state: &[u64], thread: usize) -> bool {
    let mut scratch = machine.scratch();
    machine.enters_handler(state, thread, &mut scratch).unwrap_or(false)
}

/// The statement that an enabled transition runs.
fn statement(machine: &Machine, state: &[u64], transition: Transition) -> StatementId {
    let program = machine.program();
    match transition.actor {
        Actor::Action(action) => program.actions[usize::from(action)].statement,
        Actor::Thread(index) => {
            let index = usize::from(index);
            let thread = &program.threads[index];
            match enters(machine, state, index) {
                true => thread.handlers[usize::from(transition.branch)].statement,
                false => thread.places[machine.place(state, index) as usize].statement,
            }
        }
    }
}

/// What an enabled transition is called.
fn words(
    program: &Program,
    transition: Transition,
    statement: StatementId,
    machine: &Machine,
    state: &[u64],
) -> StepWords {
    let index = match transition.actor {
        Actor::Action(action) => {
            return StepWords {
                actor: "kernel".to_string(),
                place: program.actions[usize::from(action)].name.clone(),
                label: String::new(),
            };
        }
        Actor::Thread(index) => usize::from(index),
    };
    let thread = &program.threads[index];
    let statement = &program.statements[statement as usize];
    let label = if enters(machine, state, index) {
        format!("enter {}", thread.handlers[usize::from(transition.branch)].name)
    } else {
        let branches = thread.places[machine.place(state, index) as usize].branches;
        match branches {
            0 | 1 => statement.label.clone(),
            _ => format!("{}, branch {} of {branches}", statement.label, transition.branch + 1),
        }
    };
    StepWords {
        actor: thread.name.clone(),
        place: format!("{}:{}", statement.owner, statement.line),
        label,
    }
}
