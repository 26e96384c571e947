//! What is wrong with a text is said where it is, with a way out, and several at once.

mod support;

use proptest::prelude::*;
use support::Scene;

/// Each of `expected` is part of some error, `message | labels… | helps…`.
#[track_caller]
fn errors(model: &str, expected: &[&str]) {
    let found = Scene::new(model).thread("a", "main()").errors();
    for part in expected {
        assert!(found.iter().any(|error| error.contains(part)), "no `{part}` in {found:#?}");
    }
}

#[test]
fn two_accesses_are_an_error_that_says_how_to_split_it() {
    let vars = "var x: 0..3 = 0 var y: 0..3 = 0 var a[0..3]: 0..3 thread var n: 0..3";
    let main = |body: &str| {
        format!(
            "{vars} proc f(v: 0..3) {{ y = v }} proc main() {{ {body} x = 1 a[1] = 1 n[self] = 1 }}"
        )
    };
    for body in [
        "x = y",
        "let t = x + y",
        "x = a[1]",
        "let t = a[y]",
        "if x == y { skip }",
        "f(x + y)",
        "assert x == y",
    ] {
        errors(
            &main(body),
            &["makes 2 shared accesses", "split it: `let first = ", "atomic { … }"],
        );
    }
    errors(&main("x += 1"), &["makes 2 shared accesses", "split it: `let old = x`"]);
    errors(
        &main("await x == 1 && y == 1"),
        &["waits for 2 shared reads at once", "atomic { await … }"],
    );
    // These make one access, or are one step.
    for body in [
        "atomic { x = y }",
        "if x == 1 && y == 1 { skip }",
        "let t = x  y = t",
        "assert x == 0 || y == 0",
        "f(x)",
    ] {
        Scene::new(&main(body)).thread("a", "main()").program();
    }
}

#[test]
fn names_are_suggested() {
    errors(
        "var preemptGen: 0..3 proc main() { premptGen = 1 }",
        &["there is no `premptGen` | ", "there is `preemptGen`"],
    );
    errors(
        "proc work() { skip } proc main() { wrok() }",
        &["there is no proc `wrok`", "there is `work`"],
    );
    errors(
        "proc main() { skip } vra x: bool",
        &["`vra` does not start a declaration", "there is `var`"],
    );
    let used =
        Scene::new("use ntt proc main() { skip }").text("nt", "").thread("a", "main()").errors();
    assert!(
        used[0].contains("there is no model `ntt`") && used[0].contains("there is `nt`"),
        "{used:?}"
    );
    let cast = Scene::new("proc main() { skip }").thread("a", "mian()").errors();
    assert!(cast[0].contains("there is `main`"), "{cast:?}");
}

#[test]
fn several_errors_are_reported_at_once() {
    let found = Scene::new(
        "var x: 0..3 = 9
         proc main() {
             x = true
             lock(x)
             let = 3
             undefined(1)
         }
         proc broken( { }
         never odd: x + true",
    )
    .thread("a", "main()")
    .errors();
    assert!(found.len() >= 5, "{found:#?}");
}

#[test]
fn types_are_checked() {
    let with = |body: &str| {
        format!(
            "enum E {{ e1, e2 }} var x: 0..3 var b: bool var e: E var m: mutex var t: thread or none proc r() -> 0..3 {{ return 1 }} proc main() {{ {body} x = 1 b = true e = e1 t = none }}"
        )
    };
    errors(&with("x = b"), &["shared accesses"]);
    errors(&with("x = true"), &["expected 0..3, found bool"]);
    errors(&with("x = 7"), &["expected 0..3, found the number 7"]);
    errors(&with("e = 1"), &["expected E, found the number 1"]);
    errors(&with("x = none"), &["expected 0..3, found none"]);
    errors(&with("if x { skip }"), &["expected a condition, found 0..3"]);
    errors(&with("m = none"), &["a mutex cannot be assigned"]);
    errors(&with("let k = none"), &["the type of `k` cannot be told"]);
    errors(&with("let k = 0 k = 1"), &["the type of `k` cannot be told"]);
    errors(&with("if e == t { skip }"), &["are never equal"]);
    errors(&with("r(1)"), &["takes 0 arguments, not 1"]);
    errors(&with("x = 1 + r()"), &["the call of `r` cannot stand here"]);
    errors(&with("return 1"), &["this proc returns nothing"]);
    errors("proc main() -> bool { step a }", &["may end without a value"]);
    errors("proc main() { let x = 2000000000 + 2000000000 }", &["leave the range of numbers"]);
    errors("var x: 5..3 proc main() { skip }", &["the range 5..3 is empty"]);
    errors("var x: 0..99999999999 proc main() { skip }", &["is not a number from 0 to"]);
    errors("var x[0..99999]: bool proc main() { skip }", &["this range is too large here"]);
}

#[test]
fn what_belongs_elsewhere_is_refused() {
    errors("proc main() { atomic { while true { skip } } }", &["a loop inside a step"]);
    errors("var x: bool proc main() { atomic { x = true await x } }", &["`await` inside a step"]);
    errors("proc main() { atomic { choose { skip } or { skip } } }", &["`choose` inside a step"]);
    errors("proc main() { loop { skip } }", &["a turn of this loop may take no step"]);
    errors("proc main() { yield }", &["`yield` outside a loop"]);
    errors("proc main() { break }", &["this stands outside a loop"]);
    errors("proc main() { finish(self) }", &["`finish` outside atomic code"]);
    errors("proc main() { if finished(self) { skip } }", &["looks at another thread's place"]);
    errors("aux var h: bool proc main() { h = true if h { skip } }", &["is a history variable"]);
    errors(
        "var x: bool aux var h: bool proc main() { x = true h = x }",
        &["takes no step of its own"],
    );
    errors("var x: 0..3 proc main() { x = 1 for i in 1..x { skip } }", &["this is not a constant"]);
    errors(
        "var x: bool proc main() { x = true for t in thread where x { skip } }",
        &["this is not a constant", "unrolled"],
    );
    errors("var x: plain 0..1 proc main() { let c = cas(x, 0, 1) }", &["needs an atomic location"]);
    errors(
        "var x: atomic 0..1 proc main() { let c = load.release(x) }",
        &["does not take this memory order"],
    );
    errors("proc f() { step a } proc main() { atomic { f() } }", &["is called inside a step"]);
    errors(
        "proc main() { if fine_end { skip } } outcome fine_end when true",
        &["can only be asked by properties"],
    );
}

#[test]
fn recursion_names_the_circle() {
    errors(
        "proc main() { f() } proc f() { g() } proc g() { f() }",
        &["calls itself", "f -> g -> f"],
    );
    // A proc may be on its own way as an argument, as C calling Go calling C is.
    let nested = "proc call(fn: proc) { step before fn() step after } proc leaf() { step leaf_ } proc main() { call(middle) } proc middle() { call(leaf) }";
    Scene::new(nested).thread("a", "main()").program();
    let endless = "proc call(fn: proc) { step before fn() } proc main() { call(again) } proc again() { call(again) }";
    errors(endless, &["too deep to inline"]);
}

#[test]
fn outcomes_build_on_earlier_ones() {
    errors(
        "proc main() { skip } outcome a1 when b1 outcome b1 when !a1",
        &["`b1` is used before it is declared"],
    );
    errors("proc main() { skip } outcome a1 when !a1", &["`a1` is used before it is declared"]);
    Scene::new("proc main() { skip } outcome a1 when done outcome b1 when !a1")
        .thread("a", "main()")
        .program();
}

#[test]
fn one_namespace() {
    errors(
        "var x: bool proc x() { skip } proc main() { skip }",
        &["the name `x` is declared twice", "first declared here"],
    );
    errors("enum E { a1 } option a1: bool = true proc main() { skip }", &["declared twice"]);
    errors("proc f() { skip } proc f() { skip } proc main() { skip }", &["defined twice"]);
    errors("override proc f() { skip } proc main() { skip }", &["no proc `f` to override"]);
    errors(
        "hook proc f() { skip } proc f(n: 0..1) { skip } proc main() { skip }",
        &["another signature"],
    );
}

#[test]
fn the_scenario_is_checked_like_the_model() {
    let model = "option size: 0..3 = 1 enum M { m0 } var of[M]: thread or none proc main() { of[m0] = none } start ready(t) { of[m0] = t }";
    let scene = || Scene::new(model).thread("a", "main()");
    let first = |scene: Scene| scene.errors().remove(0);
    assert!(first(scene().option("sise", "1")).contains("there is `size`"));
    assert!(first(scene().option("size", "9")).contains("expected 0..3"));
    assert!(first(scene().preset("windows_11")).contains("there is no preset `windows_11`"));
    assert!(first(scene().init("of[m1]", "a")).contains("there is no `m1`"));
    assert!(first(scene().init("of[m0]", "b")).contains("there is no `b`"));
    assert!(first(scene().starts("redy")).contains("there is `ready`"));
    assert!(first(scene().property("never x: of[m0] == 3")).contains("never equal"));
    assert!(first(scene().property("proc f() { skip }")).contains("not a property"));
    assert!(first(scene().thread("b", "main")).contains("a thread runs a call"));
}

#[test]
fn a_mod_value_compared_in_a_loop_is_a_warning() {
    let model = "var gen: mod 2 proc main() { let old = gen while gen == old { yield } } proc other() { atomic { gen += 1 } }";
    let (_, warnings) = Scene::new(model).thread("a", "main()").compile().expect("it compiles");
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].message.contains("compared for equality inside a loop"));
}

#[test]
fn too_deep_and_too_large_are_errors() {
    let deep = format!("proc main() {{ let x = {}1{} }}", "(".repeat(5000), ")".repeat(5000));
    errors(&deep, &["levels deep"]);
    let blocks = format!("proc main() {{ {} {} }}", "if true {".repeat(5000), "}".repeat(5000));
    errors(&blocks, &["levels deep"]);
    let chain = format!("proc main() {{ let x = 1{} }}", " + 1".repeat(5000));
    errors(&chain, &["operators in a row"]);
    let elses = format!("proc main() {{ if true {{ }} {} }}", "else if true { }".repeat(5000));
    errors(&elses, &["levels deep"]);
    let wide = "var x: bool proc main() { for i in 1..9999 { for j in 1..9999 { x = true } } }";
    errors(wide, &["too large when all its calls and loops are unrolled"]);
    let doubling: String =
        (0..40).map(|n| format!("proc p{n}() {{ p{m}() p{m}() }} ", m = n + 1)).collect();
    errors(&format!("{doubling} proc p40() {{ step s }} proc main() {{ p0() }}"), &["too large"]);
    let words = "var x[0..9999]: 0..1000000 proc main() { for i in 0..9999 { x[i] = 1 } }";
    errors(words, &["a state takes"]);
}

/// A whole model with one of everything, for mangling.
const WHOLE: &str = include_str!("../models/README.md");

fn example() -> String {
    let blocks = WHOLE.split("```").skip(1).step_by(2);
    let ghosts = blocks.filter_map(|block| block.strip_prefix("ghost\n"));
    ghosts.max_by_key(|text| text.len()).expect("an example").to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// The parser survives any input, and says something about what it cannot use.
    #[test]
    fn mangled_models_get_errors_not_crashes(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4u8), 1..6)
    ) {
        let mut text: Vec<char> = example().chars().collect();
        for (from, to, how) in cuts {
            if text.is_empty() { break; }
            let (from, to) = (from.index(text.len()), to.index(text.len()));
            let (from, to) = (from.min(to), from.max(to).min(from + 40));
            match how {
                0 => { text.drain(from..to); }
                1 => { let part: Vec<char> = text[from..to].to_vec(); let at = to % text.len(); text.splice(at..at, part); }
                2 => text[from..to].reverse(),
                _ => text[from] = ['{', '}', '(', '"', '9', '\u{e9}', '/', '.'][to % 8],
            }
        }
        let text: String = text.into_iter().collect();
        let _ = Scene::new(&text).thread("a", "other(a)").compile();
    }

    #[test]
    fn any_text_is_survived(text in "\\PC{0,200}") {
        let _ = Scene::new(&text).thread("a", &text).compile();
        let _ = Scene::new("proc main() { skip }").thread("a", &text).init(&text, &text).property(&text).compile();
    }

    #[test]
    fn any_words_are_survived(words in prop::collection::vec(
        prop::sample::select(vec!["var", "proc", "x", "y", "main", "(", ")", "{", "}", "[", "]", "=", "==", "+", "-", ":", "..", "0", "1", "bool", "thread", "mutex", "or", "none", "if", "else", "while", "for", "in", "choose", "await", "atomic", "lock", "return", "let", "when", "action", "never", "\n", "cas", ",", "self", "exists", "syscall", "enum", "return", "loop", "break", "yield", "done", "lives", "runs", "user", "swap", "try_lock", "reversed", "2147483647", "mod", "finish", "unlock", "+=", "choose", "aux", "handler", "proc", "&&", "!", "%", "reach", "outcome", "on", "kernel", "entry"]), 0..60)) {
        let text = words.join(" ");
        let _ = Scene::new(&text).thread("a", "main()").compile();
    }
}
