//! What the language means, rule by rule. Each test fails if its rule is dropped.

mod support;

use support::{Scene, one, two};

/// Between two steps another thread runs: a read and a write of one location are two steps.
#[test]
fn other_threads_run_between_two_steps() {
    let model = "
        var x: plain 0..2 = 0
        proc split() { let t = x  x = t + 1 }
        proc whole() { atomic { let t = x  x = t + 1 } }
        proc rmw() { y += 1 }
        var y: atomic 0..2 = 0
        outcome x_lost when x == 1
        outcome y_lost when x == 0 && y == 1";
    assert_eq!(two(model, "split()", "split()").outcomes(), ["x_lost", "done"]);
    assert_eq!(two(model, "whole()", "whole()").outcomes(), ["done"]);
    assert_eq!(two(model, "rmw()", "rmw()").outcomes(), ["done"]);
}

/// A condition over two shared reads takes a step for each, in source order, and stops at the first
/// that decides.
#[test]
fn conditions_are_split_in_source_order() {
    let model = "
        var x: plain 0..1 = 1
        var y: plain 0..1 = 0
        aux var saw: bool = false
        proc both() { if x == 1 && y == 1 { saw = true } }
        proc either() { if x == 0 || y == 0 { saw = true } }
        proc together() { atomic { if x == 1 && y == 1 { saw = true } } }
        proc swap_them() { x = 0  y = 1 }
        always never_both: !(x == 1 && y == 1)
        outcome saw_both when saw";
    assert_eq!(two(model, "both()", "swap_them()").outcomes(), ["saw_both", "done"]);
    assert_eq!(two(model, "together()", "swap_them()").outcomes(), ["done"]);
    // Seeing x == 1 and then y == 1 misses both.
    assert_eq!(two(model, "either()", "swap_them()").outcomes(), ["saw_both", "done"]);
    // The second read is not made when the first decides: a step less.
    let short = one(
        "var x: 0..1 = 0 var y: 0..1 = 0 proc f() { if x == 1 && y == 1 { skip } x = 0 y = 0 }",
        "f()",
    );
    assert_eq!(short.report.states, 4);
}

/// The same holds of a truth value that is named or returned.
#[test]
fn truth_values_over_several_reads_are_split_too() {
    let model = "
        var x: plain 0..1 = 1
        var y: plain 0..1 = 0
        proc named() { let both = x == 1 && y == 1  assert !both }
        proc given() -> bool { return x == 1 && y == 1 }
        proc asks() { if given() { assert false } }
        proc later() { let both = false  both = x == 1 && y == 1  assert !both }
        proc swap_them() { x = 0  y = 1 }";
    for runs in ["named()", "asks()", "later()"] {
        assert_eq!(two(model, runs, "swap_them()").violations(), ["Assert"], "{runs}");
    }
}

/// A constant that leaves a declared range is refused, although it takes no step to see it.
#[test]
fn constants_keep_to_declared_ranges() {
    let model = |body: &str| {
        format!("option k: 0..9 = 7 proc f(n: 0..3) {{ step a }} proc main() {{ {body} }}")
    };
    for body in ["let x: 0..3 = k step a", "f(k)"] {
        let errors = Scene::new(&model(body)).thread("a", "main()").errors();
        assert!(errors[0].contains("7 is not in 0..3"), "{errors:?}");
    }
    // What a loop's condition rules out is not looked at.
    let guarded =
        "proc f(n: 0..3) { step a } proc main() { for i in 0..3 { if i > 0 { f(i - 1) } } }";
    Scene::new(guarded).thread("a", "main()").program();
}

/// `choose` commits before the branch's first guard is looked at.
#[test]
fn choose_is_demonic() {
    let model = "
        var go: bool = false
        proc f() { choose { await go } or { skip } }
        proc g() { if go { go = false } }";
    assert_eq!(one(model, "f()").ends(), [("done".into(), 1), ("stuck".into(), 1)]);
}

/// Local computation joins the step before it: it adds no states.
#[test]
fn local_computation_joins_the_step_before() {
    let bare = one("var x: 0..3 = 0 proc f() { x = 1 x = 2 }", "f()");
    let busy = one(
        "var x: 0..3 = 0 proc f() { let a = 1 let b = a + 1 x = 1 if b == 2 { skip } else { x = 3 } x = b }",
        "f()",
    );
    assert_eq!((bare.report.states, bare.report.transitions), (3, 2));
    assert_eq!((busy.report.states, busy.report.transitions), (3, 2));
}

/// A local out of scope is reset, so it keeps no two equal states apart.
#[test]
fn locals_out_of_scope_are_reset() {
    let model = "
        var x: 0..3 = 0
        proc f() { choose { x = 1 } or { x = 2 } g() x = 0 step apart }
        proc g() { if x == 1 { let t = x  step here } else { let u = x  step here } }";
    let found = one(model, "f()");
    assert_eq!(found.outcomes(), ["done"]);
    // One state before the write of 0 for each value of x, and one after it.
    let forgets = "
        var x: 0..3 = 1
        proc f() { choose { keep(1) } or { keep(2) } step apart }
        proc keep(n: 0..3) { let t: 0..3 = n  x = 0 }";
    let found = one(forgets, "f()");
    assert_eq!(found.report.states, 5, "start, two branches, one common rest, the end");
    let keeps = "
        var x: 0..3 = 1
        proc f() { let t: 0..3 = 0 choose { t = 1 x = 0 } or { t = 2 x = 0 } step apart assert t > 0 }";
    assert_eq!(one(keeps, "f()").report.states, 6, "here the rest still knows t");
}

const KERNEL: &str = "
    thread var alive: bool = true
    thread var stopped: bool = false
    var log: 0..3 = 0
    var held: mutex
    runs user(t) when alive[t] && !stopped[t]
    runs kernel(t) when alive[t]
    lives(t) when alive[t]
    syscall stop(t: thread) { atomic { stopped[t] = true } }
    syscall go(t: thread) { atomic { stopped[t] = false } }
    syscall kill(t: thread) { atomic { alive[t] = false } }
    syscall kill_for_good(t: thread) { atomic { alive[t] = false finish(t) } }
    syscall two_steps() { log = 1  log = 2 }
";

/// A thread can be frozen between any two steps, and what it held stays held.
#[test]
fn gates_freeze_a_thread_and_it_keeps_its_locks() {
    let model = format!(
        "{KERNEL}
        proc holder() {{ lock(held) unlock(held) }}
        proc stopper(t: thread) {{ stop(t) lock(held) unlock(held) }}
        outcome owner_frozen when held == a_thread && stopped[a_thread]
        option a_thread: 0..1 = 0"
    )
    .replace("held == a_thread", "held != none")
    .replace("stopped[a_thread]", "exists(t: stopped[t])")
    .replace("option a_thread: 0..1 = 0", "");
    let found = two(&model, "holder()", "stopper(a)");
    assert!(found.outcomes().contains(&"owner_frozen"), "{:?}", found.ends());
}

/// A system call's first step needs the user gate; the rest of it needs the kernel gate only.
#[test]
fn system_calls_enter_by_the_user_gate() {
    let model = format!(
        "{KERNEL} outcome half when log == 1 outcome all fine when log == 2 proc f() {{ two_steps() }} proc s(t: thread) {{ stop(t) }}"
    );
    let found = two(&model, "f()", "s(a)");
    // Stopped before it: nothing was logged. Stopped inside: it runs on to the end of the call.
    let outcomes = found.outcomes();
    assert!(outcomes.contains(&"all") && outcomes.contains(&"stuck"), "{outcomes:?}");
    assert!(!outcomes.contains(&"half"));
}

/// What follows a system call's return is a user step if it asserts or writes history.
#[test]
fn nothing_that_matters_crosses_a_change_of_mode() {
    let after = |statement: &str| {
        let model = format!(
            "{KERNEL}
            aux var done_it: bool = false
            syscall stop_self() {{ step enter  atomic {{ stopped[self] = true }} }}
            proc f() {{ stop_self() {statement} }}
            never wrote: done_it"
        );
        Scene::new(&model).thread("a", "f()").search()
    };
    // The thread is stopped when it returns, so its user code must not run.
    assert!(after("done_it = true").violations().iter().all(|name| name != "never wrote"));
    assert!(after("assert false").violations().iter().all(|name| name != "Assert"));
    // In kernel mode, history joins the step before it.
    let model = format!(
        "{KERNEL}
        aux var done_it: bool = false
        syscall inside() {{ step enter  atomic {{ stopped[self] = true }} done_it = true }}
        proc f() {{ inside() }}
        never wrote: done_it"
    );
    assert!(
        Scene::new(&model).thread("a", "f()").search().violations().contains(&"never wrote".into())
    );
}

/// `on kernel entry` joins the first step of a system call and `exit` the last one.
#[test]
fn kernel_entry_and_exit_join_steps() {
    let model = "
        var entered: 0..3 = 0
        var left: 0..3 = 0
        var inside: 0..3 = 0
        on kernel entry { entered = 1 }
        on kernel exit { left = 1 }
        syscall call() { inside = 1 inside = 2 }
        syscall one() { inside = 3 }
        proc f() { call() }
        proc g() { one() }
        always entry_first: inside == 0 || entered == 1
        never entry_alone: entered == 1 && inside == 0
        never exit_early: left == 1 && inside == 1
        never exit_late: inside == 2 && left == 0
        never one_split: inside == 3 && (left == 0 || entered == 0)";
    let found = one(model, "f()");
    assert_eq!(found.report.states, 3);
    assert!(found.violations().is_empty(), "{:?}", found.violations());
    let found = one(model, "g()");
    assert_eq!(found.report.states, 2);
    assert!(found.violations().is_empty());
    // A call that makes no access is a step all the same.
    let empty = model.replace("inside = 1 inside = 2", "skip");
    assert_eq!(one(&empty, "f()").report.states, 2);
    // A guard in the first step holds back the entry with it.
    let waits = model.replace("inside = 1 inside = 2", "await inside == 3");
    assert_eq!(one(&waits, "f()").report.states, 1);
}

/// Where a thread stands: in a system call after its first step and before its last.
#[test]
fn in_kernel_and_finished() {
    let model = "
        syscall three() { step one step two step three_ }
        proc f() { three() }
        reach inside: exists(t: in_kernel(t))
        reach over: forall(t: finished(t))
        never both: exists(t: in_kernel(t) && finished(t))";
    let found = one(model, "f()");
    assert_eq!(found.report.states, 4);
    assert!(found.unreached().is_empty() && found.violations().is_empty());
    let single = model.replace("step one step two step three_", "step one");
    assert_eq!(one(&single, "f()").unreached(), ["reach inside"]);
}

/// A handler is entered at the next user step, keeps the thread's place and does not nest in itself.
#[test]
fn handlers() {
    let model = "
        thread var asked: bool = false
        var trace: 0..9 = 0
        handler on_ask(t) when asked[t] { asked[t] = false  trace = 5 }
        proc f() { step before  await trace == 5  step after }
        proc g(t: thread) { asked[t] = true }
        reach handled: trace == 5
        reach all_over: finished(a)";
    let scene = Scene::new(&model.replace("reach all_over: finished(a)", ""))
        .thread("a", "f()")
        .thread("b", "g(a)")
        .property("reach all_over: finished(a) && trace == 5");
    let found = scene.search();
    // A thread that is blocked enters it too; one that has finished does not.
    assert_eq!(found.outcomes(), ["done"], "{:?}", found.ends());
    assert!(found.unreached().is_empty());
}

/// A handler is entered in user mode only.
#[test]
fn handlers_wait_for_the_end_of_a_system_call() {
    let model = "
        thread var asked: bool = true
        var at: 0..3 = 0
        handler on_ask(t) when asked[t] && at > 0 { asked[t] = false }
        syscall call() { at = 1 at = 2 }
        proc f() { call() step after }
        never in_the_middle: at == 1 && exists(t: !asked[t])
        reach handled: forall(t: !asked[t])";
    let found = one(model, "f()");
    assert!(found.violations().is_empty() && found.unreached().is_empty());
}

/// Aux variables change nothing: without them the same graph remains.
#[test]
fn aux_variables_change_no_verdict() {
    let model = format!(
        "{KERNEL}
        aux var seen: 0..3 = 0
        aux var late: bool = false
        proc f() {{ let t = log  seen = 1  two_steps()  seen = 2  if t == 0 {{ log = 3  late = true }} }}
        proc g(t: thread) {{ stop(t) go(t) }}"
    );
    let with = two(&model, "f()", "g(a)");
    let scene = Scene::new(&model).thread("a", "f()").thread("b", "g(a)").without_aux();
    let without = scene.search();
    // History is a function of the run here, so the graphs are equal state by state.
    assert_eq!(with.report.states, without.report.states);
    assert_eq!(with.report.transitions, without.report.transitions);
    assert_eq!(with.ends(), without.ends());
    assert!(without.program.variables.iter().all(|variable| !variable.aux));
}

#[test]
fn a_mutex_is_held_by_one_thread() {
    let model = "
        var m: mutex
        var inside: 0..2 = 0
        proc f() { lock(m) atomic { inside += 1 } atomic { inside -= 1 } unlock(m) }
        proc tries() { if try_lock(m) { unlock(m) } else { step missed } }
        proc wrong() { unlock(m) }
        never two_inside: inside == 2
        reach held: m != none";
    let found = two(model, "f()", "f()");
    assert!(found.violations().is_empty() && found.unreached().is_empty());
    assert_eq!(found.outcomes(), ["done"]);
    assert_eq!(two(model, "f()", "tries()").outcomes(), ["done"]);
    assert_eq!(one(model, "wrong()").violations(), ["Unlock"]);
    assert_eq!(one(model, "f()").violations(), Vec::<String>::new());
}

#[test]
fn a_thread_that_is_finished_for_good_forgets_where_it_was() {
    let model = |how: &str| {
        format!(
            "{KERNEL} proc f() {{ let t: 0..3 = 0  log = 1 t = 1 log = 2 t = 2 log = 0 assert t == 2 }} proc k(t: thread) {{ {how}(t) }}"
        )
    };
    let gates_only = two(&model("kill"), "f()", "k(a)");
    let for_good = two(&model("kill_for_good"), "f()", "k(a)");
    assert!(for_good.report.states < gates_only.report.states);
    assert_eq!(for_good.outcomes(), gates_only.outcomes());
}

#[test]
fn ranges_are_checked_at_run_time() {
    assert_eq!(
        one("var x: 0..3 = 3 proc f() { let t = x  x = t + 1 }", "f()").violations(),
        ["Range"]
    );
    assert_eq!(one("var x: atomic 0..3 = 3 proc f() { x += 1 }", "f()").violations(), ["Range"]);
    assert_eq!(
        one("var x: mod 4 = 3 proc f() { let t = x  x = t + 1 } reach wrapped: x == 0", "f()")
            .violations(),
        Vec::<String>::new()
    );
    let none = "var t: thread or none = none thread var n: 0..1 = 0 proc f() { let u = t  n[u] = 1 } proc g() { t = none }";
    assert_eq!(one(none, "f()").violations(), ["Range"]);
    let local = "var x: 0..9 = 7 proc f() { let t: 0..3 = x  x = t }";
    assert_eq!(one(local, "f()").violations(), ["Range"]);
}

#[test]
fn options_presets_and_initial_values() {
    let base = "
        option size: 1..4 = 1
        preset big { size = 3 }
        enum M { m0, m1 }
        var x: 0..4 = 0
        var of[M]: thread or none
        start ready(t) { here[t] = true }
        thread var here: bool = false
        proc f() { x = size  here[self] = false  of[m0] = none }
        outcome three when x == 3
        outcome two_ when x == 2
        outcome one_ when x == 1";
    let run = |scene: Scene| scene.thread("a", "f()").search().outcomes()[0].to_string();
    assert_eq!(run(Scene::new(base)), "one_");
    assert_eq!(run(Scene::new(base).preset("big")), "three");
    assert_eq!(run(Scene::new(base).preset("big").option("size", "2")), "two_");
    let started = Scene::new(base)
        .thread("a", "f()")
        .starts("ready")
        .init("of[m1]", "a")
        .property("always kept: of[m1] == a")
        .property("reach begins: here[a]")
        .search();
    assert!(started.violations() == ["one_"] && started.unreached().is_empty());
}

#[test]
fn hooks_and_overrides() {
    let library = "
        var x: 0..9 = 0
        hook proc hooked() { x = 1 }
        proc called() { x = 2 }";
    let plain =
        Scene::new("use lib proc f() { hooked() } outcome one_ when x == 1").text("lib", library);
    assert_eq!(plain.thread("a", "f()").search().outcomes(), ["one_"]);
    let filled = Scene::new(
        "use lib proc hooked() { x = 3 } proc f() { hooked() } outcome three when x == 3",
    );
    assert_eq!(filled.text("lib", library).thread("a", "f()").search().outcomes(), ["three"]);
    let wrapped = "
        use lib
        var before: 0..9 = 0
        override proc called() { before = 1 called() }
        proc f() { called() }
        outcome both when x == 2 && before == 1";
    assert_eq!(
        Scene::new(wrapped).text("lib", library).thread("a", "f()").search().outcomes(),
        ["both"]
    );
    let with = Scene::new("use lib with { n = 2 } proc f() { x = n } outcome two_ when x == 2")
        .text("lib", "option n: 0..3 = 1 var x: 0..3 = 0");
    assert_eq!(with.thread("a", "f()").search().outcomes(), ["two_"]);
}

#[test]
fn calls_procs_and_results() {
    let model = "
        var x: atomic 0..9 = 0
        var m[bool]: mutex
        proc twice(fn: proc) { fn() fn() }
        proc add(n: 0..9) { x += n }
        proc with(l: mutex, fn: proc) { lock(l) fn() unlock(l) }
        proc get() -> 0..9 or none { let v = x  if v == 0 { return none } return v }
        proc main() {
            if get() == none { twice(add(2)) }
            with(m[true], add(1))
            let v = get()
            if !is_five() { x = 0 }
            if get_one() > 7 { x = 0 }
            if 7 <= get_one() { x += 1 }
            x = get_one()
            assert v == 5
            assert v != none
        }
        proc is_five() -> bool { return x == 5 }
        proc get_one() -> 0..9 { return 7 }
        outcome seven fine when x == 7";
    let found = one(model, "main()");
    assert_eq!(found.outcomes(), ["seven"], "{:?}", found.violations());
    assert!(found.violations().is_empty());
}

#[test]
fn loops_and_their_exits() {
    let model = "
        enum M { a1, a2, a3 }
        var x: 0..30 = 0
        proc main() {
            for m in M reversed where m != a2 { atomic { x += 1  if m == a3 { x += 3 } } }
            let i: 0..9 = 0
            while i < 5 {
                i += 1
                step turn
                if i == 2 { continue }
                if i == 4 { break }
                atomic { x += 1 }
            }
            for k in 1..3 { if k == 2 { break } atomic { x += 10 } }
        }
        outcome right fine when x == 17";
    assert_eq!(one(model, "main()").outcomes(), ["right"]);
}

/// An atomic proc is one step wherever it is called.
#[test]
fn atomic_procs_are_one_step() {
    let model = "
        var x: 0..9 = 0
        var y: 0..9 = 0
        atomic proc both() -> bool { await y == 0 x = 1 y = 1 return true }
        atomic proc inner() { both() x = 2 }
        proc f() { both() }
        proc g() { inner() }
        never apart: x == 1 && y == 0";
    assert_eq!(one(model, "f()").report.states, 2);
    assert!(one(model, "f()").violations().is_empty());
}

/// What nothing in the cast writes is a constant, and takes no part in the state.
#[test]
fn what_a_cast_does_not_write_is_constant() {
    let model = "
        thread var outside: bool = false
        start outside(t) { outside[t] = true }
        var n: 0..3 = 0
        proc count() { for t in thread where !outside[t] { atomic { n += 1 } } }
        outcome one_ when n == 1
        outcome two_ when n == 2";
    let scene = || Scene::new(model).thread("a", "count()").thread("b", "count()");
    assert_eq!(scene().starts("outside").search().outcomes(), ["two_"]);
    let names: Vec<String> =
        scene().program().variables.iter().map(|variable| variable.name.clone()).collect();
    assert_eq!(names, ["n"]);
}

/// Lines that no schedule runs are told.
#[test]
fn lines_that_never_run_are_known() {
    let model = "
        var x: 0..3 = 0
        proc f() {
            if x == 2 {
                x = 3
            }
            called()
            leaves()
            await x == 1
            x = 0
        }
        proc called() { if leave_early() { return } }
        proc leave_early() -> bool { return true }
        proc leaves() { step last }
        proc unused() { x = 1 }";
    let found = one(model, "f()");
    let lines: Vec<&str> = found
        .report
        .not_run
        .iter()
        .map(|&id| found.program.statements[id as usize].label.as_str())
        .collect();
    assert_eq!(lines, ["x = 3", "await x == 1", "x = 0", "x = 1"]);
}
