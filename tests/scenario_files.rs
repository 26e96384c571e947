//! What a scenario file says, and what is said about one that is wrong.

use ghosthunt::scenario::Scenario;

const WHOLE: &str = r#"
about   = "main exits while sysmon preempts it"
source  = "golang/go#35775"
model   = "go/1.14beta1"
kernels = ["windows_10", "windows_2003"]
properties = ["reach stopped: stopped[main]"]

[options]
exit_locks = false
slots = 3

[init]
"thread[m0]" = "main"

[threads]
main   = "cgo_exit(m0)"
sysmon = "preempt(m0, 2)"
helper = { run = "work()", start = "suspended" }

[expect]
outcome = "ghost"

[expect.windows_2003]
outcomes = ["exited", "ghost", "stuck"]
"#;

/// Every diagnostic of `text` as `LINE: MESSAGE [the text it points at]`, then its helps.
fn diagnostics(text: &str) -> Vec<String> {
    let errors = Scenario::parse("test", "test.toml", text).expect_err("the scenario is wrong");
    let show = |diagnostic: &ghosthunt::language::Diagnostic| {
        let span = diagnostic.labels[0].0;
        let line = errors.sources.location(span).line;
        let mut shown = format!("{line}: {} [{}]", diagnostic.message, errors.sources.text(span));
        for help in &diagnostic.helps {
            shown += &format!("; {help}");
        }
        shown
    };
    errors.diagnostics.iter().map(show).collect()
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(diagnostics(text), expected);
}

/// A scenario that is right but for `more`, which stands above its tables.
fn with(more: &str) -> String {
    format!("model = \"m\"\n{more}\n[threads]\na = \"f()\"\n")
}

#[test]
fn a_whole_scenario_is_read_in_the_order_written() {
    let scenario = Scenario::parse("test", "test.toml", WHOLE).expect("it is right");
    let names = scenario.threads.iter().map(|thread| thread.name.value.as_str());
    assert_eq!(names.collect::<Vec<_>>(), ["main", "sysmon", "helper"]);
    let start = scenario.threads[2].start.as_ref().map(|start| start.value.as_str());
    assert_eq!(start, Some("suspended"));
    assert_eq!(scenario.options[0].1.value, "false");
    assert_eq!(scenario.options[1].1.value, "3");
    assert_eq!(scenario.init[0].0.value, "thread[m0]");
    assert_eq!(scenario.expectation(Some("windows_10")).summary(), "ghost");
    let expected = scenario.expectation(Some("windows_2003")).summary();
    assert_eq!(expected, "exactly exited, ghost, stuck");
}

#[test]
fn spans_of_strings_fit_their_values_byte_for_byte() {
    let scenario = Scenario::parse("test", "test.toml", WHOLE).expect("it is right");
    for runs in scenario.threads.iter().map(|thread| &thread.runs) {
        assert_eq!(scenario.sources.text(runs.span), runs.value);
    }
    assert_eq!(scenario.sources.text(scenario.init[0].0.span), "thread[m0]");
}

#[test]
fn an_escaped_string_is_pointed_at_as_a_whole() {
    let text = with("about = \"x\"").replace("f()", "f(\\u0061)");
    let scenario = Scenario::parse("test", "test.toml", &text).expect("it is right");
    assert_eq!(scenario.threads[0].runs.value, "f(a)");
    assert_eq!(scenario.sources.text(scenario.threads[0].runs.span), "\"f(\\u0061)\"");
}

#[test]
fn several_mistakes_are_shown_at_once() {
    check(
        &with("kernel = [\"a\"]\nabout = 3\nkernels = \"windows_10\""),
        &[
            "2: unknown key `kernel` in a scenario [kernel]; there is `kernels`",
            "3: `about` is an integer, not a string [3]",
            "4: `kernels` is a string, not an array of strings [\"windows_10\"]",
        ],
    );
}

#[test]
fn what_is_missing_is_named() {
    check(
        "about = \"nothing\"",
        &[
            "1: the scenario has no `[threads]` [about = \"nothing\"]; name the threads and what \
             they run: `main = \"work()\"`",
            "1: the scenario has no `model` [about = \"nothing\"]; name a model, or the path of a \
             `.ghost` file: `model = \"go/1.14\"`",
        ],
    );
    check(
        "model = \"m\"\n[threads]\na = { start = \"suspended\" }",
        &["3: thread `a` has no `run` [a]; say what it runs: `run = \"work()\"`"],
    );
}

#[test]
fn broken_toml_is_shown_at_its_place() {
    let shown = diagnostics("model = \"m\nabout = 1");
    assert_eq!(shown.len(), 1);
    assert!(shown[0].starts_with("1: this is not TOML"), "{shown:?}");
}

#[test]
fn a_top_level_key_below_a_table_is_explained() {
    let text = with("") + "properties = [\"never x: y\"]";
    let shown = diagnostics(&text);
    assert!(shown[0].ends_with("`properties` belongs above the first `[table]`"), "{shown:?}");
}

#[test]
fn an_expectation_for_a_kernel_that_is_not_run_is_an_error() {
    check(
        &(with("kernels = [\"windows_10\"]") + "[expect.windows_11]\noutcome = \"ghost\""),
        &["5: the scenario does not run on `windows_11` [windows_11]; there is `windows_10`"],
    );
}

#[test]
fn expectations_that_contradict_themselves_are_errors() {
    check(
        &(with("") + "[expect]\noutcome = \"safe\"\nviolates = [\"assert\"]"),
        &["6: `safe` leaves nothing else to expect [safe]"],
    );
    check(
        &(with("") + "[expect]\noutcomes = [\"ghost\"]\nmust_not = [\"ghost\"]"),
        &["7: `ghost` must and must not occur [ghost]"],
    );
    check(
        &(with("") + "[expect]\noutcom = \"ghost\""),
        &["6: unknown key `outcom` in an expectation [outcom]; there is `outcome`"],
    );
}
