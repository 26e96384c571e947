//! Types and their values.

use crate::program::Value;

/// A type of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Type {
    pub base: Base,
    /// `or none`
    pub optional: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    Bool,
    /// Both ends included.
    Int(Value, Value),
    /// `0..n`, wrapping around.
    Mod(Value),
    /// The index of the enum and how many values it has.
    Enum(usize, Value),
    /// How many threads the cast has.
    Thread(Value),
    /// A mutex; its value is the thread that holds it, or none.
    Mutex(Value),
    /// The type of `none` itself.
    None,
    /// A proc passed as an argument.
    Proc,
    /// What a call without a result leaves.
    Nothing,
    /// What an expression has that was already reported.
    Unknown,
}

impl Type {
    pub(super) const BOOL: Type = Type::new(Base::Bool);
    pub(super) const NONE: Type = Type { base: Base::None, optional: true };
    pub(super) const NOTHING: Type = Type::new(Base::Nothing);
    pub(super) const UNKNOWN: Type = Type::new(Base::Unknown);

    pub(super) const fn new(base: Base) -> Type {
        Type { base, optional: false }
    }

    pub(super) fn int(low: Value, high: Value) -> Type {
        Type::new(Base::Int(low, high))
    }

    /// The least and the greatest value, `none` apart; `None` for what is not stored.
    pub(super) fn range(self) -> Option<(Value, Value)> {
        match self.base {
            Base::Bool => Some((0, 1)),
            Base::Int(low, high) => Some((low, high)),
            Base::Mod(n) | Base::Enum(_, n) | Base::Thread(n) | Base::Mutex(n) => Some((0, n - 1)),
            Base::None | Base::Proc | Base::Nothing | Base::Unknown => None,
        }
    }

    /// It can be `none`: an optional type, or a mutex.
    pub(super) fn has_none(self) -> bool {
        self.optional || matches!(self.base, Base::Mutex(_))
    }

    /// The interval of a number.
    pub(super) fn as_int(self) -> Option<(Value, Value)> {
        match self.base {
            Base::Int(low, high) if !self.optional => Some((low, high)),
            Base::Mod(n) if !self.optional => Some((0, n - 1)),
            _ => None,
        }
    }

    pub(super) fn is_bool(self) -> bool {
        self == Type::BOOL || self.base == Base::Unknown
    }

    /// A value of type `from` may be stored in a location of this type, at run time at least.
    pub(super) fn accepts(self, from: Type) -> bool {
        match (self.base, from.base) {
            (Base::Unknown, _) | (_, Base::Unknown) => true,
            (Base::Mutex(_), _) | (_, Base::Proc) => self.base == from.base,
            (_, Base::None) => self.has_none(),
            (Base::Int(low, high), Base::Int(from_low, from_high)) => {
                from_low <= high && low <= from_high
            }
            (Base::Int(..), Base::Mod(_)) | (Base::Mod(_), Base::Int(..)) => true,
            (Base::Thread(_), Base::Mutex(_)) => true,
            (to, from) => to == from,
        }
    }

    /// Every value of type `from` is one of this type, so that storing it needs no check.
    pub(super) fn contains(self, from: Type) -> bool {
        let same_kind = matches!(
            (self.base, from.base),
            (Base::Int(..), Base::Int(..) | Base::Mod(_)) | (Base::Mod(_), Base::Mod(_))
        ) || self.base == from.base;
        let within = match (self.range(), from.range()) {
            (Some((low, high)), Some((from_low, from_high))) => {
                low <= from_low && from_high <= high
            }
            _ => false,
        };
        same_kind && within && (self.has_none() || !from.has_none())
    }

    /// Values of the two types can be compared for equality.
    pub(super) fn comparable(self, other: Type) -> bool {
        let number = |base| matches!(base, Base::Int(..) | Base::Mod(_));
        let thread = |base| matches!(base, Base::Thread(_) | Base::Mutex(_));
        match (self.base, other.base) {
            (Base::Unknown, _) | (_, Base::Unknown) => true,
            (Base::Proc | Base::Nothing, _) | (_, Base::Proc | Base::Nothing) => false,
            (Base::None, _) => other.has_none(),
            (_, Base::None) => self.has_none(),
            (a, b) => a == b || (number(a) && number(b)) || (thread(a) && thread(b)),
        }
    }
}
