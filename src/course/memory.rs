//! What loom says under C11, beside what the search says.

use super::lab::{Lab, Tried, built_in};
use crate::report::execution;
use crate::report::orders::{Verdict, combinations, takes_no_such_order};
use crate::search::{Finding, Report};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// How wide an execution is drawn.
const WIDTH: usize = 120;

/// What `ghosthunt orders` calls it: `sound`, `racy`, or what is wrong.
pub(super) fn word(lab: &Lab, reference: &str) -> String {
    let tried = lab.under_c11(reference);
    Verdict::of(&tried.report, &tried.check.program).word
}

/// The ends of each scenario by the search, and by loom under C11. What only the latter shows is bold.
pub(super) fn ends(lab: &Lab, scenarios: &[&str]) -> String {
    let mut table =
        String::from("| scenario | by the search | by loom, under C11 |\n|---|---|---|\n");
    for name in scenarios {
        let usual = ends_of(&lab.tried(name).report);
        let loom = lab.under_c11(name).report;
        let races = loom.violations.iter().any(|found| matches!(found.what, Finding::Race(_)));
        let weak: Vec<String> = match races {
            true => vec!["**race**".to_string()],
            false => {
                let told = |end: &String| match usual.contains(end) {
                    true => format!("`{end}`"),
                    false => format!("**`{end}`**"),
                };
                ends_of(&loom).iter().map(told).collect()
            }
        };
        let usual: Vec<String> = usual.iter().map(|end| format!("`{end}`")).collect();
        let _ = writeln!(table, "| `{name}` | {} | {} |", usual.join(", "), weak.join(", "));
    }
    table
}

fn ends_of(report: &Report) -> Vec<String> {
    report.ends.iter().map(|end| end.outcome.clone()).collect()
}

/// An execution of loom that shows an end, a property or a race of this name.
pub(super) fn shown(lab: &Lab, reference: &str, name: &str) -> String {
    let Tried { report, .. } = lab.under_c11(reference);
    let found = report.executions.iter().find(|one| one.shows == name);
    let drawn = match found {
        Some(found) => execution(found, WIDTH),
        None if !(lab.goes_on)() => String::new(),
        None => panic!("{reference} has no execution with {name}"),
    };
    let drawn: Vec<&str> =
        drawn.lines().map(|line| line.strip_prefix("  ").unwrap_or(line)).collect();
    format!("```text\n{}\n```\n", drawn.join("\n"))
}

/// What a scenario comes to under every combination of the memory orders that two options name: one
/// down, the other across.
///
/// # Panics
/// If another order that the model leaves open makes a difference: the table would hide it.
pub(super) fn orders(lab: &Lab, scenario: &str, down: &str, across: &str) -> String {
    let named = built_in(scenario);
    let kernel = named.kernel_names()[0].map(str::to_string);
    let check = named.compile(kernel.as_deref(), &[]);
    let options = check.unwrap_or_else(|_| panic!("{scenario} compiles")).program.order_options;
    let mut cells: Vec<(&str, &str, BTreeSet<String>)> = Vec::new();
    for orders in combinations(options.len()) {
        let set: Vec<(String, String)> =
            options.iter().cloned().zip(orders.iter().map(|order| order.to_string())).collect();
        match named.compile(kernel.as_deref(), &set) {
            Err(errors) if takes_no_such_order(&errors) => continue,
            compiled => assert!(compiled.is_ok(), "{scenario} compiles"),
        }
        let set: Vec<String> = set.iter().map(|(name, order)| format!("{name}={order}")).collect();
        let word = word(lab, &format!("{scenario} {}", set.join(" ")));
        let order_of = |option: &str| {
            orders[options.iter().position(|known| known == option).expect("an option of an order")]
        };
        let (row, column) = (order_of(down), order_of(across));
        match cells.iter_mut().find(|(r, c, _)| (*r, *c) == (row, column)) {
            Some((.., words)) => {
                words.insert(word);
            }
            None => cells.push((row, column, BTreeSet::from([word]))),
        }
    }
    let (mut rows, mut columns): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for (row, column, _) in &cells {
        for (known, one) in [(&mut rows, row), (&mut columns, column)] {
            if !known.contains(one) {
                known.push(one);
            }
        }
    }
    let head: Vec<String> = columns.iter().map(|order| format!("{across}: {order}")).collect();
    let mut table = format!("| | {} |\n|---|", head.join(" | "));
    table += &"---|".repeat(columns.len());
    table.push('\n');
    for row in rows {
        let _ = write!(table, "| {down}: {row} |");
        for column in &columns {
            let words = cells.iter().find(|(r, c, _)| r == &row && c == column).map(|(.., w)| w);
            let words: Vec<&str> = words.into_iter().flatten().map(String::as_str).collect();
            assert!(words.len() <= 1 || !(lab.goes_on)(), "{scenario}: another order matters");
            let cell = match words.first() {
                Some(&"sound") => "**sound**",
                Some(word) => word,
                None => "–",
            };
            let _ = write!(table, " {cell} |");
        }
        table.push('\n');
    }
    table
}
