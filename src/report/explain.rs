//! What each step of a schedule made possible or impossible, and how dangerous it was.

use super::danger::{bar, law};
use super::endless;
use super::human::paragraph;
use super::style::{BAD, FAINT, STRONG, paint};
use super::text::wrap;
use crate::machine::{Actor, Machine, Transition};
use crate::program::Program;
use crate::schedule::{Run, StepWords, enabled};
use crate::search::{Aim, Fate, Rates};
use std::collections::BTreeSet;
use unicode_width::UnicodeWidthStr;

/// What a state of a schedule leaves open.
#[derive(Debug, Clone, PartialEq)]
pub struct Prospect {
    /// Threads and actions that could step there and could not before.
    pub enabled: Vec<String>,
    /// Those that could before, and cannot there.
    pub disabled: Vec<String>,
    /// Outcomes that could come of the state before, and cannot of this one.
    pub lost: Vec<String>,
    /// The probability that a run of random choices gets to what the schedule shows.
    pub danger: f64,
    /// How it stands to what the schedule shows.
    pub fate: Fate,
    /// From here on it cannot be avoided, and before it could.
    pub no_return: bool,
}

impl Prospect {
    /// What became possible and impossible, a phrase each.
    pub(super) fn words(&self) -> Vec<String> {
        let all = [
            ("now possible", &self.enabled),
            ("no longer possible", &self.disabled),
            ("no longer an outcome", &self.lost),
        ];
        let some = all.into_iter().filter(|(_, names)| !names.is_empty());
        some.map(|(words, names)| format!("{words}: {}", names.join(", "))).collect()
    }
}

/// The prospects of a schedule: one before the first step, and one after each.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// In the order of the schedule.
    pub prospects: Vec<Prospect>,
    /// The residual of the probabilities.
    pub residual: f64,
    /// Of a run that breaks a promise only because it goes on as it does for ever: the ways out that
    /// it passes by again and again, each with the number of the step before which it is possible
    /// first.
    pub passed_by: Option<Vec<(usize, StepWords)>>,
}

/// Explains `run`, which leads to what is aimed at.
///
/// # Panics
/// If the run is none of the graph's.
pub fn explain(run: &Run, aim: &Aim, rates: &Rates) -> Explained {
    let (danger, outlook) = (aim.danger(rates), aim.outlook());
    let machine = Machine::new(run.program);
    let trace: Vec<Transition> = run.steps.iter().map(|taken| taken.transition).collect();
    let path = aim.path(&trace).expect("a schedule stays in the graph");
    let (mut able, mut open): (BTreeSet<Actor>, Vec<&str>) = Default::default();
    let mut avoidable = true;
    let mut prospects = Vec::new();
    for (index, (state, &number)) in run.states.iter().zip(&path).enumerate() {
        let now = able_in(&machine, state);
        let outcomes: Vec<&str> = outlook.outcomes(number).collect();
        let lost = open.iter().filter(|outcome| !outcomes.contains(outcome));
        let names = |actors: Vec<&Actor>| {
            actors.into_iter().map(|actor| name(run.program, *actor)).collect()
        };
        let still = outlook.avoidable(number);
        prospects.push(Prospect {
            enabled: if index == 0 { Vec::new() } else { names(now.difference(&able).collect()) },
            disabled: names(able.difference(&now).collect()),
            lost: lost.map(|outcome: &&str| (*outcome).to_string()).collect(),
            danger: danger.probability[number as usize],
            fate: outlook.fate(number),
            no_return: avoidable && !still,
        });
        (able, open, avoidable) = (now, outcomes, still);
    }
    if path.len() < run.states.len() {
        prospects.push(Prospect {
            enabled: Vec::new(),
            disabled: Vec::new(),
            lost: Vec::new(),
            danger: 1.0,
            fate: Fate::Met,
            no_return: avoidable,
        });
        avoidable = false;
    }
    let passed_by = (aim.is_endless() && avoidable).then(|| {
        let mut passed: Vec<(usize, StepWords)> = Vec::new();
        for (index, transition) in aim.passed_by(&path, run.cycle_from) {
            let mut known = enabled(&machine, &run.states[index]).into_iter();
            let (_, words) = known.find(|(known, _)| *known == transition).expect("it is possible");
            if !passed.iter().any(|(_, other)| *other == words) {
                passed.push((index + 1, words));
            }
        }
        passed
    });
    Explained { prospects, residual: danger.residual, passed_by }
}

fn able_in(machine: &Machine, state: &[u64]) -> BTreeSet<Actor> {
    let mut able = BTreeSet::new();
    machine.successors(state, &mut machine.scratch(), |successor| {
        able.insert(successor.transition.actor);
    });
    able
}

fn name(program: &Program, actor: Actor) -> String {
    endless::actor_name(program, actor).to_string()
}

/// The line of a step of a run, by its number, or of the state before the first one: its danger, and
/// its words.
pub(super) fn danger_line(run: &Run, index: usize, danger: f64, width: usize) -> String {
    let digits = digits(run);
    let number = if index == 0 { String::new() } else { index.to_string() };
    let what = match index {
        0 => "at the start".to_string(),
        _ => {
            let words = &run.steps[index - 1].words;
            format!("{}: {} {}", words.actor, words.place, words.label).trim().to_string()
        }
    };
    let head = format!("{number:>digits$}  {}  ", bar(danger));
    let what = wrap(&what, width.saturating_sub(head.width()), 1).concat();
    let first_of_cycle = run.cycle_from.is_some_and(|from| from + 1 == index);
    let cycle = if first_of_cycle {
        format!("{:digits$}  for ever, from here on:\n", "")
    } else {
        String::new()
    };
    format!("{cycle}{head}{what}\n")
}

fn digits(run: &Run) -> usize {
    run.steps.len().to_string().len().max(2)
}

/// What stands above the ways out that a run passes by for ever.
pub(super) const PASSED_BY: &str =
    "It can be avoided to the end: the run passes these ways out for ever.";

/// The ways out that `run` passes by, as in `before step 3: main return_from_kernel:87 …`.
pub(super) fn passed_by_words(run: &Run, passed_by: &[(usize, StepWords)]) -> Vec<String> {
    let before = |(step, words): &(usize, StepWords)| match run.cycle_from {
        Some(_) => format!("before step {step}: {words}"),
        None => words.to_string(),
    };
    passed_by.iter().map(before).collect()
}

/// The explanation for people: a line or more for each step.
pub fn explanation(run: &Run, explained: &Explained, width: usize) -> String {
    let mut text = format!("\n{}\n", paint(STRONG, "Step by step: danger, and what changed"));
    for (index, prospect) in explained.prospects.iter().enumerate() {
        text += &danger_line(run, index, prospect.danger, width);
        let indent = digits(run) + 2;
        for words in prospect.words() {
            let line = paragraph(&words, width, indent);
            text += &line.lines().map(|line| paint(FAINT, line) + "\n").collect::<String>();
        }
        if prospect.no_return {
            let words = if index == 0 {
                "it cannot be avoided"
            } else {
                "from here on it cannot be avoided"
            };
            text += &format!("{}{}\n", " ".repeat(indent), paint(BAD, words));
        }
    }
    if let Some(passed_by) = &explained.passed_by {
        let mut lines = paragraph(PASSED_BY, width, 0);
        for way in passed_by_words(run, passed_by) {
            lines += &paragraph(&way, width, 2);
        }
        text += &lines.lines().map(|line| paint(BAD, line) + "\n").collect::<String>();
    }
    text + &law(explained.residual, width)
}
