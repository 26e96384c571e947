//! Replay: a schedule is checked against a program line by line, and for what it shows.

use super::end::end_at;
use super::endless;
use super::run::enabled;
use super::{Line, Run, Schedule, StepWords, UNFINISHED};
use crate::language::{Diagnostic, Errors};
use crate::machine::{Machine, Step, Transition};
use crate::program::{CheckKind, Program, PropertyKind, Span};

/// A schedule that fits its program to the last line.
#[derive(Debug, Clone)]
pub struct Replay<'p> {
    /// The transitions.
    pub trace: Vec<Transition>,
    /// The states they lead through.
    pub run: Run<'p>,
}

/// Why a schedule does not replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplayError {
    /// It was made for another program.
    OtherProgram {
        /// The schedule's model and hash.
        schedule: (String, u64),
        /// The program's.
        program: (String, u64),
        /// Where the schedule says so.
        span: Span,
    },
    /// A line that the program cannot take there.
    DoesNotFit {
        /// Its number, from 1.
        number: usize,
        /// What is wrong with it.
        reason: String,
        /// What could happen instead, as a schedule would say it.
        enabled: Vec<String>,
        /// The line.
        span: Span,
    },
    /// It fits, but what it says it shows is not what it leads to.
    ShowsOther {
        /// What it says.
        shows: String,
        /// What it leads to.
        found: String,
        /// Where it says so.
        span: Span,
        /// Its last line.
        last: Span,
    },
}

/// Replays `schedule` on `program`. Every line must name an enabled step by its actor and its place
/// in the text, and the run must lead to what the schedule says it shows.
pub fn replay<'p>(program: &'p Program, schedule: &Schedule) -> Result<Replay<'p>, ReplayError> {
    if schedule.hash != program.hash() || schedule.model != program.model {
        return Err(ReplayError::OtherProgram {
            schedule: (schedule.model.clone(), schedule.hash),
            program: (program.model.clone(), program.hash()),
            span: schedule.places.model,
        });
    }
    let machine = Machine::new(program);
    let mut scratch = machine.scratch();
    let mut state = program.initial.clone();
    let mut after = state.clone();
    let mut trace = Vec::with_capacity(schedule.steps.len());
    let mut failed = None;
    for (index, line) in schedule.steps.iter().enumerate() {
        if failed.is_some() {
            return Err(ReplayError::DoesNotFit {
                number: index + 1,
                reason: "the step before it failed, which ends the run".to_string(),
                enabled: Vec::new(),
                span: line.span,
            });
        }
        let transition = fitting(&machine, &state, index + 1, line)?;
        match machine.step(&state, transition, &mut after, &mut scratch) {
            Step::Violation(violation) => failed = Some(violation),
            Step::Done { .. } | Step::Disabled => {}
        }
        trace.push(transition);
        std::mem::swap(&mut state, &mut after);
    }
    let run = Run::new(program, &trace).expect("every transition was enabled just now");
    let run = run.with_cycle(schedule.cycle_from);
    let failed = failed.map(|violation| program.checks[usize::from(violation.check)].kind);
    shown(&machine, &run, failed, &schedule.shows).map_err(|found| ReplayError::ShowsOther {
        shows: schedule.shows.clone(),
        found,
        span: schedule.places.shows,
        last: schedule.places.end,
    })?;
    Ok(Replay { trace, run })
}

/// Whether the run fails in no step but its last, and shows `shows`.
pub(super) fn leads_to(program: &Program, run: &Run, shows: &str) -> bool {
    let mut failed = None;
    for taken in &run.steps {
        if failed.is_some() {
            return false;
        }
        if let Step::Violation(violation) = taken.step {
            failed = Some(program.checks[usize::from(violation.check)].kind);
        }
    }
    shown(&Machine::new(program), run, failed, shows).is_ok()
}

/// Whether a run, which an engine took, shows what a schedule says. `cycle_from` is the schedule's.
///
/// # Errors
/// What it shows instead.
pub fn shows(
    program: &Program,
    trace: &[Transition],
    cycle_from: Option<usize>,
    shows: &str,
) -> Result<(), String> {
    let run = Run::new(program, trace).map_err(|step| format!("step {}, which fails", step + 1))?;
    let failed = match run.steps.last().map(|taken| taken.step) {
        Some(Step::Violation(violation)) => Some(program.checks[usize::from(violation.check)].kind),
        _ => None,
    };
    shown(&Machine::new(program), &run.with_cycle(cycle_from), failed, shows)
}

/// The enabled transition that `line` names.
fn fitting(
    machine: &Machine,
    state: &[u64],
    number: usize,
    line: &Line,
) -> Result<Transition, ReplayError> {
    let enabled = enabled(machine, state);
    if let Some((transition, _)) = enabled.iter().find(|(_, words)| names(line, words)) {
        return Ok(*transition);
    }
    let program = machine.program();
    let known = line.actor == "kernel" || program.threads.iter().any(|t| t.name == line.actor);
    let reason = if !known {
        format!("there is no thread `{}`", line.actor)
    } else if enabled.iter().any(|(_, words)| words.actor == line.actor) {
        format!("{} does not stand there", line.actor)
    } else if line.actor == "kernel" {
        "the kernel has no move to make here".to_string()
    } else {
        format!("{} cannot step here", line.actor)
    };
    Err(ReplayError::DoesNotFit {
        number,
        reason,
        enabled: enabled.iter().map(|(_, words)| words.to_string()).collect(),
        span: line.span,
    })
}

/// The line names the step, however it is spaced.
fn names(line: &Line, words: &StepWords) -> bool {
    let said = [&line.place, &line.label].into_iter().flat_map(|text| text.split_whitespace());
    let meant = [&words.place, &words.label].into_iter().flat_map(|text| text.split_whitespace());
    line.actor == words.actor && said.eq(meant)
}

/// Whether the run, or its last state, shows what the schedule says; if not, what it shows.
fn shown(
    machine: &Machine,
    run: &Run,
    failed: Option<CheckKind>,
    shows: &str,
) -> Result<(), String> {
    if let Some(kind) = failed {
        let name = kind.name();
        return if shows == name { Ok(()) } else { Err(format!("`{name}`: the last step fails")) };
    }
    let (program, state) = (machine.program(), run.last_state());
    let property = program.properties.iter().find(|property| property.name == shows);
    if let Some(property) = property.filter(|property| property.kind.is_liveness()) {
        return endless::shows(machine, run, property.kind);
    }
    if run.cycle_from.is_some() {
        return Err("a cycle, which only a liveness property has".to_string());
    }
    if cannot_be_judged(machine, state, shows) {
        return Ok(());
    }
    if let Some(property) = property {
        let mut scratch = machine.scratch();
        let mut holds = |addr| machine.eval(addr, state, &mut scratch).unwrap_or(false);
        let holds = match property.kind {
            PropertyKind::Never(addr) | PropertyKind::Reach(addr) => holds(addr),
            PropertyKind::Always(addr) => !holds(addr),
            PropertyKind::After(..) | PropertyKind::Eventually(_) => false,
        };
        return if holds { Ok(()) } else { Err("a state in which it does not show".to_string()) };
    }
    match end_at(program, state) {
        Some(end) if end.outcome == shows => Ok(()),
        Some(end) => Err(format!("the end `{}`", end.outcome)),
        None if shows == UNFINISHED => Ok(()),
        None => Err("a state from which the run goes on".to_string()),
    }
}

/// Whether a property or an outcome fails a check of that name when it is evaluated in `state`.
fn cannot_be_judged(machine: &Machine, state: &[u64], check: &str) -> bool {
    let program = machine.program();
    let mut scratch = machine.scratch();
    let properties = program.properties.iter().flat_map(|property| property.kind.conditions());
    let lives = program.threads.iter().filter_map(|thread| thread.lives);
    let conditions = properties.chain(program.outcomes.iter().map(|outcome| outcome.when));
    conditions.chain(lives).any(|addr| {
        machine.eval(addr, state, &mut scratch).is_err_and(|violation| {
            program.checks[usize::from(violation.check)].kind.name() == check
        })
    })
}

impl ReplayError {
    /// The error as a diagnostic of the schedule's text.
    pub fn diagnostic(&self) -> Diagnostic {
        match self {
            ReplayError::OtherProgram { schedule, program, span } => Diagnostic::error(
                "the schedule was made for another program",
                *span,
                format!("made for {} {:016x}", schedule.0, schedule.1),
            )
            .help(format!("this is {} {:016x}", program.0, program.1))
            .help("run `ghosthunt check` again to get a schedule for this program"),
            ReplayError::DoesNotFit { number, reason, enabled, span } => {
                let error = Diagnostic::error(format!("step {number} does not fit"), *span, reason);
                match enabled.as_slice() {
                    [] => error.help("nothing can happen here: the run has ended"),
                    [one] => error.help(format!("what can happen here is `{one}`")),
                    _ => enabled.iter().fold(error, |error, words| {
                        error.help(format!("what can happen here is `{words}`"))
                    }),
                }
            }
            ReplayError::ShowsOther { shows, found, span, last } => Diagnostic::error(
                format!("the schedule does not show `{shows}`"),
                *last,
                format!("leads to {found}"),
            )
            .also(*span, "what it says it shows"),
        }
    }

    /// The error with the schedule's text, to be rendered.
    pub fn in_text(&self, schedule: &Schedule) -> Errors {
        Errors { sources: schedule.sources.clone(), diagnostics: vec![self.diagnostic()] }
    }
}

impl std::fmt::Display for StepWords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}  {}", self.actor, self.place)?;
        if self.label.is_empty() { Ok(()) } else { write!(f, "  {}", self.label) }
    }
}
