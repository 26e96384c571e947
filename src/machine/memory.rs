//! Where the values are: packed words here, something else for other engines.

use crate::program::{Field, FieldId, Order, Program, RmwKind, Value};

/// The memory that code runs on. Each method is one access.
pub trait Memory {
    /// The value of a field.
    fn load(&mut self, field: FieldId, order: Order) -> Value;

    /// Writes a field; false, with nothing written, if the field cannot hold the value.
    #[must_use]
    fn store(&mut self, field: FieldId, value: Value, order: Order) -> bool;

    /// Writes `new` if the field holds `expected`, and says whether it did; `None`, with nothing
    /// written, if it would write a value that the field cannot hold.
    fn compare_and_swap(
        &mut self,
        field: FieldId,
        expected: Value,
        new: Value,
        success: Order,
        failure: Order,
    ) -> Option<bool>;

    /// Applies `kind` with `operand` and returns the old value; `None`, with nothing written, if
    /// the field cannot hold the new one.
    fn read_modify_write(
        &mut self,
        field: FieldId,
        kind: RmwKind,
        operand: Value,
        order: Order,
    ) -> Option<Value>;

    /// A C11 fence.
    fn fence(&mut self, order: Order);

    /// Thread `thread` runs no more: its places become `FINISHED` and its locals are reset.
    fn finish(&mut self, thread: usize);
}

/// What a read-modify-write stores; `None` if no field can hold it.
pub fn modified(kind: RmwKind, old: Value, operand: Value) -> Option<Value> {
    match kind {
        RmwKind::Swap => Some(operand),
        RmwKind::Add => old.checked_add(operand),
        RmwKind::Sub => old.checked_sub(operand),
    }
}

/// A packed state. Sequentially consistent: it disregards memory orders.
pub struct Packed<'a> {
    program: &'a Program,
    words: &'a mut [u64],
}

impl<'a> Packed<'a> {
    /// The packed state `words` of `program`.
    pub fn new(program: &'a Program, words: &'a mut [u64]) -> Packed<'a> {
        Packed { program, words }
    }

    #[inline(always)]
    fn field(&self, field: FieldId) -> Field {
        self.program.layout.fields[usize::from(field)]
    }
}

impl Memory for Packed<'_> {
    #[inline(always)]
    fn load(&mut self, field: FieldId, _: Order) -> Value {
        self.field(field).get(self.words)
    }

    #[inline(always)]
    fn store(&mut self, field: FieldId, value: Value, _: Order) -> bool {
        self.field(field).set(self.words, value)
    }

    #[inline(always)]
    fn compare_and_swap(
        &mut self,
        field: FieldId,
        expected: Value,
        new: Value,
        _: Order,
        _: Order,
    ) -> Option<bool> {
        let field = self.field(field);
        if field.get(self.words) != expected {
            return Some(false);
        }
        field.set(self.words, new).then_some(true)
    }

    #[inline(always)]
    fn read_modify_write(
        &mut self,
        field: FieldId,
        kind: RmwKind,
        operand: Value,
        _: Order,
    ) -> Option<Value> {
        let field = self.field(field);
        let old = field.get(self.words);
        field.set(self.words, modified(kind, old, operand)?).then_some(old)
    }

    fn fence(&mut self, _: Order) {}

    fn finish(&mut self, thread: usize) {
        let masks = &self.program.threads[thread].local_mask;
        for (word, mask) in self.words.iter_mut().zip(masks) {
            *word &= !mask;
        }
    }
}

/// A packed state that expressions read.
pub(super) struct Frozen<'a> {
    program: &'a Program,
    words: &'a [u64],
}

impl<'a> Frozen<'a> {
    pub(super) fn new(program: &'a Program, words: &'a [u64]) -> Frozen<'a> {
        Frozen { program, words }
    }
}

const PURE: &str = "an expression writes nothing";

impl Memory for Frozen<'_> {
    #[inline(always)]
    fn load(&mut self, field: FieldId, _: Order) -> Value {
        self.program.layout.fields[usize::from(field)].get(self.words)
    }

    fn store(&mut self, _: FieldId, _: Value, _: Order) -> bool {
        unreachable!("{PURE}")
    }

    fn compare_and_swap(
        &mut self,
        _: FieldId,
        _: Value,
        _: Value,
        _: Order,
        _: Order,
    ) -> Option<bool> {
        unreachable!("{PURE}")
    }

    fn read_modify_write(&mut self, _: FieldId, _: RmwKind, _: Value, _: Order) -> Option<Value> {
        unreachable!("{PURE}")
    }

    fn fence(&mut self, _: Order) {
        unreachable!("{PURE}")
    }

    fn finish(&mut self, _: usize) {
        unreachable!("{PURE}")
    }
}
