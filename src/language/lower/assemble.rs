//! The whole program: threads, actions, conditions, layout, initial state.

use super::context::{Context, Flow, Frame, Kind, Label};
use super::{Lowering, Type};
use crate::language::diagnostic::Diagnostic;
use crate::language::model::ThreadCondition;
use crate::language::parser::parse_run;
use crate::language::syntax::*;
use crate::language::types::Base;
use crate::program::*;

/// States wider than this are hardly a protocol.
const WORDS_MAX: usize = 64;

/// How many moves the kernel may have, all arguments spelled out.
const ACTIONS_MAX: usize = 4096;

/// What a thread's code starts with, and the places that its locals and handlers take.
struct Compiled {
    thread: Thread,
    start: Addr,
    slots: super::Slots,
}

impl Lowering<'_> {
    /// Walks what the cast adds to the model's own declarations: conditions, actions, handlers.
    pub(super) fn check_cast(&mut self) {
        self.assemble_parts();
    }

    /// Compiles everything; `None` if something was reported.
    pub(super) fn assemble(&mut self) -> Option<Program> {
        let program = self.assemble_parts();
        let whole = self.cast.threads.first().map(|thread| thread.name.span);
        self.report_overflow(whole.unwrap_or(Span { file: 0, start: 0, end: 0 }));
        if self.failed() {
            return None;
        }
        let (mut program, starts) = program?;
        self.settle(&mut program, &starts);
        Some(program)
    }

    fn assemble_parts(&mut self) -> Option<(Program, Vec<Addr>)> {
        let mut compiled = Vec::new();
        for index in 0..self.cast.threads.len() {
            compiled.extend(self.thread(index));
        }
        let actions = self.actions();
        let model = self.model;
        for (index, compiled) in compiled.iter_mut().enumerate() {
            let thread = index as Value;
            compiled.thread.user_gate = self.gate(&model.user_gates, thread);
            compiled.thread.kernel_gate = self.gate(&model.kernel_gates, thread);
            compiled.thread.lives = self.gate(&model.lives, thread);
        }
        let shows = self.shows();
        let outcomes = self.outcomes();
        let properties = self.properties();
        if self.checking {
            return None;
        }
        let mut threads = Vec::new();
        let mut starts = Vec::new();
        let mut areas = Vec::new();
        for mut compiled in compiled {
            let places = compiled.thread.places.len() as Value - 1;
            compiled.thread.place = self.layout.add(0, places.max(1), false, false);
            if !compiled.thread.handlers.is_empty() {
                let field = self.layout.add(0, places.max(1), false, false);
                compiled.thread.handler_place = Some(field);
            }
            areas.push(std::mem::take(&mut compiled.slots));
            starts.push(compiled.start);
            threads.push(compiled.thread);
        }
        areas.push(std::mem::take(&mut self.scratch));
        for area in &areas {
            self.place_slots(area);
        }
        self.layout.words = self.layout.words.max(1);
        if self.layout.words > WORDS_MAX {
            let span = self.cast.threads.first().map(|thread| thread.name.span)?;
            let message = format!("a state takes {} words", self.layout.words);
            let error =
                Diagnostic::error(message, span, format!("at most {WORDS_MAX} are possible"));
            self.report(error.help("use smaller ranges, fewer elements or fewer threads"));
            return None;
        }
        let variables = self.variables();
        self.masks(&variables);
        for (thread, area) in threads.iter_mut().zip(&areas) {
            let own = area
                .all
                .iter()
                .map(|slot| slot.0)
                .chain([thread.place])
                .chain(thread.handler_place);
            thread.local_mask = self.mask_of(own);
        }
        let initial = self.initial_words();
        let program = Program {
            scenario: self.cast.scenario.clone(),
            model: String::new(),
            kernel: self.cast.preset.as_ref().map(|preset| preset.value.clone()),
            layout: std::mem::take(&mut self.layout),
            initial,
            code: std::mem::take(&mut self.code),
            checks: std::mem::take(&mut self.checks),
            variables,
            threads,
            actions,
            properties,
            outcomes,
            shows,
            header: model.header.clone(),
            docs: self.docs(),
            sources: self.sources.clone(),
            statements: self.listing.statements.clone(),
            order_options: std::mem::take(&mut self.order_options),
            started: Vec::new(),
        };
        Some((program, starts))
    }

    /// The code of one thread and of its handlers.
    fn thread(&mut self, index: usize) -> Option<Compiled> {
        let cast = &self.cast.threads[index];
        self.in_scenario = true;
        let run = parse_run(&cast.runs.value, cast.runs.span, self.errors);
        self.context = Context::new(Kind::Thread, Some(index as Value));
        self.flow = Flow::start();
        let start = self.here();
        let (fairness, call) = run?;
        if let Some(result) = self.call(None, &call)
            && result != Type::NOTHING
        {
            self.emit(Op::Pop);
        }
        self.in_scenario = false;
        self.cover_pending();
        self.emit(Op::End);
        let handlers = self.handlers(index as Value);
        if self.context.places.len() >= usize::from(u16::MAX) {
            self.overflowed = true;
        }
        let end = Place {
            entry: 0,
            mode: Mode::User,
            statement: 0,
            calls: Vec::new(),
            branches: 1,
            spins: false,
            locals: Vec::new(),
            fairness: Fairness::Weak,
        };
        let places = std::iter::once(end).chain(std::mem::take(&mut self.context.places)).collect();
        let thread = Thread {
            name: cast.name.value.clone(),
            runs: cast.runs.value.clone(),
            place: 0,
            handler_place: None,
            places,
            user_gate: None,
            kernel_gate: None,
            lives: None,
            handlers,
            fairness,
            local_mask: Vec::new(),
        };
        Some(Compiled { thread, start, slots: std::mem::take(&mut self.context.slots) })
    }

    /// Handlers interrupt the thread's code, so their locals take bits of their own.
    fn handlers(&mut self, thread: Value) -> Vec<Handler> {
        let model = self.model;
        let ty = Type::new(Base::Thread(self.thread_count()));
        let mut handlers = Vec::new();
        for decl in &model.handlers {
            self.context.slots.next = self.context.slots.most;
            self.context.frames = vec![Frame::block()];
            super::assigned_in(&decl.body, &mut self.context.frame().assigned);
            let binding = super::context::Binding::Constant(thread, ty);
            self.context.frame().bindings.push((decl.thread.text.clone(), binding));
            self.flow = Flow::start();
            let enter = self.here();
            self.emit(Op::Cover(self.listing.ids[&decl.name.span]));
            self.block(&decl.body);
            let leave = std::mem::replace(&mut self.context.frame().leave, Label::new());
            self.bind(leave);
            self.emit(Op::End);
            let condition =
                ThreadCondition { thread: decl.thread.clone(), when: decl.when.clone() };
            let outer = std::mem::replace(&mut self.context, Context::expression());
            let when = self.gate(std::slice::from_ref(&condition), thread).unwrap_or_default();
            self.context = outer;
            handlers.push(Handler {
                name: decl.name.text.clone(),
                when,
                enter,
                statement: self.listing.ids[&decl.name.span],
            });
        }
        handlers
    }

    /// The conjunction of conditions of one thread, as an expression; `None` if there are none.
    fn gate(&mut self, conditions: &[ThreadCondition], thread: Value) -> Option<Addr> {
        if conditions.is_empty() {
            return None;
        }
        self.context = Context::new(Kind::Gate, None);
        self.flow = Flow::start();
        let entry = self.here();
        let mut no = Label::new();
        for condition in conditions {
            self.bound_type(&condition.thread, thread, &condition.when);
            self.bound_branch(&condition.thread, thread, &condition.when, false, &mut no);
        }
        self.truth(no);
        Some(entry)
    }

    fn bound_type(&mut self, name: &Name, thread: Value, when: &Expr) {
        let ty = Type::new(Base::Thread(self.thread_count()));
        let binding = super::context::Binding::Constant(thread, ty);
        self.context.frame().bindings.push((name.text.clone(), binding));
        let outer = self.context.thread.replace(thread);
        self.expect_condition(when);
        self.context.thread = outer;
        self.context.frame().bindings.pop();
    }

    /// Ends an expression: true where control falls through, false where it jumped to `no`.
    fn truth(&mut self, no: Label) {
        self.emit(Op::Const(1));
        self.emit(Op::End);
        self.flow.reachable = false;
        self.bind(no);
        self.emit(Op::Const(0));
        self.emit(Op::End);
    }

    fn condition_code(&mut self, condition: &Expr, outcomes_below: usize) -> Addr {
        self.context = Context::expression();
        self.flow = Flow::start();
        self.context.outcomes_below = outcomes_below;
        self.expect_condition(condition);
        let entry = self.here();
        let mut no = Label::new();
        self.branch(condition, false, &mut no);
        self.truth(no);
        entry
    }

    fn shows(&mut self) -> Vec<Show> {
        let model = self.model;
        let mut shows = Vec::new();
        for (name, condition) in &model.shows {
            let threads = 0..self.thread_names.len() as Value;
            let conditions = std::slice::from_ref(condition);
            let when = threads.filter_map(|thread| self.gate(conditions, thread)).collect();
            shows.push(Show { name: name.text.clone(), when });
        }
        shows
    }

    fn outcomes(&mut self) -> Vec<Outcome> {
        let model = self.model;
        let mut outcomes = Vec::new();
        for (index, decl) in model.outcomes.iter().enumerate() {
            if self.left_out(&decl.when) {
                continue;
            }
            let when = self.condition_code(&decl.when, index);
            outcomes.push(Outcome { name: decl.name.text.clone(), fine: decl.fine, when });
        }
        outcomes
    }

    fn properties(&mut self) -> Vec<Property> {
        let model = self.model;
        let of_scenario =
            model.properties.len() - self.cast.properties.len().min(model.properties.len());
        let mut properties = Vec::new();
        for (index, (decl, span)) in model.properties.iter().enumerate() {
            // A scenario's own properties come last and may name its threads.
            self.in_scenario = index >= of_scenario;
            let text = |expr: &Expr| self.sources.text(expr.span).to_string();
            let (name, conditions) = match decl {
                PropertyDecl::Never(name, when) => (format!("never {}", name.text), vec![when]),
                PropertyDecl::Always(name, when) => (format!("always {}", name.text), vec![when]),
                PropertyDecl::Reach(name, when) => (format!("reach {}", name.text), vec![when]),
                PropertyDecl::After(trigger, goal) => {
                    (format!("after {}: {}", text(trigger), text(goal)), vec![trigger, goal])
                }
                PropertyDecl::Eventually(goal) => {
                    (format!("eventually {}", text(goal)), vec![goal])
                }
            };
            if conditions.iter().any(|condition| self.left_out(condition)) {
                continue;
            }
            let code: Vec<Addr> = conditions
                .iter()
                .map(|condition| self.condition_code(condition, usize::MAX))
                .collect();
            let kind = match decl {
                PropertyDecl::Never(..) => PropertyKind::Never(code[0]),
                PropertyDecl::Always(..) => PropertyKind::Always(code[0]),
                PropertyDecl::Reach(..) => PropertyKind::Reach(code[0]),
                PropertyDecl::After(..) => PropertyKind::After(code[0], code[1]),
                PropertyDecl::Eventually(..) => PropertyKind::Eventually(code[0]),
            };
            properties.push(Property { name, kind, span: *span });
        }
        self.in_scenario = false;
        properties
    }

    /// It reads an aux variable, and those are left out.
    fn left_out(&self, condition: &Expr) -> bool {
        self.cast.without_aux && self.reads_aux(condition, usize::MAX)
    }

    fn reads_aux(&self, expr: &Expr, outcomes_below: usize) -> bool {
        use crate::language::model::Symbol;
        let by_name = |name: &str| match self.symbol(name) {
            Some(Symbol::Var(var)) => self.model.vars[var].aux,
            Some(Symbol::Outcome(id)) if id < outcomes_below => {
                self.reads_aux(&self.model.outcomes[id].when, id)
            }
            _ => false,
        };
        match &expr.kind {
            ExprKind::Name(name) => by_name(name),
            ExprKind::Index(name, indices) => {
                by_name(&name.text)
                    || indices.iter().any(|index| self.reads_aux(index, outcomes_below))
            }
            ExprKind::Call(call) => call.args.iter().any(|arg| self.reads_aux(arg, outcomes_below)),
            ExprKind::Not(inner) | ExprKind::Negate(inner) => self.reads_aux(inner, outcomes_below),
            ExprKind::Binary(_, left, right) => {
                self.reads_aux(left, outcomes_below) || self.reads_aux(right, outcomes_below)
            }
            ExprKind::Quantifier { body, .. } => self.reads_aux(body, outcomes_below),
            _ => false,
        }
    }

    /// Every action once for each combination of arguments.
    fn actions(&mut self) -> Vec<Action> {
        let model = self.model;
        let mut actions = Vec::new();
        for decl in &model.actions {
            let proc = &decl.proc;
            let types: Vec<Type> =
                proc.params.iter().map(|param| self.resolve_type(&param.ty)).collect();
            let mut combinations: Vec<Vec<Value>> = vec![Vec::new()];
            for (param, ty) in proc.params.iter().zip(&types) {
                let Some((low, high)) = ty.range().filter(|_| !ty.has_none()) else {
                    let label = format!("an action cannot take {}", self.show_type(*ty));
                    self.report(Diagnostic::error(
                        "this parameter has no values",
                        param.name.span,
                        label,
                    ));
                    return actions;
                };
                let high = match ty.base {
                    Base::Thread(_) if !self.checking => self.thread_names.len() as Value - 1,
                    _ => high,
                };
                combinations = combinations
                    .iter()
                    .take(ACTIONS_MAX + 1)
                    .flat_map(|given| {
                        (low..=high)
                            .take(ACTIONS_MAX + 1)
                            .map(|value| [&given[..], &[value]].concat())
                    })
                    .collect();
            }
            if combinations.len() + actions.len() > ACTIONS_MAX {
                let label = format!("more than {ACTIONS_MAX} in all");
                self.report(Diagnostic::error("there are too many actions", proc.head, label));
                return actions;
            }
            if self.checking {
                combinations.truncate(1);
            }
            for values in combinations {
                actions.push(self.action(decl, &types, &values));
            }
        }
        actions
    }

    fn action(
        &mut self,
        decl: &crate::language::model::ActionDecl,
        types: &[Type],
        values: &[Value],
    ) -> Action {
        let proc = &decl.proc;
        let is_thread = |ty: &Type| matches!(ty.base, Base::Thread(_));
        let about = types.iter().position(is_thread).map(|position| values[position]);
        self.context = Context::new(Kind::Action, about);
        self.context.aux_readable = false;
        self.flow = Flow::start();
        super::assigned_in(&proc.body, &mut self.context.frame().assigned);
        let mut shown = Vec::new();
        for ((param, &ty), &value) in proc.params.iter().zip(types).zip(values) {
            let binding = super::context::Binding::Constant(value, ty);
            self.context.frame().bindings.push((param.name.text.clone(), binding));
            shown.push(self.domain_of(ty).show(value));
        }
        let entry = self.here();
        let statement = self.listing.ids[&proc.head];
        let readable = std::mem::replace(&mut self.context.aux_readable, false);
        self.expect_condition(&decl.when);
        let mut yes = Label::new();
        self.branch(&decl.when, true, &mut yes);
        self.emit(Op::Const(0));
        self.emit(Op::Guard);
        self.bind(yes);
        self.context.aux_readable = readable;
        self.cover(statement);
        self.block(&proc.body);
        let leave = std::mem::replace(&mut self.context.frame().leave, Label::new());
        self.bind(leave);
        self.emit(Op::End);
        let name = proc.name.text.clone();
        Action {
            name: if shown.is_empty() {
                name.clone()
            } else {
                format!("{name}({})", shown.join(", "))
            },
            family: name,
            thread: about.map(|thread| thread as usize),
            entry,
            statement,
            fairness: decl.fairness,
        }
    }
}
