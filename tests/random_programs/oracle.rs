//! What a model means, said a second time, without the machine or the search: values in vectors,
//! states in a hash map, ends by their definition on the whole graph.

use crate::assemble::{ASSERT, INDEX, RANGE, UNLOCK};
use crate::endless::Endless;
use crate::graph::{Demanded, Edge, Position, ends};
use crate::model::{Action, Claim, Cond, Model, Statement, Var};
use ghosthunt::machine::{Actor, Transition};
use ghosthunt::program::Fairness;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

thread_local! {
    /// Nested searches that this thread has made.
    pub static NESTED_SEARCHES: Cell<usize> = const { Cell::new(0) };
}

/// A state of a model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    x: i32,
    y: i32,
    aux: i32,
    holder: Option<usize>,
    threads: Vec<ThreadState>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct ThreadState {
    off: i32,
    signal: i32,
    r: i32,
    /// The statement it stands at; `None` if it has finished.
    at: Option<usize>,
    /// The handler it is in, and the statement there.
    handler: Option<(usize, usize)>,
}

/// A check fails.
struct Fails(u16);

/// What a step does.
enum Effect {
    Disabled,
    Fails(u16),
    Goes { state: State, yielded: bool },
}

/// What all of this says about a model: everything that a search reports, in the same terms.
#[derive(Debug, PartialEq, Eq, Default)]
pub struct Verdict {
    pub states: u64,
    pub transitions: u64,
    pub depth: u32,
    /// By class: how many, whether the nearest one spins, and the schedule to it.
    pub ends: BTreeMap<String, (u64, bool, Vec<Transition>)>,
    /// By property that is violated.
    pub properties: BTreeMap<usize, Vec<Transition>>,
    /// By liveness property that is violated: the length of a shortest stem.
    pub broken: BTreeMap<usize, usize>,
    /// By check that is violated: the length of a shortest schedule.
    pub checks: BTreeMap<u16, usize>,
    pub reach: BTreeMap<usize, Option<Vec<Transition>>>,
    pub not_run: Vec<u32>,
}

struct Oracle<'m> {
    model: &'m Model,
    ran: BTreeSet<u32>,
}

impl State {
    fn position(&self, me: usize) -> Position {
        let thread = &self.threads[me];
        let at = thread.at?;
        Some(thread.handler.map_or((None, at), |(handler, at)| (Some(handler), at)))
    }

    fn value(&self, var: Var) -> i32 {
        match var {
            Var::X => self.x,
            Var::Y => self.y,
            Var::Aux => self.aux,
            Var::Off(thread) => self.threads[thread].off,
            Var::Signal(thread) => self.threads[thread].signal,
        }
    }

    fn set(&mut self, var: Var, value: i32) -> Result<(), Fails> {
        let (cell, high) = match var {
            Var::X => (&mut self.x, 2),
            Var::Y => (&mut self.y, 2),
            Var::Aux => (&mut self.aux, 2),
            Var::Off(thread) => (&mut self.threads[thread].off, 1),
            Var::Signal(thread) => (&mut self.threads[thread].signal, 2),
        };
        let value = if var == Var::X { value.rem_euclid(3) } else { value };
        if !(0..=high).contains(&value) {
            return Err(Fails(RANGE));
        }
        *cell = value;
        Ok(())
    }

    fn finish(&mut self, thread: usize) {
        let thread = &mut self.threads[thread];
        (thread.at, thread.handler, thread.r) = (None, None, 0);
    }
}

fn element(index: i32, check: u16) -> Result<Var, Fails> {
    match index {
        0 => Ok(Var::X),
        1 => Ok(Var::Y),
        _ => Err(Fails(check)),
    }
}

impl Oracle<'_> {
    /// The statement that a thread is at, its index in its body, and the body.
    fn at(&self, state: &State, me: usize) -> Option<(usize, &[Statement])> {
        let thread = &state.threads[me];
        let at = thread.at?;
        Some(match thread.handler {
            Some((handler, at)) => (at, &self.model.threads[me].handlers[handler].body),
            None => (at, &self.model.threads[me].body),
        })
    }

    fn holds(&self, cond: &Cond, state: &State) -> Result<bool, Fails> {
        Ok(match cond {
            Cond::Is(var, value) => state.value(*var) == *value,
            Cond::LockFree => state.holder.is_none(),
            Cond::Finished(thread) => state.threads[*thread].at.is_none(),
            Cond::InKernel(thread) => {
                self.at(state, *thread).is_some_and(|(at, body)| body[at].kernel)
            }
            Cond::Not(a) => !self.holds(a, state)?,
            Cond::Both(a, b) => {
                let (a, b) = (self.holds(a, state)?, self.holds(b, state)?);
                a && b
            }
            Cond::Either(a, b) => self.holds(a, state)? || self.holds(b, state)?,
            Cond::ElementIs(var, value) => {
                state.value(element(state.value(*var), INDEX)?) == *value
            }
        })
    }

    /// The number of a statement in the order in which they are written.
    /// What fairness may demand an edge of; `after` is where it leads and whether it changes a shared
    /// variable, `None` if it fails.
    fn demands(
        &self,
        transition: Transition,
        before: &State,
        after: Option<(&State, bool)>,
    ) -> Vec<(Demanded, bool)> {
        let actor = Demanded::Actor(transition.actor);
        let Actor::Thread(me) = transition.actor else { return vec![(actor, true)] };
        let me = usize::from(me);
        let wanted = self.wanted_handlers(before, me);
        if wanted.is_ok_and(|wanted| wanted.is_some_and(|wanted| !wanted.is_empty())) {
            return vec![(actor, true)];
        }
        let (at, body) = self.at(before, me).expect("a running thread");
        match body[at].fairness {
            Fairness::Weak => vec![(actor, true)],
            Fairness::Unfair => vec![(actor, false)],
            Fairness::Strong => {
                let after = after.map(|(state, changed)| (state.position(me), changed));
                let way = Demanded::Way(transition, before.position(me), after);
                vec![(actor, true), (way, true)]
            }
        }
    }

    fn number(&self, me: usize, handler: Option<usize>, at: usize) -> u32 {
        let sizes = |thread: &crate::model::Thread, handlers: usize| {
            let inner = thread.handlers[..handlers].iter().map(|handler| handler.body.len());
            thread.body.len() + inner.sum::<usize>()
        };
        let threads = &self.model.threads;
        let before: usize =
            threads[..me].iter().map(|thread| sizes(thread, thread.handlers.len())).sum();
        let within = handler.map_or(0, |handler| sizes(&threads[me], handler));
        (before + within + at) as u32
    }

    fn run(&mut self, before: &State, me: usize, branch: usize) -> Effect {
        let (at, body) = self.at(before, me).expect("a running thread");
        let (statement, count) = (body[at].clone(), body.len());
        let mut state = before.clone();
        match self.act(&statement.action, &mut state, me, at, branch) {
            Err(Fails(check)) => Effect::Fails(check),
            Ok(None) => Effect::Disabled,
            Ok(Some(_)) if matches!(statement.action, Action::Finish(thread) if thread == me) => {
                Effect::Goes { state, yielded: false }
            }
            Ok(Some(to)) => {
                let handler = state.threads[me].handler.map(|(handler, _)| handler);
                self.ran.insert(self.number(me, handler, at));
                let to = Some(to % (count + 1)).filter(|&to| to < count);
                match (handler, to) {
                    (Some(handler), to) => {
                        state.threads[me].handler = to.map(|to| (handler, to));
                    }
                    (None, Some(to)) => state.threads[me].at = Some(to),
                    (None, None) => state.finish(me),
                }
                Effect::Goes { state, yielded: statement.yields }
            }
        }
    }

    /// Where the statement leads, if it is enabled.
    fn act(
        &self,
        action: &Action,
        state: &mut State,
        me: usize,
        at: usize,
        branch: usize,
    ) -> Result<Option<usize>, Fails> {
        let next = at + 1;
        let r = state.threads[me].r;
        let cas = |state: &mut State, var: Var, old: i32, new: i32, otherwise: usize| {
            if state.value(var) != old {
                return Ok(Some(otherwise));
            }
            state.set(var, new).map(|()| Some(next))
        };
        match *action {
            Action::Store(var, value) => state.set(var, value)?,
            Action::Add(var, by) => state.set(var, state.value(var) + by)?,
            Action::Read(var) => state.threads[me].r = state.value(var),
            Action::Write(var) => {
                state.set(var, r)?;
                state.threads[me].r = 0;
            }
            Action::StoreAt(value) => state.set(element(r, RANGE)?, value)?,
            Action::ReadAt => state.threads[me].r = state.value(element(r, INDEX)?),
            Action::SubAt => {
                let var = element(r, RANGE)?;
                state.set(var, state.value(var) - 1)?;
            }
            Action::CasAt(old, new, otherwise) => {
                return cas(state, element(r, RANGE)?, old, new, otherwise);
            }
            Action::Cas(var, old, new, otherwise) => return cas(state, var, old, new, otherwise),
            Action::Swap(var, value) => {
                let old = state.value(var);
                state.set(var, value)?;
                state.threads[me].r = old;
            }
            Action::Await(ref cond) => {
                if !self.holds(cond, state)? {
                    return Ok(None);
                }
            }
            Action::Choose(to) => return Ok(Some(if branch == 0 { next } else { to })),
            Action::Lock if state.holder.is_some() => return Ok(None),
            Action::Lock => state.holder = Some(me),
            Action::Unlock if state.holder != Some(me) => return Err(Fails(UNLOCK)),
            Action::Unlock => state.holder = None,
            Action::Spin(ref cond, write) => {
                if !self.holds(cond, state)? {
                    if let Some((var, value)) = write {
                        state.set(var, value)?;
                    }
                    return Ok(Some(at));
                }
            }
            Action::GotoIf(ref cond, to) => {
                return Ok(Some(if self.holds(cond, state)? { to } else { next }));
            }
            Action::Goto(to) => return Ok(Some(to)),
            Action::Assert(ref cond) => {
                if !self.holds(cond, state)? {
                    return Err(Fails(ASSERT));
                }
            }
            Action::Finish(thread) => state.finish(thread),
        }
        Ok(Some(next))
    }

    /// Every transition that can be tried, what it does, and whether it may be a spin turn.
    fn transitions(&mut self, state: &State) -> Vec<(Transition, Effect, bool)> {
        let mut all = Vec::new();
        for me in 0..state.threads.len() {
            let actor = Actor::Thread(me as u16);
            let mut add = |branch: usize, effect: Effect, spins: bool| {
                all.push((Transition { actor, branch: branch as u16 }, effect, spins));
            };
            match self.wanted_handlers(state, me) {
                Err(Fails(check)) => add(0, Effect::Fails(check), false),
                Ok(None) => {}
                Ok(Some(wanted)) if !wanted.is_empty() => {
                    for handler in wanted {
                        let definition = &self.model.threads[me].handlers[handler];
                        let mut state = state.clone();
                        if definition.acknowledges {
                            state.threads[me].signal = 0;
                        }
                        if !definition.body.is_empty() {
                            state.threads[me].handler = Some((handler, 0));
                        }
                        add(handler, Effect::Goes { state, yielded: false }, false);
                    }
                }
                Ok(Some(_)) => {
                    let (at, body) = self.at(state, me).expect("a running thread");
                    let spins = body[at].spins;
                    let branches = if matches!(body[at].action, Action::Choose(_)) { 2 } else { 1 };
                    for branch in 0..branches {
                        add(branch, self.run(state, me, branch), spins);
                    }
                }
            }
        }
        for (index, kernel_move) in self.model.moves.iter().enumerate() {
            let mut next = state.clone();
            let effect = match self.holds(&kernel_move.guard, state) {
                Err(Fails(check)) => Effect::Fails(check),
                Ok(false) => Effect::Disabled,
                Ok(true) => {
                    let mut stores = kernel_move.stores.iter();
                    match stores.try_for_each(|&(var, value)| next.set(var, value)) {
                        Err(Fails(check)) => Effect::Fails(check),
                        Ok(()) => {
                            kernel_move.finishes.iter().for_each(|&thread| next.finish(thread));
                            let last = self.model.threads.len();
                            self.ran.insert(self.number(last, None, index));
                            Effect::Goes { state: next, yielded: false }
                        }
                    }
                }
            };
            let actor = Actor::Action(index as u16);
            all.push((Transition { actor, branch: 0 }, effect, false));
        }
        all
    }

    /// The handlers that the thread would enter; `None` if it cannot step.
    fn wanted_handlers(&self, state: &State, me: usize) -> Result<Option<Vec<usize>>, Fails> {
        let Some((at, body)) = self.at(state, me) else { return Ok(None) };
        let thread = &self.model.threads[me];
        let gate = match (body[at].kernel, thread.user_gate, &thread.kernel_gate) {
            (true, _, Some(cond)) => self.holds(cond, state)?,
            (false, true, _) => state.threads[me].off == 0,
            _ => true,
        };
        if !gate {
            return Ok(None);
        }
        let free = !body[at].kernel && state.threads[me].handler.is_none();
        let handlers = 0..thread.handlers.len();
        let wanted = |handler: &usize| free && state.threads[me].signal == *handler as i32 + 1;
        Ok(Some(handlers.filter(wanted).collect()))
    }

    /// The class of an end, or the state whose evaluation fails, and the check.
    fn class(&self, states: &[State], end: &[usize]) -> Result<String, (usize, u16)> {
        let all = |holds: &dyn Fn(&State) -> Result<bool, Fails>| {
            for &number in end {
                if !holds(&states[number]).map_err(|Fails(check)| (number, check))? {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        for (index, (cond, _)) in self.model.outcomes.iter().enumerate() {
            if all(&|state| self.holds(cond, state))? {
                return Ok(format!("outcome {index}"));
            }
        }
        let done = all(&|state| {
            for (me, thread) in self.model.threads.iter().enumerate() {
                let lives = |cond| self.holds(cond, state);
                if state.threads[me].at.is_some()
                    && thread.lives.as_ref().map_or(Ok(true), lives)?
                {
                    return Ok(false);
                }
            }
            Ok(true)
        })?;
        Ok(if done { "done" } else { "stuck" }.to_string())
    }
}

/// Judges a model; `None` if it has too many states for that.
pub fn judge(model: &Model) -> Option<Verdict> {
    const STATES_MAX: usize = 20_000;
    let mut oracle = Oracle { model, ran: BTreeSet::new() };
    let threads = model.threads.iter().map(|thread| ThreadState {
        off: 0,
        signal: 0,
        r: 0,
        at: (!thread.body.is_empty()).then_some(0),
        handler: None,
    });
    let initial = State { x: 0, y: 0, aux: 0, holder: None, threads: threads.collect() };
    let mut verdict = Verdict::default();
    let mut numbers = HashMap::from([(initial.clone(), 0)]);
    let mut states = vec![initial];
    let mut routes: Vec<Vec<Transition>> = vec![Vec::new()];
    let mut graph: Vec<Vec<Edge>> = Vec::new();
    while graph.len() < states.len() {
        let from = graph.len();
        let before = states[from].clone();
        let mut edges = Vec::new();
        for (transition, effect, spins) in oracle.transitions(&before) {
            match effect {
                Effect::Disabled => continue,
                Effect::Fails(check) => {
                    let length = routes[from].len() + 1;
                    let shortest = verdict.checks.entry(check).or_insert(length);
                    *shortest = length.min(*shortest);
                    let demands = oracle.demands(transition, &before, None);
                    edges.push(Edge { transition, target: Err(check), spins: false, demands });
                }
                Effect::Goes { state, yielded } => {
                    let shared = |s: &State| {
                        let flags: Vec<_> = s.threads.iter().map(|t| (t.off, t.signal)).collect();
                        (s.x, s.y, s.holder, flags)
                    };
                    let changed = shared(&before) != shared(&state);
                    let spins = spins && !changed;
                    let demands = oracle.demands(transition, &before, Some((&state, changed)));
                    let next = states.len();
                    let to = *numbers.entry(state.clone()).or_insert(next);
                    if to == next {
                        states.push(state);
                        let mut route = routes[from].clone();
                        route.push(transition);
                        routes.push(route);
                    }
                    edges.push(Edge { transition, target: Ok((to, yielded)), spins, demands });
                }
            }
        }
        verdict.transitions += edges.len() as u64;
        graph.push(edges);
        if states.len() > STATES_MAX {
            return None;
        }
    }
    verdict.states = states.len() as u64;
    verdict.depth = routes.iter().map(Vec::len).max().unwrap_or(0) as u32;
    let fail = |verdict: &mut Verdict, state: usize, check: u16| {
        let shortest = verdict.checks.entry(check).or_insert(usize::MAX);
        *shortest = routes[state].len().min(*shortest);
    };
    for (index, (claim, cond)) in model.properties.iter().enumerate() {
        let mut first = None;
        for (number, state) in states.iter().enumerate() {
            match oracle.holds(cond, state) {
                Ok(holds) if holds == (*claim != Claim::Always) => {
                    first = Some(routes[number].clone());
                    break;
                }
                Ok(_) => {}
                Err(Fails(check)) => fail(&mut verdict, number, check),
            }
        }
        match (claim, first) {
            (Claim::Reach, first) => drop(verdict.reach.insert(index, first)),
            (_, Some(route)) => drop(verdict.properties.insert(index, route)),
            (_, None) => {}
        }
    }
    for (index, (cause, promise)) in model.promises.iter().enumerate() {
        let mut evaluate = |cond: &Cond, otherwise: bool| -> Vec<bool> {
            let states = states.iter().enumerate();
            let value = |(number, state)| match oracle.holds(cond, state) {
                Ok(holds) => holds,
                Err(Fails(check)) => {
                    fail(&mut verdict, number, check);
                    otherwise
                }
            };
            states.map(value).collect()
        };
        let kept = evaluate(promise, true);
        let mut owed: Vec<bool> = (0..states.len()).map(|state| state == 0).collect();
        if let Some(cause) = cause {
            owed = evaluate(cause, false);
        }
        let lengths: Vec<usize> = routes.iter().map(Vec::len).collect();
        let endless = Endless::new(model, &graph, &kept);
        let stem = endless.shortest_stem(&owed, &lengths);
        if let Some(found) = (states.len() <= 400).then(|| endless.nested_search(&owed)).flatten() {
            assert_eq!(found, stem.is_some(), "two ways to find a fair run");
            NESTED_SEARCHES.with(|count| count.set(count.get() + 1));
        }
        if let Some(stem) = stem {
            verdict.broken.insert(model.properties.len() + index, stem);
        }
    }
    for end in ends(&graph) {
        let class = oracle.class(&states, &end).unwrap_or_else(|(state, check)| {
            fail(&mut verdict, state, check);
            "stuck".to_string()
        });
        let spinning = !graph[end[0]].is_empty();
        let nearest = (0, spinning, routes[end[0]].clone());
        verdict.ends.entry(class).or_insert(nearest).0 += 1;
    }
    let statements = oracle.number(model.threads.len(), None, model.moves.len());
    verdict.not_run = (0..statements).filter(|number| !oracle.ran.contains(number)).collect();
    Some(verdict)
}
