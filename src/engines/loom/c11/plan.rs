//! What each field of a program is to C11, and which programs this engine does not run.
//!
//! C11 knows atomic objects, plain objects and mutexes. It knows no gate that stops a thread between
//! any two of its steps, and no step of several accesses. A cast that needs one is refused, with the
//! place: to run it, somebody would have to say which orders the kernel gives for nothing, and the
//! answer would be about that.

use crate::program::{
    Addr, Domain, FieldId, LocationKind, Op, Order, Place, PlaceId, Program, RmwKind,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What holds a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// A loom atomic.
    Atomic,
    /// A loom cell.
    Cell,
    /// A mutex: a loom atomic, taken by an acquiring compare-and-swap, freed by a releasing store.
    Mutex,
    /// Memory of one thread: a variable that no other thread's code touches.
    Private(usize),
    /// Each thread has its own copy: places and locals. And what no code touches.
    Local,
}

/// One access to shared memory in a thread's code.
#[derive(Debug, Clone)]
pub(super) struct Access {
    pub thread: usize,
    /// Where the instruction stands.
    pub at: Addr,
    /// The fields that it may be about.
    pub fields: std::ops::Range<FieldId>,
    /// It may read, with this order at least.
    pub reads: Option<Order>,
    /// It may write, with this order.
    pub writes: Option<Order>,
    /// It reads and writes at once.
    pub rmw: bool,
    /// It is a compare-and-swap.
    pub compares: bool,
    /// Accesses of the same thread that may come after it, by index.
    pub then: Vec<usize>,
}

/// How a program is run.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// By field.
    pub classes: Vec<Class>,
    /// By field: its name in the text.
    pub names: Vec<String>,
    /// Accesses to atomics and mutexes.
    pub accesses: Vec<Access>,
    /// There are plain variables.
    pub cells: bool,
    /// Fences in the code, by order.
    pub fences: Vec<Order>,
}

/// Why a program is not run under C11: a sentence without a full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(pub String);

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

fn refuse<T>(reason: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal(reason.into()))
}

/// `owner:line` and the words of the statement at a place.
pub(super) fn place_words(program: &Program, place: &Place) -> (String, String) {
    let statement = &program.statements[place.statement as usize];
    (format!("{}:{}", statement.owner, statement.line), statement.label.clone())
}

/// The fields that an instruction accesses, and how: reads, writes.
fn access(op: &Op) -> Option<(std::ops::Range<FieldId>, Option<Order>, Option<Order>)> {
    let weaker = |a: Order, b: Order| if acquires(a) { b } else { a };
    Some(match *op {
        Op::Load { field, order } => (field..field + 1, Some(order), None),
        Op::LoadAt { base, length, order, .. } => (base..base + length, Some(order), None),
        Op::Store { field, order, .. } => (field..field + 1, None, Some(order)),
        Op::StoreAt { base, length, order, .. } => (base..base + length, None, Some(order)),
        Op::Cas { field, success, failure, .. } => {
            (field..field + 1, Some(weaker(success, failure)), Some(success))
        }
        Op::CasAt { base, length, success, failure, .. } => {
            (base..base + length, Some(weaker(success, failure)), Some(success))
        }
        Op::Rmw { field, order, .. } => (field..field + 1, Some(order), Some(order)),
        Op::RmwAt { base, length, order, .. } => (base..base + length, Some(order), Some(order)),
        _ => return None,
    })
}

pub(super) fn acquires(order: Order) -> bool {
    matches!(order, Order::Acquire | Order::AcqRel | Order::SeqCst)
}

pub(super) fn releases(order: Order) -> bool {
    matches!(order, Order::Release | Order::AcqRel | Order::SeqCst)
}

/// Where code may go on after the instruction at `at`, within the step.
fn onward(code: &[Op], at: Addr) -> Vec<Addr> {
    match code[at as usize] {
        Op::Jump(to) => vec![to],
        Op::JumpIf(to) | Op::JumpUnless(to) => vec![to, at + 1],
        Op::Branch { count } => (0..count).map(|branch| at + 1 + branch).collect(),
        Op::Stop(_) | Op::End | Op::Fail(_) => Vec::new(),
        _ => vec![at + 1],
    }
}

/// The instructions of a step that begins at `entry`.
fn step_ops(code: &[Op], entry: Addr) -> BTreeSet<Addr> {
    let mut found = BTreeSet::new();
    let mut open = vec![entry];
    while let Some(at) = open.pop() {
        if found.insert(at) {
            open.extend(onward(code, at));
        }
    }
    found
}

impl Plan {
    pub fn of(program: &Program) -> Result<Plan, Refusal> {
        no_kernel(program)?;
        let touching = touching(program);
        let mut classes = vec![Class::Local; program.layout.fields.len()];
        let mut names = vec![String::new(); classes.len()];
        for variable in &program.variables {
            for (offset, label) in variable.labels.iter().enumerate() {
                let field = usize::from(variable.first) + offset;
                names[field] = format!("{}{label}", variable.name);
                let by = &touching[&(field as FieldId)];
                let own = by.iter().next().map_or(Class::Local, |&thread| Class::Private(thread));
                classes[field] = match (&variable.domain, variable.location) {
                    (Domain::Mutex(_), _) => Class::Mutex,
                    (_, Some(LocationKind::Atomic)) => Class::Atomic,
                    (_, Some(LocationKind::Plain)) => Class::Cell,
                    _ if by.len() <= 1 => own,
                    _ if variable.aux => {
                        return refuse(format!(
                            "the history `{}` is kept by several threads, and C11 has no order \
                             in which they would",
                            names[field]
                        ));
                    }
                    _ => {
                        return refuse(format!(
                            "`{}` is shared and says neither `atomic` nor `plain`, so C11 does not \
                             say what an access to it is",
                            names[field]
                        ));
                    }
                };
            }
        }
        for thread in &program.threads {
            for place in thread.places.iter().skip(1) {
                single_access(program, place, &classes)?;
            }
        }
        wraps(program, &names)?;
        let code = program.threads.iter().flat_map(|t| t.places.iter().skip(1));
        let ops: BTreeSet<Addr> =
            code.flat_map(|place| step_ops(&program.code, place.entry)).collect();
        let fences = ops.iter().filter_map(|&at| match program.code[at as usize] {
            Op::Fence(order) => Some(order),
            _ => None,
        });
        Ok(Plan {
            accesses: accesses(program, &classes),
            cells: classes.contains(&Class::Cell),
            fences: fences.collect(),
            classes,
            names,
        })
    }

    /// Fields that several threads load, and to which one writes that has made an access before. See
    /// the gates in `world.rs`: elsewhere no load hides another.
    pub fn loaded_by_several(&self) -> BTreeSet<FieldId> {
        let mut by: BTreeMap<FieldId, BTreeSet<usize>> = BTreeMap::new();
        // A compare-and-swap that fails is a load.
        for access in self.accesses.iter().filter(|access| access.reads.is_some()) {
            for field in access.fields.clone() {
                by.entry(field).or_default().insert(access.thread);
            }
        }
        let several = by.into_iter().filter(|(_, threads)| threads.len() > 1);
        let written_late = |field: &FieldId| {
            let writes = |access: &Access| access.writes.is_some() && access.fields.contains(field);
            let later = self.accesses.iter().flat_map(|access| &access.then);
            later.into_iter().any(|&access| writes(&self.accesses[access]))
        };
        several.map(|(field, _)| field).filter(written_late).collect()
    }
}

/// No gate, no handler and no action: nothing but the threads' own code.
fn no_kernel(program: &Program) -> Result<(), Refusal> {
    let why = "C11 does not say what order that gives to memory";
    if let Some(action) = program.actions.first() {
        return refuse(format!(
            "its kernel acts by itself (`{}`), and {why}; take a text without a kernel",
            action.name
        ));
    }
    for thread in &program.threads {
        if thread.user_gate.is_some() || thread.kernel_gate.is_some() {
            return refuse(format!(
                "its kernel stops `{}` between any two steps (`runs`), and {why}; take a text \
                 without a kernel",
                thread.name
            ));
        }
        if let Some(handler) = thread.handlers.first() {
            return refuse(format!(
                "`{}` can be made to run `{}`, and {why}",
                thread.name, handler.name
            ));
        }
    }
    Ok(())
}

/// By shared field: the threads whose code touches it.
fn touching(program: &Program) -> HashMap<FieldId, BTreeSet<usize>> {
    let mut touching: HashMap<FieldId, BTreeSet<usize>> = HashMap::new();
    for variable in &program.variables {
        for offset in 0..variable.labels.len() {
            touching.insert(variable.first + offset as FieldId, BTreeSet::new());
        }
    }
    for (index, thread) in program.threads.iter().enumerate() {
        for place in thread.places.iter().skip(1) {
            for at in step_ops(&program.code, place.entry) {
                let fields = access(&program.code[at as usize]).map(|(fields, ..)| fields);
                for field in fields.into_iter().flatten() {
                    if let Some(by) = touching.get_mut(&field) {
                        by.insert(index);
                    }
                }
            }
        }
    }
    touching
}

/// A step makes at most one access to shared memory, and asks nothing of other threads' places.
fn single_access(program: &Program, place: &Place, classes: &[Class]) -> Result<(), Refusal> {
    let (at, label) = place_words(program, place);
    let mut most: HashMap<Addr, usize> = HashMap::new();
    // What comes after an instruction is counted before it: code within a step does not loop.
    let mut stack = vec![(place.entry, false)];
    while let Some((addr, counted)) = stack.pop() {
        if most.contains_key(&addr) {
            continue;
        }
        if !counted {
            stack.push((addr, true));
            stack.extend(onward(&program.code, addr).into_iter().map(|next| (next, false)));
            continue;
        }
        let op = &program.code[addr as usize];
        if matches!(op, Op::InKernel | Op::Finished | Op::Finish) {
            return refuse(format!(
                "`{label}` ({at}) looks at where a thread stands, or ends one, and C11 does not \
                 say when others see that"
            ));
        }
        let own = match op {
            Op::Fence(_) => 0,
            _ => access(op).map_or(0, |(fields, _, writes)| {
                match classes[usize::from(fields.start)] {
                    // A mutex operation looks, then writes.
                    Class::Mutex => usize::from(writes.is_none()),
                    Class::Atomic | Class::Cell => 1,
                    Class::Private(_) | Class::Local => 0,
                }
            }),
        };
        let after = onward(&program.code, addr).into_iter();
        let after = after.filter_map(|next| most.get(&next).copied()).max().unwrap_or(0);
        most.insert(addr, own + after);
    }
    if most.get(&place.entry).is_some_and(|&most| most > 1) {
        return refuse(format!(
            "`{label}` ({at}) makes several accesses in one step, and C11 has no such step; write \
             them one by one, or under a lock"
        ));
    }
    Ok(())
}

/// C11's atomic additions do not wrap around in the middle of a type.
fn wraps(program: &Program, names: &[String]) -> Result<(), Refusal> {
    for op in &program.code {
        if let Op::Rmw { kind: RmwKind::Add | RmwKind::Sub, .. }
        | Op::RmwAt { kind: RmwKind::Add | RmwKind::Sub, .. } = op
            && let Some((fields, ..)) = access(op)
            && program.layout.fields[usize::from(fields.start)].wraps
        {
            let name = &names[usize::from(fields.start)];
            return refuse(format!(
                "`{name}` is a `mod` type, and an atomic addition to one is no operation of C11"
            ));
        }
    }
    Ok(())
}

/// The accesses to atomics and mutexes, each with those that may follow it in its thread.
fn accesses(program: &Program, classes: &[Class]) -> Vec<Access> {
    let mut found: Vec<Access> = Vec::new();
    for (index, thread) in program.threads.iter().enumerate() {
        let first = found.len();
        let entry_of = |place: PlaceId| thread.places[place as usize].entry;
        let mut ops: BTreeSet<Addr> = BTreeSet::new();
        for place in thread.places.iter().skip(1) {
            ops.extend(step_ops(&program.code, place.entry));
        }
        for &at in &ops {
            let Some((fields, reads, writes)) = access(&program.code[at as usize]) else {
                continue;
            };
            let (reads, writes) = match classes[usize::from(fields.start)] {
                Class::Atomic => (reads, writes),
                Class::Mutex => (reads.map(|_| Order::AcqRel), writes.map(|_| Order::AcqRel)),
                Class::Cell | Class::Private(_) | Class::Local => continue,
            };
            let rmw = reads.is_some() && writes.is_some();
            let compares = matches!(program.code[at as usize], Op::Cas { .. } | Op::CasAt { .. });
            let then = Vec::new();
            found.push(Access { thread: index, at, fields, reads, writes, rmw, compares, then });
        }
        let index_at: HashMap<Addr, usize> =
            (first..found.len()).map(|access| (found[access].at, access)).collect();
        for access in &mut found[first..] {
            let mut seen = BTreeSet::new();
            let on = |at: Addr| match program.code[at as usize] {
                Op::Stop(place) => vec![entry_of(place)],
                _ => onward(&program.code, at),
            };
            let mut open = on(access.at);
            while let Some(at) = open.pop() {
                if seen.insert(at) {
                    open.extend(on(at));
                }
            }
            access.then = seen.iter().filter_map(|at| index_at.get(at).copied()).collect();
        }
    }
    found
}
