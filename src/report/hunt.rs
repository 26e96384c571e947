//! What a hunt found: a table for people, an object a combination for programs.

use super::style::{self, paint};
use super::text;
use crate::program::Program;
use crate::scenario::{Cell, finding_name};
use crate::search::{Completeness, Report};
use serde::Serialize;
use std::time::Duration;
use unicode_width::UnicodeWidthStr;

/// One combination, searched.
#[derive(Debug, Clone)]
pub struct Hunted {
    /// Which combination.
    pub cell: Cell,
    /// What is wrong there, with the length of a shortest schedule in steps; the shortest first.
    pub bad: Vec<(String, usize)>,
    /// Distinct reachable states.
    pub states: u64,
    /// Whether all were searched.
    pub exhaustive: bool,
    /// How long that took.
    pub elapsed: Duration,
}

impl Hunted {
    /// The search of a combination.
    pub fn of(cell: Cell, report: &Report, program: &Program) -> Hunted {
        let bad = report
            .violations
            .iter()
            .map(|found| (finding_name(&found.what, program).to_string(), found.trace.len()))
            .collect();
        let exhaustive = report.completeness == Completeness::Exhaustive;
        Hunted { cell, bad, states: report.states, exhaustive, elapsed: report.elapsed }
    }

    /// `safe` is only said after the whole state space.
    pub fn verdict(&self) -> &str {
        match self.bad.first() {
            Some((name, _)) => name,
            None if self.exhaustive => "safe",
            None => "incomplete",
        }
    }

    /// The verdict, and how many steps lead to it: `ghost 21`.
    fn words(&self) -> String {
        let words: Vec<_> =
            self.bad.iter().map(|(name, steps)| format!("{name} {steps}")).collect();
        if words.is_empty() { self.verdict().to_string() } else { words.join(", ") }
    }

    fn styled(&self, words: &str) -> String {
        let style = match self.verdict() {
            "safe" => style::GOOD,
            "incomplete" => style::NOTE,
            _ => style::BAD,
        };
        paint(style, words)
    }
}

#[derive(Serialize)]
struct HuntedObject<'a> {
    schema: &'static str,
    model: &'a str,
    kernel: Option<&'a str>,
    situation: &'a str,
    exit: &'a str,
    suspenders: &'a [String],
    verdict: &'a str,
    violations: Vec<ViolationObject<'a>>,
    states: u64,
    exhaustive: bool,
}

#[derive(Serialize)]
struct ViolationObject<'a> {
    name: &'a str,
    steps: usize,
}

/// A combination as one line of JSON.
pub fn json(hunted: &Hunted, model: &str, kernel: Option<&str>) -> String {
    let violations = hunted.bad.iter();
    let object = HuntedObject {
        schema: "ghosthunt.hunt/1",
        model,
        kernel,
        situation: &hunted.cell.situation,
        exit: &hunted.cell.exit,
        suspenders: &hunted.cell.suspenders,
        verdict: hunted.verdict(),
        violations: violations
            .map(|(name, steps)| ViolationObject { name, steps: *steps })
            .collect(),
        states: hunted.states,
        exhaustive: hunted.exhaustive,
    };
    serde_json::to_string(&object).expect("plain data can be written") + "\n"
}

/// The head of the table: one column a suspender, one for what several do together, one for states.
pub fn head(model: &str, kernel: Option<&str>, about: &str, suspenders: &[&str]) -> String {
    let kernel = kernel.map_or(String::new(), |kernel| format!(" on {kernel}"));
    let mut names: Vec<&str> = suspenders.to_vec();
    names.extend(["together", "states"]);
    let title = paint(style::STRONG, &format!("{model}{kernel}"));
    let columns: String =
        names.iter().zip(widths(suspenders.len())).map(|(n, w)| pad(n, w)).collect();
    let columns = format!("{}{}", pad("", FIRST), columns);
    format!("{title}: {about}\n\n{}\n", columns.trim_end())
}

/// The row of one situation and way out: all its combinations, those of one suspender first.
pub fn row(hunted: &[Hunted], suspenders: usize) -> String {
    let Some(first) = hunted.first() else { return String::new() };
    let (alone, together) = hunted.split_at(suspenders.min(hunted.len()));
    let mut line = pad(&format!("  {}", first.cell.exit), FIRST);
    let widths = widths(suspenders);
    for (found, &width) in alone.iter().zip(&widths) {
        let words = found.words();
        let gap = " ".repeat(width.saturating_sub(words.width()).max(1));
        line += &format!("{}{gap}", found.styled(&words));
    }
    let (words, of) = together_words(alone, together);
    let gap = " ".repeat(widths[suspenders].saturating_sub(words.width()).max(1));
    line += &of.map_or(words.clone(), |found| found.styled(&words));
    let states = hunted.iter().map(|found| found.states).sum();
    line + &gap + &text::count(states) + "\n"
}

/// What several suspenders do that none of them does alone.
fn together_words<'a>(alone: &[Hunted], together: &'a [Hunted]) -> (String, Option<&'a Hunted>) {
    let known = |found: &Hunted, name: &str| {
        alone.iter().any(|one| {
            found.cell.suspenders.contains(&one.cell.suspenders[0])
                && one.bad.iter().any(|(known, _)| known == name)
        })
    };
    for found in together {
        if let Some((name, steps)) = found.bad.iter().find(|(name, _)| !known(found, name)) {
            return (format!("{name} {steps}: {}", found.cell.suspenders.join(", ")), Some(found));
        }
    }
    match together.iter().find(|found| found.verdict() != "safe") {
        Some(found) if found.bad.is_empty() => ("incomplete".to_string(), Some(found)),
        Some(_) => ("nothing new".to_string(), None),
        None => match together.first() {
            Some(found) => ("safe".to_string(), Some(found)),
            None => ("–".to_string(), None),
        },
    }
}

/// What the whole hunt comes to.
pub fn tally(hunted: &[Hunted]) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut verdicts: Vec<&str> = hunted.iter().map(Hunted::verdict).collect();
    verdicts.sort_unstable();
    verdicts.dedup();
    for verdict in verdicts {
        let number = hunted.iter().filter(|found| found.verdict() == verdict).count();
        words.push(format!("{} {verdict}", text::count(number as u64)));
    }
    let states = hunted.iter().map(|found| found.states).sum();
    let time = hunted.iter().map(|found| found.elapsed).sum();
    format!(
        "\n{}: {}; {} states in {}\n",
        text::plural(hunted.len() as u64, "combination"),
        words.join(", "),
        text::count(states),
        text::duration(time)
    )
}

const FIRST: usize = 29;

/// The widths of the columns after the first.
fn widths(suspenders: usize) -> Vec<usize> {
    let mut widths = vec![10; suspenders];
    widths.extend([21, 9]);
    widths
}

fn pad(words: &str, width: usize) -> String {
    format!("{words}{}", " ".repeat(width.saturating_sub(words.width()).max(1)))
}
