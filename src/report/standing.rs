//! Where threads stand in a state: who lives, who is stopped, who waits for what.

use crate::machine::{Actor, Machine, Scratch};
use crate::program::{Domain, FINISHED, FieldId, Mode, NONE, Op, Place, Program};

/// How a thread stands in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Its code has ended.
    Finished,
    /// It is dead.
    Dead,
    /// Its gate is off: it does not step, whatever it stands at.
    Stopped,
    /// It could step, but its statement waits.
    Waits,
    /// It can step.
    Runs,
}

/// A thread in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The thread, by its index in the cast.
    pub thread: usize,
    /// How it stands.
    pub condition: Condition,
    /// The model's words for it: `suspended`, say.
    pub shows: Vec<String>,
    /// Where it stands, `owner:line` and the statement's words between backticks; empty if it has finished.
    pub place: String,
    /// What its statement reads while it waits: `suspendLock, held by gc`.
    pub waits_for: Vec<String>,
}

impl Standing {
    /// In words, after the thread's name: `is suspended at exit:12`.
    pub fn words(&self) -> String {
        let place = &self.place;
        let waits = self.waits_for.join(", ");
        let shows = self.shows.join(", ");
        match self.condition {
            Condition::Finished => "has finished".to_string(),
            Condition::Dead => "is dead".to_string(),
            Condition::Stopped if shows.is_empty() => format!("is stopped at {place}"),
            Condition::Stopped => format!("is {shows} at {place}"),
            Condition::Waits if waits.is_empty() => format!("waits at {place}"),
            Condition::Waits => format!("waits at {place} ({waits})"),
            Condition::Runs => format!("goes on at {place}"),
        }
    }
}

/// How every thread stands in `state`.
pub fn standings(program: &Program, state: &[u64]) -> Vec<Standing> {
    let machine = Machine::new(program);
    let mut scratch = machine.scratch();
    (0..program.threads.len())
        .map(|thread| standing(&machine, state, thread, &mut scratch))
        .collect()
}

/// The words of the model that hold for a thread in `state`.
pub fn shows(
    machine: &Machine,
    state: &[u64],
    thread: usize,
    scratch: &mut Scratch,
) -> Vec<String> {
    let shows = machine.program().shows.iter();
    shows
        .filter(|show| {
            show.when
                .get(thread)
                .is_some_and(|&when| machine.eval(when, state, scratch).unwrap_or(false))
        })
        .map(|show| show.name.replace('_', " "))
        .collect()
}

/// Whether the gate of the thread's next step is on in `state`.
pub fn can_go_on(machine: &Machine, state: &[u64], thread: usize, scratch: &mut Scratch) -> bool {
    let cast = &machine.program().threads[thread];
    let gate = match cast.places[machine.place(state, thread) as usize].mode {
        Mode::User => cast.user_gate,
        Mode::Kernel => cast.kernel_gate,
    };
    gate.is_none_or(|gate| machine.eval(gate, state, scratch).unwrap_or(true))
}

/// Whether the thread is alive in `state`.
pub fn lives(machine: &Machine, state: &[u64], thread: usize, scratch: &mut Scratch) -> bool {
    machine.program().threads[thread]
        .lives
        .is_none_or(|lives| machine.eval(lives, state, scratch).unwrap_or(true))
}

fn standing(machine: &Machine, state: &[u64], thread: usize, scratch: &mut Scratch) -> Standing {
    let program = machine.program();
    let cast = &program.threads[thread];
    let place_id = machine.place(state, thread);
    let place = &cast.places[place_id as usize];
    let condition = if !lives(machine, state, thread, scratch) {
        Condition::Dead
    } else if place_id == FINISHED {
        Condition::Finished
    } else if !can_go_on(machine, state, thread, scratch) {
        Condition::Stopped
    } else if can_step(machine, state, thread, scratch) {
        Condition::Runs
    } else {
        Condition::Waits
    };
    Standing {
        thread,
        condition,
        shows: shows(machine, state, thread, scratch),
        place: if place_id == FINISHED { String::new() } else { place_words(program, place) },
        waits_for: match condition {
            Condition::Waits => guard_reads(program, place, state),
            _ => Vec::new(),
        },
    }
}

fn can_step(machine: &Machine, state: &[u64], thread: usize, scratch: &mut Scratch) -> bool {
    let mut can = false;
    machine.successors(state, scratch, |successor| {
        can |= successor.transition.actor == Actor::Thread(thread as u16);
    });
    can
}

/// `owner:line` and the statement's words.
pub(super) fn place_words(program: &Program, place: &Place) -> String {
    let statement = &program.statements[place.statement as usize];
    format!("{}:{}, `{}`", statement.owner, statement.line, statement.label)
}

/// The shared variables that the statement's guard reads, and what they hold.
fn guard_reads(program: &Program, place: &Place, state: &[u64]) -> Vec<String> {
    let code = &program.code[place.entry as usize..];
    let guard = code
        .iter()
        .take_while(|op| !matches!(op, Op::Guard | Op::Stop(_) | Op::End | Op::Branch { .. }));
    let fields = guard.filter_map(|op| match op {
        Op::Load { field, .. } => Some(*field),
        _ => None,
    });
    reads(program, fields, state)
}

/// What shared variables hold: `suspendLock, held by gc` or `busy is 1`.
pub(super) fn reads(
    program: &Program,
    fields: impl Iterator<Item = FieldId>,
    state: &[u64],
) -> Vec<String> {
    let mut reads = Vec::new();
    for field in fields {
        if let Some((name, domain)) = shared(program, field) {
            let value = program.layout.fields[usize::from(field)].get(state);
            let read = match domain {
                Domain::Mutex(_) if value != NONE => {
                    format!("{name}, held by {}", domain.show(value))
                }
                _ => format!("{name} is {}", domain.show(value)),
            };
            if !reads.contains(&read) {
                reads.push(read);
            }
        }
    }
    reads
}

/// The name and domain of a shared variable's field.
fn shared(program: &Program, field: FieldId) -> Option<(String, &Domain)> {
    program.variables.iter().find_map(|variable| {
        let index = usize::from(field.checked_sub(variable.first)?);
        let label = variable.labels.get(index)?;
        Some((format!("{}{label}", variable.name), &variable.domain))
    })
}
