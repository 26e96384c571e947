//! Random protocols, drawn from a tape of bytes: where the tape ends, the simplest is drawn, so that a
//! shorter tape is a simpler text.
//!
//! They are made of few words, so that a change of one often makes no difference, or only one that is
//! hard to see: the same step twice, a wait that is never over, a loop that goes round once.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Nobody calls it, and nobody changes it. Were a variable written nowhere after a change, to read it would
/// be no step any more.
const TOUCH: &str = "proc touch() { x = 0  y = 0  b = true  mark[self] = true  lock(m)  unlock(m)  \
                     lock(n)  unlock(n) }\n";

/// The cast's names.
pub const NAMES: [&str; 3] = ["first", "second", "third"];

/// A protocol and two casts of it.
#[derive(Debug)]
pub struct Drawn {
    /// By name; `main` is the protocol.
    pub texts: BTreeMap<&'static str, String>,
    pub casts: [Cast; 2],
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cast {
    /// What each thread runs, in the order of [`NAMES`].
    pub runs: Vec<String>,
    pub quick: bool,
    /// The initial value of `x`.
    pub x: i32,
    /// Declarations of properties; not all need be witnessed.
    pub properties: Vec<String>,
    /// How much is expected: everything, as little as possible, or in between.
    pub expects: usize,
}

struct Draw<'a> {
    tape: &'a [u8],
    text: String,
    /// Whether statements may be strongly fair: of those little is claimed.
    strong: bool,
    kernel: bool,
    locals: usize,
}

/// What can stand at this point of a body.
#[derive(Clone)]
struct Here {
    /// Procs with a greater number can be called.
    level: usize,
    locals: Vec<String>,
    depth: usize,
    /// Nothing with a block of its own stands here.
    flat: bool,
    looping: bool,
    /// The thread's parameter is known.
    told: bool,
}

pub fn draw(tape: &[u8]) -> Drawn {
    let text = String::new();
    let mut draw = Draw { tape, text, strong: false, kernel: false, locals: 0 };
    draw.strong = draw.pick(6) == 5;
    draw.kernel = draw.pick(3) == 2;
    let mut texts = BTreeMap::from([("touch", TOUCH.to_string())]);
    if draw.kernel {
        texts.insert("kernel", draw.kernel_text());
    }
    let protocol = draw.protocol();
    let one = draw.cast();
    let mut other = one.clone();
    match draw.pick(5) {
        0 | 1 => other.expects = draw.pick(3),
        2 => other.quick = true,
        3 => other.x = 1,
        _ => other = draw.cast(),
    }
    texts.insert("main", protocol);
    Drawn { texts, casts: [one, other] }
}

impl Draw<'_> {
    fn pick(&mut self, ways: usize) -> usize {
        let Some((&first, rest)) = self.tape.split_first() else { return 0 };
        self.tape = rest;
        usize::from(first) % ways
    }

    fn kernel_text(&mut self) -> String {
        let mut text = String::from("thread var off: bool = false\nruns user(t) when !off[t]\n");
        if self.pick(2) == 1 {
            text += "runs kernel(t) when !off[t]\n";
        }
        let fair = ["", "unfair ", "strong "][self.pick(3)];
        writeln!(text, "{fair}action go(t: thread) when off[t] {{ off[t] = false }}").expect(TEXT);
        if self.pick(3) == 2 {
            text += "on kernel entry { off[self] = false }\n";
        }
        text
    }

    fn protocol(&mut self) -> String {
        self.text = String::from("use touch\n");
        if self.kernel {
            self.text += "use kernel\n";
        }
        self.text += "option quick: bool = false\n\
            var x: atomic 0..2 = 0\nvar y: atomic 0..2 = 0\nvar b: atomic bool = false\n\
            var m: mutex\nvar n: mutex\nthread var mark: bool = false\naux var h: 0..2 = 0\n";
        for level in 0..4 {
            let here = Here {
                level,
                locals: vec![],
                depth: 0,
                flat: false,
                looping: false,
                told: level < 2,
            };
            let (word, parameter) = match level {
                0 | 1 => ("proc", "t: thread"),
                2 => ("proc", ""),
                _ if self.pick(3) > 0 => ("syscall", ""),
                _ => ("proc", ""),
            };
            writeln!(self.text, "{word} p{level}({parameter}) {{").expect(TEXT);
            if word == "syscall" {
                self.simple(&here, 0);
            }
            let most = if level < 2 { 5 } else { 2 };
            self.block(&here, most);
            self.text += "}\n";
        }
        if self.pick(4) == 3 {
            self.text += "handler on_mark(t) when mark[t] { mark[t] = false  p3() }\n";
        }
        for index in 0..self.pick(3) {
            let fine = ["", " fine"][self.pick(2)];
            let when = self.claim();
            writeln!(self.text, "outcome o{index}{fine} when {when}").expect(TEXT);
        }
        std::mem::take(&mut self.text)
    }

    fn cast(&mut self) -> Cast {
        let count = if self.pick(4) == 3 { 3 } else { 2 };
        let runs = (0..count).map(|me| {
            let fair = ["", "", "", "unfair ", "strong "][self.pick(5)];
            let proc = self.pick(2).abs_diff(me % 2);
            format!("{fair}p{proc}({})", NAMES[(me + 1 + self.pick(2)) % count])
        });
        let runs = runs.collect();
        let properties = (0..self.pick(4)).map(|index| {
            let claim = self.claim();
            match self.pick(6) {
                0 => format!("never c{index}: {claim}"),
                1 => format!("always c{index}: {claim}"),
                2 => format!("reach c{index}: {claim}"),
                3 => format!("after {claim}: {}", self.claim()),
                _ => format!("eventually {claim}"),
            }
        });
        let properties = properties.collect();
        Cast { runs, quick: self.pick(4) == 3, x: 0, properties, expects: self.pick(3) }
    }

    /// A condition of a state.
    fn claim(&mut self) -> String {
        match self.pick(10) {
            0 => format!("x == {}", self.pick(3)),
            1 => format!("y == {}", self.pick(3)),
            2 => "b".into(),
            3 => format!("h == {}", self.pick(3)),
            4 => format!("finished({})", NAMES[self.pick(2)]),
            5 => format!("in_kernel({})", NAMES[self.pick(2)]),
            6 => format!("mark[{}]", NAMES[self.pick(2)]),
            7 => format!("x == {} && y == {}", self.pick(3), self.pick(3)),
            8 => format!("x == {} || finished({})", self.pick(3), NAMES[self.pick(2)]),
            _ => "exists(q in thread: !finished(q))".into(),
        }
    }

    fn line(&mut self, depth: usize, words: &str) {
        writeln!(self.text, "{}{words}", "    ".repeat(depth + 1)).expect(TEXT);
    }

    fn block(&mut self, here: &Here, most: usize) {
        let mut here = here.clone();
        for _ in 0..1 + self.pick(most) {
            self.statement(&mut here);
        }
    }

    fn nested(&mut self, here: &Here, head: &str, most: usize, tail: &str) {
        self.line(here.depth, &format!("{head} {{"));
        let inside = Here { depth: here.depth + 1, ..here.clone() };
        self.block(&inside, most);
        self.line(here.depth, tail);
    }

    fn fair(&mut self) -> &'static str {
        match self.pick(7) {
            5 => "unfair ",
            6 if self.strong => "strong ",
            _ => "",
        }
    }

    fn number(&mut self) -> &'static str {
        ["x", "y"][self.pick(2)]
    }

    fn mutex(&mut self) -> &'static str {
        ["m", "m", "n"][self.pick(3)]
    }

    /// A condition with one shared access.
    fn condition(&mut self) -> String {
        match self.pick(6) {
            0 => "b".into(),
            1 => "!b".into(),
            2 => format!("{} != {}", self.number(), self.pick(3)),
            3 => format!("{} == none", self.mutex()),
            _ => format!("{} == {}", self.number(), self.pick(3)),
        }
    }

    /// A statement that is one step and waits for nothing.
    fn simple(&mut self, here: &Here, depth: usize) {
        let fair = self.fair();
        let words = match self.pick(9) {
            1 => format!("{} = {}", self.number(), self.pick(3)),
            2 => format!("{} = {}", self.number(), self.pick(2)),
            3 => format!("b = {}", ["true", "false"][self.pick(2)]),
            4 => format!("{} += 1", self.number()),
            5 => format!("store.release({}, {})", self.number(), self.pick(3)),
            6 if self.kernel && here.told => "off[t] = true".into(),
            6 | 7 => "mark[self] = true".into(),
            _ => "step s".into(),
        };
        self.line(depth, &format!("{fair}{words}"));
        match self.pick(6) {
            4 => {
                let value = self.pick(3);
                self.line(depth, &format!("h = {value}"));
            }
            5 => {
                if let Some(local) = here.locals.last() {
                    let value = self.pick(3);
                    self.line(depth, &format!("assert {local} != {value}"));
                }
            }
            _ => {}
        }
    }

    fn local(&mut self, here: &mut Here, value: &str) {
        let name = format!("v{}", self.locals);
        self.locals += 1;
        self.line(here.depth, &format!("let {name} = {value}"));
        here.locals.push(name);
    }

    fn statement(&mut self, here: &mut Here) {
        let deep = here.flat || here.depth >= 2;
        match self.pick(26) {
            3 | 4 => {
                let mutex = self.mutex();
                let fair = self.fair();
                self.line(here.depth, &format!("{fair}lock({mutex})"));
                self.statement_in(here);
                if self.pick(4) > 0 {
                    self.line(here.depth, &format!("unlock({mutex})"));
                }
            }
            5 => {
                let value = match self.pick(4) {
                    0 => format!("fetch_add({}, 1)", self.number()),
                    1 => format!("swap({}, {})", self.number(), self.pick(3)),
                    _ => self.number().into(),
                };
                self.local(here, &value);
            }
            6 => match here.locals.last().cloned() {
                Some(local) if !deep && self.pick(2) == 1 => {
                    let head = format!("if {local} == {}", self.pick(3));
                    self.nested(here, &head, 2, "}");
                }
                Some(local) => {
                    let words = format!("{} = {local}", self.number());
                    self.line(here.depth, &words);
                }
                None => self.simple(here, here.depth),
            },
            7 | 8 if !deep => {
                let head = match self.pick(4) {
                    0 => format!("if cas({}, {}, {})", self.number(), self.pick(2), self.pick(3)),
                    1 if self.pick(2) == 1 => "if quick".into(),
                    _ => format!("if {}", self.condition()),
                };
                let tail = if self.pick(3) == 2 { "} else {" } else { "}" };
                self.nested(here, &head, 2, tail);
                if tail != "}" {
                    let inside = Here { depth: here.depth + 1, ..here.clone() };
                    self.block(&inside, 1);
                    self.line(here.depth, "}");
                }
            }
            9 | 10 => {
                let fair = self.fair();
                let head = match self.pick(3) {
                    0 => format!("while !cas({}, 0, 1)", self.number()),
                    _ => format!("while {}", self.condition()),
                };
                let turn = ["yield", "yield", "step s", "step s yield"][self.pick(4)];
                self.line(here.depth, &format!("{fair}{head} {{ {turn} }}"));
            }
            11 if !deep => {
                self.line(here.depth, "loop {");
                let inside = Here { depth: here.depth + 1, looping: true, ..here.clone() };
                self.simple(&inside, inside.depth);
                self.block(&inside, 2);
                if self.pick(2) == 1 {
                    let condition = self.condition();
                    self.line(inside.depth, &format!("if {condition} {{ break }}"));
                }
                if self.pick(2) == 1 {
                    self.line(inside.depth, "yield");
                }
                self.line(here.depth, "}");
            }
            12 | 13 if !deep => {
                let fair = self.fair();
                self.nested(here, &format!("{fair}choose"), 2, "} or {");
                let inside = Here { depth: here.depth + 1, ..here.clone() };
                self.block(&inside, 1);
                self.line(here.depth, "}");
            }
            14 => {
                let words = format!("{}await {}", self.fair(), self.condition());
                self.line(here.depth, &words);
            }
            15 | 16 => self.atomic(here),
            24 => match here.locals.last().cloned() {
                // It fails in two ways.
                Some(local) => {
                    let value = self.pick(2);
                    let head = format!("if {local} == {value} {{ assert {local} == 2 }}");
                    let words = format!("{head} else {{ let f{}: 2..2 = {local} }}", self.locals);
                    self.locals += 1;
                    self.line(here.depth, &words);
                }
                None => self.local(here, "x"),
            },
            23 if here.level < 3 => {
                // Whichever comes first, it does the same: but where it is a system call.
                let (one, other) = [("step s", "p3()"), ("p3()", "step s")][self.pick(2)];
                self.line(here.depth, one);
                self.line(here.depth, other);
            }
            17 | 18 if here.level < 3 => {
                let callee = 2.max(here.level + 1) + self.pick(2);
                self.line(here.depth, &format!("p{}()", callee.min(3)));
            }
            19 => {
                let condition = self.condition();
                let words = ["skip", "b = true"][self.pick(2)];
                let depth = here.depth;
                self.line(depth, &format!("if {condition} {{ unreached \"it is not\" {words} }}"));
            }
            20 if self.pick(2) == 1 => {
                let words = if here.looping { "break" } else { "return" };
                self.line(here.depth, words);
            }
            21 => {
                let mutex = self.mutex();
                self.line(here.depth, &format!("if try_lock({mutex}) {{"));
                let inside = Here { depth: here.depth + 1, ..here.clone() };
                self.simple(&inside, inside.depth);
                self.line(inside.depth, &format!("unlock({mutex})"));
                self.line(here.depth, "}");
            }
            22 => {
                let words = ["step s", "skip", "b = true", "x = 0"][self.pick(4)];
                self.line(here.depth, &format!("if quick {{ {words} }}"));
            }
            _ => self.simple(here, here.depth),
        }
    }

    /// None or one, between a lock and its release.
    fn statement_in(&mut self, here: &mut Here) {
        if self.pick(4) > 0 {
            let mut inside = Here { flat: true, ..here.clone() };
            self.statement(&mut inside);
        }
    }

    fn atomic(&mut self, here: &Here) {
        let fair = self.fair();
        self.line(here.depth, &format!("{fair}atomic {{"));
        let depth = here.depth + 1;
        if self.pick(3) == 2 {
            let condition = self.condition();
            self.line(depth, &format!("await {condition}"));
        }
        for _ in 0..1 + self.pick(3) {
            let words = match self.pick(7) {
                1 => format!("b = {}", ["true", "false"][self.pick(2)]),
                2 => format!("if {} {{ {} = {} }}", self.condition(), self.number(), self.pick(3)),
                3 => "x = y".into(),
                4 => format!("if finished(self) {{ {} = 0 }}", self.number()),
                5 if self.kernel && here.told => "off[t] = true".into(),
                _ => format!("{} = {}", self.number(), self.pick(3)),
            };
            self.line(depth, &words);
        }
        self.line(here.depth, "}");
    }
}

const TEXT: &str = "a string has room";
