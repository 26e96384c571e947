//! What other tools read: Graphviz, trace viewers, CI.

use serde_json::Value;
use std::process::{Command, Output};

fn ghosthunt(arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_ghosthunt")).args(arguments).output();
    output.expect("ghosthunt runs")
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("ghosthunt writes UTF-8")
}

fn check(scenario: &str) -> Value {
    let output = ghosthunt(&["check", scenario, "--format", "json"]);
    serde_json::from_slice(&output.stdout).expect("one object")
}

#[test]
fn dot_has_every_edge_that_the_search_took() {
    let scenario = "nt/suspend-against-exit@windows_10";
    let output = ghosthunt(&["export", "dot", scenario]);
    let graph = text(&output);
    assert!(output.status.success());
    assert!(graph.starts_with("digraph \"nt/suspend-against-exit@windows_10\" {\n"), "{graph}");
    assert!(graph.ends_with("}\n"));
    let report = check(scenario);
    assert_eq!(graph.matches(" -> ").count() as u64, report["transitions"].as_u64().unwrap());
    let ends: u64 =
        report["outcomes"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    let drawn = graph.matches("doublecircle").count() + graph.matches("doubleoctagon").count();
    assert_eq!(drawn as u64, ends);
}

#[test]
fn a_graph_that_is_too_large_is_refused() {
    let output = ghosthunt(&["export", "dot", "go/cgo-exit-1.14beta1", "--max-states", "100"]);
    assert_eq!(output.status.code(), Some(21));
    assert_eq!(text(&output), "");
}

#[test]
fn itf_has_every_state_of_the_schedule() {
    let scenario = "go/cgo-exit-1.14beta1@windows_10";
    let trace: Value =
        serde_json::from_str(&text(&ghosthunt(&["export", "itf", scenario]))).expect("it is JSON");
    let states = trace["states"].as_array().expect("states");
    let steps = check(scenario)["schedule"]["steps"].as_u64().unwrap();
    assert_eq!(states.len() as u64, steps + 1);
    assert_eq!(trace["#meta"]["format"], "ITF");
    for state in states {
        for variable in trace["vars"].as_array().expect("variables") {
            let name = variable.as_str().expect("a name");
            assert!(state.get(name).is_some(), "{name} is missing");
        }
    }
    let last = states.last().expect("a state");
    let stopped = serde_json::json!({"#map": [["main", true], ["sysmon", false]]});
    assert_eq!(last["stopped"], stopped);
    assert_eq!(last["ghosthunt::step"], "kernel  die(sysmon)");
}

#[test]
fn itf_of_a_run_that_goes_on_for_ever_has_a_loop() {
    let scenario = "go/live-enter-1.14@windows_10";
    let trace: Value =
        serde_json::from_str(&text(&ghosthunt(&["export", "itf", scenario]))).expect("it is JSON");
    let cycle_from = check(scenario)["violation"]["cycle_from"].as_u64().unwrap();
    let first = trace["loop"].as_u64().expect("a loop");
    assert_eq!(first, cycle_from + 1);
    // It goes round from the last state, which is the one before the first of the loop.
    let states = trace["states"].as_array().expect("states");
    let variables = |state: &Value| {
        let mut state = state.as_object().expect("a state").clone();
        for own in ["#meta", "ghosthunt::step"] {
            state.remove(own);
        }
        state
    };
    let before = variables(&states[cycle_from as usize]);
    assert_eq!(variables(states.last().expect("a state")), before);
    assert_ne!(variables(&states[first as usize]), before);
}

#[test]
fn itf_keeps_to_the_format() {
    // https://apalache-mc.org/docs/adr/015adr-trace.html: names of the format's own begin with `#`.
    fn keeps(value: &Value) -> bool {
        match value {
            Value::Object(fields) => fields.iter().all(|(name, value)| match name.as_str() {
                "#map" => value.as_array().is_some_and(|pairs| {
                    pairs.iter().all(|pair| pair.as_array().is_some_and(|pair| pair.len() == 2))
                }),
                name => !name.starts_with('#') && keeps(value),
            }),
            Value::Array(all) => all.iter().all(keeps),
            Value::Number(number) => number.is_i64(),
            Value::String(_) | Value::Bool(_) => true,
            Value::Null => false,
        }
    }
    let trace = text(&ghosthunt(&["export", "itf", "go/cgo-exit-1.14beta1@windows_10"]));
    let trace: Value = serde_json::from_str(&trace).expect("it is JSON");
    assert!(trace["loop"].is_null(), "it ends");
    for state in trace["states"].as_array().expect("states") {
        let mut state = state.as_object().expect("a state").clone();
        assert!(state.remove("#meta").is_some_and(|meta| meta.is_object()));
        assert!(keeps(&Value::Object(state)));
    }
}

#[test]
fn itf_of_another_run_is_had_by_name() {
    let scenario = "go/cgo-exit-1.14beta1@windows_10";
    let exited = text(&ghosthunt(&["export", "itf", scenario, "--show", "exited"]));
    assert!(exited.contains("\"states\""), "{exited}");
    let output = ghosthunt(&["export", "itf", scenario, "--show", "nothing"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn junit_has_a_case_for_each_check() {
    let output = ghosthunt(&["check", "nt/barrier", "nt/no-barrier", "--format", "junit"]);
    let suite = text(&output);
    assert!(output.status.success());
    assert!(suite.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"), "{suite}");
    assert!(suite.contains("tests=\"4\" failures=\"0\" errors=\"0\""), "{suite}");
    assert_eq!(suite.matches("<testcase ").count(), 4, "{suite}");
}

#[test]
fn junit_shows_the_schedule_of_what_was_not_expected() {
    let arguments = ["check", "nt/barrier@windows_10", "--format", "junit", "--set"];
    let output = ghosthunt(&[&arguments[..], &["user_barrier=false"]].concat());
    let suite = text(&output);
    assert!(!output.status.success());
    assert!(suite.contains("failures=\"1\""), "{suite}");
    assert!(suite.contains("<failure type=\"never victim_in_user_mode\""), "{suite}");
    assert!(!suite.contains('\u{1b}'), "colours are no XML: {suite}");
}
