//! Writing code: instructions, jumps, places, locals.

use super::context::{Kind, Label, Mark, Slots};
use super::{CODE_MAX, Lowering};
use crate::language::diagnostic::Diagnostic;
use crate::language::types::Type;
use crate::program::*;

/// How many fields locals may bring a layout to; the rest is for places.
const FIELDS_MAX: usize = 60_000;

/// Instructions and jumps.
impl Lowering<'_> {
    pub(super) fn emit(&mut self, op: Op) {
        if self.code.len() >= CODE_MAX {
            self.overflowed = true;
            return;
        }
        if self.flow.reachable {
            self.code.push(op);
        }
    }

    /// Counts what is walked: calls and loops without code unroll too.
    pub(super) fn walk_on(&mut self) {
        self.walked += 1;
        self.overflowed |= self.walked > CODE_MAX;
    }

    pub(super) fn here(&self) -> Addr {
        self.code.len() as Addr
    }

    /// A jump whose target is not known yet; the flow goes on only if `op` is conditional.
    pub(super) fn jump(&mut self, op: fn(Addr) -> Op, label: &mut Label) {
        if !self.flow.reachable {
            return;
        }
        label.jumps.push(self.code.len());
        self.flow.sole &= matches!(op(0), Op::Jump(_));
        label.flow = Some(label.flow.map_or(self.flow, |flow| flow.join(self.flow)));
        self.emit(op(0));
        if matches!(op(0), Op::Jump(_)) {
            self.flow.reachable = false;
        }
    }

    pub(super) fn bind(&mut self, label: Label) {
        let here = self.here();
        for at in label.jumps {
            if let Some(Op::Jump(to) | Op::JumpIf(to) | Op::JumpUnless(to)) = self.code.get_mut(at)
            {
                *to = here;
            }
        }
        if let Some(flow) = label.flow {
            self.flow = if self.flow.reachable { self.flow.join(flow) } else { flow };
        }
    }

    pub(super) fn check_id(&mut self, kind: CheckKind, message: String, span: Span) -> CheckId {
        let check = Check { kind, message, span };
        let id = match self.checks.iter().position(|known| *known == check) {
            Some(id) => id,
            None => {
                self.checks.push(check);
                self.checks.len() - 1
            }
        };
        CheckId::try_from(id).unwrap_or_else(|_| {
            self.overflowed = true;
            CheckId::MAX
        })
    }

    /// Says once that the program is too large.
    pub(super) fn report_overflow(&mut self, span: Span) {
        if self.overflowed {
            let message = "the program is too large when all its calls and loops are unrolled";
            let label = format!("more than {CODE_MAX} instructions, {} checks or places", u16::MAX);
            self.report(
                Diagnostic::error(message, span, label)
                    .help("use smaller ranges in `for`, or fewer nested calls"),
            );
        }
    }
}

/// Places: where a step begins.
impl Lowering<'_> {
    /// Begins the step that makes the access of `statement`, unless the code runs inside one.
    /// `guarded`: the step may turn out not to be enabled, so it covers nothing yet.
    pub(super) fn boundary(&mut self, statement: StatementId, guarded: bool) {
        if self.context.atomic || !self.flow.reachable {
            return;
        }
        if let Some(open) = self.flow.open.take() {
            let fairness = self.context.fairness;
            let calls = self.context.calls.clone();
            let place = &mut self.context.places[open as usize - 1];
            place.statement = statement;
            place.calls = calls;
            place.fairness = fairness;
        } else {
            let mode = if self.context.kernel > 0 { Mode::Kernel } else { Mode::User };
            self.new_place(statement, mode);
        }
        self.flow.fresh = false;
        self.flow.stepped = true;
        if !guarded {
            self.cover_pending();
        }
    }

    /// Ends the step before and begins one at a new place.
    pub(super) fn new_place(&mut self, statement: StatementId, mode: Mode) -> PlaceId {
        let id = self.context.places.len() as PlaceId + 1;
        if !self.before_first_step() {
            self.cover_pending();
        }
        self.emit(Op::Stop(id));
        let place = Place {
            entry: self.here(),
            mode,
            statement,
            calls: self.context.calls.clone(),
            branches: 1,
            spins: self.context.yielding > 0,
            locals: self.context.visible.clone(),
            fairness: self.context.fairness,
        };
        self.context.places.push(place);
        id
    }

    /// A step without an access, for what may not join the step before it.
    pub(super) fn own_step_if_fresh(&mut self, statement: StatementId) {
        if self.flow.fresh && !self.context.atomic && self.context.kind == Kind::Thread {
            self.boundary(statement, false);
        }
    }

    /// Marks `statement` as run, once it is certain that its step is enabled.
    pub(super) fn cover(&mut self, statement: StatementId) {
        if self.flow.open.is_some() || self.before_first_step() {
            self.context.uncovered.push(statement);
        } else {
            self.emit(Op::Cover(statement));
        }
    }

    /// What stands there is run once, when the thread is compiled, and counts for its first step.
    fn before_first_step(&self) -> bool {
        let context = &self.context;
        context.kind == Kind::Thread && context.places.is_empty() && !context.atomic
    }

    pub(super) fn cover_pending(&mut self) {
        for statement in std::mem::take(&mut self.context.uncovered) {
            self.emit(Op::Cover(statement));
        }
    }

    /// The condition on the stack decides whether the step is enabled.
    pub(super) fn guard(&mut self) {
        self.emit(Op::Guard);
        self.cover_pending();
    }
}

/// Locals.
impl Lowering<'_> {
    fn slots(&mut self) -> &mut Slots {
        if self.context.atomic { &mut self.scratch } else { &mut self.context.slots }
    }

    /// Allots a local variable, whose bits are 0 now.
    pub(super) fn allot(&mut self, ty: Type) -> FieldId {
        let Some((low, high)) = ty.range() else {
            return self.allot(Type::BOOL);
        };
        let values = (i64::from(high) - i64::from(low)) as u64 + 1 + u64::from(ty.has_none());
        let width = (64 - (values - 1).leading_zeros()) as u8;
        let wraps = matches!(ty.base, crate::language::types::Base::Mod(_));
        let slots = self.slots();
        let before = slots.next;
        let (word, shift) = if before.1 + width > 64 { (before.0 + 1, 0) } else { before };
        let position = (word, shift);
        slots.next = (word, shift + width);
        slots.most = slots.most.max(slots.next);
        // It takes no bits of the layout until its area has a place there.
        let optional = ty.has_none();
        let field = Field { word: 0, shift: 0, width: 0, low, high, optional, wraps };
        if self.layout.fields.len() >= FIELDS_MAX {
            self.overflowed = true;
            return 0;
        }
        self.layout.fields.push(field);
        let id = (self.layout.fields.len() - 1) as FieldId;
        let slots = self.slots();
        slots.live.push((id, before));
        slots.all.push((id, position, width));
        id
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { slots: self.context.slots.live.len(), scratch: self.scratch.live.len() }
    }

    /// Resets the locals allotted since `mark`, which stay in scope on other paths.
    pub(super) fn reset_since(&mut self, mark: Mark) {
        let slots = self.context.slots.live[mark.slots..].iter();
        let live = slots.chain(&self.scratch.live[mark.scratch..]);
        for field in live.map(|(field, _)| *field).collect::<Vec<_>>() {
            let layout = &self.layout.fields[usize::from(field)];
            let zero = if layout.optional { NONE } else { layout.low };
            self.emit(Op::Const(zero));
            self.emit(Op::Store { field, order: Order::Plain, check: 0 });
        }
    }

    /// Leaves the scope that began at `mark`: its locals are reset and forgotten.
    pub(super) fn leave_scope(&mut self, mark: Mark, bindings: usize, visible: usize) {
        self.reset_since(mark);
        for (slots, length) in
            [(&mut self.context.slots, mark.slots), (&mut self.scratch, mark.scratch)]
        {
            if let Some(&(_, before)) = slots.live.get(length) {
                slots.next = before;
                slots.live.truncate(length);
            }
        }
        self.context.frame().bindings.truncate(bindings);
        self.context.visible.truncate(visible);
    }
}
