//! The sentences that HTML and Markdown share.

use super::super::text::{count, plural};
use super::super::{Checked, Condition, Standing, Verdict};
use super::{Parting, Scene};
use crate::scenario::{finding_name, limit_reached};

/// The verdict in a word: the violation's name, `safe` or `incomplete`.
pub(super) fn verdict<'a>(checked: &'a Checked) -> &'a str {
    match (Verdict::of(checked.report), checked.told_first()) {
        (Verdict::Violated, Some(found)) => finding_name(&found.what, &checked.check.program),
        (verdict, _) => verdict.name(),
    }
}

/// What the model's own text says of itself: the first paragraph of its head.
pub(super) fn header(checked: &Checked) -> String {
    let lines = checked.check.program.header.iter().map(|line| line.trim());
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// For each thread of the cast: its name, what it runs, and what the text says of that.
pub(super) fn cast<'a>(checked: &'a Checked) -> Vec<(&'a str, &'a str, String)> {
    let program = &checked.check.program;
    let doc = |runs: &str| {
        // `unfair preempts(m0, 2)`: the proc is the word before the parenthesis.
        let head = runs.split('(').next().unwrap_or("");
        let proc = head.split_whitespace().last().unwrap_or("");
        let docs = program.docs.iter().find(|(name, _)| name == proc);
        docs.map_or(String::new(), |(_, lines)| {
            let lines: Vec<_> = lines.iter().map(|line| line.trim()).collect();
            lines.join(" ").trim().to_string()
        })
    };
    let threads = program.threads.iter();
    threads.map(|thread| (thread.name.as_str(), thread.runs.as_str(), doc(&thread.runs))).collect()
}

/// What the verdict means, and how much was searched.
pub(super) fn searched(checked: &Checked) -> String {
    let report = checked.report;
    let states = plural(report.states, "state");
    let transitions = plural(report.transitions, "transition");
    match limit_reached(report.completeness) {
        None => format!(
            "Every interleaving was searched: all {states} and {transitions}, up to {} steps deep.",
            report.depth
        ),
        Some(limit) => format!(
            "{limit}: {states} and {transitions} were searched, {} of them not to their ends.",
            count(report.frontier)
        ),
    }
}

/// The ends that the search found.
pub(super) fn ends(checked: &Checked) -> String {
    let ends = checked.report.ends.iter().map(|end| {
        let kind = if end.fine { "a good end" } else { "a bad end" };
        let nearest = plural(end.trace.len() as u64, "step");
        let spins = if end.spinning { ", spinning" } else { "" };
        let times = match end.count {
            1 => "once".to_string(),
            several => format!("{} times", count(several)),
        };
        format!("{} ({kind}, {times}, nearest in {nearest}{spins})", end.outcome)
    });
    ends.collect::<Vec<_>>().join("; ")
}

/// The headline of the schedule.
pub(super) fn schedule(scene: &Scene) -> String {
    let steps = plural(scene.run.steps.len() as u64, "step");
    let switches = match scene.run.switches() {
        1 => "1 switch".to_string(),
        switches => format!("{} switches", count(switches as u64)),
    };
    format!("A shortest schedule to “{}”: {steps}, {switches} between threads", scene.shows)
}

/// What the point of no return means.
pub(super) fn no_return(scene: &Scene) -> Option<String> {
    let step = scene.no_return?;
    Some(match step {
        0 => format!("No fair run avoids “{}”: it is certain from the start.", scene.shows),
        step => format!(
            "Step {step} is the point of no return: until then “{0}” could still be avoided; after it \
             every fair run gets to “{0}”.",
            scene.shows
        ),
    })
}

/// How a thread stands when the run is over.
pub(super) fn standing(standing: &Standing) -> String {
    let place = &standing.place;
    let shows = standing.shows.join(", ");
    match standing.condition {
        Condition::Finished => "has finished".to_string(),
        Condition::Dead => "is dead".to_string(),
        Condition::Stopped if shows.is_empty() => format!("is stopped at {place}"),
        Condition::Stopped => format!("is {shows} at {place}"),
        Condition::Waits if standing.waits_for.is_empty() => format!("waits at {place}"),
        Condition::Waits => format!("waits at {place} ({})", standing.waits_for.join(", ")),
        Condition::Runs => format!("goes on at {place}"),
    }
}

/// Where the fixed cast leaves the schedule.
pub(super) fn parting(parting: &Parting) -> String {
    match &parting.forbidden {
        None => {
            "The fixed cast can follow the whole schedule, and still ends otherwise.".to_string()
        }
        Some(forbidden) => format!(
            "The fix forbids step {}: {} cannot take `{}` there. {}",
            forbidden.step, forbidden.actor, forbidden.label, forbidden.instead
        ),
    }
}
