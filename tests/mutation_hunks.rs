//! The page about the fix of golang/go#35775, part by part, says what the search finds: each row of it
//! again, in the check that it names.

use ghosthunt::mutate::{Control, Fate, Notes, Plan, Target, examine, search_originals};
use ghosthunt::scenario::{Named, SplitName};
use ghosthunt::search::Limits;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The quoted output, one part a hunk: its name, and the rest on one line.
fn sections() -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/findings/go-cl-213837.md");
    let page = fs::read_to_string(path).expect("the page is there");
    let quoted = page.split("```").nth(1).expect("the page quotes the command").to_string();
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let parts = quoted.split("\n\n").skip(1).filter(|part| part.contains('\n'));
    parts
        .filter_map(|part| part.trim().split_once('\n'))
        .map(|(name, rest)| (name.to_string(), flat(rest)))
        .collect()
}

/// The checks that a section names, each with the steps before it, as in `17 steps go/x@windows_10`.
fn named(section: &str) -> Vec<(usize, &str)> {
    let words: Vec<&str> = section.split(' ').collect();
    let rows = words.windows(3).filter(|words| words[1] == "steps" && words[2].contains('@'));
    rows.map(|words| (words[0].parse().expect("a number of steps"), words[2])).collect()
}

#[test]
fn each_row_of_the_page_is_found_again() {
    let target = Target::find("go/1.14").expect("it is built in").expect("it has no mistakes");
    let (file, notes) = target.models().notes("go/1.14").expect("it has notes");
    let notes = Notes::parse(&file, &notes).expect("they are right");
    let mut plan = Plan::new(&target);
    plan.add_hunks(&notes).expect("hunks name statements");
    let sections = sections();
    let names: Vec<_> = sections.iter().map(|(name, _)| name.as_str()).collect();
    let hunks: Vec<_> = notes.hunks.iter().map(|hunk| hunk.name.as_str()).collect();
    assert_eq!(names, hunks);

    let checks: BTreeSet<&str> =
        sections.iter().flat_map(|(_, section)| named(section)).map(|(_, check)| check).collect();
    let checks: Vec<_> = checks
        .into_iter()
        .map(|check| {
            let SplitName { scenario, kernel, .. } = SplitName::parse(check);
            let scenario = Named::find(scenario).expect("it is built in").parse();
            (scenario.expect("it is right"), kernel.map(str::to_string))
        })
        .collect();
    let control = Control {
        jobs: 2,
        limits: Limits::default(),
        all_checks: true,
        keep_schedules: false,
        interrupted: &|| false,
        progress: &|_| {},
    };
    assert!(matches!(search_originals(&mut plan, &checks, &control), Ok(true)));
    assert!(plan.unfit.is_empty());
    let mut rows = 0;
    for (fate, (name, section)) in examine(&plan, &control).iter().zip(&sections) {
        let fate = fate.as_ref().expect("nobody interrupts");
        let survives = section.contains("not needed here:");
        assert_eq!(matches!(fate, Fate::Survived(_)), survives, "{name}: {fate:?}");
        let Fate::Killed(kills) = fate else { continue };
        let harms = section.contains("does harm:");
        assert_eq!(kills.iter().all(|kill| kill.heals), harms, "{name}");
        for (steps, check) in named(section) {
            let kill = kills.iter().find(|kill| plan.checks[kill.check].name() == check);
            let kill = kill.unwrap_or_else(|| panic!("{name}: {check} finds nothing"));
            let found = kill.differences.iter().map(|difference| difference.steps);
            let healed = plan.checks[kill.check].report.violations.iter();
            let healed = healed.filter(|_| kill.heals).map(|found| Some(found.trace.len()));
            assert!(found.chain(healed).any(|found| found == Some(steps)), "{name}: {check}");
            rows += 1;
        }
    }
    assert!(rows > 20, "{rows}");
}
