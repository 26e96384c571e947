//! What a hunt found: a table for people, an object a combination for programs.

use super::style::{self, paint};
use super::text;
use crate::program::Program;
use crate::scenario::{Cell, Hunt, finding_name};
use crate::search::{Completeness, Report};
use serde::Serialize;
use std::time::Duration;
use unicode_width::UnicodeWidthStr;

/// One combination, searched.
#[derive(Debug, Clone)]
pub struct Hunted {
    /// Which combination.
    pub cell: Cell,
    /// What is wrong there, the shortest schedule first.
    pub bad: Vec<Bad>,
    /// Distinct reachable states.
    pub states: u64,
    /// Whether all were searched.
    pub exhaustive: bool,
    /// Whether the search was begun before the hunt was interrupted.
    pub begun: bool,
    /// How long that took.
    pub elapsed: Duration,
}

/// One thing that is wrong in a combination.
#[derive(Debug, Clone)]
pub struct Bad {
    /// An outcome or a property.
    pub name: String,
    /// The length of a shortest schedule to it.
    pub steps: usize,
    /// The causes of the hunt that account for it, by index.
    pub causes: Vec<usize>,
}

impl Hunted {
    /// The search of a combination.
    pub fn of(cell: Cell, hunt: &Hunt, report: &Report, program: &Program) -> Hunted {
        let bad = report.violations.iter().map(|found| {
            let name = finding_name(&found.what, program).to_string();
            let causes = hunt.explain(&cell, program.kernel.as_deref(), &name);
            Bad { name, steps: found.trace.len(), causes }
        });
        let bad = bad.collect();
        let exhaustive = report.completeness == Completeness::Exhaustive;
        let (states, elapsed) = (report.states, report.elapsed);
        Hunted { cell, bad, states, exhaustive, begun: true, elapsed }
    }

    /// A combination that the hunt has not come to.
    pub fn not_begun(cell: Cell) -> Hunted {
        let (bad, elapsed) = (Vec::new(), Duration::ZERO);
        Hunted { cell, bad, states: 0, exhaustive: false, begun: false, elapsed }
    }

    /// `safe` is only said after the whole state space.
    pub fn verdict(&self) -> &str {
        match self.bad.first() {
            Some(bad) => &bad.name,
            None => self.unfinished().unwrap_or("safe"),
        }
    }

    /// The verdict, how many steps lead to it, and the letters of its causes: `ghost 21 b`.
    fn words(&self, hunt: &Hunt) -> String {
        let mut words: Vec<_> = self.bad.iter().map(|bad| bad.words(hunt)).collect();
        match self.unfinished() {
            Some(unfinished) => words.push(unfinished.to_string()),
            None if words.is_empty() => words.push(self.verdict().to_string()),
            None => {}
        }
        words.join(", ")
    }

    /// Why there may be more that is wrong; `None` if all was searched.
    fn unfinished(&self) -> Option<&'static str> {
        match (self.exhaustive, self.begun) {
            (true, _) => None,
            (false, true) => Some("incomplete"),
            (false, false) => Some("unsearched"),
        }
    }
}

fn styled(verdict: &str, words: &str) -> String {
    let style = match verdict {
        "safe" => style::GOOD,
        "incomplete" | "unsearched" => style::NOTE,
        _ => style::BAD,
    };
    paint(style, words)
}

impl Bad {
    fn words(&self, hunt: &Hunt) -> String {
        let causes: String = self.causes.iter().map(|&index| letter(index)).collect();
        match (hunt.causes().is_empty(), causes.is_empty()) {
            (true, _) => format!("{} {}", self.name, self.steps),
            (false, true) => format!("{} {} ?", self.name, self.steps),
            (false, false) => format!("{} {} {causes}", self.name, self.steps),
        }
    }
}

/// What stands for a cause in the table.
fn letter(index: usize) -> char {
    (b'a'..=b'z').chain(b'A'..=b'Z').nth(index).map_or('+', char::from)
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
    causes: Vec<&'a str>,
}

/// A combination as one line of JSON.
pub fn json(hunted: &Hunted, hunt: &Hunt, kernel: Option<&str>) -> String {
    let violations = hunted.bad.iter().map(|bad| ViolationObject {
        name: &bad.name,
        steps: bad.steps,
        causes: bad.causes.iter().map(|&index| hunt.causes()[index].name.as_str()).collect(),
    });
    let object = HuntedObject {
        schema: "ghosthunt.hunt/1",
        model: &hunt.model,
        kernel,
        situation: &hunted.cell.situation,
        exit: &hunted.cell.exit,
        suspenders: &hunted.cell.suspenders,
        verdict: hunted.verdict(),
        violations: violations.collect(),
        states: hunted.states,
        exhaustive: hunted.exhaustive,
    };
    serde_json::to_string(&object).expect("plain data can be written") + "\n"
}

/// The head of the table: one column a suspender, one for what several do together, one for states.
pub fn head(hunt: &Hunt, kernel: Option<&str>) -> String {
    let kernel = kernel.map_or(String::new(), |kernel| format!(" on {kernel}"));
    let mut names = hunt.suspenders();
    let widths = widths(names.len());
    names.extend(["together", "states"]);
    let title = paint(style::STRONG, &format!("{}{kernel}", hunt.model));
    let columns: String = names.iter().zip(widths).map(|(n, w)| pad(n, w)).collect();
    let columns = format!("{}{}", pad("", FIRST), columns);
    format!("{title}: {}\n\n{}\n", hunt.about, columns.trim_end())
}

/// The row of one situation and way out: all its combinations, those of one suspender first.
pub fn row(hunted: &[Hunted], hunt: &Hunt) -> String {
    let Some(first) = hunted.first() else { return String::new() };
    let suspenders = hunt.suspenders().len();
    let (alone, together) = hunted.split_at(suspenders.min(hunted.len()));
    let mut line = pad(&format!("  {}", first.cell.exit), FIRST);
    let widths = widths(suspenders);
    for (found, &width) in alone.iter().zip(&widths) {
        let words = found.words(hunt);
        let gap = " ".repeat(width.saturating_sub(words.width()).max(1));
        line += &format!("{}{gap}", styled(found.verdict(), &words));
    }
    let (words, verdict) = together_words(alone, together, hunt);
    let gap = " ".repeat(widths[suspenders].saturating_sub(words.width()).max(1));
    line += &verdict.map_or(words.clone(), |verdict| styled(verdict, &words));
    let states = hunted.iter().map(|found| found.states).sum();
    line + &gap + &text::count(states) + "\n"
}

/// What several suspenders do that none of them does alone, and the verdict that it is.
fn together_words<'a>(
    alone: &[Hunted],
    together: &'a [Hunted],
    hunt: &Hunt,
) -> (String, Option<&'a str>) {
    let known = |found: &Hunted, name: &str| {
        alone.iter().any(|one| {
            found.cell.suspenders.contains(&one.cell.suspenders[0])
                && one.bad.iter().any(|known| known.name == name)
        })
    };
    for found in together {
        if let Some(bad) = found.bad.iter().find(|bad| !known(found, &bad.name)) {
            let words = format!("{}: {}", bad.words(hunt), found.cell.suspenders.join(", "));
            return (words, Some(found.verdict()));
        }
    }
    if let Some(unfinished) = together.iter().find_map(Hunted::unfinished) {
        return (unfinished.to_string(), Some(unfinished));
    }
    match together.first() {
        None => ("–".to_string(), None),
        Some(_) if together.iter().any(|found| !found.bad.is_empty()) => {
            ("nothing new".to_string(), None)
        }
        Some(_) => ("safe".to_string(), Some("safe")),
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
    let interrupted = match hunted.iter().all(|found| found.begun) {
        true => "",
        false => "Interrupted: the table is incomplete; what it calls unsearched was not begun\n",
    };
    format!(
        "\n{}: {}; {} states in {}\n{interrupted}",
        text::plural(hunted.len() as u64, "combination"),
        words.join(", "),
        text::count(states),
        text::duration(time)
    )
}

/// What the letters of the table stand for, and what the hunt leaves out and why.
pub fn notes(hunted: &[Hunted], hunt: &Hunt) -> String {
    let bad = || hunted.iter().flat_map(|found| &found.bad);
    let mut notes = String::new();
    let used = hunt.causes().iter().enumerate();
    for (index, cause) in used.filter(|(index, _)| bad().any(|bad| bad.causes.contains(index))) {
        notes += &note(&letter(index).to_string(), &format!("{} ({})", cause.name, cause.source));
    }
    if !hunt.causes().is_empty() && bad().any(|bad| bad.causes.is_empty()) {
        notes += &note("?", "no cause is known");
    }
    let left_out: String = hunt
        .left_out()
        .iter()
        .map(|left| note(" ", &format!("{}: {}", left.what, left.why)))
        .collect();
    let gap = |notes: &str| if notes.is_empty() { "" } else { "\n" };
    let heading = if left_out.is_empty() { "" } else { "\nLeft out:\n" };
    format!("{}{notes}{heading}{left_out}", gap(&notes))
}

/// A note with its mark, on as many lines as it takes.
fn note(mark: &str, words: &str) -> String {
    let lines = text::wrap(words, 96, usize::MAX);
    let lines = lines.iter().enumerate();
    lines.map(|(i, line)| format!("{}  {line}\n", if i == 0 { mark } else { " " })).collect()
}

const FIRST: usize = 25;

/// The widths of the columns after the first.
fn widths(suspenders: usize) -> Vec<usize> {
    let mut widths = vec![12; suspenders];
    widths.extend([18, 9]);
    widths
}

fn pad(words: &str, width: usize) -> String {
    format!("{words}{}", " ".repeat(width.saturating_sub(words.width()).max(1)))
}
