//! The verdicts of several checks as JUnit XML, which CI systems show: one test case a check.
//!
//! There is no standard; this keeps to what all readers of the format agree on.

use super::human;
use super::{Checked, Verdict};
use crate::scenario::finding_name;
use std::fmt::Write as _;

/// The width of the schedules in it.
const WIDTH: usize = 120;

/// One check as a test case.
pub fn case(checked: &Checked) -> String {
    let program = &checked.check.program;
    let seconds = checked.report.elapsed.as_secs_f64();
    let mut text = format!(
        "  <testcase classname=\"{}\" name=\"{}\" time=\"{seconds:.3}\">\n",
        escape(&program.scenario),
        escape(&program.check_name()),
    );
    let verdict = match (Verdict::of(checked.report), checked.told_first()) {
        (Verdict::Violated, Some(found)) => finding_name(&found.what, program),
        (verdict, _) => verdict.name(),
    };
    let details = anstream::adapter::strip_str(&human::details(checked, None, WIDTH)).to_string();
    if checked.judgement.as_expected() {
        let _ = writeln!(text, "    <system-out>{}</system-out>", escape(verdict));
    } else {
        let unmet = checked.judgement.unmet.iter().map(|unmet| unmet.text.as_str());
        let _ = writeln!(
            text,
            "    <failure type=\"{}\" message=\"{}\">{}</failure>",
            escape(verdict),
            escape(&unmet.collect::<Vec<_>>().join("; ")),
            escape(&details)
        );
    }
    text + "  </testcase>\n"
}

/// A check that could not be made, because a text is wrong: `errors` says what.
pub fn broken(name: &str, errors: &str) -> String {
    let errors = anstream::adapter::strip_str(errors).to_string();
    format!(
        "  <testcase classname=\"{0}\" name=\"{0}\"><error message=\"bad input\">{1}</error></testcase>\n",
        escape(name),
        escape(&errors)
    )
}

/// The document around `cases`: how many they are, failed and broken ones among them.
pub fn suite(cases: &str, tests: usize, failures: usize, errors: usize) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"ghosthunt\" \
         tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">\n{cases}</testsuite>\n</testsuites>\n"
    )
}

/// Text for an element or a quoted attribute; what XML cannot hold is left out.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            c if c.is_control() && !matches!(c, '\n' | '\t') => {}
            c => escaped.push(c),
        }
    }
    escaped
}
