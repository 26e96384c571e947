//! Expressions, conditions and calls.

use super::{Draw, Here, bin, boxed, local, of_thread};
use crate::text::*;

impl Draw<'_> {
    pub(super) fn thread(&mut self, here: &Here) -> Ex {
        let known = here.of_type(|ty| ty == Ty::Thread);
        match self.one_of(&known) {
            Some(name) if self.pick(2) == 1 => local(&name),
            _ => Ex::Me,
        }
    }

    /// An index of `n`: perhaps a local, perhaps out of range.
    pub(super) fn small(&mut self, here: &Here) -> Ex {
        match self.one_of(&here.of_type(|ty| matches!(ty, Ty::Int(..)))) {
            Some(name) if self.pick(2) == 0 => local(&name),
            _ => Ex::Num(self.pick(2) as i32),
        }
    }

    pub(super) fn truth_index(&mut self, here: &Here) -> Ex {
        match self.one_of(&here.of_type(|ty| ty == Ty::Bool)) {
            Some(name) => local(&name),
            None => Ex::Bool(self.pick(2) == 1),
        }
    }

    pub(super) fn enum_index(&mut self, here: &Here) -> Ex {
        match self.one_of(&here.of_type(|ty| ty == Ty::Enum)) {
            Some(name) => local(&name),
            None => Ex::EnumValue(self.pick(3) as i32),
        }
    }

    /// A variable that holds numbers, and its indices.
    pub(super) fn number_location(&mut self, here: &Here) -> (usize, Vec<Ex>) {
        match self.pick(6) {
            0 => (X, vec![]),
            1 => (Y, vec![]),
            2 => (G, vec![]),
            3 => (A, vec![self.enum_index(here)]),
            4 => (D, vec![self.truth_index(here), self.enum_index(here)]),
            _ => (N, vec![self.small(here)]),
        }
    }

    pub(super) fn truth_location(&mut self, here: &Here) -> (usize, Vec<Ex>) {
        match self.pick(4) {
            0 => (SIG, vec![self.thread(here)]),
            1 => (STOPPED, vec![self.thread(here)]),
            _ => (B, vec![]),
        }
    }

    pub(super) fn mutex(&mut self, here: &Here) -> Mx {
        match self.pick(3) {
            0 => match self.one_of(&here.mutexes) {
                Some(name) => Mx::Param(name),
                None => Mx::Var(M, None),
            },
            1 => Mx::Var(M, None),
            _ => Mx::Var(MM, Some(boxed(self.truth_index(here)))),
        }
    }

    /// A number that reads nothing shared.
    pub(super) fn known_number(&mut self, here: &Here) -> Ex {
        let names = here.of_type(|ty| matches!(ty, Ty::Int(..) | Ty::Mod(_)));
        match (self.pick(5), self.one_of(&names)) {
            (1 | 2, Some(name)) => local(&name),
            (3, Some(name)) => bin(Op::Add, local(&name), Ex::Num(1)),
            (4, Some(name)) => bin(Op::Sub, local(&name), Ex::Num(1)),
            (4, None) => Ex::Read(C, vec![]),
            _ => Ex::Num(self.pick(3) as i32),
        }
    }

    pub(super) fn rmw(&mut self, here: &Here) -> Ex {
        let indices = vec![self.enum_index(here)];
        let (var, indices) = if self.pick(2) == 0 { (X, vec![]) } else { (A, indices) };
        let by = self.known_number(here);
        match self.pick(3) {
            0 => Ex::Rmw(Rmw::Add, var, indices, vec![Ex::Num(1)]),
            1 => Ex::Rmw(Rmw::Sub, var, indices, vec![Ex::Num(1)]),
            _ => Ex::Rmw(Rmw::Swap, var, indices, vec![by]),
        }
    }

    /// A number with one shared access at most, or more in atomic code.
    pub(super) fn number(&mut self, here: &Here) -> Ex {
        match self.pick(6) {
            1 => {
                let (var, indices) = self.number_location(here);
                let op = if self.pick(2) == 0 { Op::Add } else { Op::Sub };
                bin(op, Ex::Read(var, indices), Ex::Num(1))
            }
            2 | 3 => {
                let (var, indices) = self.number_location(here);
                Ex::Read(var, indices)
            }
            4 if here.atomic => {
                let (left, right) = (self.number_location(here), self.number_location(here));
                bin(Op::Sub, Ex::Read(left.0, left.1), Ex::Read(right.0, right.1))
            }
            _ => self.known_number(here),
        }
    }

    pub(super) fn comparison(&mut self) -> Op {
        [Op::Eq, Op::Ne, Op::Lt, Op::Le, Op::Gt, Op::Ge][self.pick(6)]
    }

    /// A condition with one shared access at most.
    pub(super) fn leaf(&mut self, here: &Here) -> Ex {
        match self.pick(12) {
            1 => {
                let (var, indices) = self.truth_location(here);
                Ex::Read(var, indices)
            }
            2 => match self.one_of(&here.of_type(|ty| ty == Ty::Bool)) {
                Some(name) => local(&name),
                None => Ex::Option(self.pick(2) == 1),
            },
            3 => bin(Op::Eq, Ex::Read(O, vec![]), Ex::Me),
            4 => bin(Op::Ne, Ex::Read(O, vec![]), Ex::Nil),
            5 => bin(Op::Eq, Ex::Holder(self.mutex(here)), Ex::Nil),
            6 => {
                let new = self.known_number(here);
                Ex::Rmw(Rmw::Cas, X, vec![], vec![Ex::Num(0), new])
            }
            7 => Ex::TryLock(self.mutex(here)),
            8 => {
                let (op, left, right) =
                    (self.comparison(), self.rmw(here), self.known_number(here));
                bin(op, left, right)
            }
            9 => {
                let names = here.of_type(|ty| ty == Ty::Holder);
                match self.one_of(&names) {
                    Some(name) => bin(Op::Eq, local(&name), Ex::Me),
                    None => bin(Op::Le, self.known_number(here), self.known_number(here)),
                }
            }
            10 if here.atomic => {
                let thread = self.thread(here);
                if self.pick(2) == 0 {
                    Ex::InKernel(boxed(thread))
                } else {
                    Ex::Finished(boxed(thread))
                }
            }
            _ => {
                let (op, left, right) =
                    (self.comparison(), self.number(here), self.known_number(here));
                if self.pick(2) == 0 { bin(op, left, right) } else { bin(op, right, left) }
            }
        }
    }

    pub(super) fn condition(&mut self, here: &Here, depth: usize) -> Ex {
        match self.pick(6) {
            3 if depth > 0 => Ex::Not(boxed(self.condition(here, depth - 1))),
            4 if depth > 0 => {
                bin(Op::And, self.condition(here, depth - 1), self.condition(here, depth - 1))
            }
            5 if depth > 0 => {
                bin(Op::Or, self.condition(here, depth - 1), self.condition(here, depth - 1))
            }
            _ => self.leaf(here),
        }
    }

    /// A condition of a state: it changes nothing.
    pub(super) fn claim(&mut self, depth: usize) -> Ex {
        match self.pick(9) {
            0 => bin(Op::Eq, Ex::Read(X, vec![]), Ex::Num(self.pick(3) as i32)),
            1 => bin(Op::Gt, Ex::Read(Y, vec![]), Ex::Read(G, vec![])),
            2 => bin(Op::Eq, Ex::Read(H, vec![]), Ex::Num(self.pick(3) as i32)),
            3 if depth > 0 => bin(Op::And, self.claim(depth - 1), self.claim(depth - 1)),
            4 if depth > 0 => Ex::Not(boxed(self.claim(depth - 1))),
            5 | 6 => {
                let each = match self.pick(5) {
                    0 => of_thread(ALIVE, local("q")),
                    1 => of_thread(STOPPED, local("q")),
                    2 => Ex::InKernel(boxed(local("q"))),
                    3 => Ex::Finished(boxed(local("q"))),
                    _ => bin(Op::Eq, Ex::Holder(Mx::Var(M, None)), local("q")),
                };
                Ex::Every(self.pick(2) == 1, boxed(each))
            }
            7 => bin(Op::Eq, Ex::Read(D, vec![Ex::Read(B, vec![]), Ex::EnumValue(1)]), Ex::Num(0)),
            _ => Ex::Read(B, vec![]),
        }
    }

    pub(super) fn callable(&self, here: &Here, wanted: impl Fn(&Proc) -> bool) -> Vec<usize> {
        let fits = |at: &usize| {
            let proc = &self.procs[*at];
            wanted(proc) && (!here.atomic || proc.kind == Kind::Atomic)
        };
        (here.level + 1..self.procs.len()).filter(fits).collect()
    }

    /// The call of a proc, with one shared read in its arguments at most.
    pub(super) fn call(&mut self, here: &Here, proc: usize) -> Call {
        let params = self.procs[proc].params.clone();
        let mut reads = here.atomic || self.pick(2) == 0;
        let args = params.iter().map(|(_, takes)| match takes {
            Takes::Mutex => Arg::Mutex(self.mutex(here)),
            Takes::Value(Ty::Thread) => Arg::Value(self.thread(here)),
            Takes::Value(Ty::Bool) => Arg::Value(self.truth_index(here)),
            Takes::Value(_) if std::mem::take(&mut reads) => Arg::Value(self.number(here)),
            Takes::Value(_) => Arg::Value(self.known_number(here)),
            Takes::Proc => {
                let silent = |proc: &Proc| {
                    proc.result.is_none() && proc.params.iter().all(|(_, of)| *of != Takes::Proc)
                };
                let able: Vec<usize> =
                    self.callable(here, silent).into_iter().filter(|&at| at > proc).collect();
                match (self.one_of(&here.passed), self.one_of(&able)) {
                    (Some(name), _) if self.pick(3) == 0 => {
                        Arg::Proc(Call { proc: Err(name), args: vec![] })
                    }
                    (_, Some(able)) => {
                        let mut quiet = here.clone();
                        quiet.atomic = false;
                        let call = self.call(&quiet, able);
                        let read = call.args.iter().any(
                            |arg| matches!(arg, Arg::Value(ex) if crate::value::accesses(ex) > 0),
                        );
                        reads &= !read;
                        Arg::Proc(call)
                    }
                    // The last proc of all takes nothing.
                    _ => Arg::Proc(Call { proc: Ok(self.procs.len() - 1), args: vec![] }),
                }
            }
        });
        let args = args.collect();
        Call { proc: Ok(proc), args }
    }
}
