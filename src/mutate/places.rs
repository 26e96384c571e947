//! Where two programs that differ little do the same: which place of the one is which of the other.
//!
//! A mutant's code differs from the original's near the statement that is changed, and the numbers of
//! the places behind it are shifted. A [`Match`] says for each place of the original which place of
//! the mutant is like it, and at which of these a step may do something else. Which places are paired
//! is a guess, by the statements and calls that lead to them; what is said of a pair is not: its code
//! has been compared instruction by instruction.
//!
//! Take a state of the original in which every thread stands at a place that has a counterpart, and the
//! same state with the counterparts in it, its *image*. A thread that stands at a pair whose code is
//! equal takes the same steps in both: the same branches, reading and writing the same bits, ending
//! alike, and the state that follows in the mutant is the image of the one in the original. For the
//! code is the same but for the places where it stops, and these are counterparts; gates, handlers and
//! actions have been compared as well; and all that code can ask of a thread's place (whether it has
//! finished, whether it is in a system call) is equal for counterparts.

use crate::program::{
    Addr, CheckId, FINISHED, Field, FieldId, Layout, Op, Place, PlaceId, Program, Statement, Thread,
};
use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// Places that are paired by their statements, at most: those of the original times those of the
/// mutant, what both begin and end with aside. More stay without counterparts.
const PAIRED_MAX: usize = 1 << 18;

/// The counterparts of the original's places in the mutant.
pub(super) struct Match {
    threads: Vec<ThreadMatch>,
    /// There is a place that differs.
    differs: bool,
}

/// The same of one thread.
struct ThreadMatch {
    /// Where the original keeps the place that the thread stands at, and that in a handler.
    fields: Vec<Field>,
    /// By place of the original. No two have the same.
    counterparts: Vec<Counterpart>,
    /// By place of the mutant: that of which it is the counterpart.
    origins: Vec<Option<PlaceId>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Counterpart {
    None,
    /// A step from there does the same.
    Alike(PlaceId),
    /// A step from there may do something else.
    Differs(PlaceId),
}

/// What a state of the original is to the mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It has no image: some thread stands where the mutant has no such place.
    Nowhere,
    /// All steps of the image do the same.
    Alike,
    /// Some thread stands at a place that differs.
    Differs,
}

impl Match {
    /// `None` if states of the two cannot be compared bit by bit, if what is no thread's code differs,
    /// or if they do not begin alike.
    pub(super) fn new(original: &Program, mutant: &Program) -> Option<Match> {
        let threads = || original.threads.iter().zip(&mutant.threads);
        let fits = same_memory(original, mutant)
            && original.threads.len() == mutant.threads.len()
            && threads().all(|(one, other)| same_frame(original, one, mutant, other));
        if !fits {
            return None;
        }
        let mut differs = false;
        let mut matched = Vec::with_capacity(original.threads.len());
        for (one, other) in threads() {
            let guesses = guess(original, one, mutant, other);
            let code = Code { original, mutant, places: &guesses };
            if !code.same_gates(one, other) {
                return None;
            }
            let judge = |(place, guess): (usize, &Option<PlaceId>)| match *guess {
                None => Counterpart::None,
                Some(to) if place == FINISHED as usize => Counterpart::Alike(to),
                Some(to) if code.same_place(&one.places[place], &other.places[to as usize]) => {
                    Counterpart::Alike(to)
                }
                Some(to) => Counterpart::Differs(to),
            };
            let counterparts: Vec<_> = guesses.iter().enumerate().map(judge).collect();
            differs |= counterparts.iter().any(|it| !matches!(it, Counterpart::Alike(_)));
            let field = |id: FieldId| original.layout.fields[usize::from(id)];
            let fields = std::iter::once(one.place).chain(one.handler_place).map(field);
            let mut origins = vec![None; other.places.len()];
            for (place, to) in (0..).zip(&guesses) {
                to.iter().for_each(|&to| origins[to as usize] = Some(place));
            }
            matched.push(ThreadMatch { fields: fields.collect(), counterparts, origins });
        }
        let code = Code { original, mutant, places: &[] };
        let same_actions =
            original.actions.len() == mutant.actions.len()
                && original.actions.iter().zip(&mutant.actions).all(|(one, other)| {
                    one.name == other.name && code.same(one.entry, other.entry)
                });
        let made = Match { threads: matched, differs };
        let begins_alike = same_actions && made.is_image(&original.initial, &mutant.initial);
        begins_alike.then_some(made)
    }

    /// Whether some place of the original has no counterpart that does the same.
    pub(super) fn differs(&self) -> bool {
        self.differs
    }

    /// What a state of the original is to the mutant; its image is left in `image`, unless there is
    /// none.
    pub(super) fn look(&self, state: &[u64], image: &mut [u64]) -> Standing {
        image.copy_from_slice(state);
        let mut standing = Standing::Alike;
        for thread in &self.threads {
            for field in &thread.fields {
                let to = match thread.counterparts[field.get(state) as usize] {
                    Counterpart::None => return Standing::Nowhere,
                    Counterpart::Alike(to) => to,
                    Counterpart::Differs(to) => {
                        standing = Standing::Differs;
                        to
                    }
                };
                let word = &mut image[usize::from(field.word)];
                *word = *word & !field.mask() | u64::from(to) << field.shift;
            }
        }
        standing
    }

    /// Leaves in `state` the state of the original of which this one of the mutant is the image; false
    /// if there is none.
    pub(super) fn origin(&self, image: &[u64], state: &mut [u64]) -> bool {
        state.copy_from_slice(image);
        self.threads.iter().all(|thread| {
            thread.fields.iter().all(|field| {
                let Some(place) = thread.origins[field.get(image) as usize] else { return false };
                let word = &mut state[usize::from(field.word)];
                *word = *word & !field.mask() | u64::from(place) << field.shift;
                true
            })
        })
    }

    /// Whether `mutant` is the image of the original's state.
    pub(super) fn is_image(&self, original: &[u64], mutant: &[u64]) -> bool {
        let mut differ: Vec<u64> =
            original.iter().zip(mutant).map(|(one, two)| one ^ two).collect();
        for thread in &self.threads {
            for field in &thread.fields {
                let (Counterpart::Alike(to) | Counterpart::Differs(to)) =
                    thread.counterparts[field.get(original) as usize]
                else {
                    return false;
                };
                if field.get(mutant) as PlaceId != to {
                    return false;
                }
                differ[usize::from(field.word)] &= !field.mask();
            }
        }
        differ.iter().all(|bits| *bits == 0)
    }
}

/// The shared variables lie in the same bits.
fn same_memory(one: &Program, other: &Program) -> bool {
    let (here, there) = (&one.layout, &other.layout);
    let same_elements =
        |first: FieldId, length: usize| same_fields(here, first, there, first, length);
    here.words == there.words
        && here.shared_mask == there.shared_mask
        && here.aux_mask == there.aux_mask
        && one.variables == other.variables
        && one.variables.iter().all(|variable| same_elements(variable.first, variable.labels.len()))
}

fn same_fields(
    here: &Layout,
    first: FieldId,
    there: &Layout,
    other: FieldId,
    length: usize,
) -> bool {
    let slice = |layout: &Layout, first: FieldId| -> Option<Vec<Field>> {
        let first = usize::from(first);
        layout.fields.get(first..first + length).map(<[Field]>::to_vec)
    };
    let (ours, theirs) = (slice(here, first), slice(there, other));
    ours.is_some() && ours == theirs
}

/// The places and locals of the threads lie in the same bits.
fn same_frame(original: &Program, one: &Thread, mutant: &Program, other: &Thread) -> bool {
    // How high a place can be may differ; the bits may not.
    let bits = |program: &Program, id: FieldId| {
        let field = program.layout.fields[usize::from(id)];
        (field.word, field.shift, field.width, field.low, field.optional, field.wraps)
    };
    let handler =
        |program: &Program, thread: &Thread| thread.handler_place.map(|field| bits(program, field));
    one.name == other.name
        && one.local_mask == other.local_mask
        && bits(original, one.place) == bits(mutant, other.place)
        && handler(original, one) == handler(mutant, other)
}

/// The words of the statement that a place stands at, and of the calls that lead there.
fn words(program: &Program, place: &Place) -> u64 {
    let mut hasher = DefaultHasher::new();
    for &id in place.calls.iter().chain([&place.statement]) {
        let statement: &Statement = &program.statements[id as usize];
        (&statement.owner, &statement.label).hash(&mut hasher);
    }
    hasher.finish()
}

/// For each place of the original one of the mutant that is probably meant: of a longest common
/// subsequence of their words, or between two of these, if both have as many there.
fn guess(
    original: &Program,
    one: &Thread,
    mutant: &Program,
    other: &Thread,
) -> Vec<Option<PlaceId>> {
    let all = |program: &Program, thread: &Thread| -> Vec<u64> {
        thread.places.iter().skip(1).map(|place| words(program, place)).collect()
    };
    let (left, right) = (all(original, one), all(mutant, other));
    let mut guesses = vec![None; left.len() + 1];
    guesses[FINISHED as usize] = Some(FINISHED);
    let mut from = (0, 0);
    for anchor in common(&left, &right).into_iter().chain([(left.len(), right.len())]) {
        if anchor.0 - from.0 == anchor.1 - from.1 {
            for (place, to) in (from.0..anchor.0).zip(from.1..anchor.1) {
                guesses[place + 1] = Some(to as PlaceId + 1);
            }
        }
        if anchor.0 < left.len() {
            guesses[anchor.0 + 1] = Some(anchor.1 as PlaceId + 1);
        }
        from = (anchor.0 + 1, anchor.1 + 1);
    }
    // A thread's place tells others whether it is in a system call, and what may be waited for.
    for (place, guess) in guesses.iter_mut().enumerate() {
        let kind = |place: &Place| (place.mode, place.fairness);
        *guess = guess.filter(|&to| kind(&one.places[place]) == kind(&other.places[to as usize]));
    }
    guesses
}

/// The positions of a longest common subsequence, ascending; of what lies between a common beginning
/// and a common end only if that is not too much.
fn common(left: &[u64], right: &[u64]) -> Vec<(usize, usize)> {
    let shorter = left.len().min(right.len());
    let head = left.iter().zip(right).take_while(|(one, other)| one == other).count();
    let backwards = left.iter().rev().zip(right.iter().rev()).take(shorter - head);
    let tail = backwards.take_while(|(one, other)| one == other).count();
    let (rows, columns) = (left.len() - head - tail, right.len() - head - tail);
    let mut pairs: Vec<_> = (0..head).map(|at| (at, at)).collect();
    if rows * columns <= PAIRED_MAX {
        // By row and column: how long a common subsequence the rest has.
        let mut longest = vec![vec![0u32; columns + 1]; rows + 1];
        for row in (0..rows).rev() {
            for column in (0..columns).rev() {
                longest[row][column] = if left[head + row] == right[head + column] {
                    longest[row + 1][column + 1] + 1
                } else {
                    longest[row + 1][column].max(longest[row][column + 1])
                };
            }
        }
        let (mut row, mut column) = (0, 0);
        while row < rows && column < columns {
            if left[head + row] == right[head + column] {
                pairs.push((head + row, head + column));
                (row, column) = (row + 1, column + 1);
            } else if longest[row + 1][column] >= longest[row][column + 1] {
                row += 1;
            } else {
                column += 1;
            }
        }
    }
    pairs.extend((0..tail).map(|at| (head + rows + at, head + columns + at)));
    pairs
}

/// The code of both programs, with the counterparts of the places at which it may stop.
struct Code<'a> {
    original: &'a Program,
    mutant: &'a Program,
    places: &'a [Option<PlaceId>],
}

impl Code<'_> {
    fn same_gates(&self, one: &Thread, other: &Thread) -> bool {
        let same = |one: Option<Addr>, other: Option<Addr>| match (one, other) {
            (Some(one), Some(other)) => self.same(one, other),
            (one, other) => one == other,
        };
        same(one.user_gate, other.user_gate)
            && same(one.kernel_gate, other.kernel_gate)
            && one.handlers.len() == other.handlers.len()
            && one.handlers.iter().zip(&other.handlers).all(|(one, other)| {
                self.same(one.when, other.when) && self.same(one.enter, other.enter)
            })
    }

    fn same_place(&self, one: &Place, other: &Place) -> bool {
        (one.branches, one.spins) == (other.branches, other.spins)
            && self.same(one.entry, other.entry)
    }

    /// Whether the same happens from both addresses on until the step ends, whatever the memory.
    fn same(&self, one: Addr, other: Addr) -> bool {
        let mut open = vec![(one, other)];
        let mut seen = HashSet::new();
        while let Some((mut one, mut other)) = open.pop() {
            loop {
                one = self.past_marks(self.original, one);
                other = self.past_marks(self.mutant, other);
                if !seen.insert((one, other)) {
                    break;
                }
                let here = self.original.code[one as usize];
                let there = self.mutant.code[other as usize];
                match (here, there) {
                    (Op::Jump(to), Op::Jump(too)) => {
                        (one, other) = (to, too);
                        continue;
                    }
                    (Op::JumpIf(to), Op::JumpIf(too))
                    | (Op::JumpUnless(to), Op::JumpUnless(too)) => open.push((to, too)),
                    (Op::Branch { count }, Op::Branch { count: counted }) if count == counted => {
                        open.extend((1..=count).map(|way| (one + way, other + way)));
                        break;
                    }
                    (Op::Stop(place), Op::Stop(to))
                        if self.places.get(place as usize) == Some(&Some(to)) =>
                    {
                        break;
                    }
                    (Op::End, Op::End) => break,
                    (Op::Fail(check), Op::Fail(other)) if self.same_check(check, other) => break,
                    _ if self.same_op(here, there) => {}
                    _ => return false,
                }
                (one, other) = (one + 1, other + 1);
            }
        }
        true
    }

    /// The next instruction that does something. A mark that the statement at hand has run does
    /// nothing, unless the text says that it does not run.
    fn past_marks(&self, program: &Program, mut at: Addr) -> Addr {
        while let Op::Cover(statement) = program.code[at as usize]
            && !program.statements[statement as usize].unreachable
        {
            at += 1;
        }
        at
    }

    /// The same kind of check, which is all that a finding says of it.
    fn same_check(&self, one: CheckId, other: CheckId) -> bool {
        let kind = |program: &Program, check: CheckId| {
            program.checks.get(usize::from(check)).map(|check| check.kind)
        };
        kind(self.original, one) == kind(self.mutant, other)
    }

    fn same_field(&self, one: FieldId, other: FieldId, length: u16) -> bool {
        let (here, there) = (&self.original.layout, &self.mutant.layout);
        same_fields(here, one, there, other, usize::from(length))
    }

    /// Instructions that neither jump nor end. Memory orders make no difference to a packed state.
    fn same_op(&self, one: Op, other: Op) -> bool {
        use Op::*;
        let field = |one, other| self.same_field(one, other, 1);
        let array =
            |one, length, other, counted| length == counted && self.same_field(one, other, length);
        let check = |one, other| self.same_check(one, other);
        match (one, other) {
            (Load { field: f, .. }, Load { field: g, .. }) => field(f, g),
            (
                LoadAt { base: f, length: m, check: c, .. },
                LoadAt { base: g, length: n, check: d, .. },
            )
            | (
                StoreAt { base: f, length: m, check: c, .. },
                StoreAt { base: g, length: n, check: d, .. },
            )
            | (
                CasAt { base: f, length: m, check: c, .. },
                CasAt { base: g, length: n, check: d, .. },
            ) => array(f, m, g, n) && check(c, d),
            (Store { field: f, check: c, .. }, Store { field: g, check: d, .. })
            | (Cas { field: f, check: c, .. }, Cas { field: g, check: d, .. }) => {
                field(f, g) && check(c, d)
            }
            (Rmw { field: f, kind: k, check: c, .. }, Rmw { field: g, kind: l, check: d, .. }) => {
                k == l && field(f, g) && check(c, d)
            }
            (
                RmwAt { base: f, length: m, kind: k, check: c, .. },
                RmwAt { base: g, length: n, kind: l, check: d, .. },
            ) => k == l && array(f, m, g, n) && check(c, d),
            (Check(c), Check(d)) => check(c, d),
            (Fence(_), Fence(_)) => true,
            // These mark a statement that should not run; which one makes no difference.
            (Cover(_), Cover(_)) => true,
            (Jump(_) | JumpIf(_) | JumpUnless(_) | Branch { .. } | Stop(_) | Fail(_), _) => false,
            (one, other) => one == other,
        }
    }
}
