//! What `mutate` leaves out changes no fate: checks that run no changed statement, programs that run
//! alike, graphs that are the same, what another check has found already. Here every mutant is
//! searched in every check.

use ghosthunt::language::{Library, Operator};
use ghosthunt::mutate::{
    Class, Control, Fate, Mutant, Notes, Plan, Target, examine, search_originals,
};
use ghosthunt::scenario::{Check, Models, Named, Scenario, UnmetKind};
use ghosthunt::search::{Completeness, Limits, search};
use std::sync::Mutex;

/// Small ones; of the last two, one is as the other.
const CHECKS: [(&str, &str); 6] = [
    ("go/preempt-once-1.14", "windows_10"),
    ("go/preempt-dead-thread-1.14", "wine_8"),
    ("engines/racefini-1.14", "windows_10"),
    ("go/mutex-profile-1.27.3", "windows_10"),
    ("go/callback-panic-1.16", "wine_8"),
    ("go/callback-panic-1.19", "wine_8"),
];

/// The procs of which the mutants are.
const PROCS: [&str; 3] = ["preemptM", "cgocall", "unwindm"];

struct Changed {
    models: Models,
    texts: Vec<(String, String)>,
}

impl Library for Changed {
    fn model(&self, name: &str) -> Option<(String, String)> {
        let (file, text) = self.models.model(name)?;
        let changed = self.texts.iter().find(|(changed, _)| *changed == file);
        Some((file, changed.map_or(text, |(_, text)| text.clone())))
    }

    fn names(&self) -> Vec<String> {
        self.models.names()
    }
}

fn plan() -> (Plan, Vec<(Scenario, Option<String>)>) {
    let target = Target::find("go/1.14").expect("it is built in").expect("it has no mistakes");
    let mut plan = Plan::new(&target);
    plan.add_mutations(&Operator::ALL, Some(&PROCS.map(str::to_string))).expect("procs are there");
    let checks = CHECKS.map(|(scenario, kernel)| {
        let named = Named::find(scenario).expect("it is built in");
        (named.parse().expect("it is right"), Some(kernel.to_string()))
    });
    (plan, checks.to_vec())
}

fn with_control<T>(all_checks: bool, act: impl FnOnce(&Control) -> T) -> T {
    act(&Control {
        jobs: 2,
        limits: Limits::default(),
        all_checks,
        keep_schedules: false,
        interrupted: &|| false,
        progress: &|_| {},
    })
}

/// The mutant in a check; `None` if the language rejects it.
fn compiled(plan: &Plan, mutant: &Mutant, scenario: &Scenario, kernel: &str) -> Option<Check> {
    let texts = plan.texts.iter().enumerate();
    let texts = texts
        .filter_map(|(index, text)| Some((text.file.clone(), mutant.text(index, &text.text)?)));
    let library = Changed { models: scenario.models(), texts: texts.collect() };
    scenario.compile_with(Some(kernel), &[], &library).ok()
}

/// The checks that tell the mutant from the original, by their names.
fn plainly(plan: &Plan, checks: &[(Scenario, Option<String>)], mutant: &Mutant) -> Vec<String> {
    let mut kills = Vec::new();
    for (scenario, kernel) in checks {
        let kernel = kernel.as_deref().expect("all have one");
        let Some(check) = compiled(plan, mutant, scenario, kernel) else { return Vec::new() };
        let report = search(&check.program, &Limits::default(), &mut |_| true);
        assert_eq!(report.completeness, Completeness::Exhaustive, "{}", mutant.name());
        let unmet = check.expectation.judge(&report, &check.program).unmet;
        assert!(unmet.iter().all(|unmet| unmet.kind != UnmetKind::Incomplete));
        if !unmet.is_empty() {
            kills.push(check.program.check_name());
        }
    }
    kills.sort();
    kills
}

#[test]
fn nothing_that_is_left_out_would_have_killed() {
    let (mut plan, checks) = plan();
    assert!(matches!(
        with_control(true, |control| search_originals(&mut plan, &checks, control)),
        Ok(true)
    ));
    assert_eq!((plan.checks.len(), plan.unfit.len()), (CHECKS.len(), 0));
    plan.mutants = plan.mutants.into_iter().step_by(2).collect();
    let fates = with_control(true, |control| examine(&plan, control));
    let counts = Mutex::new([0; 4]);
    let compare = |part: usize| {
        for (mutant, fate) in plan.mutants.iter().zip(&fates).skip(part).step_by(2) {
            let plain = plainly(&plan, &checks, mutant);
            let mut told = Vec::new();
            let class = match fate.as_ref().expect("nobody interrupts") {
                Fate::Killed(kills) => {
                    told = kills.iter().map(|kill| plan.checks[kill.check].name()).collect();
                    told.sort();
                    0
                }
                Fate::Rejected(_) => 1,
                Fate::Survived(survival) if survival.class == Class::Equivalent => 2,
                Fate::Survived(_) => 3,
                Fate::Undecided { .. } => panic!("there are no limits"),
            };
            assert_eq!(told, plain, "{}", mutant.name());
            counts.lock().expect("the other did not panic")[class] += 1;
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| compare(0));
        compare(1);
    });
    let counts = counts.into_inner().expect("nobody panicked");
    assert!(counts.iter().all(|&count| count > 1), "{counts:?}");
}

#[test]
fn programs_that_run_alike_have_the_same_report() {
    let (plan, checks) = plan();
    let (mut alike, mut different) = (0, 0);
    for (scenario, kernel) in &checks {
        let kernel = kernel.as_deref().expect("all have one");
        let original = scenario.compile(Some(kernel), &[]).expect("it compiles");
        let before = search(&original.program, &Limits::default(), &mut |_| true);
        assert!(original.program.runs_alike(&original.program));
        for mutant in plan.mutants.iter().step_by(9) {
            let Some(check) = compiled(&plan, mutant, scenario, kernel) else { continue };
            if !original.program.runs_alike(&check.program) {
                different += 1;
                continue;
            }
            alike += 1;
            let after = search(&check.program, &Limits::default(), &mut |_| true);
            let told = |report: &ghosthunt::search::Report| {
                let violations = report.violations.iter().map(|found| (&found.what, &found.trace));
                let found = format!("{:?}{:?}", violations.collect::<Vec<_>>(), report.ends);
                (report.states, report.transitions, report.depth, found)
            };
            assert_eq!(told(&before), told(&after), "{}", mutant.name());
        }
    }
    assert!(alike > 10 && different > 10, "{alike} {different}");
}

#[test]
fn notes_that_are_not_so_any_more_are_errors() {
    let (mut plan, checks) = plan();
    let complete =
        with_control(false, |control| search_originals(&mut plan, &checks[..1], control));
    assert!(matches!(complete, Ok(true)));
    plan.mutants.retain(|mutant| mutant.name().contains("cas(preemptExtLock[mp], 0, 1)"));
    let fates = with_control(false, |control| examine(&plan, control));
    let verified = |mutant: &str, complete: bool| {
        let notes = format!("[[reason]]\nmutants = ['{mutant}']\nreason = \"said once\"\n");
        let notes = Notes::parse("notes", &notes).expect("they can be read");
        let errors = plan.verify(&notes, &fates, complete).err();
        errors.map(|errors| errors.diagnostics[0].message.clone()).unwrap_or_default()
    };
    // Nobody else wants the lock in the one check.
    let killed = "preemptM: negate the condition of `if !cas(preemptExtLock[mp], 0, 1)`";
    assert!(verified(killed, true).ends_with("is killed, and needs no reason"), "{killed}");
    assert!(verified(killed, false).ends_with("is killed, and needs no reason"), "{killed}");
    let slower = "preemptM: split `cas(preemptExtLock[mp], 0, 1)` into a read and a write";
    assert!(verified(slower, true).contains("slower only, and needs no reason"), "{slower}");
    assert_eq!(verified(slower, false), "");
    assert!(verified("preemptM: delete everything", false).contains("has no mutant"));
    // There are as many of that name as there are such statements.
    assert_eq!(verified("preemptM: delete `acknowledge(mp)` #6", false), "");
    assert!(verified("preemptM: delete `acknowledge(mp)` #7", false).contains("has no mutant"));
}
