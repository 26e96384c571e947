//! What `ghosthunt orders` tells: a row for each combination of memory orders.

use super::execution::execution;
use super::style::{BAD, GOOD, NOTE, STRONG, paint};
use super::text::{pad, plural};
use crate::language::Errors;
use crate::program::{Order, Program};
use crate::scenario::finding_name;
use crate::search::{Completeness, Execution, Finding, Report};
use serde::Serialize;
use std::collections::BTreeMap;

/// One scenario under one combination of orders.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// `sound`, `racy`, the names of bad ends and failing properties, or `none seen`.
    pub word: String,
    /// Executions that were taken.
    pub runs: u64,
    /// A limit stopped it.
    pub limited: bool,
    /// For the races, which accesses.
    pub races: Vec<String>,
    /// What shows the first thing that is wrong.
    pub execution: Option<Execution>,
}

/// One combination of orders.
#[derive(Debug, Clone)]
pub struct Tried {
    /// The orders, by option.
    pub orders: Vec<&'static str>,
    /// What they come to, by scenario.
    pub verdicts: Vec<Verdict>,
}

impl Verdict {
    /// What a run of loom under C11 says.
    pub fn of(report: &Report, program: &Program) -> Verdict {
        let races = report.violations.iter().filter_map(|found| match &found.what {
            Finding::Race(what) => Some(what.clone()),
            _ => None,
        });
        let races: Vec<String> = races.collect();
        let wrong = report.violations.iter().map(|found| finding_name(&found.what, program));
        let mut wrong: Vec<&str> = wrong.collect();
        wrong.dedup();
        let first = wrong.first().copied();
        let execution = report.executions.iter().find(|one| Some(one.shows.as_str()) == first);
        let word = match report.completeness {
            _ if !races.is_empty() => "racy".to_string(),
            _ if !wrong.is_empty() => wrong.join(", "),
            Completeness::Exhaustive => "sound".to_string(),
            _ => "none seen".to_string(),
        };
        let limits = [Completeness::TimeLimit, Completeness::RunLimit, Completeness::Interrupted];
        Verdict {
            word,
            runs: report.runs.unwrap_or(0),
            limited: limits.contains(&report.completeness),
            races,
            execution: execution.cloned(),
        }
    }

    fn styled(&self) -> String {
        let style = match self.word.as_str() {
            "sound" => GOOD,
            "none seen" => NOTE,
            _ => BAD,
        };
        paint(style, &self.word)
    }
}

/// An order's column is as wide as the longest order, or its option.
fn column(option: &str) -> usize {
    option.len().max("acquire".len()) + 2
}

/// Every way to give so many options an order, the weakest first.
pub fn combinations(options: usize) -> Vec<Vec<&'static str>> {
    let mut all = vec![Vec::new()];
    for _ in 0..options {
        let further = |orders: &Vec<&'static str>| {
            let orders = orders.clone();
            Order::NAMED.map(move |(name, _)| [orders.as_slice(), &[name]].concat())
        };
        all = all.iter().flat_map(further).collect();
    }
    all
}

/// Nothing is wrong but that an operation of C11 does not take an order that an option names.
pub fn takes_no_such_order(errors: &Errors) -> bool {
    let mut messages = errors.diagnostics.iter().map(|diagnostic| diagnostic.message.as_str());
    messages.all(|message| message.contains("does not take this memory order"))
}

/// The head of the table.
pub fn head(options: &[String], scenarios: &[&str]) -> String {
    let about = scenarios.join(" and ");
    let mut line = String::from("row  ");
    options.iter().for_each(|option| line += &pad(option, column(option)));
    for scenario in scenarios {
        line += &pad(scenario.rsplit('/').next().unwrap_or(scenario), COLUMN);
    }
    format!("{}: by loom, under C11\n\n{}\n", paint(STRONG, &about), line.trim_end())
}

const COLUMN: usize = 28;

/// A combination, the one with this number.
pub fn row(number: usize, tried: &Tried, options: &[String]) -> String {
    let mut line = format!("{number:3}  ");
    for (order, option) in tried.orders.iter().zip(options) {
        line += &pad(order, column(option));
    }
    for (index, verdict) in tried.verdicts.iter().enumerate() {
        let last = index + 1 == tried.verdicts.len();
        let gap = if last { 0 } else { COLUMN.saturating_sub(verdict.word.len()).max(1) };
        line += &format!("{}{}", verdict.styled(), " ".repeat(gap));
    }
    line + "\n"
}

/// How many combinations come to what.
pub fn tally(all: &[Tried], not_c11: u64, width: usize) -> String {
    let mut words: BTreeMap<&str, u64> = BTreeMap::new();
    for verdict in all.iter().flat_map(|tried| &tried.verdicts) {
        *words.entry(&verdict.word).or_default() += 1;
    }
    let words = words.iter().map(|(word, number)| format!("{number} {word}"));
    let runs = all.iter().flat_map(|tried| &tried.verdicts).map(|verdict| verdict.runs).sum();
    let combinations = plural(all.len() as u64, "combination");
    let skipped = match not_c11 {
        0 => String::new(),
        number => format!("; {number} more that C11 does not have"),
    };
    let words = words.collect::<Vec<_>>().join(", ");
    let runs = plural(runs, "execution");
    let text = format!("{combinations} in {runs}: {words}{skipped}");
    format!("\n{}", super::human::paragraph(&text, width, 0))
}

/// An execution for each combination that is not sound; combinations with the same one share it.
pub fn executions(all: &[Tried], width: usize) -> String {
    let mut shared: Vec<(&Verdict, String, Vec<usize>)> = Vec::new();
    for (row, tried) in (1..).zip(all) {
        for verdict in &tried.verdicts {
            let Some(found) = &verdict.execution else { continue };
            if verdict.word == "sound" || verdict.word == "none seen" {
                continue;
            }
            let drawn = execution(found, width);
            let same = |(one, other, _): &&mut (&Verdict, String, Vec<usize>)| {
                *other == drawn && one.races == verdict.races
            };
            match shared.iter_mut().find(same) {
                Some((.., rows)) => rows.push(row),
                None => shared.push((verdict, drawn, vec![row])),
            }
        }
    }
    let mut text = String::new();
    for (verdict, drawn, rows) in shared {
        let named = verdict.execution.as_ref().map_or("", |found| found.shows.as_str());
        let word = if rows.len() == 1 { "row" } else { "rows" };
        let head = format!("{named}, {word} {}:", ranges(&rows));
        text += &format!("\n{}\n", paint(STRONG, head.trim_end()));
        for race in verdict.races.iter().take(1) {
            text += &super::human::paragraph(race, width, 2);
        }
        text += &drawn;
    }
    text
}

/// Ascending numbers, those that follow each other as a range: `1–3, 5`.
fn ranges(numbers: &[usize]) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for &number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let words = ranges.into_iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}–{last}"),
    });
    words.collect::<Vec<_>>().join(", ")
}

#[derive(Serialize)]
struct TriedObject<'a> {
    schema: &'static str,
    orders: BTreeMap<&'a str, &'a str>,
    verdicts: BTreeMap<&'a str, &'a str>,
    races: Vec<&'a str>,
    runs: u64,
}

/// A combination as one line of JSON.
pub fn json(tried: &Tried, options: &[String], scenarios: &[&str]) -> String {
    let orders = options.iter().map(String::as_str).zip(tried.orders.iter().copied());
    let words = tried.verdicts.iter().map(|verdict| verdict.word.as_str());
    let object = TriedObject {
        schema: "ghosthunt.orders/1",
        orders: orders.collect(),
        verdicts: scenarios.iter().copied().zip(words).collect(),
        races: tried.verdicts.iter().flat_map(|v| &v.races).map(String::as_str).collect(),
        runs: tried.verdicts.iter().map(|verdict| verdict.runs).sum(),
    };
    serde_json::to_string(&object).expect("plain data can be written") + "\n"
}
