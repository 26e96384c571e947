//! A walk: one run of a program, taken step by step by whoever chooses.
//!
//! A walk as engines take it never comes back to a state that it has been in: a step that would is not
//! offered. A turn of a spin loop is such a step, so a spinning thread waits, as if it were in an
//! `await`, until somebody changes what it looks at. Every state can be reached without going round in
//! a circle, so no state and no end is lost by it, and every walk ends: in the first state of an end
//! that it gets to, and the end's other states count as seen.
//!
//! Where chances are to be those of the state graph, a walk forgets where it has been. Only a step that
//! leaves everything as it is, as do all that its actor could take instead, is not offered, which
//! changes no chance to get anywhere; and a walk that
//! finds no end is given up.

use super::end::{End, Rest};
use crate::machine::{Machine, Scratch, Step, Transition, Violation};
use crate::program::{Program, StatementId};
use std::collections::HashSet;

/// A step that a walk can take.
#[derive(Debug, Clone)]
pub struct Move {
    /// Who, and which branch.
    pub transition: Transition,
    /// The state after it.
    state: Box<[u64]>,
}

/// How a walk ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Over {
    /// In an end.
    End(End),
    /// The last step failed.
    Failed(Violation),
    /// In no end, and every step leads to where the walk has been, or it has gone on for too long: the
    /// program can go on for ever.
    Circle,
}

/// Which steps back to where it has been a walk is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Returns {
    /// None.
    Never,
    /// Those of actors that can change something.
    Elsewhere,
    /// All, and those within an end.
    Anywhere,
}

/// Steps after which a walk that may go in circles is given up.
const WANDERING_STEPS_MAX: usize = 10_000;

/// A run being taken.
#[derive(Debug, Clone)]
pub struct Walk {
    /// For looking at what can happen: what it runs has not happened.
    looking: Scratch,
    taking: Scratch,
    state: Box<[u64]>,
    been: HashSet<Box<[u64]>>,
    trace: Vec<Transition>,
    moves: Vec<Move>,
    /// Steps that lead to where it has been.
    back: Vec<Transition>,
    over: Option<Over>,
    /// The end that it has got to.
    rest: Option<Rest>,
    returns: Returns,
}

impl Walk {
    /// A walk that stands in the program's initial state.
    pub fn new(machine: &Machine) -> Walk {
        Walk::starting(machine, Returns::Never)
    }

    /// A walk that forgets where it has been, and is given up after 10,000 steps.
    pub fn wandering(machine: &Machine) -> Walk {
        Walk::starting(machine, Returns::Elsewhere)
    }

    /// A walk that may go in circles, as a schedule may ask for.
    pub fn anywhere(machine: &Machine) -> Walk {
        Walk::starting(machine, Returns::Anywhere)
    }

    fn starting(machine: &Machine, returns: Returns) -> Walk {
        let mut walk = Walk {
            returns,
            looking: machine.scratch(),
            taking: machine.scratch(),
            state: machine.program().initial.clone().into(),
            been: HashSet::new(),
            trace: Vec::new(),
            moves: Vec::new(),
            back: Vec::new(),
            over: None,
            rest: None,
        };
        walk.restart(machine);
        walk
    }

    /// Goes back to the initial state. What has run stays recorded.
    pub fn restart(&mut self, machine: &Machine) {
        self.state.copy_from_slice(&machine.program().initial);
        self.been.clear();
        self.been.insert(self.state.clone());
        self.trace.clear();
        (self.over, self.rest) = (None, None);
        self.look(machine);
    }

    /// What can happen next, in the machine's order; nothing once the walk is over.
    pub fn moves(&self) -> &[Move] {
        &self.moves
    }

    /// How the walk ended; `None` while it goes on.
    pub fn over(&self) -> Option<&Over> {
        self.over.as_ref()
    }

    /// Where it stands.
    pub fn state(&self) -> &[u64] {
        &self.state
    }

    /// The steps taken.
    pub fn trace(&self) -> &[Transition] {
        &self.trace
    }

    /// The statements that ran in steps that were taken, in this walk and those before.
    pub fn ran(&self, program: &Program) -> Vec<StatementId> {
        let statements = 0..program.statements.len() as StatementId;
        statements.filter(|&statement| self.taking.has_run(statement)).collect()
    }

    /// Takes the move with this index, and says whether a turn of a yielding loop ended in it.
    ///
    /// # Panics
    /// If there is no such move.
    pub fn take(&mut self, index: usize, machine: &Machine) -> bool {
        let transition = self.moves[index].transition;
        let mut after = vec![0; self.state.len()].into_boxed_slice();
        let step = machine.step(&self.state, transition, &mut after, &mut self.taking);
        self.state = after;
        self.trace.push(transition);
        match step {
            Step::Violation(violation) => {
                self.moves.clear();
                self.over = Some(Over::Failed(violation));
                false
            }
            Step::Done { yielded } => {
                if self.returns == Returns::Never {
                    self.been.insert(self.state.clone());
                }
                self.look(machine);
                yielded
            }
            Step::Disabled => unreachable!("only enabled steps are offered"),
        }
    }

    /// Finds out what can happen next.
    fn look(&mut self, machine: &Machine) {
        self.moves.clear();
        self.back.clear();
        let mut rests = true;
        machine.successors(&self.state, &mut self.looking, |successor| {
            rests &= successor.spins;
            let failed = matches!(successor.step, Step::Violation(_));
            let is_offered = match self.returns {
                Returns::Never => !self.been.contains(successor.state),
                Returns::Elsewhere => *successor.state != *self.state,
                Returns::Anywhere => true,
            };
            if failed || is_offered {
                let state = successor.state.into();
                self.moves.push(Move { transition: successor.transition, state });
            } else {
                self.back.push(successor.transition);
            }
        });
        if self.returns == Returns::Elsewhere {
            self.offer_branches_that_stay();
        }
        // What leads back is as good as taken: its statements have run.
        let mut after = vec![0; self.state.len()];
        for &transition in &self.back {
            machine.step(&self.state, transition, &mut after, &mut self.taking);
        }
        let may_end = rests && (self.returns != Returns::Anywhere || self.moves.is_empty());
        if may_end && let Some(rest) = Rest::of(machine, &self.state, &mut self.looking) {
            self.moves.clear();
            self.over = Some(Over::End(rest.end.clone()));
            self.run_all_of(&rest, machine);
            self.rest = Some(rest);
        } else if self.moves.is_empty()
            || self.returns == Returns::Elsewhere && self.trace.len() >= WANDERING_STEPS_MAX
        {
            self.moves.clear();
            self.over = Some(Over::Circle);
        }
    }

    /// A step that changes nothing is left out only with its whole actor: the chances of an actor's
    /// other branches are not to grow by it.
    fn offer_branches_that_stay(&mut self) {
        let moves = &self.moves;
        let chosen = |transition: &Transition| {
            moves.iter().any(|other| other.transition.actor == transition.actor)
        };
        let (stay, back): (Vec<_>, Vec<_>) = self.back.drain(..).partition(chosen);
        self.back = back;
        let again = |transition| Move { transition, state: self.state.clone() };
        self.moves.extend(stay.into_iter().map(again));
        self.moves.sort_by_key(|offered| offered.transition);
    }

    /// Whatever can happen in an end happens.
    fn run_all_of(&mut self, rest: &Rest, machine: &Machine) {
        let mut after = vec![0; self.state.len()];
        for state in &rest.states {
            let mut steps = Vec::new();
            machine.successors(state, &mut self.looking, |successor| {
                steps.push(successor.transition);
            });
            for transition in steps {
                machine.step(state, transition, &mut after, &mut self.taking);
            }
        }
    }

    /// The end that it has got to, with all its states; `None` if it ended otherwise or goes on.
    pub(super) fn rest(&self) -> Option<&Rest> {
        self.rest.as_ref()
    }
}

impl Move {
    /// The state that the move leads to.
    pub fn state(&self) -> &[u64] {
        &self.state
    }
}
