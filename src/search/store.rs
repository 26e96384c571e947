//! The state store: every state once, exactly, in the order of discovery.
//!
//! States lie in chunks, so that growing never copies them. An open-addressing table of 32-bit
//! slots finds them again: the low bits of a slot are the state's number plus one, as many as the
//! table's size needs; the bits above are bits of its hash, which spare most looks at states that
//! turn out to be different. A slot never stands for a state: states are compared in full.
//!
//! The order of discovery of a breadth-first search is its queue, too.

/// The store cannot grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// It holds as many states as it may, or as it can number.
    States,
    /// It takes as many bytes as it may, or there are no more.
    Memory,
}

/// What became of a state given to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inserted {
    /// It is new.
    New,
    /// It was stored already, with this number.
    Known(u32),
}

/// Bytes of a chunk, of at least one state.
const CHUNK_BYTES: usize = 1 << 19;

/// Slots of the first table.
const SLOTS_MIN: usize = 1 << 12;

/// Slots of the greatest table, whose numbers fill 32 bits.
const SLOTS_MAX: usize = 1 << 32;

/// At most 4 slots in 5 are taken; tags keep long probe sequences cheap.
const fn capacity(slots: usize) -> usize {
    slots / 5 * 4
}

/// States that any store can hold.
pub(crate) const STATES_MAX: usize = capacity(SLOTS_MAX);

/// States of `W` words each, or of any number of words if `W` is 0.
#[derive(Debug)]
pub(crate) struct Store<const W: usize> {
    words: usize,
    chunks: Vec<Vec<u64>>,
    /// The binary logarithm of the states of a chunk.
    chunk_shift: u32,
    len: usize,
    slots: Vec<u32>,
    states_max: usize,
    bytes_max: usize,
}

/// The number plus one of the state that is probably meant; 0 if it is certainly not stored.
pub(crate) type Guess = u32;

impl<const W: usize> Store<W> {
    /// An empty store for states of `words` words, which may hold `states_max` of them and, once it
    /// is larger than the smallest, take `bytes_max` bytes.
    pub(crate) fn new(words: usize, states_max: usize, bytes_max: usize) -> Store<W> {
        assert!(W == 0 || W == words, "a store is made for one size of states");
        let chunk_shift = (CHUNK_BYTES / (words * 8)).max(1).ilog2();
        let slots = vec![0; SLOTS_MIN];
        let states_max = states_max.min(STATES_MAX);
        Store { words, chunks: Vec::new(), chunk_shift, len: 0, slots, states_max, bytes_max }
    }

    /// Words of a state: a constant to the compiler, unless any number will do.
    #[inline(always)]
    pub(crate) fn words(&self) -> usize {
        if W == 0 { self.words } else { W }
    }

    /// How many states are stored.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Bytes that are allocated.
    pub(crate) fn bytes(&self) -> usize {
        self.chunks.len() * self.chunk_bytes() + self.slots.len() * size_of::<u32>()
    }

    /// The state with this number.
    #[inline(always)]
    pub(crate) fn state(&self, index: u32) -> &[u64] {
        let within = index as usize & ((1 << self.chunk_shift) - 1);
        let start = within * self.words();
        &self.chunks[index as usize >> self.chunk_shift][start..start + self.words()]
    }

    /// The hash of a state: words are mixed by multiplication to 128 bits, halves folded.
    #[inline(always)]
    pub(crate) fn hash(state: &[u64]) -> u64 {
        let mut hash = 0x243f_6a88_85a3_08d3_u64;
        for &word in state {
            let product = u128::from(hash ^ word) * 0x9e37_79b9_7f4a_7c15;
            hash = (product >> 64) as u64 ^ product as u64;
        }
        hash
    }

    /// The bits of a slot that number a state; those above are its tag.
    #[inline(always)]
    fn index_mask(&self) -> u32 {
        (self.slots.len() - 1) as u32
    }

    #[inline(always)]
    fn tag(&self, hash: u64) -> u32 {
        (hash >> 32) as u32 & !self.index_mask()
    }

    /// The slot where the search for a state with this hash begins. Nothing is decided by what it
    /// holds, so that the processor waits for many of them at once.
    #[inline(always)]
    pub(crate) fn first_slot(&self, hash: u64) -> u32 {
        self.slots[hash as usize & (self.slots.len() - 1)]
    }

    /// Which state the first slot that bears this hash's tag points at, given the slot where the
    /// search begins.
    #[inline(always)]
    pub(crate) fn guess(&self, hash: u64, first_slot: u32) -> Guess {
        let (mask, tag) = (self.slots.len() - 1, self.tag(hash));
        let (mut slot, mut at) = (first_slot, hash as usize);
        while slot != 0 && slot & !self.index_mask() != tag {
            at += 1;
            slot = self.slots[at & mask];
        }
        slot & self.index_mask()
    }

    /// Whether the guess may be right: it points at a state that begins as this one. Decides
    /// nothing before that state is there, as `first_slot`.
    #[inline(always)]
    pub(crate) fn may_confirm(&self, guess: Guess, state: &[u64]) -> bool {
        let index = guess.saturating_sub(1);
        (guess != 0) & (self.state(index)[0] == state[0])
    }

    /// Whether the guess was right, and the state is stored.
    #[inline(always)]
    pub(crate) fn confirms(&self, guess: Guess, state: &[u64]) -> bool {
        guess != 0 && self.state(guess - 1) == state
    }

    /// The number of a state, if it is stored.
    pub(crate) fn find(&self, state: &[u64]) -> Option<u32> {
        self.probe(state, Self::hash(state)).ok()
    }

    /// The number of a state, or the slot where it belongs.
    #[inline(always)]
    fn probe(&self, state: &[u64], hash: u64) -> Result<u32, usize> {
        let (mask, tag) = (self.slots.len() - 1, self.tag(hash));
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return Err(at);
            }
            if slot & !self.index_mask() == tag {
                let index = (slot & self.index_mask()) - 1;
                if self.state(index) == state {
                    return Ok(index);
                }
            }
            at = (at + 1) & mask;
        }
    }

    /// Stores a state, whose hash is `hash`, unless it is stored already.
    ///
    /// # Errors
    /// [`Full`], with everything stored so far still in place.
    #[inline(always)]
    pub(crate) fn insert(&mut self, state: &[u64], hash: u64) -> Result<Inserted, Full> {
        let mut at = match self.probe(state, hash) {
            Ok(number) => return Ok(Inserted::Known(number)),
            Err(at) => at,
        };
        if self.len == self.states_max {
            return Err(Full::States);
        }
        if self.len >> self.chunk_shift == self.chunks.len() {
            self.add_chunk()?;
        }
        if self.len == capacity(self.slots.len()) {
            self.grow_table()?;
            at = self.vacancy(hash);
        }
        self.chunks[self.len >> self.chunk_shift].extend_from_slice(state);
        self.slots[at] = self.tag(hash) | (self.len + 1) as u32;
        self.len += 1;
        Ok(Inserted::New)
    }

    /// The first empty slot for this hash.
    #[inline(always)]
    fn vacancy(&self, hash: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while self.slots[at] != 0 {
            at = (at + 1) & mask;
        }
        at
    }

    fn chunk_bytes(&self) -> usize {
        (self.words() * size_of::<u64>()) << self.chunk_shift
    }

    #[cold]
    fn add_chunk(&mut self) -> Result<(), Full> {
        let bytes = self.bytes() + self.chunk_bytes();
        if !self.chunks.is_empty() && bytes > self.bytes_max {
            return Err(Full::Memory);
        }
        let mut chunk = Vec::new();
        chunk.try_reserve_exact(self.words() << self.chunk_shift).map_err(|_| Full::Memory)?;
        self.chunks.try_reserve(1).map_err(|_| Full::Memory)?;
        self.chunks.push(chunk);
        Ok(())
    }

    /// Doubles the table. The old one is given back first: the states are enough to fill the new.
    #[cold]
    fn grow_table(&mut self) -> Result<(), Full> {
        let old = self.slots.len();
        assert!(old < SLOTS_MAX, "the limit on states comes first");
        let more = old * size_of::<u32>();
        if self.bytes() + more > self.bytes_max {
            return Err(Full::Memory);
        }
        self.slots = Vec::new();
        if self.fill_table(old * 2).is_ok() {
            return Ok(());
        }
        // What was given back a moment ago is there to be had again.
        self.fill_table(old).expect("memory that was just released");
        Err(Full::Memory)
    }

    /// Makes an empty table of `slots` slots and enters all states.
    fn fill_table(&mut self, slots: usize) -> Result<(), Full> {
        let mut table = Vec::new();
        table.try_reserve_exact(slots).map_err(|_| Full::Memory)?;
        table.resize(slots, 0);
        self.slots = table;
        for index in 0..self.len as u32 {
            let hash = Self::hash(self.state(index));
            let at = self.vacancy(hash);
            self.slots[at] = self.tag(hash) | (index + 1);
        }
        Ok(())
    }
}

/// Distinct states of one size, numbered in the order they are added: what a walk of its own through
/// a program's states needs. `W` is as in [`Store`].
#[derive(Debug)]
pub(crate) struct Distinct<const W: usize>(Store<W>);

impl<const W: usize> Distinct<W> {
    /// None yet; each will have `words` words, and there may be `states_max` of them.
    pub(crate) fn new(words: usize, states_max: usize) -> Distinct<W> {
        Distinct(Store::new(words, states_max, usize::MAX))
    }

    /// The number of a state, and whether it is new; `None` if there is no room for it.
    pub(crate) fn add(&mut self, state: &[u64]) -> Option<(u32, bool)> {
        // Known to the compiler, unless any number will do.
        let state = &state[..self.0.words()];
        match self.0.insert(state, Store::<W>::hash(state)).ok()? {
            Inserted::Known(number) => Some((number, false)),
            Inserted::New => Some((self.0.len() as u32 - 1, true)),
        }
    }

    /// The number of a state that was added.
    pub(crate) fn find(&self, state: &[u64]) -> Option<u32> {
        self.0.find(&state[..self.0.words()])
    }

    /// The state with this number.
    pub(crate) fn get(&self, number: u32) -> &[u64] {
        self.0.state(number)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> u32 {
        self.0.len() as u32
    }

    /// Bytes that they take.
    pub(crate) fn bytes(&self) -> usize {
        self.0.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Distinct states of `words` words, not all of them in their lowest word.
    fn state(words: usize, number: u64) -> Vec<u64> {
        let mut state = vec![number & 3; words];
        state[words - 1] = number;
        state
    }

    fn fill<const W: usize>(words: usize, count: u64) {
        let mut store = Store::<W>::new(words, usize::MAX, usize::MAX);
        for number in (0..count).chain(0..count) {
            let state = state(words, number);
            let known = number < store.len() as u64;
            let hash = Store::<W>::hash(&state);
            let guess = store.guess(hash, store.first_slot(hash));
            // A guess may miss a known state, but never confirm another.
            assert!(!store.confirms(guess, &state) || known);
            assert!(!store.confirms(guess, &state) || store.may_confirm(guess, &state));
            let expected = if known { Inserted::Known(number as u32) } else { Inserted::New };
            assert_eq!(store.insert(&state, hash), Ok(expected));
        }
        assert_eq!(store.len() as u64, count);
        for number in 0..count {
            assert_eq!(store.state(number as u32), state(words, number));
            assert_eq!(store.find(&state(words, number)), Some(number as u32));
        }
        assert_eq!(store.find(&state(words, count)), None);
    }

    #[test]
    fn finds_every_state_again() {
        fill::<1>(1, 20_000);
        // So many that tags of different states agree time and again.
        fill::<3>(3, 400_000);
        fill::<0>(1, 20_000);
        fill::<0>(70, 20_000);
    }

    #[test]
    fn a_full_store_keeps_what_it_has() {
        let bytes_max = 2 * CHUNK_BYTES;
        let mut store = Store::<1>::new(1, usize::MAX, bytes_max);
        let mut stored = 0;
        while store.insert(&[stored], Store::<1>::hash(&[stored])) == Ok(Inserted::New) {
            stored += 1;
        }
        assert!(store.bytes() <= bytes_max);
        assert!(stored > 50_000, "only {stored} states fit");
        assert_eq!(store.len() as u64, stored);
        assert!((0..stored).all(|number| store.find(&[number]) == Some(number as u32)));
        assert_eq!(store.find(&[stored]), None);
    }
}
