//! The table of mutants, for people.

use super::human::schedule;
use super::style::{BAD, FAINT, GOOD, NOTE, STRONG, paint};
use super::text::{count, duration, pad, plural, wrap};
use crate::mutate::{Class, Fate, Kill, Mutant, Plan, Survival};
use crate::scenario::finding_name;
use crate::schedule::Run;
use std::time::Duration;

/// A plan that has been carried out.
#[derive(Debug, Clone, Copy)]
pub struct Mutated<'a> {
    /// What was planned.
    pub plan: &'a Plan,
    /// The fates of the plan's mutants; `None` for those that were not examined.
    pub fates: &'a [Option<Fate>],
    /// Wall-clock time of it all.
    pub elapsed: Duration,
}

/// How many mutants had which fate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// All of them.
    pub mutants: usize,
    /// Some check tells them from the original.
    pub killed: usize,
    /// The language does not accept them.
    pub rejected: usize,
    /// The same graph.
    pub equivalent: usize,
    /// They do nothing new.
    pub slower_only: usize,
    /// They do, or no check runs them.
    pub not_distinguished: usize,
    /// Of these, those without a reason.
    pub without_reason: usize,
    /// A limit was reached.
    pub undecided: usize,
    /// Not examined.
    pub not_examined: usize,
}

impl Mutated<'_> {
    /// How many mutants had which fate.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts { mutants: self.fates.len(), ..Counts::default() };
        for fate in self.fates {
            match fate {
                None => counts.not_examined += 1,
                Some(Fate::Killed(_)) => counts.killed += 1,
                Some(Fate::Rejected(_)) => counts.rejected += 1,
                Some(Fate::Undecided { .. }) => counts.undecided += 1,
                Some(Fate::Survived(survival)) => match survival.class {
                    Class::Equivalent => counts.equivalent += 1,
                    Class::SlowerOnly => counts.slower_only += 1,
                    Class::NotDistinguished => {
                        counts.not_distinguished += 1;
                        counts.without_reason += usize::from(survival.reason.is_none());
                    }
                },
            }
        }
        counts
    }

    pub(super) fn examined(&self) -> impl Iterator<Item = (&Mutant, &Fate)> {
        let pairs = self.plan.mutants.iter().zip(self.fates);
        pairs.filter_map(|(mutant, fate)| Some((mutant, fate.as_ref()?)))
    }
}

/// What is left out of a table.
#[derive(Debug, Clone, Copy, Default)]
pub struct Detail {
    /// Only mutants that survived, or are undecided.
    pub survivors: bool,
    /// Draw the schedules that were kept.
    pub schedules: bool,
}

/// The table: one mutant a row, by proc; then the survivors, with what is known of them.
pub fn mutation_table(mutated: &Mutated, detail: Detail, width: usize) -> String {
    let mut text = head(mutated, "mutant");
    let mut owner = "";
    for (mutant, fate) in mutated.examined() {
        if detail.survivors && matches!(fate, Fate::Killed(_) | Fate::Rejected(_)) {
            continue;
        }
        let (proc, line) = mutant.place();
        if proc != owner {
            text += &format!("\n{}\n", paint(STRONG, proc));
            owner = proc;
        }
        text += &row(mutated.plan, line, mutant, fate, width);
        if detail.schedules {
            text += &drawn(fate, width);
        }
    }
    text += &survivors(mutated, width);
    text + "\n" + &sum(mutated, width)
}

pub(super) fn head(mutated: &Mutated, what: &str) -> String {
    let plan = mutated.plan;
    let files = plan.texts.iter().map(|text| text.file.as_str()).collect::<Vec<_>>().join(", ");
    let mutants = plural(mutated.fates.len() as u64, what);
    let checks = plural(plan.checks.len() as u64, "check");
    format!("{}: {mutants} of {files}, judged by {checks}\n", paint(STRONG, &plan.model))
}

fn row(plan: &Plan, line: u32, mutant: &Mutant, fate: &Fate, width: usize) -> String {
    const NUMBER: usize = 4;
    let left_width = width.saturating_sub(NUMBER + 4) / 2;
    let right_width = width.saturating_sub(NUMBER + 4 + left_width);
    let left = wrap(mutant.description(), left_width, 3);
    let (style, words) = fate_words(plan, fate);
    let right = wrap(&words, right_width, 4);
    let mut text = String::new();
    for index in 0..left.len().max(right.len()) {
        let number = if index == 0 { line.to_string() } else { String::new() };
        let change = left.get(index).map_or("", String::as_str);
        let told = right.get(index).map_or("", String::as_str);
        let line =
            format!("{number:>NUMBER$}  {}  {}", pad(change, left_width), paint(style, told));
        text += line.trim_end();
        text.push('\n');
    }
    text
}

pub(super) fn fate_words(plan: &Plan, fate: &Fate) -> (anstyle::Style, String) {
    match fate {
        Fate::Killed(kills) => (GOOD, format!("killed: {}", kill_words(plan, &kills[0]))),
        Fate::Rejected(message) => (FAINT, format!("rejected: {message}")),
        Fate::Undecided { check, limit } => (NOTE, format!("undecided: in {check} {limit}")),
        Fate::Survived(survival) => {
            let new = survival.class == Class::NotDistinguished && survival.reason.is_none();
            (if new { BAD } else { NOTE }, survival.class.name().to_string())
        }
    }
}

/// `ghost, 23 steps, go/cgo-exit@windows_10`
fn kill_words(plan: &Plan, kill: &Kill) -> String {
    let base = &plan.checks[kill.check];
    let (check, clearest) = (base.name(), kill.clearest());
    if let Some(found) = base.report.violations.first().filter(|_| kill.heals) {
        let steps = plural(found.trace.len() as u64, "step");
        let name = finding_name(&found.what, &base.check.program);
        return format!("nothing fails any more in {check}; with it {name}, {steps}");
    }
    match clearest.steps {
        Some(steps) => format!("{}, {}, {check}", clearest.by, plural(steps as u64, "step")),
        None => format!("{}, {check}", clearest.words),
    }
}

pub(super) fn survival_words(survival: &Survival) -> String {
    let searched = format!(
        "{} found what they expect in {} states",
        plural(survival.checks.len() as u64, "check"),
        count(survival.states)
    );
    let mut words = format!("{}: {}; {searched}", survival.class.name(), survival.words);
    if let Some(reason) = &survival.reason {
        words += &format!("; {reason}");
    }
    words
}

fn survivors(mutated: &Mutated, width: usize) -> String {
    let mut text = String::new();
    for class in [Class::NotDistinguished, Class::SlowerOnly, Class::Equivalent] {
        let of_class = mutated.examined().filter_map(|(mutant, fate)| match fate {
            Fate::Survived(survival) if survival.class == class => Some((mutant, survival)),
            _ => None,
        });
        for (index, (mutant, survival)) in of_class.enumerate() {
            if index == 0 {
                let mut name = class.name().to_string();
                name[..1].make_ascii_uppercase();
                text += &format!("\n{}\n", paint(STRONG, &name));
            }
            let (proc, line) = mutant.place();
            text += &paragraph(&format!("{proc}:{line}  {}", mutant.description()), width, 2);
            text += &paint(FAINT, &paragraph(&survival_words(survival), width, 6));
        }
    }
    text
}

pub(super) fn drawn(fate: &Fate, width: usize) -> String {
    let Fate::Killed(kills) = fate else { return String::new() };
    let kept = kills.iter().find_map(|kill| Some((kill, kill.run.as_ref()?)));
    kept.map_or_else(String::new, |(kill, kept)| {
        let run = Run::new(&kept.check.program, &kept.trace).expect("what was found can be run");
        let run = run.with_cycle(kept.cycle_from);
        schedule(&kill.clearest().by, &run, &kept.report, width) + "\n"
    })
}

fn sum(mutated: &Mutated, width: usize) -> String {
    let counts = mutated.counts();
    let without = match counts.without_reason {
        0 => String::new(),
        number => format!(" ({} without a reason)", count(number as u64)),
    };
    let all = plural(mutated.fates.len() as u64, "mutant");
    let words = listed(&[
        (counts.killed, "killed"),
        (counts.rejected, "rejected by the language"),
        (counts.equivalent, "equivalent"),
        (counts.slower_only, "slower only"),
        (counts.not_distinguished, &format!("not distinguished{without}")),
        (counts.undecided, "undecided"),
        (counts.not_examined, "not examined"),
    ]);
    paragraph(&format!("{all} in {}: {words}", duration(mutated.elapsed)), width, 0)
}

/// `3 killed, 1 equivalent`
pub(super) fn listed(numbers: &[(usize, &str)]) -> String {
    let told = numbers.iter().filter(|(number, _)| *number > 0);
    let words = told.map(|(number, what)| format!("{} {what}", count(*number as u64)));
    let words = words.collect::<Vec<_>>().join(", ");
    if words.is_empty() { "none".to_string() } else { words }
}

pub(super) fn paragraph(text: &str, width: usize, indent: usize) -> String {
    let lines = wrap(text, width.saturating_sub(indent), usize::MAX);
    lines.iter().map(|line| format!("{}{line}\n", " ".repeat(indent))).collect()
}
