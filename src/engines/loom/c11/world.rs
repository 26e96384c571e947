//! One execution: the loom objects that hold the program's memory, and what the threads do to them.
//!
//! # Waiting
//! A thread that waits does not spin: it looks once, and stops if what it sees does not let it go on.
//! No outcome is lost by that. A look that changes nothing can be left out of an execution, which
//! stays one that C11 allows (what happens before what only shrinks), and loom lets the look read
//! every store in turn. So a thread stops at an `await` or `lock` that fails, and where it comes back
//! to a place with the same memory of its own and has written nothing shared meanwhile. What is
//! left when all have stopped is an end, or an execution that others continue.
//!
//! # Compare-and-swap
//! In C11 one that fails is a load, which may read an old store; in loom it reads the newest. So each
//! is a choice: it succeeds, or it is a load of something else. Choices are made from outside, see
//! [`Script`].
//!
//! # Gates
//! loom's partial-order reduction remembers one access to each location, so a thread's own load hides
//! another's from the store that follows (tokio-rs/loom#166, #392). A location that several threads
//! load gets a condition variable that nobody waits for: to notify it orders nothing, and makes all
//! accesses depend on each other. So do seq_cst fences, which loom does not reorder otherwise.

use super::gaps::Writes;
use super::plan::{Class, Plan};
use crate::machine::{Memory, Violation, modified};
use crate::program::{FieldId, NONE, Order, Program, RmwKind, StatementId, Value};
use ::loom::cell::UnsafeCell;
use ::loom::sync::Condvar;
use ::loom::sync::atomic::{AtomicI32, Ordering, fence};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::Arc;

/// Which way each choice goes: by thread, and by how many choices it has made. What is not in it goes
/// the first way.
pub(super) type Script = BTreeMap<(usize, usize), u16>;

/// Stores to one location that loom remembers, the initial one among them.
pub(super) const HISTORY_MAX: u32 = 7;
/// Accesses of an execution; a longer one is cut off.
pub(super) const ACCESSES_MAX: usize = 300;

/// Two accesses to a plain variable, in no order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Race {
    pub field: FieldId,
    /// The earlier one, by loom's order: thread, statement, and whether it writes.
    pub first: (usize, StatementId, bool),
    pub second: (usize, StatementId, bool),
}

/// One access that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Made {
    pub thread: usize,
    pub statement: StatementId,
    /// Which branch of a `choose`.
    pub branch: u32,
    /// What it found or did, in words.
    pub what: String,
}

/// A plain variable: its value, and one loom cell for each thread's reads and writes, so that loom's
/// report of a race tells whose.
struct Plain {
    value: Cell<Value>,
    reads: Vec<UnsafeCell<()>>,
    writes: Vec<UnsafeCell<()>>,
    /// By thread: the statement of its last read and of its last write.
    last: RefCell<Vec<(StatementId, StatementId)>>,
}

enum Object {
    Atomic { atomic: AtomicI32, gate: Option<Condvar> },
    Plain(Plain),
    None,
}

/// What an execution has, and what it has shown.
pub(super) struct World {
    pub program: Arc<Program>,
    pub plan: Arc<Plan>,
    script: Arc<Script>,
    objects: Vec<Object>,
    /// The gate of seq_cst fences; of every access, if all are to depend on each other.
    common_gate: Option<Condvar>,
    gates: Gates,
    /// By thread: its own memory.
    pub own: Vec<RefCell<Vec<u64>>>,
    /// By thread: choices made.
    choices: Vec<Cell<usize>>,
    /// By field, in loom's order: value, writer and number of the newest store.
    newest: RefCell<Vec<(Value, Option<usize>, u32)>>,
    /// By field: it was stored to over another thread's store, so that either may come last.
    contested: RefCell<Vec<bool>>,
    /// Threads that have not stopped.
    pub running: Cell<usize>,
    pub made: RefCell<Vec<Made>>,
    pub race: RefCell<Option<Race>>,
    /// Accesses up to the second of the two that race.
    pub raced_at: Cell<usize>,
    pub failed: RefCell<Option<Violation>>,
    /// Choices that the script does not have: where, and how many ways there are.
    pub unscripted: RefCell<BTreeMap<(usize, usize), u16>>,
    /// A choice went a way that is not there: another execution goes on from here.
    pub abandoned: Cell<bool>,
    /// It was longer than [`ACCESSES_MAX`].
    pub cut: Cell<bool>,
    pub writes: RefCell<Writes>,
}

/// Which locations get gates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gates {
    /// Those that need one.
    WhereNeeded,
    /// One for all: no two accesses are independent. An oracle for the reduction.
    Common,
}

impl World {
    pub fn new(
        program: &Arc<Program>,
        plan: &Arc<Plan>,
        script: &Arc<Script>,
        gates: Gates,
    ) -> World {
        let threads = program.threads.len();
        let initial = |field: usize| program.layout.fields[field].get(&program.initial);
        let gated = plan.loaded_by_several();
        let cells = || (0..threads).map(|_| UnsafeCell::new(())).collect();
        let objects = plan.classes.iter().enumerate().map(|(field, class)| match class {
            Class::Atomic | Class::Mutex => Object::Atomic {
                atomic: AtomicI32::new(initial(field)),
                gate: gated.contains(&(field as FieldId)).then(Condvar::new),
            },
            Class::Cell => Object::Plain(Plain {
                value: Cell::new(initial(field)),
                reads: cells(),
                writes: cells(),
                last: RefCell::new(vec![(0, 0); threads]),
            }),
            Class::Private(_) | Class::Local => Object::None,
        });
        let fences = plan.fences.contains(&Order::SeqCst) || gates == Gates::Common;
        World {
            objects: objects.collect(),
            common_gate: fences.then(Condvar::new),
            gates,
            own: (0..threads).map(|_| RefCell::new(program.initial.clone())).collect(),
            choices: vec![Cell::new(0); threads],
            newest: RefCell::new((0..plan.classes.len()).map(|f| (initial(f), None, 1)).collect()),
            contested: RefCell::new(vec![false; plan.classes.len()]),
            running: Cell::new(threads),
            made: RefCell::default(),
            race: RefCell::default(),
            raced_at: Cell::new(0),
            failed: RefCell::default(),
            unscripted: RefCell::default(),
            abandoned: Cell::new(false),
            cut: Cell::new(false),
            writes: RefCell::default(),
            program: Arc::clone(program),
            plan: Arc::clone(plan),
            script: Arc::clone(script),
        }
    }

    /// Which of `ways` the thread's next choice goes; `None` if the script says one that is not there.
    pub fn choose(&self, thread: usize, ways: u16) -> Option<u16> {
        let number = self.choices[thread].get();
        self.choices[thread].set(number + 1);
        match self.script.get(&(thread, number)) {
            Some(&way) => (way < ways).then_some(way),
            None => {
                let mut unscripted = self.unscripted.borrow_mut();
                let known = unscripted.entry((thread, number)).or_insert(ways);
                *known = ways.max(*known);
                Some(0)
            }
        }
    }

    /// The state in which all threads have stopped, for the one that stops last. Where loom leaves
    /// open which store comes last it chooses one, as for a read-modify-write.
    pub fn state(&self) -> Vec<u64> {
        let mut state = self.program.initial.clone();
        for (thread, own) in self.own.iter().enumerate() {
            let masks = &self.program.threads[thread].local_mask;
            for ((word, own), mask) in state.iter_mut().zip(own.borrow().iter()).zip(masks) {
                *word = (*word & !mask) | (own & mask);
            }
        }
        for (field, class) in self.plan.classes.iter().enumerate() {
            let layout = &self.program.layout.fields[field];
            let value = match (class, &self.objects[field]) {
                (Class::Private(thread), _) => layout.get(&self.own[*thread].borrow()),
                (_, Object::Atomic { atomic, .. }) if self.contested.borrow()[field] => {
                    atomic.fetch_add(0, Ordering::Relaxed)
                }
                (_, Object::Atomic { .. }) => self.newest.borrow()[field].0,
                (_, Object::Plain(plain)) => plain.value.get(),
                (_, Object::None) => continue,
            };
            let fits = layout.set(&mut state, value);
            assert!(fits || self.failed.borrow().is_some(), "stores are checked");
        }
        state
    }

    /// By field: how many stores it has had.
    pub fn most_stores(&self) -> u32 {
        self.newest.borrow().iter().map(|(.., number)| *number).max().unwrap_or(0)
    }
}

/// A thread's access to its world, for one step.
pub(super) struct View {
    pub world: Rc<World>,
    pub thread: usize,
    pub statement: StatementId,
    pub branch: u32,
    /// It wrote something shared.
    pub wrote: bool,
    /// The step turned out to be another execution's: it is to be taken back, and the thread stops.
    pub abandoned: bool,
}

fn ordering(order: Order) -> Ordering {
    match order {
        Order::Plain | Order::Relaxed => Ordering::Relaxed,
        Order::Acquire => Ordering::Acquire,
        Order::Release => Ordering::Release,
        Order::AcqRel => Ordering::AcqRel,
        Order::SeqCst => Ordering::SeqCst,
    }
}

impl View {
    fn log(&self, what: String) {
        let (thread, statement, branch) = (self.thread, self.statement, self.branch);
        self.world.made.borrow_mut().push(Made { thread, statement, branch, what });
    }

    fn show(&self, field: FieldId, value: Value) -> String {
        let world = &self.world;
        let variables = world.program.variables.iter();
        let variable = variables.rev().find(|variable| variable.first <= field);
        variable.map_or_else(|| value.to_string(), |variable| variable.domain.show(value))
    }

    /// Says what was read, and whether something newer was there.
    fn log_read(&self, field: FieldId, value: Value, verb: &str) {
        let (newest, ..) = self.world.newest.borrow()[usize::from(field)];
        let shown = self.show(field, value);
        let old = if newest == value {
            String::new()
        } else {
            format!(", though {} has been written", self.show(field, newest))
        };
        self.log(format!("{verb} {shown}{old}"));
    }

    fn wrote(&mut self, field: FieldId, value: Value, is_rmw: bool) {
        self.wrote = true;
        let mut newest = self.world.newest.borrow_mut();
        let (over, by, number) = newest[usize::from(field)];
        if !is_rmw {
            let contested = by.is_some_and(|by| by != self.thread);
            self.world.contested.borrow_mut()[usize::from(field)] |= contested;
            self.world.writes.borrow_mut().store(field, contested, over);
        }
        newest[usize::from(field)] = (value, Some(self.thread), number + 1);
    }

    fn abandon<T>(&mut self, instead: T) -> T {
        self.abandoned = true;
        self.world.abandoned.set(true);
        instead
    }

    fn class(&self, field: FieldId) -> Class {
        self.world.plan.classes[usize::from(field)]
    }

    fn encode(&self, field: FieldId, value: Value) -> Option<Value> {
        let layout = &self.world.program.layout.fields[usize::from(field)];
        layout.encode(value)?;
        let wraps = layout.wraps && value != NONE;
        Some(if wraps { value.rem_euclid(layout.high + 1) } else { value })
    }

    /// The atomic that holds a field, once its gate is passed.
    fn atomic<'a>(&self, world: &'a World, field: FieldId) -> &'a AtomicI32 {
        match &world.objects[usize::from(field)] {
            Object::Atomic { atomic, gate } => {
                let common = world.common_gate.as_ref().filter(|_| world.gates == Gates::Common);
                if let Some(gate) = common.or(gate.as_ref()) {
                    gate.notify_all();
                }
                atomic
            }
            _ => unreachable!("the plan gives each shared field its object"),
        }
    }

    fn own_get(&self, field: FieldId) -> Value {
        let layout = &self.world.program.layout.fields[usize::from(field)];
        layout.get(&self.world.own[self.thread].borrow())
    }

    fn own_set(&self, field: FieldId, value: Value) -> bool {
        let layout = &self.world.program.layout.fields[usize::from(field)];
        layout.set(&mut self.world.own[self.thread].borrow_mut(), value)
    }

    /// Lets loom look for races of a plain access with those of other threads, and notes it.
    fn plain<'a>(&self, world: &'a World, field: FieldId, writes: bool) -> &'a Plain {
        let Object::Plain(plain) = &world.objects[usize::from(field)] else {
            unreachable!("the plan gives each plain field its cells")
        };
        if world.race.borrow().is_some() {
            return plain;
        }
        let second = (self.thread, self.statement, writes);
        for other in (0..plain.reads.len()).filter(|&other| other != self.thread) {
            let (read, wrote) = plain.last.borrow()[other];
            let met = if races(&plain.writes[other]) {
                Some((other, wrote, true))
            } else if writes && races(&plain.reads[other]) {
                Some((other, read, false))
            } else {
                None
            };
            if let Some(first) = met {
                *world.race.borrow_mut() = Some(Race { field, first, second });
                world.raced_at.set(world.made.borrow().len() + 1);
                return plain;
            }
        }
        let cells = if writes { &plain.writes } else { &plain.reads };
        cells[self.thread].with_mut(|_| ());
        let last = &mut plain.last.borrow_mut()[self.thread];
        *(if writes { &mut last.1 } else { &mut last.0 }) = self.statement;
        plain
    }
}

/// Whether loom says that what was done under the cell did not happen before.
fn races(cell: &UnsafeCell<()>) -> bool {
    match catch_unwind(AssertUnwindSafe(|| cell.with(|_| ()))) {
        Ok(()) => false,
        Err(panic) => {
            let said = panic.downcast_ref::<String>().map_or("", String::as_str);
            if said.starts_with(RACE) {
                return true;
            }
            resume_unwind(panic)
        }
    }
}

/// How loom's report of a race begins.
pub const RACE: &str = "Causality violation";

impl Memory for View {
    fn load(&mut self, field: FieldId, order: Order) -> Value {
        let world = Rc::clone(&self.world);
        match self.class(field) {
            Class::Private(_) | Class::Local => self.own_get(field),
            Class::Cell => {
                let value = self.plain(&world, field, false).value.get();
                self.log(format!("reads {}", self.show(field, value)));
                value
            }
            Class::Atomic => {
                let value = self.atomic(&world, field).load(ordering(order));
                self.log_read(field, value, "reads");
                value
            }
            // To look at a mutex is to try to take it, unless one holds it.
            Class::Mutex => {
                let me = self.thread as Value;
                let (newest, by, _) = world.newest.borrow()[usize::from(field)];
                if newest == me && by == Some(self.thread) {
                    return me;
                }
                let atomic = self.atomic(&world, field);
                match atomic.compare_exchange(NONE, me, Ordering::Acquire, Ordering::Relaxed) {
                    Ok(free) => {
                        self.log("takes it".to_string());
                        self.wrote(field, me, true);
                        free
                    }
                    Err(holder) => {
                        self.log(format!("held by {}", self.show(field, holder)));
                        holder
                    }
                }
            }
        }
    }

    fn store(&mut self, field: FieldId, value: Value, order: Order) -> bool {
        let world = Rc::clone(&self.world);
        let class = self.class(field);
        if matches!(class, Class::Private(_) | Class::Local) {
            return self.own_set(field, value);
        }
        let Some(value) = self.encode(field, value) else { return false };
        match class {
            Class::Cell => {
                self.plain(&world, field, true).value.set(value);
                self.log(format!("writes {}", self.show(field, value)));
                self.wrote = true;
            }
            // The look has taken it.
            Class::Mutex if value != NONE => {}
            Class::Mutex => {
                self.atomic(&world, field).store(NONE, Ordering::Release);
                self.log("gives it back".to_string());
                self.wrote(field, NONE, false);
            }
            _ => {
                self.atomic(&world, field).store(value, ordering(order));
                self.log(format!("writes {}", self.show(field, value)));
                self.wrote(field, value, false);
            }
        }
        true
    }

    fn compare_and_swap(
        &mut self,
        field: FieldId,
        expected: Value,
        new: Value,
        success: Order,
        failure: Order,
    ) -> Option<bool> {
        let world = Rc::clone(&self.world);
        if self.class(field) != Class::Atomic {
            // A variable of the thread's own.
            let equal = self.own_get(field) == expected;
            return if equal { self.own_set(field, new).then_some(true) } else { Some(false) };
        }
        world.writes.borrow_mut().expect(field, expected);
        let Some(way) = world.choose(self.thread, 2) else { return self.abandon(Some(false)) };
        let atomic = self.atomic(&world, field);
        let stored = self.encode(field, new);
        match (way, stored) {
            (0, Some(stored)) => {
                let (success, failure) = (ordering(success), ordering(failure));
                match atomic.compare_exchange(expected, stored, success, failure) {
                    Ok(_) => {
                        let (old, new) = (self.show(field, expected), self.show(field, stored));
                        self.log(format!("succeeds, {old} to {new}"));
                        self.wrote(field, stored, true);
                        Some(true)
                    }
                    Err(_) => self.abandon(Some(false)),
                }
            }
            // What does not fit fails the check if the value is the one expected.
            (0, None) => match atomic.load(ordering(failure)) == expected {
                true => None,
                false => self.abandon(Some(false)),
            },
            _ => {
                let read = atomic.load(ordering(failure));
                if read == expected {
                    return self.abandon(Some(false));
                }
                self.log_read(field, read, "fails, reads");
                Some(false)
            }
        }
    }

    fn read_modify_write(
        &mut self,
        field: FieldId,
        kind: RmwKind,
        operand: Value,
        order: Order,
    ) -> Option<Value> {
        let world = Rc::clone(&self.world);
        if self.class(field) != Class::Atomic {
            let old = self.own_get(field);
            return self.own_set(field, modified(kind, old, operand)?).then_some(old);
        }
        let swapped = match kind {
            RmwKind::Swap => Some(self.encode(field, operand)?),
            RmwKind::Add | RmwKind::Sub => None,
        };
        let atomic = self.atomic(&world, field);
        let old = match (kind, swapped) {
            (RmwKind::Swap, swapped) => atomic.swap(swapped.unwrap_or_default(), ordering(order)),
            (RmwKind::Add, _) => atomic.fetch_add(operand, ordering(order)),
            (RmwKind::Sub, _) => atomic.fetch_sub(operand, ordering(order)),
        };
        let new = modified(kind, old, operand).and_then(|new| self.encode(field, new));
        let shown = new.map_or("out of its range".to_string(), |new| self.show(field, new));
        self.log(format!("{} to {shown}", self.show(field, old)));
        if let Some(new) = new {
            self.wrote(field, new, true);
        }
        new.map(|_| old)
    }

    fn fence(&mut self, order: Order) {
        if order == Order::SeqCst
            && let Some(gate) = &self.world.common_gate
        {
            gate.notify_all();
        }
        fence(ordering(order));
        self.log(String::new());
    }

    fn finish(&mut self, thread: usize) {
        let masks = &self.world.program.threads[thread].local_mask;
        let mut own = self.world.own[self.thread].borrow_mut();
        for (word, mask) in own.iter_mut().zip(masks) {
            *word &= !mask;
        }
    }
}
