//! What is said of a search: as expected or not, in words and in JSON.

mod common;

use common::program;
use ghosthunt::report::{self, Checked, Verdict};
use ghosthunt::scenario::{Check, Scenario, UnmetKind};
use ghosthunt::search::{Limits, Report, search};

/// The scenario of the program made by hand, with this `[expect]`.
fn scenario(expect: &str) -> Scenario {
    let text = format!(
        "about = \"main exits while sysmon is busy\"\nmodel = \"by_hand\"\nkernels = [\"nt\"]\n\
         [threads]\nmain = \"main()\"\nsysmon = \"sysmon()\"\n{expect}"
    );
    Scenario::parse("race", "race.toml", &text).expect("it is right")
}

/// What `tell` makes of the search under `limits` and the expectation.
fn told<T>(expect: &str, limits: &Limits, tell: impl FnOnce(&Checked) -> T) -> T {
    let program = program();
    let scenario = scenario(expect);
    let report: Report = search(&program, limits, &mut |_| true);
    let expectation = scenario.expectation(Some("nt")).clone();
    let judgement = expectation.judge(&report, &program);
    let check = Check { program, expectation, set: Vec::new(), warnings: Vec::new() };
    let saved = vec![("ghost".to_string(), "ghost.schedule".to_string())];
    tell(&Checked {
        scenario: &scenario,
        check: &check,
        report: &report,
        judgement,
        saved,
        chances: None,
    })
}

fn unmet(expect: &str) -> Vec<(UnmetKind, String)> {
    told(expect, &Limits::default(), |checked| {
        let unmet = checked.judgement.unmet.iter();
        unmet.map(|unmet| (unmet.kind, unmet.text.clone())).collect()
    })
}

#[track_caller]
fn check(expect: &str, expected: &[(UnmetKind, &str)]) {
    let unmet = unmet(expect);
    let unmet: Vec<_> = unmet.iter().map(|(kind, text)| (*kind, text.as_str())).collect();
    assert_eq!(unmet, expected, "{expect}");
}

#[test]
fn the_hand_made_program_ends_in_two_ways_and_spins_in_a_third() {
    told("", &Limits::default(), |checked| {
        let ends = checked.report.ends.iter().map(|end| end.outcome.as_str());
        assert_eq!(ends.collect::<Vec<_>>(), ["ghost", "done"]);
        assert_eq!(Verdict::of(checked.report), Verdict::Violated);
    });
}

#[test]
fn without_a_word_safety_is_expected() {
    let ghost = (UnmetKind::BadEnd, "`ghost` occurs, and is not expected");
    check("", &[ghost]);
    check("[expect]\noutcome = \"safe\"", &[ghost]);
    check(
        "[expect]\nviolates = [\"assert\"]",
        &[ghost, (UnmetKind::Different, "`assert` is expected, and does not occur")],
    );
}

#[test]
fn an_outcome_occurs_and_others_may() {
    check("[expect]\noutcome = \"ghost\"", &[]);
    check(
        "[expect]\noutcome = \"stuck\"",
        &[(UnmetKind::Different, "`stuck` is expected, and does not occur")],
    );
    check(
        "[expect]\noutcome = \"ghost\"\nmust_not = [\"done\"]",
        &[(UnmetKind::Different, "`done` occurs, and is not expected")],
    );
}

#[test]
fn outcomes_are_the_exact_set() {
    check("[expect]\noutcomes = [\"ghost\", \"done\"]", &[]);
    check(
        "[expect]\noutcomes = [\"done\"]",
        &[(UnmetKind::BadEnd, "`ghost` occurs, and is not expected")],
    );
    check(
        "[expect]\noutcomes = [\"ghost\"]",
        &[(UnmetKind::Different, "`done` occurs, and is not expected")],
    );
    check("[expect]\nmust_not = [\"stuck\"]", &[]);
}

#[test]
fn a_kernel_of_its_own_replaces_the_rest() {
    check("[expect.nt]\noutcome = \"ghost\"", &[]);
    check(
        "[expect]\noutcome = \"ghost\"\n[expect.nt]\noutcome = \"safe\"",
        &[(UnmetKind::BadEnd, "`ghost` occurs, and is not expected")],
    );
}

#[test]
fn a_limited_search_is_incomplete_whatever_it_found() {
    let limits = Limits { states: Some(2), ..Limits::default() };
    told("[expect]\noutcome = \"ghost\"", &limits, |checked| {
        assert!(!checked.judgement.as_expected());
        assert_eq!(checked.judgement.gravest(), Some(UnmetKind::Incomplete));
        assert_eq!(Verdict::of(checked.report), Verdict::Incomplete);
        let json = report::json(checked);
        assert!(json.contains(r#""verdict":"incomplete""#), "{json}");
        assert!(json.contains(r#""completeness":"bounded""#), "{json}");
        assert!(json.contains(r#""limit":"states""#), "{json}");
    });
}

#[test]
fn the_json_has_the_keys_of_its_schema() {
    let json = told("[expect]\noutcome = \"ghost\"", &Limits::default(), report::json);
    assert!(json.ends_with("}\n") && json.matches('\n').count() == 1, "one object a line");
    let object: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    let expected = serde_json::json!({
        "schema": "ghosthunt.check/1",
        "scenario": "race",
        "model": "by_hand",
        "kernel": "nt",
        "engine": "search",
        "verdict": "violated",
        "violation": {"kind": "ghost", "property": null, "spinning": false, "steps": 3},
        "expected": {"outcome": "ghost"},
        "as_expected": true,
        "completeness": "exhaustive",
        "schedule": {"steps": 3, "switches": 0, "file": "ghost.schedule"},
        "limit": null,
        "unmet": [],
    });
    for (key, value) in expected.as_object().expect("it is an object") {
        assert_eq!(&object[key], value, "{key}");
    }
    for key in ["outcomes", "ends", "states", "transitions", "depth"] {
        assert!(!object[key].is_null(), "{key}");
    }
}

#[test]
fn people_are_told_who_is_left_and_how() {
    let text = told("[expect]\noutcome = \"ghost\"", &Limits::default(), |checked| {
        report::details(checked, None, 100)
    });
    let text = anstream::adapter::strip_str(&text).to_string();
    for part in [
        "race@nt: ghost, as expected\n",
        "  main exits while sysmon is busy\n",
        "A shortest schedule to `ghost`: 3 steps, 0 switches between threads\n",
        "Then 1 of 2 threads is left:\n",
        "  main    is suspended at main:2, `while busy`\n",
        "  sysmon  has finished\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn another_schedule_is_drawn_when_asked_for() {
    let text = told("[expect]\noutcome = \"ghost\"", &Limits::default(), |checked| {
        report::details(checked, Some("done"), 80)
    });
    assert!(text.contains("A shortest schedule to `done`"), "{text}");
}
