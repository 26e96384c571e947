//! What each step of a schedule made possible or impossible, and how dangerous it was.

use super::endless;
use super::human::paragraph;
use super::style::{BAD, FAINT, NOTE, STRONG, paint};
use super::text::wrap;
use crate::machine::{Actor, Machine, Step};
use crate::program::Program;
use crate::schedule::Run;
use crate::search::{Bottoms, Danger, Goal, Graph, Outlook, Rates};
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
    /// From here on it cannot be avoided, and before it could.
    pub no_return: bool,
}

/// The prospects of a schedule: one before the first step, and one after each.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// In the order of the schedule.
    pub prospects: Vec<Prospect>,
    /// The residual of the probabilities.
    pub residual: f64,
}

/// Explains `run`, which leads to the goal, on the whole graph of its program.
pub fn explain(
    run: &Run,
    graph: &Graph,
    bottoms: &Bottoms,
    goal: &Goal,
    rates: &Rates,
) -> Explained {
    let danger = Danger::of(graph, bottoms, goal, rates);
    let outlook = Outlook::of(graph, bottoms, goal);
    let machine = Machine::new(run.program);
    let failed = run.steps.last().is_some_and(|taken| matches!(taken.step, Step::Violation(_)));
    let reached = run.states.len() - usize::from(failed);
    let (mut able, mut open): (BTreeSet<Actor>, Vec<&str>) = Default::default();
    let mut avoidable = true;
    let mut prospects = Vec::new();
    for (index, state) in run.states[..reached].iter().enumerate() {
        let number = graph.find(state).expect("a schedule stays in the graph");
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
            no_return: avoidable && !still,
        });
        (able, open, avoidable) = (now, outcomes, still);
    }
    if failed {
        prospects.push(Prospect {
            enabled: Vec::new(),
            disabled: Vec::new(),
            lost: Vec::new(),
            danger: 1.0,
            no_return: avoidable,
        });
    }
    Explained { prospects, residual: danger.residual }
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

/// The explanation for people: a line or more for each step.
pub fn explanation(run: &Run, explained: &Explained, width: usize) -> String {
    let mut text = format!("\n{}\n", paint(STRONG, "Step by step: danger, and what changed"));
    let digits = run.steps.len().to_string().len().max(2);
    for (index, prospect) in explained.prospects.iter().enumerate() {
        let number = if index == 0 { String::new() } else { index.to_string() };
        let what = match index {
            0 => "at the start".to_string(),
            _ => {
                let words = &run.steps[index - 1].words;
                format!("{}: {} {}", words.actor, words.place, words.label).trim().to_string()
            }
        };
        let head = format!("{number:>digits$}  {}  ", bar(prospect.danger));
        let what = wrap(&what, width.saturating_sub(head.width()), 1).concat();
        text += &format!("{head}{what}\n");
        let indent = digits + 2;
        for (words, names) in [
            ("now possible", &prospect.enabled),
            ("no longer possible", &prospect.disabled),
            ("no longer an outcome", &prospect.lost),
        ] {
            if !names.is_empty() {
                let line = paragraph(&format!("{words}: {}", names.join(", ")), width, indent);
                text += &line.lines().map(|line| paint(FAINT, line) + "\n").collect::<String>();
            }
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
    text + &law(explained.residual, width)
}

/// What probabilities mean, and how exact they are.
pub fn law(residual: f64, width: usize) -> String {
    let words = format!(
        "Danger is the probability of it if at every step an actor that can step is drawn, all alike \
         or by the rates given, and then one of its branches. It compares schedules and protocols; it \
         is no estimate of how often this happens in the field. Residual {residual:.0e}."
    );
    paragraph(&words, width, 0).lines().map(|line| paint(NOTE, line) + "\n").collect()
}

/// A probability as a bar and a number.
pub fn bar(probability: f64) -> String {
    const CELLS: usize = 10;
    let full = (probability * CELLS as f64).round() as usize;
    let bar: String = (0..CELLS).map(|cell| if cell < full { '█' } else { '░' }).collect();
    format!("{bar} {}", percent(probability))
}

/// In percent, with as many digits as matter.
fn percent(probability: f64) -> String {
    match probability * 100.0 {
        0.0 => "     0%".to_string(),
        small if small < 0.01 => " <0.01%".to_string(),
        100.0 => "   100%".to_string(),
        great if great > 99.99 => ">99.99%".to_string(),
        percent => format!("{percent:>6.2}%"),
    }
}
