//! What each operator makes of a text, and what becomes of it.

use ghosthunt::language::{Edit, Operator, mutations, outline};

/// The mutants that one operator makes of a proc with this body, each as the body it has.
fn bodies(operator: Operator, body: &str) -> Vec<String> {
    let start = "var x: atomic 0..3\nvar y: plain 0..3\nvar m: mutex\noption on: bool = true\n\
                 aux var seen: bool = false\nproc p(v: 0..3) { ";
    let text = format!("{start}{body} }}\n");
    let edits = mutations(&text, &[]).into_iter().filter(|edit| edit.operator == operator);
    let body_of = |edit: Edit| {
        let mutant = edit.apply(&text);
        let body = mutant.strip_prefix(start).expect("only the proc changes");
        let body = body.strip_suffix(" }\n").expect("only the proc's body changes");
        body.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    edits.map(body_of).collect()
}

#[track_caller]
fn check(operator: Operator, body: &str, expected: &[&str]) {
    assert_eq!(bodies(operator, body), expected, "{} of {body}", operator.name());
}

#[test]
fn delete_leaves_a_statement_out() {
    check(Operator::Delete, "lock(m) x = 1", &["x = 1", "lock(m)"]);
    check(Operator::Delete, "if v == 0 { x = 1 }", &["", "if v == 0 { }"]);
    check(
        Operator::Delete,
        "if v == 0 { skip } else if v == 1 { skip }",
        &["", "if v == 0 { skip } else { }"],
    );
}

#[test]
fn history_assertions_and_unreached_statements_are_left_alone() {
    check(Operator::Delete, "seen = true", &[]);
    check(Operator::Delete, "assert v < 3  skip", &[]);
    check(Operator::Delete, "unreached \"why\" x = 1", &[]);
    check(Operator::Constant, "seen = true", &[]);
}

#[test]
fn what_an_option_turns_on_is_one_statement() {
    check(Operator::Delete, "if on { x = 1 }", &["if on { }"]);
    check(Operator::Negate, "if on { x = 1 }", &[]);
    check(Operator::Swap, "if on { x = 1 } y = 2", &["y = 2 if on { x = 1 }"]);
}

#[test]
fn swap_exchanges_neighbours_but_not_with_what_leaves() {
    check(Operator::Swap, "x = 1 y = 2 x = 3", &["y = 2 x = 1 x = 3", "x = 1 x = 3 y = 2"]);
    check(Operator::Swap, "x = 1 return", &[]);
    check(Operator::Swap, "x = 1 x = 1", &[]);
}

#[test]
fn split_makes_two_steps_of_a_read_modify_write() {
    check(Operator::Split, "cas(x, 0, 1)", &["if x == 0 { x = 1 }"]);
    check(Operator::Split, "let ok = cas(x, 0, 1)", &["let ok = x == 0 if ok { x = 1 }"]);
    check(Operator::Split, "if cas(x, 0, 1) { y = 1 }", &["if x == 0 { x = 1 y = 1 }"]);
    check(
        Operator::Split,
        "if !cas(x, 0, 1) { return } else { y = 1 }",
        &["if x == 0 { x = 1 y = 1 } else { return }"],
    );
    check(
        Operator::Split,
        "while !cas(x, 0, 1) { yield }",
        &["loop { if x == 0 { x = 1 break } yield }"],
    );
    check(
        Operator::Split,
        "if v == 1 && cas(x, 0, 1) { y = 1 }",
        &["if v == 1 && x == 0 { x = 1 y = 1 }"],
    );
    check(Operator::Split, "x += 1", &["let loaded = x x = loaded + 1"]);
    check(Operator::Split, "let left: 0..3 = v left -= 1", &[]);
    check(Operator::Split, "atomic { x += 1 }", &[]);
}

#[test]
fn negate_turns_a_condition_round() {
    check(Operator::Negate, "if x == 0 { skip }", &["if x != 0 { skip }"]);
    check(Operator::Negate, "if !(x == 0) { skip }", &["if (x == 0) { skip }"]);
    check(Operator::Negate, "while !cas(x, 0, 1) { yield }", &["while cas(x, 0, 1) { yield }"]);
    check(Operator::Negate, "await x > 1 && y < 2", &["await !(x > 1 && y < 2)"]);
}

#[test]
fn drop_branch_leaves_one_way_out() {
    check(
        Operator::DropBranch,
        "if v == 0 { x = 1 } else { y = 1 }",
        &["if v == 0 { } else { y = 1 }", "if v == 0 { x = 1 }"],
    );
    check(
        Operator::DropBranch,
        "choose { x = 1 } or { y = 1 } or { skip }",
        &[
            "choose { y = 1 } or { skip }",
            "choose { x = 1 } or { skip }",
            "choose { x = 1 } or { y = 1 }",
        ],
    );
    check(Operator::DropBranch, "if v == 0 { x = 1 }", &[]);
}

#[test]
fn move_lock_moves_one_statement_on_also_out_of_a_block() {
    check(
        Operator::MoveLock,
        "x = 1 lock(m) y = 1",
        &["lock(m) x = 1 y = 1", "x = 1 y = 1 lock(m)"],
    );
    check(
        Operator::MoveLock,
        "if v == 0 { unlock(m) y = 1 }",
        &["if v == 0 { y = 1 unlock(m) }", "unlock(m) if v == 0 { y = 1 }"],
    );
    check(
        Operator::MoveLock,
        "if v == 0 { y = 1 unlock(m) }",
        &["if v == 0 { unlock(m) y = 1 }", "if v == 0 { y = 1 } unlock(m)"],
    );
    check(Operator::MoveLock, "if on { lock(m) } y = 1", &["y = 1 if on { lock(m) }"]);
}

#[test]
fn constants_and_orders_change() {
    check(
        Operator::Constant,
        "x = 1 y = 2 while true { break }",
        &["x = 0 y = 2 while true { break }", "x = 1 y = 2 while false { break }"],
    );
    check(
        Operator::Weaken,
        "store.seq_cst(x, 1) cas.acq_rel.relaxed(x, 0, 1)",
        &[
            "store.release(x, 1) cas.acq_rel.relaxed(x, 0, 1)",
            "store.seq_cst(x, 1) cas.acquire.relaxed(x, 0, 1)",
            "store.seq_cst(x, 1) cas.release.relaxed(x, 0, 1)",
        ],
    );
}

#[test]
fn no_two_mutants_are_one_text_and_a_broken_text_has_none() {
    let text = include_str!("../models/go/runtime.ghost");
    let mutants: Vec<String> = mutations(text, &[]).iter().map(|edit| edit.apply(text)).collect();
    let different: std::collections::HashSet<_> = mutants.iter().collect();
    assert!(mutants.len() > 200 && different.len() == mutants.len());
    assert!(!different.contains(&text.to_string()));
    assert!(mutations("proc p( { }", &[]).is_empty() && outline("proc p( { }").procs.is_empty());
}

#[test]
fn comments_stay_where_they_are() {
    let text = "var x: plain 0..1\nproc p() {\n    x = 1 // one\n    x = 0 // none\n}\n";
    let swapped = "var x: plain 0..1\nproc p() {\n    x = 0 // one\n    x = 1 // none\n}\n";
    let edits = mutations(text, &[]);
    let swap = edits.iter().find(|edit| edit.operator == Operator::Swap).expect("two neighbours");
    assert_eq!(swap.apply(text), swapped);
    assert_eq!((swap.line, swap.owner.as_str()), (3, "p"));
    assert_eq!(swap.description, "swap `x = 1` and `x = 0`");
}
