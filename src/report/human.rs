//! The verdict of a check, for people.

use super::endless::live_words;
use super::execution::execution;
use super::standing::{Condition, Standing, standings};
use super::style::{BAD, GOOD, NOTE, STRONG, paint};
use super::text::{bytes, count, duration, pad, plural, wrap};
use super::{Checked, Verdict, columns, for_ever};
use crate::machine::Step;
use crate::program::{Program, Property, Statement};
use crate::scenario::{UnmetKind, finding_name, limit_reached};
use crate::schedule::{Replay, Run};
use crate::search::{Finding, Report, Trace};
use anstyle::Style;
use unicode_width::UnicodeWidthStr;

/// Everything there is to say about a check: the verdict, the schedule drawn, who waits for what at
/// its end, the census of ends and what was searched. `show` names the run to draw instead of the
/// one that matters most.
pub fn details(checked: &Checked, show: Option<&str>, width: usize) -> String {
    let mut text = headline(checked, width);
    let scenario = checked.scenario;
    if !scenario.about.is_empty() {
        text += &paragraph(&scenario.about, width, 2);
    }
    if let Some(source) = &scenario.source {
        text += &paragraph(&format!("[{source}]"), width, 2);
    }
    for unmet in &checked.judgement.unmet {
        let style = if unmet.kind == UnmetKind::Incomplete { NOTE } else { BAD };
        text += &painted(style, &unmet.text, width, 2);
    }
    if !checked.has_schedules() {
        text += &executed(checked, show, width);
    } else if let Some((name, trace)) = drawn(checked, show) {
        let run = Run::new(&checked.check.program, trace).expect("what was found can be run");
        let run = run.with_cycle(checked.cycle_of(name));
        text += &schedule(name, &run, checked.report, width);
    }
    text += "\n";
    text += &census(checked.report, width);
    text += &searched(checked, width);
    text += &live(checked, width);
    for remark in &checked.report.remarks {
        text += &paragraph(&format!("Beware: {remark}"), width, 0);
    }
    for (shows, path) in &checked.saved {
        text += &format!("Saved the schedule to `{shows}` in {path}\n");
    }
    text
}

/// Races, and the execution that is drawn: the one asked for, else that of what is told first.
fn executed(checked: &Checked, show: Option<&str>, width: usize) -> String {
    let mut text = String::new();
    for found in &checked.report.violations {
        if let Finding::Race(what) = &found.what {
            text += &painted(BAD, &format!("Race on {what}"), width, 2);
        }
    }
    let told = checked.told_first();
    let told = told.map(|found| finding_name(&found.what, &checked.check.program));
    let mut executions = checked.report.executions.iter();
    if let Some(found) = show.or(told).and_then(|name| executions.find(|one| one.shows == name)) {
        let accesses = plural(found.steps.len() as u64, "step");
        let head = format!("An execution with `{}`, {accesses}", found.shows);
        text += &format!("\n{}\n{}", painted(STRONG, &head, width, 0), execution(found, width));
    }
    text
}

/// The run that is drawn: the one asked for, else the violation that matters most.
fn drawn<'a>(checked: &'a Checked, show: Option<&str>) -> Option<(&'a str, &'a Trace)> {
    match show {
        Some(show) => checked.runs().into_iter().find(|(name, _)| *name == show),
        None => checked
            .told_first()
            .map(|found| (finding_name(&found.what, &checked.check.program), &found.trace)),
    }
}

/// The name of the check and its verdict, below each other if they do not fit side by side.
fn headline(checked: &Checked, width: usize) -> String {
    let name = checked.check.program.check_name();
    let (verdict, style) = verdict(checked);
    let gap = if name.width() + verdict.width() + 2 <= width { " " } else { "\n  " };
    format!("{}:{gap}{}\n", paint(STRONG, &name), paint(style, &verdict))
}

fn verdict(checked: &Checked) -> (String, Style) {
    let program = &checked.check.program;
    let verdict = match (Verdict::of(checked.report), checked.told_first()) {
        (Verdict::Violated, Some(found)) => finding_name(&found.what, program),
        (verdict, _) => verdict.name(),
    };
    if checked.judgement.as_expected() {
        return (format!("{verdict}, as expected"), GOOD);
    }
    let gravest = checked.judgement.gravest();
    if gravest == Some(UnmetKind::Vacuous) {
        return (format!("{verdict}, but vacuous"), BAD);
    }
    let style = if gravest == Some(UnmetKind::Incomplete) { NOTE } else { BAD };
    (format!("{verdict} (expected: {})", checked.check.expectation.summary()), style)
}

/// One line for a check below its scenario's name, the kernel filled up to `kernel_width`.
pub fn line(checked: &Checked, kernel_width: usize, width: usize) -> String {
    let (word, style) = match checked.judgement.gravest() {
        None => ("ok", GOOD),
        Some(UnmetKind::Incomplete) => ("incomplete", NOTE),
        Some(UnmetKind::Vacuous) => ("vacuous", BAD),
        Some(_) => ("UNEXPECTED", BAD),
    };
    let report = checked.report;
    let kernel = checked.check.program.kernel.as_deref().unwrap_or("");
    let states = format!("{:>13} states", count(report.states));
    let time = format!("{:>9}", duration(report.elapsed));
    let start = format!("  {}  {}  {states}  {time}  ", pad(word, 10), pad(kernel, kernel_width));
    let census = wrap(&census_words(checked), width.saturating_sub(start.width()), 1).concat();
    format!("{}{census}\n", start.replacen(word, &paint(style, word), 1))
}

/// The ends by outcome, and the violations that are no ends: `exited 12, ghost 3, never x`.
fn census_words(checked: &Checked) -> String {
    let ends = checked.report.ends.iter();
    let ends = ends.map(|end| format!("{} {}", end.outcome, count(end.count)));
    let violations = checked.report.violations.iter();
    let others = violations.filter(|found| !matches!(found.what, Finding::End { .. }));
    let others = others.map(|found| finding_name(&found.what, &checked.check.program).to_string());
    ends.chain(others).collect::<Vec<_>>().join(", ")
}

/// A schedule of the report drawn, and how it leaves the threads.
pub(super) fn schedule(name: &str, run: &Run, report: &Report, width: usize) -> String {
    let steps = plural(run.cycle_from.unwrap_or(run.steps.len()) as u64, "step");
    let switches = plural(run.switches() as u64, "switch").replace("switchs", "switches");
    let is_liveness = |p: &Property| p.name == name && p.kind.is_liveness();
    let head = match run.cycle_from {
        Some(from) => {
            let turn = plural((run.steps.len() - from) as u64, "step");
            format!("A run without what `{name}` promises: {steps}, then {turn} for ever")
        }
        None if run.program.properties.iter().any(is_liveness) => {
            format!("A run without what `{name}` promises: {steps}, then nothing for ever")
        }
        None => {
            let fewest = if report.fewest_switches { "; none as short has fewer" } else { "" };
            let article = if report.runs.is_none() { "A shortest" } else { "A" };
            format!("{article} schedule to `{name}`: {steps}, {switches} between threads{fewest}")
        }
    };
    let head = painted(STRONG, &head, width, 0);
    format!("\n{head}\n{}{}", columns(run, width), end_of(run, width))
}

/// The shortest schedule to each goal of a `reach`.
pub fn witnesses(checked: &Checked, width: usize) -> String {
    let program = &checked.check.program;
    let witnessed = checked.report.reach.iter().filter_map(|(property, trace)| {
        let run = Run::new(program, trace.as_ref()?).expect("what was found can be run");
        let name = &program.properties[*property].name;
        Some(schedule(name, &run, checked.report, width))
    });
    witnessed.collect()
}

/// A schedule that was replayed, by `engine`.
pub fn replayed(
    replay: &Replay,
    check_name: &str,
    shows: &str,
    engine: &str,
    width: usize,
) -> String {
    let steps = plural(replay.run.steps.len() as u64, "step");
    let verdict = paint(GOOD, &format!("shows {shows}"));
    let closes = if replay.run.cycle_from.is_some() { ", and its cycle closes" } else { "" };
    let taken_by = match engine {
        "search" => String::new(),
        other => format!("\n{other} has taken them too"),
    };
    format!(
        "{}: {verdict}, {steps}, each as the schedule says{closes}{taken_by}\n\n{}{}",
        paint(STRONG, check_name),
        columns(&replay.run, width),
        end_of(&replay.run, width)
    )
}

/// A schedule made smaller: before, after, and whether none is shorter.
pub fn minimised(
    given: &Replay,
    minimal: &Replay,
    check_name: &str,
    proved: bool,
    width: usize,
) -> String {
    let size = |run: &Run| {
        let steps = plural(run.steps.len() as u64, "step");
        let switches = plural(run.switches() as u64, "switch").replace("switchs", "switches");
        format!("{steps}, {switches}")
    };
    let proof = match (proved, minimal.run.cycle_from) {
        (true, None) => "none is shorter, and none as short has fewer switches",
        (true, Some(_)) => "no way to a cycle is shorter",
        (false, _) => "not proved to be shortest: the scenario was not searched whole",
    };
    let (before, after) = (size(&given.run), size(&minimal.run));
    let verdict = match (before == after, proved) {
        (false, _) => format!("{before} made {after}; {proof}"),
        (true, true) => format!("{after}: minimal already; {proof}"),
        (true, false) => format!("{after}: nothing was found to leave out; {proof}"),
    };
    format!(
        "{}\n{}\n{}{}",
        paint(STRONG, check_name),
        painted(GOOD, &verdict, width, 2),
        columns(&minimal.run, width),
        end_of(&minimal.run, width)
    )
}

/// How a run leaves the threads; nothing if it ends in a step that failed.
fn end_of(run: &Run, width: usize) -> String {
    if run.steps.last().is_some_and(|taken| matches!(taken.step, Step::Violation(_))) {
        return String::new();
    }
    if run.cycle_from.is_some() {
        return for_ever_words(run, width);
    }
    let standings = standings(run.program, run.last_state());
    let total = plural(standings.len() as u64, "thread");
    let living = standings
        .iter()
        .filter(|s| !matches!(s.condition, Condition::Dead | Condition::Finished))
        .count();
    let text = format!(
        "\nThen {living} of {total} {}:\n",
        if living == 1 { "is left" } else { "are left" }
    );
    text + &by_thread(run.program, standings.iter().map(Standing::words), width)
}

/// What each thread does in the cycle.
fn for_ever_words(run: &Run, width: usize) -> String {
    let words = for_ever(run).into_iter().map(|does| does.words());
    format!("\nMeanwhile, for ever:\n{}", by_thread(run.program, words, width))
}

/// A line or more for each thread, after its name.
fn by_thread(program: &Program, words: impl Iterator<Item = String>, width: usize) -> String {
    let mut text = String::new();
    let names = program.threads.iter().map(|thread| thread.name.as_str());
    let name_width = names.clone().map(|name| name.width()).max().unwrap_or(0);
    for (name, words) in names.zip(words) {
        let lines = wrap(&words, width.saturating_sub(name_width + 4), 4);
        for (index, line) in lines.iter().enumerate() {
            let name = if index == 0 { name } else { "" };
            text += &format!("  {}  {line}\n", pad(name, name_width));
        }
    }
    text
}

/// What the liveness properties turn on.
fn live(checked: &Checked, width: usize) -> String {
    live_words(checked).iter().map(|words| paragraph(words, width, 0)).collect()
}

fn census(report: &Report, width: usize) -> String {
    let mut text = String::new();
    if !report.ends.is_empty() {
        let ends = report.ends.iter().map(|end| {
            let spins = if end.spinning { ", spinning" } else { "" };
            let steps = plural(end.trace.len() as u64, "step");
            let bad = if end.fine { "" } else { ", bad" };
            let execution = report.executions.iter().find(|one| one.shows == end.outcome);
            let nearest = match execution {
                Some(one) => format!("shortest in {}", plural(one.steps.len() as u64, "step")),
                None => format!("nearest in {steps}"),
            };
            format!("{} {} ({nearest}{spins}{bad})", end.outcome, count(end.count))
        });
        let ends: Vec<_> = ends.collect();
        text += &paragraph(&format!("Ends: {}", ends.join("; ")), width, 0);
    }
    text
}

/// What was searched, and what was not.
fn searched(checked: &Checked, width: usize) -> String {
    let report = checked.report;
    if let Some(runs) = report.runs {
        return ran(report, runs, width);
    }
    let states = plural(report.states, "state");
    let rest = format!(
        "{} transitions, depth {}, {} in {}",
        count(report.transitions),
        report.depth,
        bytes(report.store_bytes),
        duration(report.elapsed)
    );
    match limit_reached(report.completeness) {
        None => paragraph(&format!("Searched all {states}: {rest}"), width, 0),
        Some(limit) => {
            let frontier = count(report.frontier);
            paragraph(
                &format!(
                    "Searched {states}, {frontier} of them not to their ends, when {limit}: \
                     {rest}"
                ),
                width,
                0,
            )
        }
    }
}

/// What the runs of another engine came to.
fn ran(report: &Report, runs: u64, width: usize) -> String {
    let all = match limit_reached(report.completeness) {
        None => "Took all",
        Some(_) => "Took",
    };
    let text = format!(
        "{all} {} on {}, of at most {}: saw {}{} in {}",
        plural(runs, "run"),
        report.engine,
        plural(u64::from(report.depth), "step"),
        plural(report.states, "state"),
        if report.executions.is_empty() { "" } else { " at their ends" },
        duration(report.elapsed)
    );
    paragraph(&text, width, 0)
}

/// How many statements never ran, and how to see them; nothing if all did.
pub fn never_run(checked: &Checked, width: usize) -> String {
    match checked.report.not_run.len() as u64 {
        0 => String::new(),
        number => {
            let statements = plural(number, "statement");
            paragraph(&format!("{statements} never ran here; --coverage lists them"), width, 0)
        }
    }
}

/// The statements that never ran, by the text they stand in.
fn not_run_by_file<'a>(checked: &'a Checked) -> Vec<(&'a str, Vec<&'a Statement>)> {
    let program = &checked.check.program;
    let mut by_file: Vec<(u16, Vec<&Statement>)> = Vec::new();
    for &statement in &checked.report.not_run {
        let statement = &program.statements[statement as usize];
        let file = statement.span.file;
        match by_file.iter_mut().find(|(known, _)| *known == file) {
            Some((_, statements)) => statements.push(statement),
            None => by_file.push((file, vec![statement])),
        }
    }
    by_file.sort_by_key(|(file, _)| *file);
    let name = |file| program.sources.files[usize::from(file)].name.as_str();
    by_file.into_iter().map(|(file, statements)| (name(file), statements)).collect()
}

/// Every statement that never ran, with its place.
pub fn coverage(checked: &Checked, width: usize) -> String {
    let mut text = String::new();
    for (file, mut statements) in not_run_by_file(checked) {
        text += &format!("\n{}\n", paint(STRONG, &format!("Never run in {file}")));
        statements.sort_by_key(|statement| statement.span);
        for statement in statements {
            let words = format!("{} {}: {}", statement.line, statement.owner, statement.label);
            text += &paragraph(&wrap(&words, width - 2, 1).join(""), width, 2);
        }
    }
    text
}

/// `text` wrapped to `width`, `indent` columns in.
pub(super) fn paragraph(text: &str, width: usize, indent: usize) -> String {
    let lines = wrap(text, width.saturating_sub(indent), usize::MAX);
    lines.iter().map(|line| format!("{}{line}\n", " ".repeat(indent))).collect()
}

/// As [`paragraph`], in a style.
fn painted(style: Style, text: &str, width: usize, indent: usize) -> String {
    let lines = wrap(text, width.saturating_sub(indent), usize::MAX);
    let paint = |line: &String| format!("{}{}\n", " ".repeat(indent), paint(style, line));
    lines.iter().map(paint).collect()
}
