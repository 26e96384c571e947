//! Random texts, drawn from a tape of bytes: where the tape ends, the simplest is drawn, so that a
//! shorter tape is a simpler text.
//!
//! Left out, because the language leaves it open or the compiler refuses it: asserts and history
//! where paths with and without a step meet (they stand right behind a step or a system call), and
//! a system call whose first access is behind a branch, unless every branch begins with one.

mod phrases;
mod whole;

use crate::text::*;

pub struct Draw<'a> {
    tape: &'a [u8],
    procs: Vec<Proc>,
}

/// What can stand at this point of a body.
#[derive(Clone)]
struct Here {
    locals: Vec<(String, Ty)>,
    mutexes: Vec<String>,
    passed: Vec<String>,
    /// Procs with a greater index can be called.
    level: usize,
    atomic: bool,
    looping: bool,
    /// In a handler or an action nothing is returned.
    returns: Option<Option<Ty>>,
    depth: usize,
}

pub fn text(tape: &[u8]) -> Text {
    let mut draw = Draw { tape, procs: Vec::new() };
    draw.text()
}

fn boxed(ex: Ex) -> Box<Ex> {
    Box::new(ex)
}

fn bin(op: Op, left: Ex, right: Ex) -> Ex {
    Ex::Bin(op, boxed(left), boxed(right))
}

fn of_thread(var: usize, thread: Ex) -> Ex {
    Ex::Read(var, vec![thread])
}

fn local(name: &str) -> Ex {
    Ex::Local(name.into())
}

impl Here {
    fn of_type(&self, wanted: impl Fn(Ty) -> bool) -> Vec<String> {
        let visible = self.locals.iter().enumerate().filter(|(at, (name, ty))| {
            wanted(*ty) && self.locals[at + 1..].iter().all(|(other, _)| other != name)
        });
        visible.map(|(_, (name, _))| name.clone()).collect()
    }
}

impl Draw<'_> {
    fn pick(&mut self, ways: usize) -> usize {
        let Some((&first, rest)) = self.tape.split_first() else { return 0 };
        self.tape = rest;
        usize::from(first) % ways
    }

    fn one_of<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        (!from.is_empty()).then(|| from[self.pick(from.len())].clone())
    }

    fn body(&mut self, here: &Here, most: usize) -> Vec<St> {
        let mut here = here.clone();
        let mut body = Vec::new();
        for _ in 0..1 + self.pick(most) {
            self.statement(&mut here, &mut body);
        }
        body
    }

    /// A statement that takes a step on every path and blocks on none.
    fn step(&mut self, here: &mut Here) -> St {
        match self.pick(6) {
            0 => St::Step,
            1 => {
                let (var, indices) = self.truth_location(here);
                St::Set(var, indices, None, Ex::Bool(self.pick(2) == 1))
            }
            2 => St::Set(O, vec![], None, if self.pick(2) == 0 { Ex::Me } else { Ex::Nil }),
            3 if self.pick(3) > 0 => St::Set(SIG, vec![self.thread(here)], None, Ex::Bool(true)),
            3 => St::Set(
                X,
                vec![],
                Some(if self.pick(2) == 0 { Op::Add } else { Op::Sub }),
                Ex::Num(1),
            ),
            _ => {
                let (var, indices) = self.number_location(here);
                let value = match var {
                    D | N => Ex::Num(self.pick(2) as i32),
                    _ => self.known_number(here),
                };
                St::Set(var, indices, None, value)
            }
        }
    }

    /// What may follow a step: history, an assertion about what is local.
    fn behind(&mut self, here: &Here, body: &mut Vec<St>) {
        match self.pick(6) {
            4 => body.push(St::Aux(Ex::Num(self.pick(3) as i32))),
            5 => {
                let (op, left) = (self.comparison(), self.known_number(here));
                body.push(St::Assert(bin(op, left, Ex::Num(1))));
            }
            _ => {}
        }
    }

    fn atomic(&mut self, here: &Here) -> Vec<St> {
        let mut inside = here.clone();
        inside.atomic = true;
        inside.looping = false;
        let mut body = Vec::new();
        match self.pick(5) {
            3 => body.push(St::Await(self.condition(&inside, 1))),
            4 => body.push(St::Lock(self.mutex(&inside))),
            _ => {}
        }
        inside.looping = here.looping;
        body.extend(self.body(&inside, 3));
        body
    }

    fn statement(&mut self, here: &mut Here, body: &mut Vec<St>) {
        let names = ["l0", "l1", "l2"];
        here.depth += 1;
        match self.pick(22) {
            3 | 4 => {
                let name = names[self.pick(3)].to_string();
                let (ty, declared, ex) = self.initial(here);
                body.push(St::Let(name.clone(), declared.then_some(ty), ex));
                here.locals.push((name, ty));
            }
            5 => {
                let known = here.of_type(|ty| matches!(ty, Ty::Int(..) | Ty::Mod(_)));
                let known: Vec<String> = known.into_iter().filter(|n| n != "i").collect();
                if let Some(name) = self.one_of(&known) {
                    let op = [None, Some(Op::Add), Some(Op::Sub)][self.pick(3)];
                    body.push(St::SetLocal(name, op, self.number(here)));
                }
            }
            6 | 7 if here.depth < 4 => {
                let condition = self.tested(here);
                let (then, otherwise) = (self.body(here, 2), self.otherwise(here));
                body.push(St::If(condition, then, otherwise));
            }
            8 | 9 if here.depth < 4 && !here.atomic => {
                let mut inside = here.clone();
                inside.looping = true;
                let mut turn = Vec::new();
                let condition = match self.pick(3) {
                    0 => None,
                    _ => Some(self.leaf(here)).filter(|ex| crate::value::accesses(ex) > 0),
                };
                if condition.is_none() {
                    turn.push(self.step(&mut inside));
                }
                turn.extend(self.body(&inside, 2));
                match self.pick(3) {
                    0 => turn.push(St::Yield),
                    1 => turn.push(St::If(self.leaf(&inside), vec![St::Break], vec![])),
                    _ => {}
                }
                body.push(St::While(condition, turn));
            }
            10 if here.depth < 4 => {
                let mut inside = here.clone();
                inside.looping = true;
                let range = [None, Some((-1, 1)), Some((0, 1))][self.pick(3)];
                let ty = range.map_or(Ty::Enum, |(low, high)| Ty::Int(low, high));
                inside.locals.push(("i".into(), ty));
                let without = [None, Some(0)][self.pick(2)];
                let reversed = self.pick(2) == 1;
                let turn = self.body(&inside, 2);
                body.push(St::For("i".into(), range, reversed, without, turn));
            }
            11 if here.depth < 4 && !here.atomic => {
                let count = 2 + self.pick(2);
                let branches = (0..count).map(|_| self.body(here, 2)).collect();
                body.push(St::Choose(branches));
            }
            12 if !here.atomic && self.pick(2) == 1 => body.push(St::Await(self.leaf(here))),
            13 | 14 if !here.atomic => {
                body.push(St::Atomic(self.atomic(here)));
            }
            15 | 16 if !here.atomic => {
                let mutex = self.mutex(here);
                body.push(St::Lock(mutex.clone()));
                body.push(self.step(here));
                if self.pick(4) > 0 {
                    body.push(St::Unlock(mutex));
                }
            }
            16 if self.pick(4) == 1 => body.push(St::Unlock(self.mutex(here))),
            17 => {
                let ex = self.condition(here, 1);
                if here.atomic || crate::value::accesses(&ex) > 0 {
                    body.push(St::Assert(ex));
                }
            }
            18 | 19 => {
                if let Some(proc) = self.one_of(&self.callable(here, |_| true)) {
                    let call = self.call(here, proc);
                    let syscall = self.procs[proc].kind == Kind::Syscall;
                    body.push(self.used(here, proc, call));
                    if syscall && matches!(body.last(), Some(St::Do(_) | St::Assert(_))) {
                        self.behind(here, body);
                    }
                }
            }
            20 => match (self.pick(3), here.returns) {
                (0, _) if here.looping => {
                    body.push([St::Break, St::Continue][self.pick(2)].clone())
                }
                (1, Some(None)) => body.push(St::Return(None)),
                (_, Some(Some(ty))) => body.push(self.returned(here, ty)),
                _ => {}
            },
            21 => match self.one_of(&here.passed) {
                Some(name) if !here.atomic => {
                    body.push(St::Do(Ex::Call(Call { proc: Err(name), args: vec![] })));
                }
                _ => body.push(St::Do(self.rmw(here))),
            },
            _ if here.atomic => {
                let (var, indices) = self.number_location(here);
                let (op, value) = match (var, self.pick(3)) {
                    (D | N, _) => (None, Ex::Num(self.pick(2) as i32)),
                    (_, 2) => (Some(Op::Add), self.number(here)),
                    _ => (None, self.number(here)),
                };
                body.push(St::Set(var, indices, op, value));
            }
            _ => {
                body.push(self.step(here));
                self.behind(here, body);
            }
        }
        here.depth -= 1;
    }

    fn initial(&mut self, here: &Here) -> (Ty, bool, Ex) {
        match self.pick(7) {
            0 => (Ty::Int(0, 3), true, self.known_number(here)),
            1 => (Ty::Int(-1, 2), true, self.number(here)),
            2 => {
                let (var, indices) = self.number_location(here);
                (VARS[var].ty, false, Ex::Read(var, indices))
            }
            3 => (Ty::Bool, true, self.condition(here, 1)).simple(here),
            4 => (Ty::Holder, false, Ex::Read(O, vec![])),
            5 => (Ty::Int(0, 2), false, self.rmw(here)),
            _ => (Ty::Mod(3), true, self.number(here)),
        }
    }

    fn otherwise(&mut self, here: &Here) -> Vec<St> {
        if self.pick(2) == 0 { vec![] } else { self.body(here, 2) }
    }

    /// The condition of an `if`: perhaps a call, alone, negated, compared or joined.
    fn tested(&mut self, here: &Here) -> Ex {
        let Some(proc) = self.one_of(&self.callable(here, |proc| proc.result.is_some())) else {
            return self.condition(here, 2);
        };
        if self.pick(2) == 0 {
            return self.condition(here, 2);
        }
        let call = Ex::Call(self.call(here, proc));
        let ex = match self.procs[proc].result {
            Some(Ty::Bool) => call,
            _ => {
                let (op, other) = (self.comparison(), Ex::Num(self.pick(3) as i32));
                if self.pick(2) == 0 { bin(op, call, other) } else { bin(op, other, call) }
            }
        };
        match self.pick(4) {
            1 => Ex::Not(boxed(ex)),
            2 => bin(Op::And, ex, self.leaf(here)),
            3 => bin(Op::Or, self.leaf(here), ex),
            _ => ex,
        }
    }

    /// What is done with a call.
    fn used(&mut self, here: &mut Here, proc: usize, call: Call) -> St {
        let call = Ex::Call(call);
        let reads = crate::value::accesses(&call) > 0 && !here.atomic;
        match (self.procs[proc].result, self.pick(4)) {
            (Some(ty), 1) => {
                here.locals.push(("l1".into(), ty));
                St::Let("l1".into(), None, call)
            }
            (Some(Ty::Bool), 2) if !reads => St::Set(B, vec![], None, call),
            (Some(_), 2) if !reads => St::Set(X, vec![], None, call),
            (Some(Ty::Bool), 3) if self.procs[proc].kind == Kind::Syscall => St::Assert(call),
            _ => St::Do(call),
        }
    }

    fn returned(&mut self, here: &Here, ty: Ty) -> St {
        let ex = match ty {
            Ty::Bool => self.condition(here, 1),
            _ => self.number(here),
        };
        let (_, _, ex) = (ty, true, ex).simple(here);
        St::Return(Some(ex))
    }

    fn proc(&mut self, level: usize, kind: Kind) -> Proc {
        let mut here = Here {
            locals: vec![],
            mutexes: vec![],
            passed: vec![],
            level,
            atomic: kind == Kind::Atomic,
            looping: false,
            returns: None,
            depth: 1,
        };
        let mut params = Vec::new();
        for at in 0..self.pick(3) {
            let takes = match self.pick(5) {
                0 => Takes::Value(Ty::Int(0, 2)),
                1 => Takes::Value(Ty::Int(-1, 3)),
                2 => Takes::Value(Ty::Bool),
                3 => Takes::Mutex,
                _ if kind == Kind::Plain => Takes::Proc,
                _ => Takes::Value(Ty::Mod(3)),
            };
            let name = format!("p{at}");
            match takes {
                Takes::Value(ty) => here.locals.push((name.clone(), ty)),
                Takes::Mutex => here.mutexes.push(name.clone()),
                Takes::Proc => here.passed.push(name.clone()),
            }
            params.push((name, takes));
        }
        let result = [None, Some(Ty::Bool), Some(Ty::Int(0, 2))][self.pick(3)];
        here.returns = Some(result);
        let mut body = Vec::new();
        if kind == Kind::Syscall {
            self.first_of_syscall(&mut here, &mut body);
        }
        body.extend(self.body(&here, 4));
        if let Some(ty) = result {
            let mut plain = here.clone();
            plain.locals.retain(|(name, _)| name.starts_with('p'));
            body.push(self.returned(&plain, ty));
        }
        Proc { name: format!("f{level}"), kind, params, result, body }
    }

    fn first_of_syscall(&mut self, here: &mut Here, body: &mut Vec<St>) {
        match (self.pick(6), self.one_of(&here.of_type(|ty| ty == Ty::Bool))) {
            (1, Some(name)) => {
                let (then, otherwise) = (vec![self.step(here)], vec![self.step(here)]);
                body.push(St::If(local(&name), then, otherwise));
            }
            (2, _) => body.push(St::Choose(vec![self.body(here, 2), self.body(here, 2)])),
            (3, _) => body.push(St::Await(self.leaf(here))),
            (4, _) => body.push(St::Atomic(self.atomic(here))),
            (5, _) => body.push(St::Lock(self.mutex(here))),
            _ => {
                body.push(self.step(here));
                self.behind(here, body);
            }
        }
        // What waits for nothing shared begins no step: a step follows.
        body.push(self.step(here));
    }
}

trait Simple {
    fn simple(self, here: &Here) -> Self;
}

impl Simple for (Ty, bool, Ex) {
    /// Outside atomic code a negation over several reads is not split where a value is asked for.
    fn simple(self, here: &Here) -> Self {
        let (ty, declared, ex) = self;
        match ex {
            Ex::Not(inner) if !here.atomic && crate::value::accesses(&inner) > 1 => {
                (ty, declared, Ex::Bool(true))
            }
            ex => (ty, declared, ex),
        }
    }
}
