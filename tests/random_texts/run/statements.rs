//! Statements: what they wait for, and what they do then.

use super::{Code, Halt, Step, Thread, Todo};
use crate::text::*;
use crate::value::*;

impl<'t> Step<'_, 't> {
    /// Unwinds to what `wanted` says, and takes it off too.
    pub(super) fn unwind(&mut self, wanted: impl Fn(&Todo<'t>) -> bool) -> Todo<'t> {
        loop {
            let todo = self.code.stack.pop().expect("something around it");
            match &todo {
                _ if wanted(&todo) => return todo,
                Todo::EndAtomic => self.code.atomic -= 1,
                Todo::Forget(length) => self.code.names.truncate(*length),
                _ => {}
            }
        }
    }

    pub(super) fn statement(&mut self, statement: &'t St) -> Result<bool, Halt> {
        let again = Todo::Use(At(statement));
        match statement {
            St::Let(_, _, ex) | St::SetLocal(_, _, ex) | St::Return(Some(ex)) | St::Do(ex) => {
                self.push(again);
                self.push(Todo::Value(At(ex)));
            }
            St::If(ex, ..) => {
                self.push(again);
                self.push(Todo::Condition(At(ex)));
            }
            St::Set(_, _, _, ex) if calls(ex) => {
                self.push(again);
                self.push(Todo::Value(At(ex)));
            }
            St::Assert(ex) if calls(ex) || accesses(ex) > 0 => {
                self.push(again);
                self.push(Todo::Condition(At(ex)));
            }
            St::Set(..)
            | St::Aux(_)
            | St::Assert(_)
            | St::Choose(_)
            | St::Await(_)
            | St::Atomic(_)
            | St::Step
            | St::Lock(_)
            | St::Unlock(_) => return self.finish_statement(&again, statement),
            St::While(..) => {
                // A system call that begins with a loop enters in a step of its own.
                self.ready = false;
                self.push(Todo::Loop(At(statement)));
            }
            St::For(..) => self.push(Todo::Turn(At(statement), 0, self.code.names.len())),
            St::Yield => self.yielded = true,
            St::Break => {
                let around = self.unwind(|todo| matches!(todo, Todo::Loop(_) | Todo::Turn(..)));
                if let Todo::Turn(_, _, length) = around {
                    self.code.names.truncate(length);
                }
            }
            St::Continue => {
                let around = self.unwind(|todo| matches!(todo, Todo::Loop(_) | Todo::Turn(..)));
                self.push(around);
            }
            St::Return(None) => {
                let call = self.unwind(|todo| matches!(todo, Todo::Leave(..)));
                self.push(call);
            }
            St::Finish(ex) => {
                let thread = self.eyes().eval(ex)?.expect("a thread") as usize;
                self.stands[thread] = Stands::Finished;
                let thread_state = &mut self.state.threads[thread];
                *thread_state = Thread { base: Code::default(), handler: None };
                if thread == self.me {
                    self.code = Code::default();
                }
            }
        }
        Ok(true)
    }

    /// What a statement does when its step has come, or its value is known.
    pub(super) fn finish_statement(
        &mut self,
        todo: &Todo<'t>,
        statement: &'t St,
    ) -> Result<bool, Halt> {
        let stepless = matches!(
            statement,
            St::Let(..) | St::SetLocal(..) | St::Return(_) | St::Do(_) | St::If(..) | St::While(..)
        );
        let own = match statement {
            St::Aux(_) | St::Assert(_) => self.fresh,
            _ => !stepless,
        };
        if own && !self.begins(todo) {
            return Ok(false);
        }
        match statement {
            St::Let(name, ty, ex) => {
                let value = self.taken();
                let ty = ty.unwrap_or_else(|| self.type_of(ex));
                self.code.names.push((name.clone(), Bound::Value(ty, fit(ty, value)?)));
            }
            St::SetLocal(name, op, _) => {
                let value = self.taken();
                let found = self.code.names.iter_mut().rev().find(|(known, _)| known == name);
                let Some((_, Bound::Value(ty, held))) = found else { unreachable!("a local") };
                *held = fit(*ty, changed(*op, *held, value))?;
            }
            St::Set(var, indices, op, ex) => {
                let at = self.eyes().position(*var, indices)?;
                let value = if calls(ex) { self.taken() } else { self.eyes().eval(ex)? };
                let value = changed(*op, self.state.shared[*var][at], value);
                self.eyes().store(*var, at, value)?;
            }
            St::Aux(ex) => {
                let value = self.eyes().eval(ex)?;
                self.eyes().store(H, 0, value)?;
            }
            St::If(_, then, otherwise) => {
                let block = if self.taken() == Some(1) { then } else { otherwise };
                self.block(block);
            }
            St::While(_, body) => {
                if self.taken() == Some(1) {
                    self.block(body);
                } else {
                    self.code.stack.pop();
                }
            }
            St::Choose(branches) => {
                self.branches = branches.len();
                self.block(&branches[self.branch]);
            }
            St::Await(ex) if !self.eyes().holds(ex)? => return Err(Halt::Disabled),
            St::Atomic(body) => {
                self.code.atomic += 1;
                self.push(Todo::EndAtomic);
                self.block(body);
            }
            St::Lock(mutex) => {
                let (var, at) = self.eyes().mutex(mutex)?;
                if self.state.shared[var][at].is_some() {
                    return Err(Halt::Disabled);
                }
                self.state.shared[var][at] = Some((self.me % 2) as i32);
            }
            St::Unlock(mutex) => {
                let (var, at) = self.eyes().mutex(mutex)?;
                if self.state.shared[var][at] != Some((self.me % 2) as i32) {
                    return Err(Halt::Fails(Fail::Unlock));
                }
                self.state.shared[var][at] = None;
            }
            St::Assert(ex) => {
                let holds = match calls(ex) || accesses(ex) > 0 {
                    true => self.taken() == Some(1),
                    false => self.eyes().holds(ex)?,
                };
                if !holds {
                    return Err(Halt::Fails(Fail::Assert));
                }
            }
            St::Return(_) => {
                let value = self.taken();
                let call = self.unwind(|todo| matches!(todo, Todo::Leave(..)));
                let Todo::Leave(proc, ..) = &call else { unreachable!("a call") };
                let ty = self.text.procs[*proc].result.expect("it returns a value");
                self.give(fit(ty, value)?);
                self.push(call);
            }
            St::Do(_) => {
                self.taken();
            }
            _ => {}
        }
        Ok(true)
    }

    /// The type of a local that is declared without one.
    pub(super) fn type_of(&mut self, ex: &Ex) -> Ty {
        match ex {
            Ex::Read(var, _) | Ex::Rmw(Rmw::Swap | Rmw::Add | Rmw::Sub, var, ..) => VARS[*var].ty,
            Ex::Holder(_) => Ty::Holder,
            Ex::Call(call) => {
                let proc = *call.proc.as_ref().expect("a proc that returns is named");
                self.text.procs[proc].result.expect("it returns a value")
            }
            _ => Ty::Bool,
        }
    }
}

fn changed(op: Option<Op>, old: Option<i32>, value: Option<i32>) -> Option<i32> {
    match op {
        None => value,
        Some(Op::Sub) => old.zip(value).map(|(old, by)| old - by),
        Some(_) => old.zip(value).map(|(old, by)| old + by),
    }
}
