//! Conditions of few bits, evaluated once for each value of those bits.
//!
//! Most of what a machine does to expand a state is to find out what cannot happen in it: gates that
//! are off, handlers that do not apply, actions whose guard fails. Each of these looks at a few small
//! variables, so that a table of all their values is small, too. What a table does not know (the
//! condition asks where a thread stands, or reads more than [`BITS_MAX`] bits) is left to the code.
//! Which bits a condition reads also tells whether it can have changed from one state to another.

use crate::program::{Addr, Field, Op, Program};
use std::collections::BTreeSet;

/// Bits that a condition may read to have a table.
const BITS_MAX: u32 = 10;

/// The tables of a program.
#[derive(Debug)]
pub(super) struct Gates {
    /// By thread.
    pub threads: Vec<ThreadGates>,
    /// By action: whether its guard fails.
    pub actions: Vec<Option<Table>>,
}

/// The tables of a thread.
#[derive(Debug)]
pub(super) struct ThreadGates {
    pub user: Option<Table>,
    pub kernel: Option<Table>,
    /// By handler: whether it applies.
    pub handlers: Vec<Option<Table>>,
}

/// What is known of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// It does not hold.
    No,
    /// It holds.
    Yes,
    /// Its code tells.
    Ask,
}

/// A condition, by the value of the bits that it reads.
#[derive(Debug)]
pub(super) struct Table {
    parts: Vec<Part>,
    answers: Vec<Answer>,
}

/// Bits of a state, and where they stand in the index.
#[derive(Debug, Clone, Copy)]
struct Part {
    word: usize,
    shift: u32,
    width: u32,
    at: u32,
}

impl Gates {
    pub(super) fn of(program: &Program) -> Gates {
        let table = |entry: Addr| Table::of(program, entry);
        let threads = program.threads.iter().map(|thread| ThreadGates {
            user: thread.user_gate.and_then(table),
            kernel: thread.kernel_gate.and_then(table),
            handlers: thread.handlers.iter().map(|handler| table(handler.when)).collect(),
        });
        let actions = program.actions.iter().map(|action| table(action.entry));
        Gates { threads: threads.collect(), actions: actions.collect() }
    }
}

impl Table {
    /// The table of the condition at `entry`: an expression, or the guard that an action begins
    /// with. `None` if there would be nothing in it, or too much.
    fn of(program: &Program, entry: Addr) -> Option<Table> {
        let (fields, _) = fields_read(program, entry);
        let fields: Vec<Field> =
            fields.iter().map(|&field| program.layout.fields[usize::from(field)]).collect();
        let bits: u32 = fields.iter().map(|field| u32::from(field.width)).sum();
        if bits > BITS_MAX {
            return None;
        }
        let mut parts: Vec<Part> = Vec::new();
        let mut at = 0;
        let mut inside: Vec<_> = fields.iter().filter(|field| field.width > 0).collect();
        inside.sort_by_key(|field| (field.word, field.shift));
        for field in inside {
            let (word, shift) = (usize::from(field.word), u32::from(field.shift));
            let width = u32::from(field.width);
            match parts.last_mut() {
                Some(last) if last.word == word && last.shift + last.width == shift => {
                    last.width += width;
                }
                // Two fields that share bits: locals, which no condition reads.
                Some(last) if last.word == word && last.shift + last.width > shift => return None,
                _ => parts.push(Part { word, shift, width, at }),
            }
            at += width;
        }
        let mut state = vec![0; program.layout.words];
        let mut answers = Vec::with_capacity(1 << bits);
        for index in 0..1_u64 << bits {
            for part in &parts {
                let mask = (1 << part.width) - 1;
                state[part.word] &= !(mask << part.shift);
                state[part.word] |= (index >> part.at & mask) << part.shift;
            }
            answers.push(evaluate(program, entry, &state));
        }
        let knows_something = answers.iter().any(|answer| *answer != Answer::Ask);
        knows_something.then_some(Table { parts, answers })
    }

    #[inline(always)]
    pub(super) fn answer(&self, state: &[u64]) -> Answer {
        let index = self.parts.iter().fold(0, |index, part| {
            let bits = state[part.word] >> part.shift & ((1 << part.width) - 1);
            index | bits << part.at
        });
        self.answers[index as usize]
    }
}

/// Whether the instruction is of the part of a condition that is looked into.
fn is_simple(op: Op) -> bool {
    let computes = matches!(op, Op::Not | Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::And | Op::Or);
    let jumps = matches!(op, Op::Jump(_) | Op::JumpIf(_) | Op::JumpUnless(_));
    computes || jumps || matches!(op, Op::Const(_) | Op::Load { .. })
}

/// The bits of a state that the expression at `entry` may read; `None` if not all of it is simple.
pub(super) fn bits_read(program: &Program, entry: Addr) -> Option<Box<[u64]>> {
    let (fields, whole) = fields_read(program, entry);
    let mut bits = vec![0; program.layout.words];
    for field in fields.iter().map(|&field| program.layout.fields[usize::from(field)]) {
        bits[usize::from(field.word)] |= field.mask();
    }
    whole.then(|| bits.into())
}

/// The fields that the simple part of a condition may read, and whether that is all of it.
fn fields_read(program: &Program, entry: Addr) -> (BTreeSet<u16>, bool) {
    let (mut fields, mut whole) = (BTreeSet::new(), true);
    let (mut seen, mut left) = (BTreeSet::new(), vec![entry]);
    while let Some(at) = left.pop() {
        let op = program.code[at as usize];
        if !is_simple(op) || !seen.insert(at) {
            whole &= is_simple(op) || matches!(op, Op::End);
            continue;
        }
        match op {
            Op::Load { field, .. } => drop(fields.insert(field)),
            Op::Jump(to) | Op::JumpIf(to) | Op::JumpUnless(to) => left.push(to),
            _ => {}
        }
        if !matches!(op, Op::Jump(_)) {
            left.push(at + 1);
        }
    }
    (fields, whole)
}

/// What the code from `entry` says of a state, as far as that is simple.
fn evaluate(program: &Program, entry: Addr, state: &[u64]) -> Answer {
    let truth = |holds: bool| if holds { Answer::Yes } else { Answer::No };
    let mut stack: Vec<i64> = Vec::new();
    let mut at = entry as usize;
    // Conditions have no loops; code that did would be left to the machine.
    for _ in 0..program.code.len() {
        let op = program.code[at];
        at += 1;
        match op {
            Op::Const(value) => stack.push(value.into()),
            Op::Load { field, .. } => {
                stack.push(program.layout.fields[usize::from(field)].get(state).into());
            }
            Op::Jump(to) => at = to as usize,
            Op::End => return stack.pop().map_or(Answer::Ask, |value| truth(value != 0)),
            _ => {
                let Some(top) = stack.pop() else { return Answer::Ask };
                match op {
                    Op::Not => stack.push((top == 0).into()),
                    Op::JumpIf(to) if top != 0 => at = to as usize,
                    Op::JumpUnless(to) if top == 0 => at = to as usize,
                    Op::JumpIf(_) | Op::JumpUnless(_) => {}
                    Op::Guard if top == 0 => return Answer::No,
                    Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::And | Op::Or => {
                        let Some(below) = stack.pop() else { return Answer::Ask };
                        stack.push(i64::from(match op {
                            Op::Eq => below == top,
                            Op::Ne => below != top,
                            Op::Lt => below < top,
                            Op::Le => below <= top,
                            Op::And => below != 0 && top != 0,
                            _ => below != 0 || top != 0,
                        }));
                    }
                    _ => return Answer::Ask,
                }
            }
        }
    }
    Answer::Ask
}
