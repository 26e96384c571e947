//! Values, states, and expressions on them.

use crate::text::*;
use std::hash::{Hash, Hasher};

/// What failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fail {
    Assert,
    Range,
    Unlock,
}

/// A part of the text, told from others by where it is.
#[derive(Debug)]
pub struct At<'t, T: ?Sized>(pub &'t T);

impl<T: ?Sized> Clone for At<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for At<'_, T> {}

impl<T: ?Sized> PartialEq for At<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::addr_eq(self.0, other.0)
    }
}

impl<T: ?Sized> Eq for At<'_, T> {}

impl<T: ?Sized> Hash for At<'_, T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::from_ref(self.0).cast::<()>().hash(state);
    }
}

/// What a name means.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Bound {
    Value(Ty, Option<i32>),
    Mutex(usize, usize),
    Proc(usize, Vec<Bound>),
}

pub type Names = Vec<(String, Bound)>;

/// The shared variables, element by element.
pub type Shared = Vec<Vec<Option<i32>>>;

/// Where a thread stands, as others see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stands {
    User,
    Kernel,
    Finished,
}

/// What an expression is evaluated on.
pub struct Eyes<'a> {
    pub shared: &'a mut Shared,
    pub names: &'a Names,
    pub me: i32,
    pub stands: &'a [Stands],
}

/// What a location of this type holds once `value` is stored.
pub fn fit(ty: Ty, value: Option<i32>) -> Result<Option<i32>, Fail> {
    let within = |low: i32, high: i32| match value {
        Some(value) if (low..=high).contains(&value) => Ok(Some(value)),
        _ => Err(Fail::Range),
    };
    match ty {
        Ty::Int(low, high) => within(low, high),
        Ty::Mod(n) => value.map(|value| Some(value.rem_euclid(n))).ok_or(Fail::Range),
        Ty::Bool | Ty::Thread => within(0, 1),
        Ty::Enum => within(0, 2),
        Ty::Holder => Ok(value),
    }
}

impl Eyes<'_> {
    fn bound(&self, name: &str) -> &Bound {
        let found = self.names.iter().rev().find(|(known, _)| known == name);
        &found.expect("the generator names what is there").1
    }

    /// The modulus of an expression that wraps around.
    fn modulus(&self, ex: &Ex) -> Option<i32> {
        match ex {
            Ex::Read(G, _) | Ex::Rmw(_, G, ..) => Some(3),
            Ex::Local(name) => match self.bound(name) {
                Bound::Value(Ty::Mod(n), _) => Some(*n),
                _ => None,
            },
            Ex::Bin(Op::Add | Op::Sub, left, right) => {
                self.modulus(left).or_else(|| self.modulus(right))
            }
            _ => None,
        }
    }

    /// The position of an element.
    pub fn position(&mut self, var: usize, indices: &[Ex]) -> Result<usize, Fail> {
        let mut at = 0;
        for (&(low, length), index) in VARS[var].dims.iter().zip(indices) {
            let index = self.eval(index)?.ok_or(Fail::Range)? - low;
            if !(0..length).contains(&index) {
                return Err(Fail::Range);
            }
            at = at * length as usize + index as usize;
        }
        Ok(at)
    }

    pub fn mutex(&mut self, mutex: &Mx) -> Result<(usize, usize), Fail> {
        match mutex {
            Mx::Var(var, None) => Ok((*var, 0)),
            Mx::Var(var, Some(index)) => {
                Ok((*var, self.position(*var, std::slice::from_ref(index))?))
            }
            Mx::Param(name) => match self.bound(name) {
                Bound::Mutex(var, at) => Ok((*var, *at)),
                other => unreachable!("{other:?} is no mutex"),
            },
        }
    }

    pub fn store(&mut self, var: usize, at: usize, value: Option<i32>) -> Result<(), Fail> {
        self.shared[var][at] = fit(VARS[var].ty, value)?;
        Ok(())
    }

    pub fn holds(&mut self, ex: &Ex) -> Result<bool, Fail> {
        Ok(self.eval(ex)? == Some(1))
    }

    pub fn eval(&mut self, ex: &Ex) -> Result<Option<i32>, Fail> {
        let truth = |truth: bool| Some(i32::from(truth));
        Ok(match ex {
            Ex::Num(n) | Ex::EnumValue(n) => Some(*n),
            Ex::Bool(b) | Ex::Option(b) => truth(*b),
            Ex::Nil => None,
            Ex::Me => Some(self.me),
            Ex::Local(name) => match self.bound(name) {
                Bound::Value(_, value) => *value,
                other => unreachable!("{other:?} is no value"),
            },
            Ex::Read(var, indices) => {
                let at = self.position(*var, indices)?;
                self.shared[*var][at]
            }
            Ex::Holder(mutex) => {
                let (var, at) = self.mutex(mutex)?;
                self.shared[var][at]
            }
            Ex::Not(inner) => truth(!self.holds(inner)?),
            Ex::Bin(Op::And, left, right) => truth(self.holds(left)? && self.holds(right)?),
            Ex::Bin(Op::Or, left, right) => truth(self.holds(left)? || self.holds(right)?),
            Ex::Bin(op, left, right) => {
                let (a, b) = (self.eval(left)?, self.eval(right)?);
                match op {
                    Op::Eq => truth(a == b),
                    Op::Ne => truth(a != b),
                    Op::Lt => truth(a < b),
                    Op::Le => truth(a <= b),
                    Op::Gt => truth(a > b),
                    Op::Ge => truth(a >= b),
                    _ => {
                        let (a, b) = (a.expect("a number"), b.expect("a number"));
                        let sum = if *op == Op::Add { a + b } else { a - b };
                        Some(self.modulus(ex).map_or(sum, |n| sum.rem_euclid(n)))
                    }
                }
            }
            Ex::Rmw(kind, var, indices, args) => {
                let at = self.position(*var, indices)?;
                let old = self.shared[*var][at];
                let first = self.eval(&args[0])?;
                let combined = |sign: i32| old.zip(first).map(|(old, by)| old + sign * by);
                match kind {
                    Rmw::Cas => {
                        let new = self.eval(&args[1])?;
                        if old == first {
                            self.store(*var, at, new)?;
                        }
                        return Ok(truth(old == first));
                    }
                    Rmw::Swap => self.store(*var, at, first)?,
                    Rmw::Add => self.store(*var, at, combined(1))?,
                    Rmw::Sub => self.store(*var, at, combined(-1))?,
                }
                old
            }
            Ex::TryLock(mutex) => {
                let (var, at) = self.mutex(mutex)?;
                let free = self.shared[var][at].is_none();
                if free {
                    self.shared[var][at] = Some(self.me);
                }
                truth(free)
            }
            Ex::InKernel(thread) => {
                let thread = self.eval(thread)?.expect("a thread");
                truth(self.stands[thread as usize] == Stands::Kernel)
            }
            Ex::Finished(thread) => {
                let thread = self.eval(thread)?.expect("a thread");
                truth(self.stands[thread as usize] == Stands::Finished)
            }
            Ex::Call(_) => unreachable!("calls are no part of an expression"),
            Ex::Every(all, body) => {
                for thread in 0..2 {
                    let mut names = self.names.clone();
                    names.push(("q".into(), Bound::Value(Ty::Thread, Some(thread))));
                    let mut eyes = Eyes {
                        shared: self.shared,
                        names: &names,
                        me: self.me,
                        stands: self.stands,
                    };
                    if eyes.holds(body)? != *all {
                        return Ok(truth(!*all));
                    }
                }
                truth(*all)
            }
        })
    }
}

/// How many shared accesses an expression makes; history and what nobody writes are none.
pub fn accesses(ex: &Ex) -> usize {
    let all = |parts: &[Ex]| parts.iter().map(accesses).sum::<usize>();
    match ex {
        Ex::Read(var, indices) => all(indices) + usize::from(!matches!(*var, C | H)),
        Ex::Holder(mutex) | Ex::TryLock(mutex) => 1 + in_mutex(mutex),
        Ex::Not(inner) | Ex::InKernel(inner) | Ex::Finished(inner) => accesses(inner),
        Ex::Bin(_, left, right) => accesses(left) + accesses(right),
        Ex::Rmw(_, _, indices, args) => 1 + all(indices) + all(args),
        Ex::Call(call) => call.args.iter().map(in_argument).sum(),
        _ => 0,
    }
}

fn in_mutex(mutex: &Mx) -> usize {
    match mutex {
        Mx::Var(_, Some(index)) => accesses(index),
        _ => 0,
    }
}

fn in_argument(arg: &Arg) -> usize {
    match arg {
        Arg::Value(ex) => accesses(ex),
        Arg::Mutex(mutex) => in_mutex(mutex),
        Arg::Proc(call) => call.args.iter().map(in_argument).sum(),
    }
}

pub fn calls(ex: &Ex) -> bool {
    match ex {
        Ex::Call(_) => true,
        Ex::Not(inner) => calls(inner),
        Ex::Bin(_, left, right) => calls(left) || calls(right),
        _ => false,
    }
}
