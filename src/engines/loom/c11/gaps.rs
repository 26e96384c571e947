//! What loom's executions are not: C11's.
//!
//! loom 0.7 takes an execution's accesses one after the other, and lets a load read an older store.
//! What it cannot show is a load that reads a store which comes later in every order of accesses
//! (load buffering), and a read-modify-write that reads another store than the newest. Whether a
//! program can have such executions is decided here, before and after the run: conservatively, by
//! where its accesses stand, without regard to values. Where it can, no run of loom is complete.
//! What loom shows and C11 forbids is told as a warning.

use super::plan::{Access, Class, Plan, acquires, releases};
use crate::program::{FieldId, NONE, Op, Order, Program, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Why C11 may have executions that loom does not show; `None` if it has not, by what is known
/// before the run.
pub(super) fn not_shown(plan: &Plan, program: &Program) -> Option<String> {
    if let Some(names) = load_buffering(plan) {
        return Some(format!(
            "load buffering: an access to {names} may read what is written later, which C11 allows \
             and loom never shows"
        ));
    }
    let acquiring = plan.fences.iter().any(|&order| acquires(order));
    if acquiring && program.threads.len() > 2 {
        return Some(
            "an acquiring fence: in loom it takes in what threads before it have read, in C11 only \
             what its own thread has"
                .to_string(),
        );
    }
    if let Some(mutex) = tried(plan, program) {
        return Some(format!(
            "try_lock: in C11 it may fail although `{mutex}` is free, and here it never does"
        ));
    }
    if plan.fences.contains(&Order::SeqCst) && plan.cells {
        return Some(
            "a seq_cst fence beside plain variables: in loom it synchronises with the fences before \
             it, in C11 it only orders atomics, so races may be missed"
                .to_string(),
        );
    }
    None
}

/// A mutex that some thread tries to lock (C11, 7.26.4.5: `mtx_trylock`): one that looks whether it is
/// free, and goes on if it is not.
fn tried<'p>(plan: &'p Plan, program: &Program) -> Option<&'p String> {
    let tries = |access: &&Access| {
        let looks = program.code.get(access.at as usize + 1..access.at as usize + 4);
        plan.classes[usize::from(access.fields.start)] == Class::Mutex
            && access.writes.is_none()
            && matches!(looks, Some([Op::Const(NONE), Op::Eq, Op::JumpUnless(_)]))
    };
    let access = plan.accesses.iter().find(tries)?;
    Some(&plan.names[usize::from(access.fields.start)])
}

/// What loom may show although C11 forbids it.
pub(super) fn shown_in_vain(plan: &Plan) -> Option<String> {
    let seq_cst = |access: &&Access| {
        access.reads == Some(Order::SeqCst) || access.writes == Some(Order::SeqCst)
    };
    let fields: BTreeSet<FieldId> =
        plan.accesses.iter().filter(seq_cst).flat_map(|access| access.fields.clone()).collect();
    // Within one location, acquire and release give what seq_cst gives.
    (fields.len() > 1).then(|| {
        "loom takes seq_cst loads and stores as acquire and release: what it shows may be forbidden"
            .to_string()
    })
}

/// The variables of a cycle of program order and reading that C11 allows. Such a cycle goes through
/// several locations, since each location by itself is coherent, and has at least two readings that
/// do not synchronise: with one, the store would happen before the load.
fn load_buffering(plan: &Plan) -> Option<String> {
    let accesses = &plan.accesses;
    let reads_from = |store: &Access, load: &Access| {
        store.thread != load.thread
            && store.writes.is_some()
            && load.reads.is_some()
            && store.fields.start < load.fields.end
            && load.fields.start < store.fields.end
    };
    let weak = |store: &Access, load: &Access| {
        !releases(store.writes.unwrap_or_default()) || !acquires(load.reads.unwrap_or_default())
    };
    let onward: Vec<Vec<usize>> = accesses
        .iter()
        .map(|from| {
            let readers = (0..accesses.len()).filter(|&to| reads_from(from, &accesses[to]));
            from.then.iter().copied().chain(readers).collect()
        })
        .collect();
    let reach: Vec<BTreeSet<usize>> = (0..accesses.len())
        .map(|from| {
            let mut seen = BTreeSet::new();
            let mut open = onward[from].clone();
            while let Some(at) = open.pop() {
                if seen.insert(at) {
                    open.extend(&onward[at]);
                }
            }
            seen
        })
        .collect();
    for start in 0..accesses.len() {
        let component: Vec<usize> = (0..accesses.len())
            .filter(|&other| reach[start].contains(&other) && reach[other].contains(&start))
            .collect();
        let mut weak_readings = 0;
        let mut fields = BTreeSet::new();
        for &store in &component {
            for &load in &component {
                let (store, load) = (&accesses[store], &accesses[load]);
                if reads_from(store, load) {
                    weak_readings += usize::from(weak(store, load));
                    let start = store.fields.start.max(load.fields.start);
                    fields.extend(start..store.fields.end.min(load.fields.end));
                }
            }
        }
        if weak_readings > 1 && fields.len() > 1 {
            let names = fields.iter().map(|&field| format!("`{}`", plan.names[usize::from(field)]));
            return Some(names.collect::<Vec<_>>().join(" or "));
        }
    }
    None
}

/// What the executions have done to the locations that are read-modify-written.
///
/// loom orders the stores to a location only as far as it must, but its read-modify-writes always
/// come last: beside stores that they are not ordered with, it shows too much and too little. That
/// does not arise where each plain store overwrites what the same thread wrote (as the holder of a
/// lock frees it) or the initial value, and no read-modify-write could have succeeded on that.
#[derive(Debug, Default)]
pub(super) struct Writes {
    /// Locations with a store over another thread's.
    foreign: BTreeSet<FieldId>,
    /// Values that stores have overwritten.
    overwritten: BTreeMap<FieldId, BTreeSet<Value>>,
    /// Values that compare-and-swaps have expected.
    expected: BTreeMap<FieldId, BTreeSet<Value>>,
}

impl Writes {
    pub fn store(&mut self, field: FieldId, foreign: bool, over: Value) {
        if foreign {
            self.foreign.insert(field);
        }
        self.overwritten.entry(field).or_default().insert(over);
    }

    pub fn expect(&mut self, field: FieldId, value: Value) {
        self.expected.entry(field).or_default().insert(value);
    }

    /// Takes in what another execution has done.
    pub fn join(&mut self, other: &mut Writes) {
        self.foreign.append(&mut other.foreign);
        for (mine, theirs) in [
            (&mut self.overwritten, &mut other.overwritten),
            (&mut self.expected, &mut other.expected),
        ] {
            for (field, values) in std::mem::take(theirs) {
                mine.entry(field).or_default().extend(values);
            }
        }
    }

    /// The location where loom's read-modify-writes are not C11's.
    pub fn torn(&self, plan: &Plan) -> Option<String> {
        let modified = plan.accesses.iter().filter(|access| access.rmw);
        let modified: BTreeSet<FieldId> =
            modified.flat_map(|access| access.fields.clone()).collect();
        let field = modified.into_iter().find(|field| {
            let atomic = plan.classes[usize::from(*field)] == Class::Atomic;
            let Some(overwritten) = self.overwritten.get(field) else { return false };
            let expected = self.expected.get(field);
            let other = plan
                .accesses
                .iter()
                .any(|access| access.rmw && access.fields.contains(field) && !access.compares);
            let hit = expected.is_some_and(|expected| !expected.is_disjoint(overwritten));
            atomic && (self.foreign.contains(field) || other || hit)
        })?;
        Some(format!(
            "`{}` is both stored to and read-modify-written: loom orders the two less than C11 does, \
             and in other respects more",
            plan.names[usize::from(field)]
        ))
    }
}
