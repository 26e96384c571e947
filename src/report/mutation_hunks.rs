//! What happens without each part of a change, for people. It says nothing of time, so that it is the
//! same on every machine.

use super::mutation::{
    Detail, Mutated, drawn, fate_words, head, listed, paragraph, survival_words,
};
use super::style::{BAD, FAINT, GOOD, NOTE, STRONG, paint};
use super::text::{count, plural, wrap};
use crate::mutate::{Fate, Kill, Mutant, Plan};
use crate::scenario::finding_name;

/// Columns that names of outcomes and properties stand in.
const NAMES: usize = 34;

/// What happens without each hunk, in all checks that run it or get to the statement it stands in.
pub fn hunk_table(mutated: &Mutated, detail: Detail, width: usize) -> String {
    let mut text = head(mutated, "hunk");
    for (mutant, fate) in mutated.examined() {
        text += &format!("\n{}\n", paint(STRONG, mutant.description()));
        for (_, edit) in &mutant.edits {
            let place = format!("{}:{}  {}", edit.owner, edit.line, edit.description);
            text += &paint(FAINT, &paragraph(&place, width, 2));
        }
        text += &told(mutated.plan, mutant, fate, width);
        if detail.schedules {
            text += &drawn(fate, width);
        }
    }
    text + "\n" + &sum(mutated, width)
}

fn told(plan: &Plan, mutant: &Mutant, fate: &Fate, width: usize) -> String {
    let run = plan.judges(mutant).len() as u64;
    match fate {
        Fate::Killed(kills) if does_harm(fate) => {
            let words = format!("with it {} what is nowhere without it:", finders(kills, run));
            headed(BAD, "does harm:", &words, width) + &mended(plan, kills, width)
        }
        Fate::Killed(kills) => {
            let words = format!("without it {} something else than expected:", finders(kills, run));
            headed(GOOD, "needed:", &words, width) + &differences(plan, kills, width)
        }
        Fate::Survived(survival) => {
            headed(NOTE, "not needed here:", &survival_words(survival), width)
        }
        other => paragraph(&fate_words(plan, other).1, width, 2),
    }
}

/// How many of the checks that run a hunk tell it.
fn finders(kills: &[Kill], run: u64) -> String {
    match kills.len() as u64 {
        1 if run == 1 => "the check that runs it finds".to_string(),
        all if run == all => format!("all {} checks that run it find", count(all)),
        1 => format!("1 of the {} checks that run it finds", count(run)),
        some => format!("{} of the {} checks that run it find", count(some), count(run)),
    }
}

/// A paragraph whose first words stand out.
fn headed(style: anstyle::Style, word: &str, words: &str, width: usize) -> String {
    let text = paragraph(&format!("{word} {words}"), width, 2);
    text.replacen(word, &paint(style, word), 1)
}

/// All that a check misses without it is what fails with it.
fn does_harm(fate: &Fate) -> bool {
    matches!(fate, Fate::Killed(kills) if kills.iter().all(|kill| kill.heals))
}

/// Where something is found.
struct Group<'a> {
    name: &'a str,
    /// The shortest schedule to it, if it has one.
    steps: Option<usize>,
    /// The first check that finds it, or the one with the shortest schedule.
    check: usize,
    checks: usize,
}

/// The things found, those with the shortest schedules first.
fn grouped<'a>(found: impl Iterator<Item = (&'a str, Option<usize>, usize)>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group> = Vec::new();
    let rank = |steps: Option<usize>| (steps.is_none(), steps);
    for (name, steps, check) in found {
        match groups.iter_mut().find(|group| group.name == name) {
            None => groups.push(Group { name, steps, check, checks: 1 }),
            Some(group) => {
                group.checks += 1;
                if rank(steps) < rank(group.steps) {
                    (group.steps, group.check) = (steps, check);
                }
            }
        }
    }
    groups.sort_by_key(|group| rank(group.steps));
    groups
}

/// What the checks find without the hunk. What they miss mostly follows from it, and is only counted.
fn differences(plan: &Plan, kills: &[Kill], width: usize) -> String {
    let of = |shown: bool| {
        kills.iter().filter(|kill| !kill.heals).flat_map(move |kill| {
            let differences = kill.differences.iter();
            differences
                .filter(move |difference| difference.steps.is_some() == shown)
                .map(move |difference| (difference, kill.check))
        })
    };
    let shown = of(true).map(|(found, check)| (found.by.as_str(), found.steps, check));
    let shown = grouped(shown);
    let missed = kills.iter().filter(|kill| {
        !kill.heals && kill.differences.iter().any(|difference| difference.steps.is_none())
    });
    let mut text = rows(plan, &shown, width);
    match missed.count() as u64 {
        0 => {}
        _ if shown.is_empty() => {
            let found = of(false).map(|(missed, check)| (missed.words.as_str(), None, check));
            text += &rows(plan, &grouped(found), width);
        }
        checks => {
            let words = format!(
                "in {} an end or a goal that is expected is never reached",
                plural(checks, "check")
            );
            text += &paragraph(&words, width, 4);
        }
    }
    match kills.iter().filter(|kill| kill.heals).count() as u64 {
        0 => text,
        healed => {
            let words = format!("in {} nothing fails any more", plural(healed, "check"));
            text + &paragraph(&words, width, 4)
        }
    }
}

/// What the checks find with the hunk and not without it.
fn mended(plan: &Plan, kills: &[Kill], width: usize) -> String {
    let found = kills.iter().flat_map(|kill| {
        let base = &plan.checks[kill.check];
        let violations = base.report.violations.iter();
        violations.map(move |found| {
            let name = finding_name(&found.what, &base.check.program);
            (name, Some(found.trace.len()), kill.check)
        })
    });
    rows(plan, &grouped(found), width)
}

/// `ghost   17 steps   go/cgo-exit-1.14@windows_10 and 3 more`
fn rows(plan: &Plan, groups: &[Group], width: usize) -> String {
    let mut text = String::new();
    for group in groups {
        let steps = group.steps.map_or(String::new(), |steps| plural(steps as u64, "step"));
        let mut place = plan.checks[group.check].name();
        if group.checks > 1 {
            place += &format!(" and {} more", count(group.checks as u64 - 1));
        }
        let names = wrap(group.name, NAMES, usize::MAX);
        let places = wrap(&place, width.saturating_sub(NAMES + 16), usize::MAX);
        for line in 0..names.len().max(places.len()) {
            let name = names.get(line).map_or("", String::as_str);
            let steps = if line == 0 { steps.as_str() } else { "" };
            let place = places.get(line).map_or("", String::as_str);
            text += format!("    {name:<NAMES$}{steps:>9}  {place}").trim_end();
            text.push('\n');
        }
    }
    text
}

fn sum(mutated: &Mutated, width: usize) -> String {
    let counts = mutated.counts();
    let harmful = mutated.fates.iter().flatten().filter(|fate| does_harm(fate)).count();
    let survived = counts.equivalent + counts.slower_only + counts.not_distinguished;
    let words = listed(&[
        (counts.killed - harmful, "needed"),
        (survived, "not needed here"),
        (harmful, "doing harm"),
        (counts.rejected, "rejected by the language"),
        (counts.undecided, "undecided"),
        (counts.not_examined, "not examined"),
    ]);
    let all = plural(mutated.fates.len() as u64, "hunk");
    paragraph(&format!("{all}: {words}"), width, 0)
}
