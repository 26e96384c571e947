//! Reports for programs: JSON, one object a line. Keys are added, never changed.

use super::danger::Along;
use super::{Chances, Checked, Explained, Verdict, assumption};
use crate::language::Spanned;
use crate::program::{Program, PropertyKind};
use crate::scenario::{Expectation, Scenario, finding_name};
use crate::schedule::{Replay, Run, Schedule, StepWords};
use crate::search::{Completeness, Decision, Finding, Found, Rates, Trace};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct CheckObject<'a> {
    schema: &'static str,
    scenario: &'a str,
    model: &'a str,
    kernel: Option<&'a str>,
    engine: &'a str,
    verdict: &'static str,
    violation: Option<ViolationObject<'a>>,
    outcomes: BTreeMap<&'a str, u64>,
    ends: Vec<EndObject<'a>>,
    expected: ExpectedObject<'a>,
    as_expected: bool,
    completeness: &'static str,
    states: u64,
    transitions: u64,
    depth: u32,
    runs: Option<u64>,
    schedule: Option<ScheduleObject<'a>>,
    violations: Vec<ViolationObject<'a>>,
    unmet: Vec<&'a str>,
    limit: Option<&'static str>,
    set: BTreeMap<&'a str, &'a str>,
    program: String,
    frontier: u64,
    store_bytes: u64,
    not_run: Vec<String>,
    liveness: Vec<LivenessObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    danger: Option<ChancesObject<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    remarks: &'a [String],
}

#[derive(Serialize)]
struct LivenessObject<'a> {
    property: &'a str,
    /// Null if it was not decided.
    holds: Option<bool>,
    triggered: bool,
    /// If it holds, what it needs; else what would each make it hold; null if not looked into.
    turns_on: Option<Vec<String>>,
}

#[derive(Serialize)]
struct ViolationObject<'a> {
    kind: &'a str,
    property: Option<&'a str>,
    spinning: bool,
    steps: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    cycle_from: Option<usize>,
}

#[derive(Serialize)]
struct EndObject<'a> {
    outcome: &'a str,
    fine: bool,
    count: u64,
    spinning: bool,
    steps: usize,
}

#[derive(Serialize)]
struct ExpectedObject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcomes: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    must_not: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    violates: Vec<&'a str>,
}

#[derive(Serialize)]
struct ScheduleObject<'a> {
    steps: usize,
    switches: usize,
    file: Option<&'a str>,
}

#[derive(Serialize)]
struct ScenarioObject<'a> {
    schema: &'static str,
    scenario: &'a str,
    about: &'a str,
    source: Option<&'a str>,
    model: &'a str,
    checks: Vec<ListedCheck<'a>>,
}

#[derive(Serialize)]
struct ListedCheck<'a> {
    kernel: Option<&'a str>,
    expected: ExpectedObject<'a>,
}

#[derive(Serialize)]
struct ReplayObject<'a> {
    schema: &'static str,
    scenario: &'a str,
    model: &'a str,
    kernel: Option<&'a str>,
    program: String,
    engine: &'a str,
    shows: &'a str,
    switches: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    cycle_from: Option<usize>,
    steps: Vec<StepObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explained: Option<ExplainedObject<'a>>,
}

#[derive(Serialize)]
struct ExplainedObject<'a> {
    residual: f64,
    /// Before the first step, then after each.
    prospects: Vec<ProspectObject<'a>>,
    /// Only of a run that breaks a promise, and could keep it to the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    passed_by: Option<Vec<PassedObject<'a>>>,
}

#[derive(Serialize)]
struct PassedObject<'a> {
    /// The step before which it is possible, from 1.
    before: usize,
    #[serde(flatten)]
    step: StepObject<'a>,
}

#[derive(Serialize)]
struct ProspectObject<'a> {
    danger: f64,
    enabled: &'a [String],
    disabled: &'a [String],
    lost: &'a [String],
    no_return: bool,
}

#[derive(Serialize)]
struct StepObject<'a> {
    actor: &'a str,
    place: &'a str,
    label: &'a str,
}

/// A check as one line of JSON, schema `ghosthunt.check/1`.
pub fn check(checked: &Checked) -> String {
    let program = &checked.check.program;
    let report = checked.report;
    let told_first = checked.told_first();
    let object = CheckObject {
        schema: "ghosthunt.check/1",
        scenario: &program.scenario,
        model: &program.model,
        kernel: program.kernel.as_deref(),
        engine: &report.engine,
        verdict: Verdict::of(report).name(),
        violation: told_first.map(|found| violation(found, program)),
        outcomes: report.ends.iter().map(|end| (end.outcome.as_str(), end.count)).collect(),
        ends: report
            .ends
            .iter()
            .map(|end| EndObject {
                outcome: &end.outcome,
                fine: end.fine,
                count: end.count,
                spinning: end.spinning,
                steps: end.trace.len(),
            })
            .collect(),
        expected: expected(&checked.check.expectation),
        as_expected: checked.judgement.as_expected(),
        completeness: match report.completeness {
            Completeness::Exhaustive => "exhaustive",
            Completeness::Sampled => "sampled",
            _ => "bounded",
        },
        states: report.states,
        transitions: report.transitions,
        depth: report.depth,
        runs: report.runs,
        schedule: told_first
            .filter(|_| checked.has_schedules())
            .and_then(|found| schedule(checked, finding_name(&found.what, program), &found.trace)),
        violations: report.violations.iter().map(|found| violation(found, program)).collect(),
        unmet: checked.judgement.unmet.iter().map(|unmet| unmet.text.as_str()).collect(),
        limit: match report.completeness {
            Completeness::Exhaustive => None,
            Completeness::StateLimit => Some("states"),
            Completeness::MemoryLimit => Some("memory"),
            Completeness::TimeLimit => Some("time"),
            Completeness::Interrupted => Some("interrupt"),
            Completeness::RunLimit => Some("runs"),
            Completeness::Sampled => Some("sample"),
            Completeness::PreemptionBound => Some("preemptions"),
            Completeness::FiniteRuns => Some("infinite runs"),
            Completeness::CutOff => Some("run length"),
            Completeness::PartOfC11 => Some("C11"),
            Completeness::EndsOnly => Some("states before the end"),
        },
        set: checked.check.set.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect(),
        program: format!("{:016x}", program.hash()),
        frontier: report.frontier,
        store_bytes: report.store_bytes,
        not_run: not_run(checked),
        liveness: report
            .liveness
            .iter()
            .map(|live| LivenessObject {
                property: &program.properties[live.property].name,
                holds: match live.decision {
                    Decision::Holds => Some(true),
                    Decision::Fails => Some(false),
                    Decision::Open => None,
                },
                triggered: live.triggered,
                turns_on: live
                    .turns_on
                    .as_ref()
                    .map(|all| all.iter().map(|one| assumption(program, *one)).collect()),
            })
            .collect(),
        danger: checked.chances.as_ref().map(|(rates, all)| chances_object(rates, all)),
        remarks: &report.remarks,
    };
    line(&object)
}

/// Where the statements stand that never ran, as `proc:line`, each line once.
fn not_run(checked: &Checked) -> Vec<String> {
    let statements = &checked.check.program.statements;
    let mut places: Vec<String> = checked
        .report
        .not_run
        .iter()
        .map(|&id| &statements[id as usize])
        .map(|statement| format!("{}:{}", statement.owner, statement.line))
        .collect();
    places.dedup();
    places
}

/// A scenario as one line of JSON, schema `ghosthunt.list/1`.
pub fn list(scenario: &Scenario) -> String {
    let checks = scenario
        .kernel_names()
        .into_iter()
        .map(|kernel| ListedCheck { kernel, expected: expected(scenario.expectation(kernel)) });
    line(&ScenarioObject {
        schema: "ghosthunt.list/1",
        scenario: &scenario.name,
        about: &scenario.about,
        source: scenario.source.as_deref(),
        model: &scenario.model.value,
        checks: checks.collect(),
    })
}

/// A replayed schedule as one line of JSON, schema `ghosthunt.replay/1`.
pub fn replay(
    replay: &Replay,
    schedule: &Schedule,
    engine: &str,
    explained: Option<&Explained>,
) -> String {
    let program = replay.run.program;
    line(&ReplayObject {
        schema: "ghosthunt.replay/1",
        scenario: &program.scenario,
        model: &program.model,
        kernel: program.kernel.as_deref(),
        program: format!("{:016x}", program.hash()),
        engine,
        shows: &schedule.shows,
        switches: replay.run.switches(),
        cycle_from: replay.run.cycle_from,
        steps: schedule
            .steps
            .iter()
            .map(|step| StepObject { actor: &step.actor, place: &step.place, label: &step.label })
            .collect(),
        explained: explained.map(|explained| ExplainedObject {
            residual: explained.residual,
            prospects: explained
                .prospects
                .iter()
                .map(|prospect| ProspectObject {
                    danger: prospect.danger,
                    enabled: &prospect.enabled,
                    disabled: &prospect.disabled,
                    lost: &prospect.lost,
                    no_return: prospect.no_return,
                })
                .collect(),
            passed_by: explained.passed_by.as_ref().map(|all| all.iter().map(passed).collect()),
        }),
    })
}

fn passed((before, words): &(usize, StepWords)) -> PassedObject<'_> {
    let StepWords { actor, place, label } = words;
    PassedObject { before: *before, step: StepObject { actor, place, label } }
}

fn line(object: &impl Serialize) -> String {
    let json = serde_json::to_string(object).expect("strings and numbers are always JSON");
    json + "\n"
}

fn violation<'a>(found: &'a Found, program: &'a Program) -> ViolationObject<'a> {
    let name = finding_name(&found.what, program);
    let (kind, property, spinning) = match &found.what {
        Finding::End { spinning, .. } => (name, None, *spinning),
        Finding::Step(_) => (name, None, false),
        Finding::Race(what) => (name, Some(what.as_str()), false),
        Finding::Property(index) => {
            let kind = match program.properties[*index].kind {
                PropertyKind::Always(_) => "always",
                PropertyKind::After(..) | PropertyKind::Eventually(_) => "liveness",
                PropertyKind::Never(_) | PropertyKind::Reach(_) => "never",
            };
            (kind, Some(name), false)
        }
    };
    let (steps, cycle_from) = (found.trace.len(), found.cycle_from);
    ViolationObject { kind, property, spinning, steps, cycle_from }
}

fn schedule<'a>(checked: &'a Checked, name: &str, trace: &Trace) -> Option<ScheduleObject<'a>> {
    let run = Run::new(&checked.check.program, trace).ok()?;
    let saved = checked.saved.iter().find(|(shows, _)| shows == name);
    Some(ScheduleObject {
        steps: trace.len(),
        switches: run.switches(),
        file: saved.map(|(_, path)| path.as_str()),
    })
}

fn expected(expectation: &Expectation) -> ExpectedObject<'_> {
    ExpectedObject {
        outcome: match &expectation.outcome {
            Some(outcome) => Some(&outcome.value),
            None => expectation.expects_safety().then_some("safe"),
        },
        outcomes: expectation.outcomes.as_deref().map(values),
        must_not: values(&expectation.must_not),
        violates: values(&expectation.violates),
    }
}

fn values(names: &[Spanned<String>]) -> Vec<&str> {
    names.iter().map(|name| name.value.as_str()).collect()
}

#[derive(Serialize)]
struct DangerObject<'a> {
    schema: &'static str,
    scenario: &'a str,
    model: &'a str,
    kernel: Option<&'a str>,
    #[serde(flatten)]
    chances: ChancesObject<'a>,
}

#[derive(Serialize)]
struct ChancesObject<'a> {
    rates: BTreeMap<&'a str, f64>,
    danger: BTreeMap<&'a str, f64>,
    endless: f64,
    residual: f64,
    schedules: Vec<AlongObject<'a>>,
}

#[derive(Serialize)]
struct AlongObject<'a> {
    shows: &'a str,
    /// Before the first step, then after each.
    danger: &'a [f64],
}

/// How random runs end as one line of JSON, schema `ghosthunt.danger/1`.
pub fn danger(program: &Program, rates: &Rates, chances: &Chances) -> String {
    line(&DangerObject {
        schema: "ghosthunt.danger/1",
        scenario: &program.scenario,
        model: &program.model,
        kernel: program.kernel.as_deref(),
        chances: chances_object(rates, chances),
    })
}

fn chances_object<'a>(rates: &'a Rates, chances: &'a Chances) -> ChancesObject<'a> {
    let along = |along: &'a Along| AlongObject { shows: &along.shows, danger: &along.danger };
    ChancesObject {
        rates: rates.iter().map(|(name, rate)| (name.as_str(), *rate)).collect(),
        danger: chances.named.iter().map(|(name, danger)| (name.as_str(), *danger)).collect(),
        endless: chances.endless,
        residual: chances.residual,
        schedules: chances.along.iter().map(along).collect(),
    }
}
