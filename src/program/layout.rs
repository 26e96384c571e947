//! How a state is packed into 64-bit words.

/// A value of the language: a number, a truth value (0 or 1), the index of an enum value or of a
/// thread, or [`NONE`].
pub type Value = i32;

/// The value `none` of an optional type, and of a free mutex. Declared ranges never contain it.
pub const NONE: Value = i32::MIN;

/// The index of a field in its [`Layout`].
pub type FieldId = u16;

/// Some bits of one word. No field straddles two words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Which word.
    pub word: u16,
    /// The lowest bit, 0 to 63.
    pub shift: u8,
    /// How many bits, 0 to 33.
    pub width: u8,
    /// The least value. Stored as 0, or as 1 if the field is optional.
    pub low: Value,
    /// The greatest value.
    pub high: Value,
    /// It can hold [`NONE`], stored as 0.
    pub optional: bool,
    /// Stores wrap around modulo `high + 1`; `low` is 0.
    pub wraps: bool,
}

/// The fields of a state and how many words they take.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// 64-bit words of a state, at least 1.
    pub words: usize,
    /// By [`FieldId`].
    pub fields: Vec<Field>,
    /// For each word, the bits of shared variables other than aux ones.
    pub shared_mask: Vec<u64>,
    /// For each word, the bits of aux variables.
    pub aux_mask: Vec<u64>,
}

impl Field {
    /// The bits of the field, at its place in the word.
    pub fn mask(&self) -> u64 {
        ((1 << self.width) - 1) << self.shift
    }

    /// The value in `state`.
    #[inline(always)]
    pub fn get(&self, state: &[u64]) -> Value {
        let bits = (state[self.word as usize] & self.mask()) >> self.shift;
        if !self.optional {
            (bits as i64 + i64::from(self.low)) as Value
        } else if bits == 0 {
            NONE
        } else {
            (bits as i64 - 1 + i64::from(self.low)) as Value
        }
    }

    /// What `value` is stored as; `None` if the field cannot hold it.
    #[inline(always)]
    pub fn encode(&self, value: Value) -> Option<u64> {
        if value == NONE {
            return self.optional.then_some(0);
        }
        let value = if self.wraps { value.rem_euclid(self.high + 1) } else { value };
        if value < self.low || value > self.high {
            return None;
        }
        Some((i64::from(value) - i64::from(self.low)) as u64 + u64::from(self.optional))
    }

    /// Writes `value` into `state`; false, with the state unchanged, if the field cannot hold it.
    #[inline(always)]
    #[must_use]
    pub fn set(&self, state: &mut [u64], value: Value) -> bool {
        match self.encode(value) {
            Some(bits) => {
                let word = &mut state[self.word as usize];
                *word = (*word & !self.mask()) | (bits << self.shift);
                true
            }
            None => false,
        }
    }
}

impl Layout {
    /// Adds a field for `low..=high` (and [`NONE`] if `optional`) in the first word that has room
    /// above the bits already taken there, and returns its id.
    ///
    /// # Panics
    /// If `low > high`, or there are more than 65,535 fields.
    pub fn add(&mut self, low: Value, high: Value, optional: bool, wraps: bool) -> FieldId {
        assert!(low <= high, "an empty range has no field");
        let values = (i64::from(high) - i64::from(low)) as u64 + 1 + u64::from(optional);
        let width = (64 - (values - 1).leading_zeros()) as u8;
        let taken = self.taken();
        let room = |word: usize| 64 - taken.get(word).copied().unwrap_or(0);
        let word = (0..).find(|&word| room(word) >= u32::from(width)).expect("an empty word");
        let shift = taken.get(word).copied().unwrap_or(0) as u8;
        self.words = self.words.max(word + 1);
        self.push(Field { word: word as u16, shift, width, low, high, optional, wraps })
    }

    /// Adds a field that shares bits with others, as locals of disjoint scopes do.
    pub fn push(&mut self, field: Field) -> FieldId {
        self.words = self.words.max(usize::from(field.word) + 1);
        self.fields.push(field);
        FieldId::try_from(self.fields.len() - 1).expect("at most 65,535 fields")
    }

    /// For each word, how many low bits the fields take.
    fn taken(&self) -> Vec<u32> {
        let mut taken = vec![0; self.words];
        // A field without bits is nowhere.
        for field in self.fields.iter().filter(|field| field.width > 0) {
            let end = u32::from(field.shift) + u32::from(field.width);
            let word = &mut taken[usize::from(field.word)];
            *word = end.max(*word);
        }
        taken
    }
}
