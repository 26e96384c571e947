//! What the compiler once got wrong. Each text is as small as its rule allows.

mod support;

use support::Scene;

#[track_caller]
fn one(model: &str) -> support::Found {
    Scene::new(model).thread("a", "main()").search()
}

#[track_caller]
fn error(model: &str) -> String {
    Scene::new(model).thread("a", "main()").errors().remove(0)
}

/// A choice on one path of a system call belongs to that path's place alone.
#[test]
fn a_choice_on_one_path_is_offered_there() {
    let call = |body: &str| {
        format!(
            "var x: 0..9 = 0 syscall s(l: bool) {{ {body} }}
             proc main() {{ let l: bool = false choose {{ l = false }} or {{ l = true }} s(l) }}
             reach one_: x == 1 reach two_: x == 2 reach three: x == 3 reach four: x == 4"
        )
    };
    let half = one(&call("if l { x = 1 x = 4 } else { choose { x = 2 } or { x = 3 } }"));
    assert!(half.unreached().is_empty(), "{:?}", half.unreached());
    let both = one(&call(
        "if l { choose { x = 1 } or { x = 2 } } else { choose { x = 3 } or { x = 4 } or { skip } }",
    ));
    assert!(both.unreached().is_empty(), "{:?}", both.unreached());
    // The first step of a system call that only chooses is the choice.
    let plain =
        one("var x: 0..2 = 0 syscall s() { choose { x = 1 } or { x = 2 } } proc main() { s() }");
    assert_eq!(plain.report.states, 5);
}

/// Binding a shared variable to a proc's parameter is a read, and a step.
#[test]
fn an_argument_bound_to_a_proc_is_read_in_a_step() {
    let model = |pass: &str| {
        format!(
            "var x: 0..9 = 0 var y: 0..9 = 0 proc call(fn: proc) {{ fn() }}
             proc put(n: 0..9) {{ y = n }} proc main() {{ step before {pass} x = 1 }}"
        )
    };
    assert_eq!(one(&model("put(x)")).report.states, one(&model("call(put(x))")).report.states);
    assert!(error(&model("call(put(x + y))")).contains("makes 2 shared accesses"));
}

/// A write is seen wherever it stands, so that what it writes is no constant.
#[test]
fn writes_inside_arguments_are_writes() {
    let found = one("
        var z: 0..9 = 7 var x: atomic 0..9 = 0
        proc zero(n: 0..9) -> bool { return n == 0 }
        proc main() { let was_zero = zero(swap(x, 3)) z = 8 assert was_zero }
        never broken: z == 3
        reach written: x == 3");
    assert!(found.violations().is_empty() && found.unreached().is_empty());
}

/// What stands in an index, a gate or a property changes nothing, and history changes nothing.
#[test]
fn writes_are_refused_where_they_could_be_lost_or_repeated() {
    let vars = "var x: atomic 0..3 = 0 var t[0..3]: 0..9 = 4 var m: mutex aux var h: 0..3";
    for body in ["let b = t[fetch_add(x, 1)]", "atomic { t[swap(x, 2)] += 1 }"] {
        let text = format!("{vars} proc main() {{ {body} }}");
        assert!(error(&text).contains("an index that changes something"), "{body}");
    }
    for place in
        ["never p: cas(x, 1, 2)", "runs user(t) when try_lock(m)", "outcome o when swap(x, 1) == 1"]
    {
        let text = format!("{vars} proc main() {{ x = 1 lock(m) }} {place}");
        assert!(error(&text).contains("changes nothing"), "{place}");
    }
    let history = format!("{vars} proc main() {{ atomic {{ h = swap(x, 2) }} }}");
    assert!(error(&history).contains("changes more"));
    let nobody = format!(
        "{vars} proc main() {{ lock(m) }} action a1() when true {{ if try_lock(m) {{ skip }} }}"
    );
    assert!(error(&nobody).contains("no `self` here"));
}

/// What decides who runs knows nothing of history and outcomes.
#[test]
fn gates_read_no_history() {
    let model = |place: &str| {
        format!("aux var h: bool proc main() {{ step a1 h = true }} outcome o when h {place}")
    };
    assert!(error(&model("runs user(t) when !h")).contains("history variable"));
    assert!(error(&model("handler on_h(t) when h { skip }")).contains("history variable"));
    assert!(error(&model("runs user(t) when !o")).contains("only be asked by properties"));
    assert!(error(&model("lives(t) when !done")).contains("only be asked by properties"));
}

/// The type of a local does not depend on what else the cast does.
#[test]
fn a_local_has_its_type_whether_or_not_its_variable_is_constant() {
    one("var x: 0..3 = 0 proc main() { let a = x a += 1 step s } proc other() { x = 1 }");
}

/// A parameter has its declared type, also if the argument is a `mod` value.
#[test]
fn a_parameter_has_its_declared_type() {
    let found = one("
        var m: mod 4 = 3 var y: 0..9 = 0
        proc put(n: 0..9) { y = n + 1 }
        proc main() { let a = m put(a) m = 3 }
        reach four: y == 4");
    assert!(found.unreached().is_empty());
}

/// A result is held to its range where it is returned, whoever looks at it.
#[test]
fn results_keep_to_their_ranges() {
    let model = |body: &str| {
        format!(
            "var x: 0..9 = 7 proc f() -> 0..3 {{ let v = x return v }} proc g() -> 0..3 {{ return wide() }} proc wide() -> 0..9 {{ return x }} proc main() {{ {body} x = 7 }}"
        )
    };
    for body in ["if f() == 7 { skip }", "let a = f()", "x = g()", "f()"] {
        assert_eq!(one(&model(body)).violations(), ["Range"], "{body}");
    }
}

/// A step that ends its own thread forgets its locals too.
#[test]
fn the_last_step_leaves_no_locals() {
    let found = one("
        var x: 0..3 = 0
        proc main() { choose { x = 1 } or { x = 2 } atomic { let a = x  x = 0  finish(self) } }");
    assert_eq!(found.report.ends[0].count, 1);
}

/// Threads' names belong to the scenario: a text's own names are not hidden by them.
#[test]
fn a_thread_may_be_named_like_a_variable() {
    let model = "var x: thread or none = none var b: bool proc main() { let t = x if t == none { b = true } x = none } reach seen: b";
    assert!(Scene::new(model).thread("x", "main()").search().unreached().is_empty());
}

/// History that is written from a call joins the call's last step, and leaves no trace if left out.
#[test]
fn history_from_a_call_is_history() {
    let model = "
        var z: 0..9 = 7 aux var h: bool
        proc f() -> bool { let a = z return a == 7 }
        proc main() { h = f() z = 8 }
        never broken: z < 7";
    let with = one(model);
    let without = Scene::new(model).thread("a", "main()").without_aux().search();
    assert_eq!(with.report.states, 3);
    assert_eq!(with.report.states, without.report.states);
    assert!(without.violations().is_empty());
}

/// Asserting a system call's result is a user step, as asserting its named result is.
#[test]
fn asserting_a_result_needs_the_user_gate() {
    let model = |body: &str| {
        format!(
            "thread var stopped: bool = false runs user(t) when !stopped[t]
             syscall s() -> bool {{ step enter atomic {{ stopped[self] = true return false }} }}
             proc main() {{ {body} }}"
        )
    };
    for body in ["assert s()", "let r = s() assert r"] {
        let found = one(&model(body));
        assert_eq!((found.violations(), found.report.states), (vec!["stuck".into()], 3), "{body}");
    }
}

/// A read that can fail is not folded away by what stands behind it.
#[test]
fn a_failing_read_is_made() {
    let found = one("
        option asked: bool = false
        var u: thread or none = none thread var n: 0..1 = 0
        proc main() { step s  n[self] = 1  u = self }
        never p: n[u] == 1 && asked");
    assert_eq!(found.violations()[0], "Range");
}

/// Operands are evaluated in the order in which they are written.
#[test]
fn comparisons_are_evaluated_from_left_to_right() {
    let found = one("
        var x: atomic 0..9 = 5
        proc main() { atomic { let more = fetch_add(x, 1) + 2 > swap(x, 0) assert more } }");
    assert!(found.violations().is_empty());
}

/// Arithmetic is for numbers.
#[test]
fn only_numbers_are_added() {
    let vars = "var b: atomic bool enum E { e1, e2 } var e: atomic E";
    for body in ["b += true", "atomic { e += e2 }", "let o = fetch_add(e, e2)"] {
        let text = format!("{vars} proc main() {{ {body} }}");
        assert!(error(&text).contains("expected a number"), "{body}");
    }
}

/// Extreme ranges, empty loops and deep nests are answered, not suffered.
#[test]
fn extremes_are_survived() {
    one("proc main() { for i in 2147483647..2147483647 { step s } }");
    one("var a[2147483647..2147483647]: bool proc main() { a[2147483647] = true }");
    one("var x: 0..3 = 0 proc main() { let a = x step s }");
    let wide = "let l1: 0..2147483647 = 1 let l2: 0..2147483647 = 2 let l3: 0..2147483647 = 3 step s l1 = 0 l2 = 0 l3 = 0";
    one(&format!("var b: bool proc main() {{ b = true {wide} }}"));
    error("proc main() { step s } never q: exists(i in -2147483647..2147483647: i == 7)");
    let nested = format!("{}x{}", "exists(a in bool: ".repeat(40), ")".repeat(40));
    let model = format!("var x: bool proc main() {{ x = true }} never q: {nested}");
    assert!(error(&model).contains("too large"));
    let doubling: String =
        (0..40).map(|n| format!("proc p{n}() {{ p{m}() p{m}() }} ", m = n + 1)).collect();
    let model = format!("{doubling} proc p40() {{ }} proc main() {{ p0() }}");
    assert!(error(&model).contains("too large"));
    let empty = "proc main() { for i in 1..9999 { for j in 1..9999 { } } }";
    assert!(error(empty).contains("too large"));
    let nests: String = (0..60)
        .map(|n| {
            let (open, close) = ("if true { ".repeat(60), "} ".repeat(60));
            format!("proc q{n}() {{ {open} q{}() {close} }} ", n + 1)
        })
        .collect();
    let model = format!("{nests} proc q60() {{ step s }} proc main() {{ q0() }}");
    assert!(error(&model).contains("levels deep") || error(&model).contains("deep here"));
}

/// A mutex that the cast never locks is free, also where it is a parameter.
#[test]
fn a_mutex_that_nobody_locks_is_free() {
    let found = one("
        var b: bool = true var m: mutex
        proc asks(l: mutex) { await l == none }
        proc main() { asks(m) b = false }");
    assert_eq!(found.outcomes(), ["done"]);
}
