//! Mutants for programs: JSON, one object on one line. Keys are added, never changed.

use super::mutation::Mutated;
use crate::mutate::{Class, Difference, Fate, Kill, Mutant, Plan};
use crate::scenario::UnmetKind;
use crate::schedule::Run;
use serde::Serialize;

#[derive(Serialize)]
struct TableObject<'a> {
    schema: &'static str,
    model: &'a str,
    texts: Vec<&'a str>,
    checks: Vec<CheckObject>,
    unfit: Vec<&'a str>,
    counts: CountsObject,
    mutants: Vec<MutantObject<'a>>,
    elapsed_ms: u128,
}

#[derive(Serialize)]
struct CheckObject {
    name: String,
    states: u64,
}

#[derive(Serialize)]
struct CountsObject {
    mutants: usize,
    killed: usize,
    rejected: usize,
    equivalent: usize,
    slower_only: usize,
    not_distinguished: usize,
    without_reason: usize,
    undecided: usize,
    not_examined: usize,
}

#[derive(Serialize)]
struct MutantObject<'a> {
    number: usize,
    name: String,
    hunk: Option<&'a str>,
    operator: &'static str,
    proc: &'a str,
    line: u32,
    description: &'a str,
    edits: Vec<EditObject<'a>>,
    fate: &'static str,
    message: Option<&'a str>,
    kills: Vec<KillObject<'a>>,
    survival: Option<SurvivalObject<'a>>,
}

#[derive(Serialize)]
struct EditObject<'a> {
    file: &'a str,
    proc: &'a str,
    line: u32,
    start: usize,
    end: usize,
    replacement: &'a str,
}

#[derive(Serialize)]
struct KillObject<'a> {
    check: String,
    kind: &'static str,
    by: &'a str,
    heals: bool,
    steps: Option<usize>,
    differences: Vec<DifferenceObject<'a>>,
    schedule: Option<Vec<String>>,
}

#[derive(Serialize)]
struct DifferenceObject<'a> {
    kind: &'static str,
    by: &'a str,
    words: &'a str,
    steps: Option<usize>,
}

#[derive(Serialize)]
struct SurvivalObject<'a> {
    class: &'static str,
    words: &'a str,
    reason: Option<&'a str>,
    checks: usize,
    states: u64,
}

/// The table as one line of JSON, schema `ghosthunt.mutate/1`.
pub fn mutation_json(mutated: &Mutated) -> String {
    let plan = mutated.plan;
    let counts = mutated.counts();
    let mutants = plan.mutants.iter().zip(mutated.fates).enumerate();
    let object = TableObject {
        schema: "ghosthunt.mutate/1",
        model: &plan.model,
        texts: plan.texts.iter().map(|text| text.file.as_str()).collect(),
        checks: plan
            .checks
            .iter()
            .map(|base| CheckObject { name: base.name(), states: base.report.states })
            .collect(),
        unfit: plan.unfit.iter().map(|unfit| unfit.check.as_str()).collect(),
        counts: CountsObject {
            mutants: counts.mutants,
            killed: counts.killed,
            rejected: counts.rejected,
            equivalent: counts.equivalent,
            slower_only: counts.slower_only,
            not_distinguished: counts.not_distinguished,
            without_reason: counts.without_reason,
            undecided: counts.undecided,
            not_examined: counts.not_examined,
        },
        mutants: mutants
            .map(|(index, (mutant, fate))| object(plan, index + 1, mutant, fate.as_ref()))
            .collect(),
        elapsed_ms: mutated.elapsed.as_millis(),
    };
    let json = serde_json::to_string(&object).expect("strings and numbers are always JSON");
    json + "\n"
}

fn object<'a>(
    plan: &'a Plan,
    number: usize,
    mutant: &'a Mutant,
    fate: Option<&'a Fate>,
) -> MutantObject<'a> {
    let (proc, line) = mutant.place();
    let edits = mutant.edits.iter().map(|(text, edit)| EditObject {
        file: &plan.texts[*text].file,
        proc: &edit.owner,
        line: edit.line,
        start: edit.span.start,
        end: edit.span.end,
        replacement: &edit.replacement,
    });
    MutantObject {
        number,
        name: mutant.name(),
        hunk: mutant.hunk.as_deref(),
        operator: mutant.operator().name(),
        proc,
        line,
        description: mutant.description(),
        edits: edits.collect(),
        fate: match fate {
            None => "not_examined",
            Some(Fate::Killed(_)) => "killed",
            Some(Fate::Rejected(_)) => "rejected",
            Some(Fate::Survived(_)) => "survived",
            Some(Fate::Undecided { .. }) => "undecided",
        },
        message: match fate {
            Some(Fate::Rejected(message)) => Some(message),
            Some(Fate::Undecided { limit, .. }) => Some(limit),
            _ => None,
        },
        kills: match fate {
            Some(Fate::Killed(kills)) => kills.iter().map(|kill| kill_object(plan, kill)).collect(),
            _ => Vec::new(),
        },
        survival: match fate {
            Some(Fate::Survived(survival)) => Some(SurvivalObject {
                class: match survival.class {
                    Class::Equivalent => "equivalent",
                    Class::SlowerOnly => "slower_only",
                    Class::NotDistinguished => "not_distinguished",
                },
                words: &survival.words,
                reason: survival.reason.as_deref(),
                checks: survival.checks.len(),
                states: survival.states,
            }),
            _ => None,
        },
    }
}

fn kill_object<'a>(plan: &Plan, kill: &'a Kill) -> KillObject<'a> {
    let clearest = kill.clearest();
    KillObject {
        check: plan.checks[kill.check].name(),
        kind: kind(clearest),
        by: &clearest.by,
        heals: kill.heals,
        steps: clearest.steps,
        differences: kill.differences.iter().map(difference_object).collect(),
        schedule: kill.run.as_ref().and_then(|run| {
            let run = Run::new(&run.check.program, &run.trace).ok()?;
            let words = run.steps.iter().map(|taken| {
                let words = &taken.words;
                format!("{}  {}  {}", words.actor, words.place, words.label).trim_end().to_string()
            });
            Some(words.collect())
        }),
    }
}

fn difference_object(difference: &Difference) -> DifferenceObject<'_> {
    let Difference { by, words, steps, .. } = difference;
    DifferenceObject { kind: kind(difference), by, words, steps: *steps }
}

fn kind(difference: &Difference) -> &'static str {
    match difference.kind {
        UnmetKind::Safety => "safety",
        UnmetKind::BadEnd => "bad_end",
        UnmetKind::Liveness => "liveness",
        UnmetKind::Different => "different",
        UnmetKind::Vacuous => "vacuous",
        UnmetKind::Incomplete => "incomplete",
    }
}
