//! The sentences that HTML and Markdown share.

use super::super::explain::{PASSED_BY, passed_by_words};
use super::super::text::{count, plural};
use super::super::{Checked, ForEver, Standing, Verdict, for_ever, standings};
use super::{Parting, Scene};
use crate::scenario::{finding_name, limit_reached};
use crate::schedule::UNFINISHED;
use crate::search::Finding;

/// The verdict in few words: the violation's name, `safe` or `incomplete`.
pub(super) fn verdict(checked: &Checked) -> String {
    match (Verdict::of(checked.report), checked.told_first()) {
        (Verdict::Violated, Some(found)) => {
            let name = finding_name(&found.what, &checked.check.program);
            // A property is named after what it says, which is not so.
            let broken = matches!(found.what, Finding::Property(_));
            if broken { format!("broken: {name}") } else { name.to_string() }
        }
        (verdict, _) => verdict.name().to_string(),
    }
}

/// What the cast is about: the first sentence, and what follows it. A scenario that says nothing has
/// its name.
pub(super) fn title<'a>(checked: &'a Checked) -> (&'a str, &'a str) {
    match checked.scenario.about.trim() {
        "" => (&checked.scenario.name, ""),
        about => about.split_once(". ").unwrap_or((about.strip_suffix('.').unwrap_or(about), "")),
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

/// What the reader hunts: the name of what is to be avoided. A safe cast is kept from its worst
/// declared outcome, or from any bad end.
pub(super) fn target<'a>(scene: &'a Scene) -> &'a str {
    let program = scene.run.program;
    if scene.bad {
        return &scene.shows;
    }
    if let Some(found) = scene.checked.told_first() {
        return finding_name(&found.what, program);
    }
    let bad = program.outcomes.iter().find(|outcome| !outcome.fine);
    bad.map_or("stuck", |outcome| outcome.name.as_str())
}

/// The headline of the schedule.
pub(super) fn schedule(scene: &Scene) -> String {
    let run = &scene.run;
    let steps = |number: usize| plural(number as u64, "step");
    let switches = match run.switches() {
        1 => "1 switch".to_string(),
        switches => format!("{} switches", count(switches as u64)),
    };
    let shows = &scene.shows;
    match run.cycle_from {
        Some(from) => format!(
            "A run that breaks “{shows}”: {}, then {} again and again, for ever",
            steps(from),
            steps(run.steps.len() - from)
        ),
        None if scene.endless => format!(
            "A run that breaks “{shows}”: {}, then it may rest for ever",
            steps(run.steps.len())
        ),
        None if shows == UNFINISHED => {
            let steps = steps(run.steps.len());
            format!("A schedule that ends before its run does: {steps}, {switches} between threads")
        }
        None if scene.own => {
            format!(
                "A schedule to “{shows}”: {}, {switches} between threads",
                steps(run.steps.len())
            )
        }
        None => format!(
            "A shortest schedule to “{shows}”: {}, {switches} between threads",
            steps(run.steps.len())
        ),
    }
}

/// How every thread stands when the run is over, or what it does for ever: a heading, and for each
/// thread of the cast its words.
pub(super) fn over(scene: &Scene) -> (&'static str, Vec<String>) {
    if scene.run.cycle_from.is_some() || scene.endless {
        let words = for_ever(&scene.run).iter().map(ForEver::words).collect();
        return ("Meanwhile, for ever:", words);
    }
    let last = standings(scene.run.program, scene.run.last_state());
    let is_end = scene.path.last().is_some_and(|node| scene.fates.ends.contains_key(node));
    let heading = if is_end { "When it is over:" } else { "After the last step:" };
    (heading, last.iter().map(Standing::words).collect())
}

/// Why there is no game on the page, if its graph is too large to be embedded.
pub(super) fn too_large(scene: &Scene) -> Option<String> {
    if scene.view.whole {
        return None;
    }
    let danger = match scene.fates.danger_permille.is_empty() {
        true => "",
        false => ", with the danger of each step, computed on the whole graph",
    };
    let report = scene.checked.report;
    let at_least = if limit_reached(report.completeness).is_some() { "at least " } else { "" };
    Some(format!(
        "This cast has {at_least}{}, too many for a page to hold: here its schedule can be \
         played{danger}; to choose every step yourself, run `ghosthunt step {}`.",
        plural(report.states, "state"),
        scene.name()
    ))
}

/// What the numbers beside the steps mean; `None` if there are none.
pub(super) fn danger(scene: &Scene) -> Option<String> {
    let explained = scene.explained.as_ref()?;
    let shows = &scene.shows;
    if !scene.promise {
        return Some(format!(
            "Danger is how likely a scheduler that picks at random gets to “{shows}” from there."
        ));
    }
    let mut words = format!(
        "Danger is how likely a scheduler that picks at random breaks “{shows}” from there"
    );
    words += match explained.prospects.iter().all(|prospect| prospect.danger == 0.0) {
        true => ", which it never does: it takes one that passes a way out for ever, or is unfair.",
        false => ".",
    };
    Some(words)
}

/// In percent, without digits that nobody needs.
pub(super) fn percent(danger: f64) -> String {
    match danger * 100.0 {
        0.0 => "0 %".to_string(),
        small if small < 1.0 => "under 1 %".to_string(),
        100.0 => "100 %".to_string(),
        great if great > 99.0 => "over 99 %".to_string(),
        percent => format!("{percent:.0} %"),
    }
}

/// Of a run that breaks a promise which could be kept to its end: the ways out that it passes by, below
/// a heading.
pub(super) fn passed_by(scene: &Scene) -> Option<(&'static str, Vec<String>)> {
    let passed_by = scene.explained.as_ref()?.passed_by.as_ref()?;
    Some((PASSED_BY, passed_by_words(&scene.run, passed_by)))
}

/// What the point of no return means.
pub(super) fn no_return(scene: &Scene) -> Option<String> {
    let step = scene.no_return?;
    Some(match step {
        0 if scene.promise => format!("No fair run keeps “{}”.", scene.shows),
        0 => format!("No fair run avoids “{}”: it is certain from the start.", scene.shows),
        step if scene.promise => format!(
            "Step {step} is the point of no return: until then “{0}” could still be kept; after it \
             every fair run breaks it.",
            scene.shows
        ),
        step => format!(
            "Step {step} is the point of no return: until then “{0}” could still be avoided; after it \
             every fair run gets to “{0}”.",
            scene.shows
        ),
    })
}

/// Where the fixed cast leaves the schedule, in its diagram: so many steps of it, and what is said there.
pub(super) fn parted(parting: &Parting) -> Option<(usize, String)> {
    parting.forbidden.as_ref().map(|forbidden| {
        (parting.followed, format!("✓ step {} of the schedule cannot happen here", forbidden.step))
    })
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
