//! What a simulation saw, and how much of everything that is.

use super::style::{BAD, GOOD, NOTE, STRONG, paint};
use super::text::{count, duration, pad, plural, wrap};
use super::{Checked, Verdict};
use crate::scenario::{UnmetKind, finding_name};
use crate::search::{Completeness, Report};
use anstyle::Style;
use serde::Serialize;
use std::collections::BTreeMap;
use unicode_width::UnicodeWidthStr;

/// A simulation of one check.
#[derive(Debug, Clone)]
pub struct Sample<'a> {
    /// The check, with what the runs came to.
    pub checked: Checked<'a>,
    /// How runs were chosen: `random walk`, say.
    pub scheduler: &'a str,
    /// The seed that gives the same runs again.
    pub seed: u64,
    /// By outcome: how many runs ended so, good ends and bad, and under the name of a failed check.
    pub ended: Vec<(String, u64)>,
    /// By property: how many runs violated it.
    pub violated: Vec<(String, u64)>,
    /// Runs that could only go round in a circle.
    pub circles: u64,
    /// What there is to see, if the search has seen it all.
    pub known: Option<Known>,
}

/// What the search found.
#[derive(Debug, Clone)]
pub struct Known {
    /// Reachable states.
    pub states: u64,
    /// Outcomes and violations that occur.
    pub outcomes: Vec<String>,
    /// Statements that can run.
    pub statements: u64,
}

impl Known {
    /// What there is to see, if `report` is of the whole state space; `statements` is how many the
    /// program has.
    pub fn of(report: &Report, statements: usize) -> Option<Known> {
        (report.completeness == Completeness::Exhaustive).then(|| Known {
            states: report.states,
            outcomes: report.ends.iter().map(|end| end.outcome.clone()).collect(),
            statements: (statements - report.not_run.len()) as u64,
        })
    }
}

/// The Wilson score interval (E. B. Wilson, 1927) of a share, at 95 %.
fn wilson(times: u64, of: u64) -> (f64, f64) {
    const Z: f64 = 1.959_964;
    let (n, p) = (of as f64, times as f64 / of as f64);
    let middle = p + Z * Z / (2.0 * n);
    let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (((middle - spread) / scale).max(0.0), ((middle + spread) / scale).min(1.0))
}

fn percent(share: f64) -> String {
    // A small share is not none, and a large one not all.
    match share * 100.0 {
        percent if percent > 0.0 && percent < 0.1 => format!("{percent:.4} %"),
        percent => format!("{percent:.1} %"),
    }
}

impl Sample<'_> {
    /// Statements of the program that ran.
    fn lines(&self) -> u64 {
        let program = &self.checked.check.program;
        let unreachable = program.statements.iter().filter(|statement| statement.unreachable);
        let unseen = unreachable.count() - self.checked.report.ran_unexpectedly.len();
        (program.statements.len() - self.checked.report.not_run.len() - unseen) as u64
    }

    fn outcomes(&self) -> u64 {
        self.checked.report.ends.len() as u64
    }
}

/// The sample for people.
pub fn human(sample: &Sample, width: usize) -> String {
    let Sample { checked, ended, violated, known, .. } = sample;
    let report = checked.report;
    let runs = report.runs.unwrap_or(0);
    let (verdict, style) = verdict(checked);
    let name = paint(STRONG, &checked.check.program.check_name());
    let mut text = format!("{name}: {}\n", paint(style, &verdict));
    let seed = sample.seed;
    text += &paragraph(
        &format!(
            "{} of at most {}, {}, --seed {seed}, in {}",
            plural(runs, "run"),
            plural(u64::from(report.depth), "step"),
            sample.scheduler,
            duration(report.elapsed)
        ),
        width,
    );
    text.push('\n');
    let names = ended.iter().chain(violated).map(|(name, _)| name.width());
    let name_width = names.max().unwrap_or(0);
    let rows = |list: &[(String, u64)]| -> String {
        list.iter().map(|(name, times)| row(&pad(name, name_width), *times, runs)).collect()
    };
    text += &rows(ended);
    if !violated.is_empty() {
        text += &format!("  and, whatever the end, violated in\n{}", rows(violated));
    }
    if sample.circles > 0 {
        let circles = plural(sample.circles, "run");
        text += &format!("  {circles} went round in a circle, in no end\n");
    }
    for unmet in &checked.judgement.unmet {
        text += &paragraph(&unmet.text, width);
    }
    text.push('\n');
    let seen = match known {
        Some(known) => format!(
            "Saw {} of {} ({}), {} of {}, {} of {}",
            count(report.states),
            plural(known.states, "state"),
            percent(report.states as f64 / known.states as f64),
            count(sample.outcomes()),
            plural(known.outcomes.len() as u64, "outcome"),
            count(sample.lines()),
            plural(known.statements, "line")
        ),
        None => format!(
            "Saw {}, {}, {}; how many there are is not known",
            plural(report.states, "state"),
            plural(sample.outcomes(), "outcome"),
            plural(sample.lines(), "line")
        ),
    };
    text += &wrap(&seen, width, usize::MAX).join("\n");
    text.push('\n');
    for (shows, path) in &checked.saved {
        text += &format!("Saved a schedule to `{shows}` in {path}\n");
    }
    text
}

/// The verdict, which is that of runs that were picked.
fn verdict(checked: &Checked) -> (String, Style) {
    let program = &checked.check.program;
    let found = checked.told_first().map(|found| finding_name(&found.what, program));
    match (found, checked.judgement.gravest()) {
        (Some(found), None) => (format!("{found}, as expected (sampled)"), GOOD),
        (_, None | Some(UnmetKind::Incomplete)) => ("incomplete (sampled)".to_string(), NOTE),
        (found, Some(_)) => {
            let found = found.unwrap_or(Verdict::of(checked.report).name());
            let expected = checked.check.expectation.summary();
            (format!("{found} (sampled; expected: {expected})"), BAD)
        }
    }
}

/// What came in so many of the runs.
fn row(name: &str, times: u64, runs: u64) -> String {
    let (low, high) = wilson(times, runs.max(1));
    let share = times as f64 / runs.max(1) as f64;
    format!(
        "  {name}  {:>9}  {:>9}  (95 %: {} to {})\n",
        count(times),
        percent(share),
        percent(low),
        percent(high)
    )
}

fn paragraph(text: &str, width: usize) -> String {
    let lines = wrap(text, width.saturating_sub(2), usize::MAX);
    lines.iter().map(|line| format!("  {line}\n")).collect()
}

#[derive(Serialize)]
struct SampleObject<'a> {
    schema: &'static str,
    scenario: &'a str,
    model: &'a str,
    kernel: Option<&'a str>,
    verdict: &'static str,
    completeness: &'static str,
    scheduler: &'a str,
    seed: u64,
    runs: u64,
    circles: u64,
    ended: BTreeMap<&'a str, EndedObject>,
    violated: BTreeMap<&'a str, EndedObject>,
    as_expected: bool,
    unmet: Vec<&'a str>,
    seen: SeenObject,
    of: Option<SeenObject>,
    saved: BTreeMap<&'a str, &'a str>,
}

/// How often something came; the interval is Wilson's, at 95 %.
#[derive(Serialize)]
struct EndedObject {
    runs: u64,
    share: f64,
    low: f64,
    high: f64,
}

#[derive(Serialize)]
struct SeenObject {
    states: u64,
    outcomes: u64,
    lines: u64,
}

/// The sample as one line of JSON, schema `ghosthunt.simulate/1`.
pub fn json<'a>(sample: &'a Sample) -> String {
    let report = sample.checked.report;
    let program = &sample.checked.check.program;
    let runs = report.runs.unwrap_or(0);
    let objects = |list: &'a [(String, u64)]| {
        let object = |(name, times): &'a (String, u64)| {
            let (low, high) = wilson(*times, runs.max(1));
            let share = *times as f64 / runs.max(1) as f64;
            (name.as_str(), EndedObject { runs: *times, share, low, high })
        };
        list.iter().map(object).collect()
    };
    let object = SampleObject {
        schema: "ghosthunt.simulate/1",
        scenario: &program.scenario,
        model: &program.model,
        kernel: program.kernel.as_deref(),
        verdict: Verdict::of(report).name(),
        completeness: "sampled",
        scheduler: sample.scheduler,
        seed: sample.seed,
        runs,
        circles: sample.circles,
        ended: objects(&sample.ended),
        violated: objects(&sample.violated),
        as_expected: sample.checked.judgement.as_expected(),
        unmet: sample.checked.judgement.unmet.iter().map(|unmet| unmet.text.as_str()).collect(),
        seen: SeenObject {
            states: report.states,
            outcomes: sample.outcomes(),
            lines: sample.lines(),
        },
        of: sample.known.as_ref().map(|known| SeenObject {
            states: known.states,
            outcomes: known.outcomes.len() as u64,
            lines: known.statements,
        }),
        saved: sample.checked.saved.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect(),
    };
    let json = serde_json::to_string(&object).expect("strings and numbers are always JSON");
    json + "\n"
}

#[cfg(test)]
mod tests {
    use super::wilson;

    #[test]
    fn the_interval_is_wilsons() {
        let (low, high) = wilson(8, 10);
        assert!((low - 0.4902).abs() < 1e-4 && (high - 0.9433).abs() < 1e-4, "{low} {high}");
        assert_eq!(wilson(0, 100).0, 0.0);
        assert_eq!(wilson(100, 100).1, 1.0);
    }
}
