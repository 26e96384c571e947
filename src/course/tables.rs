//! What several live runs come to, as tables.

use super::lab::{Lab, built_in};
use crate::mutate::{Control, Fate, Notes, Plan, Target, examine};
use crate::report::text::{count, plural};
use crate::report::{Checked, Verdict, assumption, assumptions};
use crate::scenario::{SplitName, finding_name};
use crate::schedule::{Pct, RandomWalk, Scheduler, UniformWalk, simulate};
use crate::search::{Decision, Finding};
use std::fmt::Write as _;

/// A part of a fix, judged.
pub(super) struct JudgedHunk {
    /// What it is called.
    pub name: String,
    /// Without it a check fails.
    pub needed: bool,
    /// What becomes of the protocol without it, in a few words.
    pub without: String,
}

/// Takes out the hunks of a built-in model, one after the other, and searches what is left in these
/// checks (`SCENARIO@KERNEL`).
pub(super) fn hunks(lab: &Lab, model: &str, checks: &[&str]) -> Vec<JudgedHunk> {
    let target = Target::find(model).ok().and_then(Result::ok).expect("a built-in model");
    let (file, notes) = target.models().notes(model).expect("it has notes");
    let notes = Notes::parse(&file, &notes).expect("they can be read");
    let mut plan = Plan::new(&target);
    plan.add_hunks(&notes).expect("the hunks are in the text");
    for reference in checks {
        let tried = lab.tried(reference);
        let kernel = SplitName::parse(reference).kernel.map(str::to_string);
        let (scenario, check) = (tried.scenario.clone(), tried.check.clone());
        plan.add_check(scenario, kernel, check, tried.report.clone());
    }
    let goes_on = lab.goes_on;
    let control = Control {
        jobs: 1,
        limits: lab.limits,
        all_checks: true,
        keep_schedules: false,
        interrupted: &|| !goes_on(),
        progress: &|_| {},
    };
    let fates = examine(&plan, &control);
    let judged = plan.mutants.iter().zip(&fates).map(|(mutant, fate)| {
        let (needed, without) = match fate {
            Some(Fate::Killed(kills)) if kills.iter().all(|kill| kill.heals) => {
                (false, "**a failure is gone: it does harm**".to_string())
            }
            Some(Fate::Killed(kills)) => {
                let kill = kills.iter().find(|kill| !kill.heals).unwrap_or(&kills[0]);
                let clearest = kill.clearest();
                let steps = clearest
                    .steps
                    .map_or(String::new(), |steps| format!(", {}", plural(steps as u64, "step")));
                (true, format!("`{}`{steps}", clearest.by))
            }
            Some(Fate::Survived(survival)) if survival.checks.is_empty() => {
                (false, "nothing: no check runs it".to_string())
            }
            Some(Fate::Survived(_)) => (false, "nothing".to_string()),
            Some(Fate::Rejected(_)) => (false, "the text does not compile".to_string()),
            Some(Fate::Undecided { limit, .. }) => (false, (*limit).to_string()),
            None => (false, "not examined".to_string()),
        };
        JudgedHunk { name: mutant.description().to_string(), needed, without }
    });
    judged.collect()
}

/// The hunks as a table.
pub(super) fn hunk_table(lab: &Lab, model: &str, checks: &[&str]) -> String {
    let mut table = String::from("| hunk | without it |\n|---|---|\n");
    for hunk in hunks(lab, model, checks) {
        let _ = writeln!(table, "| {} | {} |", hunk.name, hunk.without);
    }
    table
}

/// What goes wrong in each scenario on each kernel that one of them names.
pub(super) fn verdicts(lab: &Lab, scenarios: &[&str]) -> String {
    let read: Vec<_> = scenarios.iter().map(|name| (*name, built_in(name))).collect();
    let mut kernels: Vec<Option<&str>> = Vec::new();
    for kernel in read.iter().flat_map(|(_, scenario)| scenario.kernel_names()) {
        if !kernels.contains(&kernel) {
            kernels.push(kernel);
        }
    }
    let heads: Vec<&str> = kernels.iter().map(|kernel| kernel.unwrap_or("verdict")).collect();
    let mut table = format!("| scenario | {} |\n|---|", heads.join(" | "));
    table += &"---|".repeat(kernels.len());
    table.push('\n');
    for (name, scenario) in &read {
        let _ = write!(table, "| `{name}` |");
        for kernel in &kernels {
            let at = kernel.map_or(String::new(), |kernel| format!("@{kernel}"));
            let cell = match scenario.kernel_names().contains(kernel) {
                true => verdict(&lab.tried(&format!("{name}{at}")).checked()),
                false => "–".to_string(),
            };
            let _ = write!(table, " {cell} |");
        }
        table.push('\n');
    }
    table
}

/// All that is wrong, the bad ends first; `safe` if nothing is.
pub(super) fn verdict(checked: &Checked) -> String {
    let report = checked.report;
    if Verdict::of(report) != Verdict::Violated {
        return Verdict::of(report).name().to_string();
    }
    let is_end = |what: &Finding| matches!(what, Finding::End { .. });
    let ends = report.violations.iter().filter(|found| is_end(&found.what));
    let program = &checked.check.program;
    let ends: Vec<_> =
        ends.map(|found| format!("**{}**", finding_name(&found.what, program))).collect();
    if !ends.is_empty() {
        return ends.join(", ");
    }
    let others = report.violations.iter();
    others
        .map(|found| format!("`{}`", finding_name(&found.what, program)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// How probable an end is under random choices, beside how much there is to search.
pub(super) fn dangers(lab: &Lab, entries: &[(&str, &str)]) -> String {
    let mut table = String::from(
        "| scenario | states | steps to it | probability in one random run | one in |\n\
         |---|--:|--:|--:|--:|\n",
    );
    for (reference, name) in entries {
        let tried = lab.tried(reference);
        let steps = tried.schedule(name).map_or(0, |trace| trace.len());
        let danger = lab.danger(reference, name).unwrap_or(f64::NAN);
        let _ = writeln!(
            table,
            "| `{}`: {name} | {} | {steps} | {} | {} |",
            tried.check.program.check_name(),
            count(tried.report.states),
            percent(danger),
            one_in(danger)
        );
    }
    table
}

/// What random runs see: one row a scheduler.
pub(super) fn simulations(lab: &Lab, reference: &str, runs: u64, seed: u64) -> String {
    let tried = lab.tried(reference);
    let program = &tried.check.program;
    let schedulers: [(&str, Box<dyn Scheduler>); 3] = [
        ("random walk", Box::new(RandomWalk::new(seed))),
        ("PCT, depth 3", Box::new(Pct::new(seed, 3))),
        ("uniform random walk", Box::new(UniformWalk::new(seed))),
    ];
    let mut table =
        String::from("| scheduler | runs | ended as | states seen |\n|---|--:|---|--:|\n");
    for (name, mut scheduler) in schedulers {
        let goes_on = &mut |taken| taken < runs && (lab.goes_on)();
        let observed = simulate(program, scheduler.as_mut(), goes_on).observed;
        let ends = observed.ends.iter();
        let ends = ends.map(|(end, seen)| format!("{end} {}", count(seen.seen.runs)));
        let share = observed.states() as f64 / tried.report.states as f64;
        let _ = writeln!(
            table,
            "| {name} | {} | {} | {} of {} ({}) |",
            count(observed.runs),
            ends.collect::<Vec<_>>().join(", "),
            count(observed.states()),
            count(tried.report.states),
            percent(share)
        );
    }
    table
}

/// The liveness properties of a check: whether each holds, and on which fairness that turns.
pub(super) fn live(lab: &Lab, reference: &str) -> String {
    let tried = lab.tried(reference);
    let program = &tried.check.program;
    let mut table = String::from("| property | | |\n|---|---|---|\n");
    for live in &tried.report.liveness {
        let property = &program.properties[live.property].name;
        let turns_on = live.turns_on.as_deref();
        let (word, why) = match (live.decision, turns_on) {
            (Decision::Open, _) => ("is not decided", String::new()),
            (Decision::Holds, None) => ("holds", String::new()),
            (Decision::Holds, Some([])) => ("holds", "needs no single assumption".to_string()),
            (Decision::Holds, Some(all)) => {
                ("holds", format!("needs {}", assumptions(program, all)))
            }
            (Decision::Fails, None) => ("fails", String::new()),
            (Decision::Fails, Some([])) => ("fails", "no single assumption mends it".to_string()),
            (Decision::Fails, Some(all)) => {
                let each: Vec<_> = all.iter().map(|one| assumption(program, *one)).collect();
                ("fails", format!("would hold with {}", each.join(", or with ")))
            }
        };
        let _ = writeln!(table, "| `{}` | **{word}** | {why} |", property.replace('|', "\\|"));
    }
    table
}

/// A share in percent, with the digits that matter.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        _ if percent >= 10.0 || percent == 0.0 => format!("{percent:.1} %"),
        _ if percent >= 0.1 => format!("{percent:.2} %"),
        _ => format!("{percent:.4} %"),
    }
}

/// How many runs see it once, on average.
pub(super) fn one_in(danger: f64) -> String {
    count((1.0 / danger).round() as u64)
}
