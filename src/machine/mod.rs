//! The deterministic simulator: from a state, what can happen, and what it leads to.
//!
//! A [`Machine`] is a program made runnable. It has no state of its own: callers hand it packed
//! states, and a [`Scratch`] that every step reuses, so that no step allocates. Whoever needs the
//! same code over another memory (an engine that gives values to real atomics) implements
//! [`Memory`] and calls [`Machine::run`].
//!
//! This room may not know how states are found, stored, chosen or printed; it uses the program
//! only. Its order is part of its contract, because schedules and shortest traces depend on it:
//! threads in the order of the cast, branches ascending, then actions in the program's order.

mod ends;
mod gates;
mod interpreter;
mod memory;

pub use interpreter::{Role, Workspace};
pub use memory::{Memory, Packed, modified};

use crate::program::{
    Addr, CheckId, FINISHED, FieldId, Mode, Order, Place, PlaceId, Program, StatementId, Thread,
};
use gates::{Answer, Gates, Table};
use memory::Frozen;
use std::sync::Arc;

/// Who takes a step: a thread (its index in the cast), or a kernel action (its index in the
/// program's actions).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Actor {
    /// A thread of the cast.
    Thread(u16),
    /// A move of the kernel.
    Action(u16),
}

/// One step: who, and which branch of a `choose` (0 elsewhere). A thread that can enter a handler
/// takes no other step; its branch is the handler's index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Transition {
    /// Who steps.
    pub actor: Actor,
    /// Which branch, from 0.
    pub branch: u16,
}

/// A step that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Violation {
    /// Which check.
    pub check: CheckId,
}

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It cannot be taken, and nothing of it happened.
    Disabled,
    /// It was taken.
    Done {
        /// A turn of a yielding loop ended in it.
        yielded: bool,
    },
    /// It was taken and failed; the state shows what it did until then.
    Violation(Violation),
}

/// An enabled transition and what it leads to.
#[derive(Debug, Clone, Copy)]
pub struct Successor<'a> {
    /// Who steps, and how.
    pub transition: Transition,
    /// Never [`Step::Disabled`].
    pub step: Step,
    /// The state after the step.
    pub state: &'a [u64],
    /// A thread stepped inside a yielding loop, did not fail, and changed no shared variable, aux
    /// ones aside: the step may be part of a spin.
    pub spins: bool,
    /// The thread enters a handler.
    pub enters: bool,
}

/// A program that can be run.
#[derive(Debug, Clone)]
pub struct Machine<'p> {
    program: &'p Program,
    /// Operands that the deepest expression keeps on the stack.
    stack_depth: usize,
    /// What is quicker to look up than to evaluate.
    gates: Option<Arc<Gates>>,
}

/// A machine that owns its program, for callers that cannot borrow one.
#[derive(Debug, Clone)]
pub struct SharedMachine {
    program: Arc<Program>,
    stack_depth: usize,
}

/// Memory that steps reuse, and the record of which statements have run.
#[derive(Debug, Clone)]
pub struct Scratch {
    work: Workspace,
    next: Vec<u64>,
}

/// What a thread can do next.
enum Ready<'p> {
    /// Nothing: it has finished, or its gate is off.
    No,
    /// Run on from a place.
    Run { place: &'p Place, role: Role },
    /// Enter one of the handlers whose condition holds.
    Enter,
}

impl SharedMachine {
    /// Makes `program` runnable.
    ///
    /// # Panics
    /// As [`Machine::new`].
    pub fn new(program: Arc<Program>) -> SharedMachine {
        let stack_depth = Machine::new(&program).stack_depth;
        SharedMachine { program, stack_depth }
    }

    /// The machine, at no cost.
    pub fn machine(&self) -> Machine<'_> {
        Machine { program: &self.program, stack_depth: self.stack_depth, gates: None }
    }

    /// The program it runs.
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }
}

impl<'p> Machine<'p> {
    /// Makes `program` runnable.
    ///
    /// # Panics
    /// If the program's tables contradict each other: a bug in whatever compiled it.
    pub fn new(program: &'p Program) -> Machine<'p> {
        let words = program.layout.words;
        let (shared, aux) = (&program.layout.shared_mask, &program.layout.aux_mask);
        assert!(program.initial.len() == words, "the initial state has {words} words");
        assert!(shared.len() == words && aux.len() == words, "a mask has one entry a word");
        for thread in &program.threads {
            assert!(thread.local_mask.len() == words, "a mask has one entry a word");
            let ways = thread.places.iter().map(|place| place.branches);
            assert!(ways.max() <= Some(1 << 16), "a branch is a 16-bit number");
            assert!(thread.handlers.is_empty() || thread.handler_place.is_some());
        }
        let actors = program.threads.len().max(program.actions.len());
        assert!(actors <= 1 << 16, "an actor is a 16-bit number");
        Machine { program, stack_depth: interpreter::stack_depth(&program.code), gates: None }
    }

    /// The same machine, made ready to expand many states: conditions that read only a few bits are
    /// evaluated beforehand.
    #[must_use]
    pub fn tabulated(self) -> Machine<'p> {
        Machine { gates: Some(Arc::new(Gates::of(self.program))), ..self }
    }

    /// The program it runs.
    pub fn program(&self) -> &'p Program {
        self.program
    }

    /// A fresh operand stack, with no statement run yet, for [`Machine::run`].
    pub fn workspace(&self) -> Workspace {
        Workspace::new(self.stack_depth, self.program.statements.len())
    }

    /// Fresh memory for steps; only what made the initial state has run yet.
    pub fn scratch(&self) -> Scratch {
        let mut work = self.workspace();
        self.program.started.iter().for_each(|&statement| work.mark(statement));
        Scratch { work, next: vec![0; self.program.layout.words] }
    }

    /// Calls `sink` with every enabled transition of `state`, in order.
    pub fn successors(
        &self,
        state: &[u64],
        scratch: &mut Scratch,
        mut sink: impl FnMut(Successor<'_>),
    ) {
        let Scratch { work, next } = scratch;
        for (index, thread) in self.program.threads.iter().enumerate() {
            let actor = Actor::Thread(index as u16);
            match self.ready(index, thread, state, work) {
                Ok(Ready::No) => {}
                Ok(Ready::Run { place, role }) => {
                    for branch in 0..place.branches {
                        next.copy_from_slice(state);
                        let step =
                            self.run(place.entry, role, branch, &mut self.packed(next), work);
                        if step != Step::Disabled {
                            let spins = place.spins
                                && matches!(step, Step::Done { .. })
                                && self.shared_unchanged(state, next);
                            let transition = Transition { actor, branch: branch as u16 };
                            let state = &*next;
                            sink(Successor { transition, step, state, spins, enters: false });
                        }
                    }
                }
                Ok(Ready::Enter) => {
                    for branch in 0..thread.handlers.len() as u16 {
                        let step = self.enter(index, branch, state, next, work);
                        if step != Step::Disabled {
                            let transition = Transition { actor, branch };
                            let (state, spins) = (&*next, false);
                            sink(Successor { transition, step, state, spins, enters: true });
                        }
                    }
                }
                Err(violation) => {
                    next.copy_from_slice(state);
                    let transition = Transition { actor, branch: 0 };
                    let step = Step::Violation(violation);
                    let (state, spins) = (&*next, false);
                    sink(Successor { transition, step, state, spins, enters: false });
                }
            }
        }
        for (index, action) in self.program.actions.iter().enumerate() {
            let table = self.gates.as_ref().and_then(|gates| gates.actions[index].as_ref());
            if table.is_some_and(|table| table.answer(state) == Answer::No) {
                continue;
            }
            next.copy_from_slice(state);
            let step = self.run(action.entry, Role::Action, 0, &mut self.packed(next), work);
            if step != Step::Disabled {
                let transition = Transition { actor: Actor::Action(index as u16), branch: 0 };
                let (state, spins) = (&*next, false);
                sink(Successor { transition, step, state, spins, enters: false });
            }
        }
    }

    /// Takes one transition from `state` and leaves the state after it in `out`. A transition that
    /// names no thread, action or branch of the program is disabled.
    pub fn step(
        &self,
        state: &[u64],
        transition: Transition,
        out: &mut [u64],
        scratch: &mut Scratch,
    ) -> Step {
        out.copy_from_slice(state);
        let work = &mut scratch.work;
        let step = match transition.actor {
            Actor::Thread(index) => {
                let index = usize::from(index);
                let Some(thread) = self.program.threads.get(index) else {
                    return Step::Disabled;
                };
                let branch = u32::from(transition.branch);
                match self.ready(index, thread, state, work) {
                    Ok(Ready::Run { place, role }) if branch < place.branches => {
                        self.run(place.entry, role, branch, &mut self.packed(out), work)
                    }
                    Ok(Ready::Enter) if usize::from(transition.branch) < thread.handlers.len() => {
                        self.enter(index, transition.branch, state, out, work)
                    }
                    Err(violation) if branch == 0 => Step::Violation(violation),
                    _ => Step::Disabled,
                }
            }
            Actor::Action(index) => match self.program.actions.get(usize::from(index)) {
                Some(action) if transition.branch == 0 => {
                    self.run(action.entry, Role::Action, 0, &mut self.packed(out), work)
                }
                _ => Step::Disabled,
            },
        };
        if step == Step::Disabled {
            out.copy_from_slice(state);
        }
        step
    }

    /// Whether the expression at `addr` holds in `state`.
    ///
    /// # Errors
    /// The check that its evaluation failed: an index that is `none`, say.
    pub fn eval(
        &self,
        addr: Addr,
        state: &[u64],
        scratch: &mut Scratch,
    ) -> Result<bool, Violation> {
        self.holds(addr, state, &mut scratch.work)
    }

    /// The bits of a state that the expression at `addr` may read; `None` if it looks at more than
    /// variables whose names it knows, or can fail.
    pub fn bits_read(&self, addr: Addr) -> Option<Box<[u64]>> {
        gates::bits_read(self.program, addr)
    }

    /// Where `thread` stands: its place in a handler if it is in one.
    pub fn place(&self, state: &[u64], thread: usize) -> PlaceId {
        let thread = &self.program.threads[thread];
        match self.handler_place(thread, state) {
            FINISHED => self.place_in(thread.place, state),
            place => place,
        }
    }

    /// Whether `thread` would enter a handler with its next step in `state`.
    ///
    /// # Errors
    /// The check that a gate or a handler's condition failed.
    pub fn enters_handler(
        &self,
        state: &[u64],
        thread: usize,
        scratch: &mut Scratch,
    ) -> Result<bool, Violation> {
        let ready = self.ready(thread, &self.program.threads[thread], state, &mut scratch.work)?;
        Ok(matches!(ready, Ready::Enter))
    }

    fn packed<'a>(&'a self, words: &'a mut [u64]) -> Packed<'a> {
        Packed::new(self.program, words)
    }

    fn place_in(&self, field: FieldId, state: &[u64]) -> PlaceId {
        self.program.layout.fields[usize::from(field)].get(state) as PlaceId
    }

    fn handler_place(&self, thread: &Thread, state: &[u64]) -> PlaceId {
        thread.handler_place.map_or(FINISHED, |field| self.place_in(field, state))
    }

    fn holds(&self, addr: Addr, state: &[u64], work: &mut Workspace) -> Result<bool, Violation> {
        let mut memory = Frozen::new(self.program, state);
        match self.run(addr, Role::Expression, 0, &mut memory, work) {
            Step::Done { .. } => Ok(work.value() != 0),
            Step::Violation(violation) => Err(violation),
            Step::Disabled => unreachable!("an expression has no guard"),
        }
    }

    /// Whether the condition at `addr` holds, whose table this is.
    #[inline(always)]
    fn holds_by(
        &self,
        table: Option<&Table>,
        addr: Addr,
        state: &[u64],
        work: &mut Workspace,
    ) -> Result<bool, Violation> {
        match table.map_or(Answer::Ask, |table| table.answer(state)) {
            Answer::No => Ok(false),
            Answer::Yes => Ok(true),
            Answer::Ask => self.holds(addr, state, work),
        }
    }

    /// What the thread can do, its gate and its handlers' conditions considered.
    #[inline]
    fn ready(
        &self,
        index: usize,
        thread: &'p Thread,
        state: &[u64],
        work: &mut Workspace,
    ) -> Result<Ready<'p>, Violation> {
        let base = self.place_in(thread.place, state);
        if base == FINISHED {
            return Ok(Ready::No);
        }
        let (place, role) = match self.handler_place(thread, state) {
            FINISHED => (base, Role::Thread(index)),
            place => (place, Role::Handler(index)),
        };
        let place = &thread.places[place as usize];
        let gates = self.gates.as_ref().map(|gates| &gates.threads[index]);
        let (gate, table) = match place.mode {
            Mode::User => (thread.user_gate, gates.and_then(|gates| gates.user.as_ref())),
            Mode::Kernel => (thread.kernel_gate, gates.and_then(|gates| gates.kernel.as_ref())),
        };
        if let Some(gate) = gate
            && !self.holds_by(table, gate, state, work)?
        {
            return Ok(Ready::No);
        }
        if place.mode == Mode::User && role == Role::Thread(index) {
            for (number, handler) in thread.handlers.iter().enumerate() {
                let table = gates.and_then(|gates| gates.handlers[number].as_ref());
                if self.holds_by(table, handler.when, state, work)? {
                    return Ok(Ready::Enter);
                }
            }
        }
        Ok(Ready::Run { place, role })
    }

    /// Enters the handler with this index, if its condition holds.
    fn enter(
        &self,
        thread: usize,
        handler: u16,
        state: &[u64],
        out: &mut [u64],
        work: &mut Workspace,
    ) -> Step {
        out.copy_from_slice(state);
        let handler = &self.program.threads[thread].handlers[usize::from(handler)];
        match self.holds(handler.when, state, work) {
            Ok(false) => Step::Disabled,
            Ok(true) => {
                self.run(handler.enter, Role::Handler(thread), 0, &mut self.packed(out), work)
            }
            Err(violation) => Step::Violation(violation),
        }
    }

    fn shared_unchanged(&self, before: &[u64], after: &[u64]) -> bool {
        let masks = &self.program.layout.shared_mask;
        before.iter().zip(after).zip(masks).all(|((b, a), mask)| (b ^ a) & mask == 0)
    }

    /// Whether a thread given as an operand stands in a system call.
    fn in_kernel<M: Memory>(&self, thread: usize, memory: &mut M) -> bool {
        let thread = &self.program.threads[thread];
        let handler = thread.handler_place.map_or(0, |field| memory.load(field, Order::Plain));
        let place = if handler == 0 { memory.load(thread.place, Order::Plain) } else { handler };
        place as PlaceId != FINISHED && thread.places[place as usize].mode == Mode::Kernel
    }
}

impl Scratch {
    /// Whether the statement has run in any step so far.
    pub fn has_run(&self, statement: StatementId) -> bool {
        self.work.has_run(statement)
    }
}
