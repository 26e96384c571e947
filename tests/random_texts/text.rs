//! The generator's own syntax tree, and how it is written down as a model text.

use std::fmt::Write;

/// A type of a variable or a local.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ty {
    Int(i32, i32),
    Mod(i32),
    Bool,
    /// Never none.
    Thread,
    /// `thread or none`, and what a mutex holds.
    Holder,
    Enum,
}

/// A shared variable: declaration, type, dimensions (least index and length), initial value.
pub struct Var {
    pub name: &'static str,
    pub decl: &'static str,
    pub ty: Ty,
    pub dims: &'static [(i32, i32)],
    pub initial: Option<i32>,
}

const fn var(
    name: &'static str,
    decl: &'static str,
    ty: Ty,
    dims: &'static [(i32, i32)],
    initial: Option<i32>,
) -> Var {
    Var { name, decl, ty, dims, initial }
}

pub const X: usize = 0;
pub const Y: usize = 1;
pub const G: usize = 2;
pub const B: usize = 3;
pub const O: usize = 4;
pub const A: usize = 5;
pub const D: usize = 6;
pub const N: usize = 7;
pub const M: usize = 8;
pub const MM: usize = 9;
pub const ALIVE: usize = 10;
pub const STOPPED: usize = 11;
pub const SIG: usize = 12;
pub const C: usize = 13;
pub const H: usize = 14;

/// Two threads' worth of a `thread var`; `C` is written by nobody, `H` is history.
pub const VARS: [Var; 15] = [
    var("x", "var x: atomic 0..2 = 0", Ty::Int(0, 2), &[], Some(0)),
    var("y", "var y: plain 0..2 = 1", Ty::Int(0, 2), &[], Some(1)),
    var("g", "var g: mod 3", Ty::Mod(3), &[], Some(0)),
    var("b", "var b: atomic bool = false", Ty::Bool, &[], Some(0)),
    var("o", "var o: thread or none", Ty::Holder, &[], None),
    var("a", "var a[E]: atomic 0..2", Ty::Int(0, 2), &[(0, 3)], Some(0)),
    var("d", "var d[bool, E]: 0..1 = 1", Ty::Int(0, 1), &[(0, 2), (0, 3)], Some(1)),
    var("n", "var n[-1..1]: -1..1 = 0", Ty::Int(-1, 1), &[(-1, 3)], Some(0)),
    var("m", "var m: mutex", Ty::Holder, &[], None),
    var("mm", "var mm[bool]: mutex", Ty::Holder, &[(0, 2)], None),
    var("alive", "thread var alive: bool = true", Ty::Bool, &[(0, 2)], Some(1)),
    var("stopped", "thread var stopped: bool = false", Ty::Bool, &[(0, 2)], Some(0)),
    var("sig", "thread var sig: bool = false", Ty::Bool, &[(0, 2)], Some(0)),
    var("c", "var c: 0..2 = 2", Ty::Int(0, 2), &[], Some(2)),
    var("h", "aux var h: 0..2 = 0", Ty::Int(0, 2), &[], Some(0)),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    Add,
    Sub,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    And,
    Or,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rmw {
    Cas,
    Swap,
    Add,
    Sub,
}

/// A mutex: a variable, an element, or a parameter.
#[derive(Debug, Clone)]
pub enum Mx {
    Var(usize, Option<Box<Ex>>),
    Param(String),
}

#[derive(Debug, Clone)]
pub enum Ex {
    Num(i32),
    Bool(bool),
    Nil,
    Me,
    /// The option that is false, or true.
    Option(bool),
    EnumValue(i32),
    Local(String),
    Read(usize, Vec<Ex>),
    Holder(Mx),
    Not(Box<Ex>),
    Bin(Op, Box<Ex>, Box<Ex>),
    Rmw(Rmw, usize, Vec<Ex>, Vec<Ex>),
    TryLock(Mx),
    InKernel(Box<Ex>),
    Finished(Box<Ex>),
    Call(Call),
    /// `exists` or `forall` threads `q`.
    Every(bool, Box<Ex>),
}

#[derive(Debug, Clone)]
pub struct Call {
    /// A proc of the text; `Err` is a parameter.
    pub proc: Result<usize, String>,
    pub args: Vec<Arg>,
}

#[derive(Debug, Clone)]
pub enum Arg {
    Value(Ex),
    Mutex(Mx),
    Proc(Call),
}

#[derive(Debug, Clone)]
pub enum St {
    Let(String, Option<Ty>, Ex),
    SetLocal(String, Option<Op>, Ex),
    Set(usize, Vec<Ex>, Option<Op>, Ex),
    /// Writes history.
    Aux(Ex),
    If(Ex, Vec<St>, Vec<St>),
    /// `loop` without a condition.
    While(Option<Ex>, Vec<St>),
    /// Over the enum (`None`) or a range; reversed; a value that is left out.
    For(String, Option<(i32, i32)>, bool, Option<i32>, Vec<St>),
    Choose(Vec<Vec<St>>),
    Await(Ex),
    Atomic(Vec<St>),
    Step,
    Lock(Mx),
    Unlock(Mx),
    Assert(Ex),
    Yield,
    Break,
    Continue,
    Return(Option<Ex>),
    Finish(Ex),
    /// A call, or an operation on memory, as a statement.
    Do(Ex),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Plain,
    Atomic,
    Syscall,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    Value(Ty),
    Mutex,
    Proc,
}

#[derive(Debug, Clone)]
pub struct Proc {
    pub name: String,
    pub kind: Kind,
    pub params: Vec<(String, Takes)>,
    pub result: Option<Ty>,
    pub body: Vec<St>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    Never,
    Always,
    Reach,
}

/// A model and its cast of two: each thread runs a proc and is told of a thread.
#[derive(Debug, Clone)]
pub struct Text {
    pub procs: Vec<Proc>,
    pub on_entry: Vec<St>,
    pub on_exit: Vec<St>,
    pub kernel_gate: Ex,
    pub handler: Option<(Ex, Vec<St>)>,
    pub actions: Vec<(Ex, Vec<St>)>,
    pub claims: Vec<(Claim, Ex)>,
    pub outcomes: Vec<Ex>,
    /// By thread: the proc and the argument.
    pub cast: Vec<(usize, i32)>,
}

fn ty(ty: Ty) -> String {
    match ty {
        Ty::Int(low, high) => format!("{low}..{high}"),
        Ty::Mod(n) => format!("mod {n}"),
        Ty::Bool => "bool".into(),
        Ty::Thread => "thread".into(),
        Ty::Holder => "thread or none".into(),
        Ty::Enum => "E".into(),
    }
}

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

impl Text {
    fn mutex(&self, mutex: &Mx) -> String {
        match mutex {
            Mx::Var(var, None) => VARS[*var].name.into(),
            Mx::Var(var, Some(index)) => format!("{}[{}]", VARS[*var].name, self.ex(index)),
            Mx::Param(name) => name.clone(),
        }
    }

    fn element(&self, var: usize, indices: &[Ex]) -> String {
        let name = VARS[var].name;
        match indices {
            [] => name.into(),
            _ => format!("{name}[{}]", list(indices.iter().map(|index| self.ex(index)))),
        }
    }

    fn call(&self, call: &Call, bound: bool) -> String {
        let name = match &call.proc {
            Ok(proc) => &self.procs[*proc].name,
            Err(name) => name,
        };
        if bound && call.args.is_empty() {
            return name.clone();
        }
        let args = call.args.iter().map(|arg| match arg {
            Arg::Value(ex) => self.ex(ex),
            Arg::Mutex(mutex) => self.mutex(mutex),
            Arg::Proc(call) => self.call(call, true),
        });
        format!("{name}({})", list(args))
    }

    pub fn ex(&self, ex: &Ex) -> String {
        match ex {
            Ex::Num(n) => n.to_string(),
            Ex::Bool(b) => b.to_string(),
            Ex::Nil => "none".into(),
            Ex::Me => "self".into(),
            Ex::Option(on) => if *on { "yes" } else { "no" }.into(),
            Ex::EnumValue(value) => format!("e{value}"),
            Ex::Local(name) => name.clone(),
            Ex::Read(var, indices) => self.element(*var, indices),
            Ex::Holder(mutex) => self.mutex(mutex),
            Ex::Not(inner) => format!("!({})", self.ex(inner)),
            Ex::Bin(op, left, right) => {
                let op = match op {
                    Op::Add => "+",
                    Op::Sub => "-",
                    Op::Eq => "==",
                    Op::Ne => "!=",
                    Op::Lt => "<",
                    Op::Le => "<=",
                    Op::Gt => ">",
                    Op::Ge => ">=",
                    Op::And => "&&",
                    Op::Or => "||",
                };
                format!("({} {op} {})", self.ex(left), self.ex(right))
            }
            Ex::Rmw(kind, var, indices, args) => {
                let name = match kind {
                    Rmw::Cas => "cas",
                    Rmw::Swap => "swap",
                    Rmw::Add => "fetch_add",
                    Rmw::Sub => "fetch_sub",
                };
                let args = list(args.iter().map(|arg| self.ex(arg)));
                format!("{name}({}, {args})", self.element(*var, indices))
            }
            Ex::TryLock(mutex) => format!("try_lock({})", self.mutex(mutex)),
            Ex::InKernel(thread) => format!("in_kernel({})", self.ex(thread)),
            Ex::Finished(thread) => format!("finished({})", self.ex(thread)),
            Ex::Call(call) => self.call(call, false),
            Ex::Every(all, body) => {
                let word = if *all { "forall" } else { "exists" };
                format!("{word}(q in thread: {})", self.ex(body))
            }
        }
    }

    fn block(&self, block: &[St], depth: usize) -> String {
        let mut text = String::from("{\n");
        for statement in block {
            let indent = "    ".repeat(depth + 1);
            writeln!(text, "{indent}{}", self.statement(statement, depth + 1)).expect("a string");
        }
        text + &"    ".repeat(depth) + "}"
    }

    fn statement(&self, statement: &St, depth: usize) -> String {
        let block = |block: &[St]| self.block(block, depth);
        let assign = |op: &Option<Op>| match op {
            None => "=",
            Some(Op::Sub) => "-=",
            Some(_) => "+=",
        };
        match statement {
            St::Let(name, None, ex) => format!("let {name} = {}", self.ex(ex)),
            St::Let(name, Some(of), ex) => format!("let {name}: {} = {}", ty(*of), self.ex(ex)),
            St::SetLocal(name, op, ex) => format!("{name} {} {}", assign(op), self.ex(ex)),
            St::Set(var, indices, op, ex) => {
                format!("{} {} {}", self.element(*var, indices), assign(op), self.ex(ex))
            }
            St::Aux(ex) => format!("h = {}", self.ex(ex)),
            St::If(ex, then, otherwise) if otherwise.is_empty() => {
                format!("if {} {}", self.ex(ex), block(then))
            }
            St::If(ex, then, otherwise) => {
                format!("if {} {} else {}", self.ex(ex), block(then), block(otherwise))
            }
            St::While(None, body) => format!("loop {}", block(body)),
            St::While(Some(ex), body) => format!("while {} {}", self.ex(ex), block(body)),
            St::For(name, range, reversed, without, body) => {
                let domain = range.map_or("E".into(), |(low, high)| format!("{low}..{high}"));
                let reversed = if *reversed { " reversed" } else { "" };
                let value =
                    |value| if range.is_none() { format!("e{value}") } else { format!("{value}") };
                let filter =
                    without.map_or(String::new(), |v| format!(" where {name} != {}", value(v)));
                format!("for {name} in {domain}{reversed}{filter} {}", block(body))
            }
            St::Choose(branches) => {
                let branches: Vec<String> = branches.iter().map(|branch| block(branch)).collect();
                format!("choose {}", branches.join(" or "))
            }
            St::Await(ex) => format!("await {}", self.ex(ex)),
            St::Atomic(body) => format!("atomic {}", block(body)),
            St::Step => "step here".into(),
            St::Lock(mutex) => format!("lock({})", self.mutex(mutex)),
            St::Unlock(mutex) => format!("unlock({})", self.mutex(mutex)),
            St::Assert(ex) => format!("assert {}", self.ex(ex)),
            St::Yield => "yield".into(),
            St::Break => "break".into(),
            St::Continue => "continue".into(),
            St::Return(None) => "return;".into(),
            St::Return(Some(ex)) => format!("return {}", self.ex(ex)),
            St::Finish(ex) => format!("finish({})", self.ex(ex)),
            St::Do(ex) => self.ex(ex),
        }
    }

    /// The model text.
    pub fn print(&self) -> String {
        let mut text = String::from("enum E { e0, e1, e2 }\n");
        text += "option yes: bool = true\noption no: bool = false\n";
        for var in &VARS {
            text = text + var.decl + "\n";
        }
        // Every variable but `c` is written by the text, if not by the cast.
        text += "proc touch() { x = 0 y = 0 g = 0 b = true o = none a[e0] = 0 d[true, e0] = 0 \
                 n[0] = 0 alive[self] = true stopped[self] = true sig[self] = true }\n";
        text += "runs user(t) when alive[t] && !stopped[t]\nlives(t) when alive[t]\n";
        text += &format!("runs kernel(q) when {}\n", self.ex(&self.kernel_gate));
        text += &format!("on kernel entry {}\n", self.block(&self.on_entry, 0));
        text += &format!("on kernel exit {}\n", self.block(&self.on_exit, 0));
        for proc in &self.procs {
            let kind = match proc.kind {
                Kind::Plain => "proc",
                Kind::Atomic => "atomic proc",
                Kind::Syscall => "syscall",
            };
            let params = proc.params.iter().map(|(name, takes)| match takes {
                Takes::Value(of) => format!("{name}: {}", ty(*of)),
                Takes::Mutex => format!("{name}: mutex"),
                Takes::Proc => format!("{name}: proc"),
            });
            let result = proc.result.map_or(String::new(), |of| format!(" -> {}", ty(of)));
            let body = self.block(&proc.body, 0);
            text += &format!("{kind} {}({}){result} {body}\n", proc.name, list(params));
        }
        if let Some((when, body)) = &self.handler {
            text += &format!("handler on_sig(q) when {} {}\n", self.ex(when), self.block(body, 0));
        }
        for (index, (when, body)) in self.actions.iter().enumerate() {
            let (when, body) = (self.ex(when), self.block(body, 0));
            text += &format!("action act{index}(q: thread) when {when} {body}\n");
        }
        for (index, when) in self.outcomes.iter().enumerate() {
            text += &format!("outcome o{index} when {}\n", self.ex(when));
        }
        for (index, (claim, when)) in self.claims.iter().enumerate() {
            let word = match claim {
                Claim::Never => "never",
                Claim::Always => "always",
                Claim::Reach => "reach",
            };
            text += &format!("{word} c{index}: {}\n", self.ex(when));
        }
        text
    }
}
