//! Looking where programs differ decides nothing that walking them does not.

use super::{Both, Outline};
use crate::language::{Operator, Texts};
use crate::mutate::examine::Changed;
use crate::mutate::stood::stood;
use crate::mutate::{Plan, Target};
use crate::scenario::Named;
use crate::search::{Limits, search};

/// Small ones, on a kernel with handlers and on one without.
const CHECKS: [(&str, &str); 3] = [
    ("go/preempt-once-1.14", "windows_10"),
    ("go/preempt-dead-thread-1.14", "wine_8"),
    ("engines/racefini-1.14", "windows_10"),
];

#[test]
fn looking_where_they_differ_decides_as_walking_does() {
    let target = Target::find("go/1.14").expect("it is built in").expect("it has no mistakes");
    let mut plan = Plan::new(&target);
    let procs = ["preemptM", "cgocall", "unwindm"].map(str::to_string);
    plan.add_mutations(&Operator::ALL, Some(&procs)).expect("procs are there");
    // Decided to be the same by looking, by walking, not at all; then the same of being covered.
    let (mut same, mut covered) = ([0; 3], [0; 3]);
    let texts = Texts::default();
    for (name, kernel) in CHECKS {
        let scenario = Named::find(name).expect("it is built in").parse().expect("it is right");
        let original = scenario.compile(Some(kernel), &[]).expect("it compiles").program;
        let report = search(&original, &Limits::default(), &mut |_| true);
        let (_, reached) = stood(&original, report.states);
        let outline = Outline::of(&original).expect("there is room");
        for mutant in plan.mutants.iter().step_by(2) {
            let planned = plan.texts.iter().enumerate();
            let changes: Vec<_> = planned
                .filter_map(|(index, text)| {
                    Some((text.file.clone(), mutant.text(index, &text.text)?))
                })
                .collect();
            let models = scenario.models();
            let library = Changed { models, changes: &changes, texts: &texts };
            let Ok(check) = scenario.compile_with(Some(kernel), &[], &library) else {
                continue;
            };
            let mutated = &check.program;
            let mut both = Both::new(&original, mutated).expect("the cast is the same");
            let looked = both.agree_where_they_differ(&reached);
            both.right_scratch = both.right.scratch();
            let walked = both.agree_in_step::<0>();
            assert!(walked || !looked, "{} in {name}", mutant.name());
            same[usize::from(!looked) + usize::from(!walked)] += 1;
            let looked = outline.covers(&original, Some(&reached), mutated);
            let walked = outline.covers(&original, None, mutated);
            assert_eq!(looked, walked, "{} in {name}", mutant.name());
            let lens = super::Lens::new(&original, mutated, false).expect("as above");
            let looked = outline.covers_differences(&lens, &reached, mutated);
            covered[usize::from(!looked) + usize::from(!walked)] += 1;
        }
    }
    assert!(same[0] > 20 && same[2] > 20, "{same:?}");
    assert!(covered[0] > 20 && covered[2] > 5, "{covered:?}");
    // Looking decides most of what walking does.
    assert!(same[1] < same[0] / 4 && covered[1] < covered[0] / 4, "{same:?} {covered:?}");
}
