//! The rows of a schedule drawn in columns: what each step says, changes and does to the threads.

use super::standing::{can_go_on, lives, shows};
use crate::machine::{Actor, Machine, Scratch, Step};
use crate::program::{FINISHED, Program, Variable};
use crate::schedule::{Run, Taken};

/// Turns of a spin loop are looked for up to this many steps long.
const TURN_STEPS_MAX: usize = 8;

/// One row: a step, or what holds before the first one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The step's number, from 1; `None` before the first step.
    pub number: Option<usize>,
    /// The column of who steps: a thread's index, or their number for the kernel.
    pub actor: usize,
    /// What the actor does, in the model's own words.
    pub text: String,
    /// What changed: shared variables, and the actor's own.
    pub changes: Vec<String>,
    /// What became of threads: the thread, and `suspended`, say.
    pub notes: Vec<(usize, String)>,
    /// For each thread, how it stood before the step.
    pub lines: Vec<Lifeline>,
    /// This row and so many before it, less one, are a turn of a spin loop, taken so many times.
    pub turns: Option<(usize, usize)>,
    /// What is said above it: that a cycle begins.
    pub above: Option<String>,
    /// What is said below it: that the cycle is over, and begins again.
    pub below: Option<String>,
}

/// How a thread's column is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifeline {
    /// It goes on.
    Goes,
    /// Its gate is off: it cannot step, whatever it stands at.
    Held,
    /// It has finished, or is dead.
    Over,
}

/// What is shown of a thread in a state.
#[derive(Clone, PartialEq, Eq)]
struct Life {
    shows: Vec<String>,
    lives: bool,
    finished: bool,
    goes_on: bool,
}

/// The rows of `run`, spin turns folded.
pub fn rows(run: &Run) -> Vec<Row> {
    let machine = Machine::new(run.program);
    let mut scratch = machine.scratch();
    let mut life = |state: &[u64]| life(&machine, state, &mut scratch);
    let lives: Vec<_> = run.states.iter().map(|state| life(state)).collect();
    let mut rows = Vec::new();
    rows.extend(start(run, &lives[0]));
    let mut last_owner = vec![None; run.program.threads.len()];
    let mut index = 0;
    while index < run.steps.len() {
        let (period, turns) = spin(run, index).unwrap_or((1, 1));
        for step in index..index + period {
            rows.push(row(run, &lives, step, &mut last_owner));
        }
        if turns > 1 {
            rows.last_mut().expect("a turn has a step").turns = Some((period, turns));
        }
        index += period * turns;
    }
    if let Some(from) = run.cycle_from {
        if let Some(first) = rows.iter_mut().find(|row| row.number > Some(from)) {
            first.above = Some("from here, for ever".to_string());
        }
        if let Some(last) = rows.last_mut() {
            last.below = Some(format!("and again from {}", from + 1));
        }
    }
    rows
}

/// What holds of threads before the first step, if there is anything to say.
fn start(run: &Run, lives: &[Life]) -> Option<Row> {
    let shown = lives
        .iter()
        .enumerate()
        .flat_map(|(thread, life)| life.shows.iter().map(move |word| (thread, word.clone())));
    let notes: Vec<_> = shown.collect();
    (!notes.is_empty()).then(|| Row {
        number: None,
        actor: run.program.threads.len(),
        text: String::new(),
        changes: Vec::new(),
        notes,
        lines: lives.iter().map(lifeline).collect(),
        turns: None,
        above: None,
        below: None,
    })
}

fn row(run: &Run, lives: &[Vec<Life>], step: usize, last_owner: &mut [Option<String>]) -> Row {
    let taken = &run.steps[step];
    let (before, after) = (&run.states[step], &run.states[step + 1]);
    let thread = match taken.transition.actor {
        Actor::Thread(thread) => Some(usize::from(thread)),
        Actor::Action(_) => None,
    };
    let mut changes = shared_changes(run.program, before, after);
    if let Some(thread) = thread {
        changes.extend(local_changes(run.program, thread, before, after));
    }
    Row {
        number: Some(step + 1),
        actor: thread.unwrap_or(run.program.threads.len()),
        text: text(run.program, taken, thread.map(|thread| &mut last_owner[thread])),
        changes,
        notes: notes(&lives[step], &lives[step + 1]),
        lines: lives[step].iter().map(lifeline).collect(),
        turns: None,
        above: None,
        below: None,
    }
}

/// The statement, after the proc it stands in if the thread was elsewhere before.
fn text(program: &Program, taken: &Taken, last_owner: Option<&mut Option<String>>) -> String {
    let mut text = match last_owner {
        None => taken.words.place.clone(),
        Some(last) => {
            let owner = &program.statements[taken.statement as usize].owner;
            let moved = last.replace(owner.clone()).as_ref() != Some(owner);
            if moved {
                format!("{owner}: {}", taken.words.label)
            } else {
                taken.words.label.clone()
            }
        }
    };
    if let Step::Violation(violation) = taken.step {
        let message = &program.checks[usize::from(violation.check)].message;
        text = format!("{text} — fails: {message}");
    }
    text
}

fn shared_changes(program: &Program, before: &[u64], after: &[u64]) -> Vec<String> {
    program
        .variables
        .iter()
        .flat_map(|variable| variable_changes(program, variable, before, after))
        .collect()
}

fn variable_changes(
    program: &Program,
    variable: &Variable,
    before: &[u64],
    after: &[u64],
) -> Vec<String> {
    let field = |index| &program.layout.fields[usize::from(variable.first) + index];
    let changed = variable.labels.iter().enumerate().filter_map(|(index, label)| {
        let (old, new) = (field(index).get(before), field(index).get(after));
        let name = format!("{}{label}", variable.name);
        let text = change(&name, &variable.domain.show(old), &variable.domain.show(new));
        (old != new).then(|| if variable.aux { format!("({text})") } else { text })
    });
    changed.collect()
}

/// `x: 0→1`; of a truth value the old one goes without saying.
fn change(name: &str, old: &str, new: &str) -> String {
    match new {
        "true" | "false" => format!("{name}: {new}"),
        _ => format!("{name}: {old}→{new}"),
    }
}

/// Locals of the thread that are in scope after the step and were not, or had another value.
fn local_changes(program: &Program, thread: usize, before: &[u64], after: &[u64]) -> Vec<String> {
    let cast = &program.threads[thread];
    let place = |state: &[u64]| {
        let at = |field| program.layout.fields[usize::from(field)].get(state) as usize;
        let place = match cast.handler_place.map_or(FINISHED as usize, at) {
            0 => at(cast.place),
            handler => handler,
        };
        &cast.places[place]
    };
    let old_scope = &place(before).locals;
    let mut changes = Vec::new();
    for (name, field, domain) in &place(after).locals {
        let packed = &program.layout.fields[usize::from(*field)];
        let (old, new) = (packed.get(before), packed.get(after));
        if !old_scope.iter().any(|(known, known_field, _)| known == name && known_field == field) {
            changes.push(format!("{name}: {}", domain.show(new)));
        } else if old != new {
            changes.push(change(name, &domain.show(old), &domain.show(new)));
        }
    }
    changes
}

fn life(machine: &Machine, state: &[u64], scratch: &mut Scratch) -> Vec<Life> {
    (0..machine.program().threads.len())
        .map(|thread| Life {
            shows: shows(machine, state, thread, scratch),
            lives: lives(machine, state, thread, scratch),
            finished: machine.place(state, thread) == FINISHED,
            goes_on: can_go_on(machine, state, thread, scratch),
        })
        .collect()
}

fn lifeline(life: &Life) -> Lifeline {
    match life {
        Life { lives: false, .. } | Life { finished: true, .. } => Lifeline::Over,
        Life { goes_on: true, .. } => Lifeline::Goes,
        _ => Lifeline::Held,
    }
}

/// What a step did to the threads.
fn notes(before: &[Life], after: &[Life]) -> Vec<(usize, String)> {
    let mut notes = Vec::new();
    for (thread, (before, after)) in before.iter().zip(after).enumerate() {
        let begun = after.shows.iter().filter(|word| !before.shows.contains(word));
        let words = notes.len();
        notes.extend(begun.map(|word| (thread, word.clone())));
        if before.lives && !after.lives {
            if notes.len() == words {
                notes.push((thread, "dead".to_string()));
            }
        } else if !before.finished && after.finished {
            notes.push((thread, "finished".to_string()));
        } else if !before.goes_on && after.goes_on {
            let over = before.shows.iter().filter(|word| !after.shows.contains(word));
            notes.extend(over.map(|word| (thread, format!("no longer {word}"))));
        }
    }
    notes
}

/// A turn of a spin loop at step `index`, its length in steps, and how often it is taken in a row:
/// steps of one thread that lead back to the same state.
fn spin(run: &Run, index: usize) -> Option<(usize, usize)> {
    let actor = run.steps[index].transition.actor;
    let repeats = |period: usize| {
        let turn = &run.steps[index..index + period];
        if turn.iter().any(|taken| taken.transition.actor != actor) {
            return 0;
        }
        (index..=run.steps.len() - period)
            .step_by(period)
            .take_while(|&at| {
                run.states[at] == run.states[at + period]
                    && run.steps[at..at + period]
                        .iter()
                        .zip(turn)
                        .all(|(a, b)| a.transition == b.transition)
            })
            .count()
    };
    (1..=TURN_STEPS_MAX.min(run.steps.len() - index))
        .map(|period| (period, repeats(period)))
        .find(|&(_, turns)| turns > 1)
}
