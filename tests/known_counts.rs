//! Counts that are known without a search: from other checkers of the same model, or by multiplication.

mod support;

use support::Scene;

/// Four threads, four times each {let t = x; x = t + 1}: TLC, Spin and Stateright agree on the counts.
#[test]
fn counter_four_by_four() {
    let model = "
        var x: plain 0..16 = 0
        proc count() {
            for i in 1..4 {
                let t = x
                x = t + 1
            }
        }";
    let found = ["a", "b", "c", "d"]
        .iter()
        .fold(Scene::new(model), |scene, name| scene.thread(name, "count()"))
        .search();
    assert_eq!(found.report.states, 3_892_125);
    assert_eq!(found.report.transitions, 13_955_872);
    assert_eq!(found.outcomes(), ["done"]);
    assert!(found.report.violations.is_empty());
}

/// Three counters that wrap around by themselves, in states that all begin with the same word. So many
/// agree in the bits of their hashes that the table keeps that a search which took these, and the first
/// word, for the state would lose some.
#[test]
fn states_that_look_alike_are_told_apart() {
    let model = "
        var late: bool = false
        var front: 0..2147483646 = 0
        var front_too: 0..2147483646 = 0
        var a: mod 64 = 0
        var b: mod 128 = 0
        var c: mod 128 = 0
        proc counts_a() { loop { atomic { a += 1 } } }
        proc counts_b() { loop { atomic { b += 1 } } }
        proc counts_c() { loop { atomic { c += 1 } } }
        proc never() { await late  front = 1  front_too = 1  late = true }";
    let found = ["counts_a()", "counts_b()", "counts_c()", "never()"]
        .iter()
        .zip(["a_thread", "b_thread", "c_thread", "d_thread"])
        .fold(Scene::new(model), |scene, (run, name)| scene.thread(name, run))
        .search();
    assert!(found.program.layout.words > 1);
    assert_eq!(found.report.states, 64 * 128 * 128);
    assert_eq!(found.report.transitions, 3 * 64 * 128 * 128);
}

/// A loop with a local counter is the same graph: the counter says no more than the place in the
/// unrolled loop.
#[test]
fn counter_with_a_local_loop() {
    let count = |body: &str| {
        let model = format!("var x: plain 0..9 = 0 proc count() {{ {body} }}");
        let scene = Scene::new(&model).thread("a", "count()").thread("b", "count()");
        let found = scene.search();
        (found.report.states, found.report.transitions)
    };
    let unrolled = count("for i in 1..3 { let t = x  x = t + 1 }");
    let looped = count("let i: 0..3 = 0  while i < 3 { let t = x  x = t + 1  i += 1 }");
    assert_eq!(unrolled, looped);
}
