//! How the graph of a mutant compares with the original's.
//!
//! What is *observed* of a state is the value of every shared variable. A variable that only one of
//! the two programs has is a constant of the other.
//!
//! **The same graph** ([`same_graph`]). History variables are observed, too. Both programs are
//! deterministic once an actor and a branch are chosen, so they are walked in step from their initial
//! states. They have the same graph if at every pair of states reached that way the same actors can
//! take the same branches, each step ends alike (a turn of a spin loop, a failed check), the
//! observations are equal, the same threads have finished or are in a system call, and the others
//! stand at steps that fairness treats alike. That is strong bisimilarity (R. Milner, "Communication
//! and Concurrency", 1989), which for deterministic labels needs no search for the relation: the pairs
//! reached are it. Whatever a property or an outcome says of one graph, it says of the other. Two
//! things that a check looks at are no part of a graph, so where they matter nothing is claimed: which
//! way a strongly fair statement goes, and whether a statement runs that the text calls unreached.
//!
//! Most steps of a mutant are the original's. Where all states of the original are kept, a pair is
//! looked at only if a thread stands where the mutant's code differs, or if the mutant's state is not
//! the image of the original's (`places.rs`): all other pairs that can be reached agree, and lead to
//! such pairs again. This looks at pairs that may not be reached; if one of them does not agree, the
//! programs are walked in step after all.
//!
//! **Only less** ([`Outline::covers`]). The outline of a graph is the set of its observations, mutexes
//! and history left out, the set of its *changes* (who leads from which observation to which other one), and the
//! observations of its states at rest (in which nothing is enabled, or all steps may be part of a
//! spin). A mutant does nothing new if its outline is contained in the original's. Steps that change
//! nothing shared do not count: those are what it may have more, fewer or slower ones of. Mutexes are
//! left out because holding one for longer is what being slower means; whom they keep out shows in
//! the other variables.

use super::places::{Match, Standing};
use crate::machine::{Actor, Machine, Scratch, Step};
use crate::program::{CheckKind, Domain, FINISHED, Fairness, Field, Program, Value};
use crate::search::{Distinct, WordHasher};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::BuildHasherDefault;

/// Pairs of states that are walked for one comparison, at most.
const PAIRS_MAX: usize = 1 << 22;

/// Whether both programs have the same labelled graph. False if that is not decided after
/// `PAIRS_MAX` pairs. `reached` are all states of the original, unless they were not kept.
pub(super) fn same_graph(
    original: &Program,
    reached: Option<&Distinct<0>>,
    mutant: &Program,
) -> bool {
    if has_strong_steps(original) || has_strong_steps(mutant) {
        return false;
    }
    let Some(mut both) = Both::new(original, mutant) else { return false };
    if reached.is_some_and(|reached| both.agree_where_they_differ(reached)) {
        return true;
    }
    both.right_scratch = both.right.scratch();
    match original.layout.words + mutant.layout.words {
        4 => both.agree_in_step::<4>(),
        6 => both.agree_in_step::<6>(),
        8 => both.agree_in_step::<8>(),
        _ => both.agree_in_step::<0>(),
    }
}

/// Two programs, ready to take steps.
struct Both<'p> {
    lens: Lens<'p>,
    left: Machine<'p>,
    right: Machine<'p>,
    left_scratch: Scratch,
    right_scratch: Scratch,
    before: Row,
    after: Row,
}

impl<'p> Both<'p> {
    /// `None` if the programs do not have the same threads and actions.
    fn new(original: &'p Program, mutant: &'p Program) -> Option<Both<'p>> {
        let lens = Lens::new(original, mutant, true)?;
        let (left, right) = (Machine::new(original).tabulated(), Machine::new(mutant).tabulated());
        Some(Both {
            lens,
            left_scratch: left.scratch(),
            right_scratch: right.scratch(),
            left,
            right,
            before: Row::default(),
            after: Row::default(),
        })
    }

    /// Whether the states look the same, and the same can happen in them.
    fn agree(&mut self, one: &[u64], other: &[u64]) -> bool {
        let Both { lens, left, right, before, after, left_scratch, right_scratch } = self;
        if !lens.agree(one, other) || !same_places(left, right, one, other) {
            return false;
        }
        before.fill(left, one, left_scratch, |actor| actor);
        after.fill(right, other, right_scratch, |actor| lens.actor(actor));
        before.labels == after.labels
    }

    /// What the states that were compared last lead to, pair by pair. After a failed check a run does
    /// not go on.
    fn successors(&self) -> impl Iterator<Item = (&[u64], &[u64])> {
        let words = |machine: &Machine| machine.program().layout.words;
        let one = self.before.states.chunks(words(&self.left));
        let other = self.after.states.chunks(words(&self.right));
        let labels = self.before.labels.iter();
        labels
            .zip(one.zip(other))
            .filter(|(label, _)| !matches!(label.ends, Ends::Failed(_)))
            .map(|(_, pair)| pair)
    }

    fn runs_unreached(&self) -> bool {
        runs_unreached(self.right.program(), &self.right_scratch)
    }

    /// Walks both in step from their initial states; pairs have `W` words, or any number of words if
    /// `W` is 0.
    fn agree_in_step<const W: usize>(&mut self) -> bool {
        let (original, mutant) = (self.left.program(), self.right.program());
        let words = original.layout.words;
        let mut pair = [&original.initial[..], &mutant.initial[..]].concat();
        let mut pairs = Distinct::<W>::new(pair.len(), PAIRS_MAX);
        let mut goes_on = pairs.add(&pair).is_some();
        let mut next = 0;
        while goes_on && next < pairs.len() {
            let (one, other) = pairs.get(next).split_at(words);
            next += 1;
            goes_on = self.agree(one, other);
            for (one, other) in self.successors() {
                pair[..words].copy_from_slice(one);
                pair[words..].copy_from_slice(other);
                goes_on &= pairs.add(&pair).is_some();
            }
        }
        goes_on && !self.runs_unreached()
    }

    /// Whether the two agree, seen at the states of the original in which a thread stands where the
    /// mutant may do something else. If not, that decides nothing.
    fn agree_where_they_differ(&mut self, reached: &Distinct<0>) -> bool {
        let (original, mutant) = (self.left.program(), self.right.program());
        let Some(matched) = Match::new(original, mutant) else { return false };
        let words = original.layout.words;
        let mut image = vec![0; words];
        let mut pair = vec![0; 2 * words];
        // Of which the mutant's state is not the image of the original's.
        let mut apart = Distinct::<0>::new(2 * words, PAIRS_MAX);
        let mut next = 0;
        let states = if matched.differs() { reached.len() } else { 0 };
        for index in 0..states {
            let state = reached.get(index);
            if matched.look(state, &mut image) != Standing::Differs {
                continue;
            }
            let mut agree = self.agree(state, &image);
            while agree {
                for (one, other) in self.successors() {
                    if !matched.is_image(one, other) {
                        pair[..words].copy_from_slice(one);
                        pair[words..].copy_from_slice(other);
                        agree &= apart.add(&pair).is_some();
                    }
                }
                if next == apart.len() {
                    break;
                }
                let (one, other) = apart.get(next).split_at(words);
                next += 1;
                agree &= self.agree(one, other);
            }
            if !agree {
                return false;
            }
        }
        !self.runs_unreached()
    }
}

fn has_strong_steps(program: &Program) -> bool {
    let mut places = program.threads.iter().flat_map(|thread| &thread.places);
    places.any(|place| place.fairness == Fairness::Strong)
}

fn runs_unreached(program: &Program, scratch: &Scratch) -> bool {
    let mut statements = (0..).zip(&program.statements);
    statements.any(|(id, statement)| statement.unreachable && scratch.has_run(id))
}

/// The steps that are possible in a state, and what they lead to.
#[derive(Default)]
struct Row {
    labels: Vec<Label>,
    /// The states, one behind the other.
    states: Vec<u64>,
}

/// Who steps, how, and what becomes of it.
#[derive(PartialEq, Eq)]
struct Label {
    actor: Actor,
    branch: u16,
    ends: Ends,
    spins: bool,
}

/// How a step ends.
#[derive(PartialEq, Eq)]
enum Ends {
    Done,
    Yielded,
    /// Which kind of check failed: findings and expectations name it.
    Failed(CheckKind),
}

impl Row {
    fn fill(
        &mut self,
        machine: &Machine,
        state: &[u64],
        scratch: &mut Scratch,
        name: impl Fn(Actor) -> Actor,
    ) {
        self.labels.clear();
        self.states.clear();
        machine.successors(state, scratch, |successor| {
            let ends = match successor.step {
                Step::Done { yielded: true } => Ends::Yielded,
                Step::Done { yielded: false } | Step::Disabled => Ends::Done,
                Step::Violation(violation) => {
                    let checks = &machine.program().checks;
                    Ends::Failed(checks[usize::from(violation.check)].kind)
                }
            };
            let transition = successor.transition;
            let (actor, branch) = (name(transition.actor), transition.branch);
            self.labels.push(Label { actor, branch, ends, spins: successor.spins });
            self.states.extend_from_slice(successor.state);
        });
    }
}

/// The same threads have finished or are in a system call, and the others may be waited for alike.
fn same_places(left: &Machine, right: &Machine, one: &[u64], other: &[u64]) -> bool {
    let place = |machine: &Machine, state: &[u64], thread: usize| {
        let place = machine.place(state, thread);
        let at = &machine.program().threads[thread].places[place as usize];
        (place == FINISHED, at.mode, at.fairness)
    };
    (0..left.program().threads.len())
        .all(|thread| place(left, one, thread) == place(right, other, thread))
}

/// What one program's states look like to another.
struct Lens<'p> {
    original: &'p Program,
    /// Fields of the original, and where the mutant has the same.
    fields: Vec<(Field, Place)>,
    /// Fields that only the mutant has, with the value that the original has for good.
    others: Vec<(Field, Value)>,
    /// The bits of all observed fields, if both programs have the same ones at the same places.
    mask: Option<Vec<u64>>,
    /// For each action of the mutant, that of the original.
    actions: Vec<u16>,
}

/// Where the mutant keeps the value of a field of the original.
#[derive(Clone, Copy)]
enum Place {
    Field(Field),
    /// It never writes it.
    Constant(Value),
}

impl<'p> Lens<'p> {
    /// `None` if the programs do not have the same threads and actions.
    fn new(original: &'p Program, mutant: &Program, everything: bool) -> Option<Lens<'p>> {
        let (here, there) = (fields(original, everything), fields(mutant, everything));
        let place = |name: &String, field: &Field| match there.get(name) {
            Some(other) => Place::Field(*other),
            None => Place::Constant(field.get(&original.initial)),
        };
        let names = original.actions.iter().map(|action| action.name.as_str());
        let numbers: HashMap<&str, u16> = names.zip(0..).collect();
        let actions = mutant.actions.iter().map(|action| numbers.get(&*action.name).copied());
        let same_cast = original.threads.len() == mutant.threads.len();
        let mask = (here == there && original.layout.words == mutant.layout.words).then(|| {
            let mut mask = vec![0; original.layout.words];
            here.values().for_each(|field| mask[usize::from(field.word)] |= field.mask());
            mask
        });
        Some(Lens {
            original,
            fields: here.iter().map(|(name, field)| (*field, place(name, field))).collect(),
            others: there
                .iter()
                .filter(|(name, _)| !here.contains_key(*name))
                .map(|(_, field)| (*field, field.get(&mutant.initial)))
                .collect(),
            mask,
            actions: actions.collect::<Option<Vec<_>>>().filter(|_| same_cast)?,
        })
    }

    fn actor(&self, actor: Actor) -> Actor {
        match actor {
            Actor::Action(action) => Actor::Action(self.actions[usize::from(action)]),
            thread => thread,
        }
    }

    /// Whether two states look the same.
    fn agree(&self, original: &[u64], mutant: &[u64]) -> bool {
        if let Some(mask) = &self.mask {
            let words = original.iter().zip(mutant).zip(mask);
            return words.fold(0, |differ, ((one, other), mask)| differ | (one ^ other) & mask)
                == 0;
        }
        self.fields.iter().all(|(field, place)| field.get(original) == place.value(mutant))
            && self.others_rest(mutant)
    }

    fn others_rest(&self, mutant: &[u64]) -> bool {
        self.others.iter().all(|(field, value)| field.get(mutant) == *value)
    }

    /// Makes the mutant's state an observation of the original; false if the original cannot look
    /// like that. `words` are as many as those of a state of the original.
    fn observe(&self, mutant: &[u64], words: &mut [u64]) -> bool {
        if let Some(mask) = &self.mask {
            words.iter_mut().zip(mutant).zip(mask).for_each(|((to, from), mask)| *to = from & mask);
            return true;
        }
        words.fill(0);
        let mut fields = self.fields.iter();
        fields.all(|(field, place)| field.set(words, place.value(mutant)))
            && self.others_rest(mutant)
    }
}

impl Place {
    fn value(&self, state: &[u64]) -> Value {
        match self {
            Place::Field(field) => field.get(state),
            Place::Constant(value) => *value,
        }
    }
}

/// The fields that are observed, by name.
fn fields(program: &Program, everything: bool) -> BTreeMap<String, Field> {
    let observed = program.variables.iter().filter(|variable| {
        everything || !variable.aux && !matches!(variable.domain, Domain::Mutex(_))
    });
    let elements = observed.flat_map(|variable| {
        variable.labels.iter().enumerate().map(move |(index, label)| {
            let field = usize::from(variable.first) + index;
            (format!("{}{label}", variable.name), program.layout.fields[field])
        })
    });
    elements.collect()
}

/// The outline of a program's graph.
pub(super) struct Outline {
    observations: Distinct<0>,
    /// From which observation, who, to which other one.
    changes: HashSet<(u32, Actor, u32), BuildHasherDefault<WordHasher>>,
    /// Observations of states at rest.
    rests: HashSet<u32, BuildHasherDefault<WordHasher>>,
}

/// What a walk over a program's states tells.
enum Told {
    /// A state's observation, by number, and whether it is at rest.
    State {
        number: u32,
        rests: bool,
    },
    Change(u32, Actor, u32),
}

impl Outline {
    /// The outline of a program that has been searched exhaustively; `None` if there is no room
    /// for it.
    pub(super) fn of(program: &Program) -> Option<Outline> {
        let lens = Lens::new(program, program, false)?;
        let mut observations = Distinct::<0>::new(program.layout.words, usize::MAX);
        let (mut changes, mut rests) = (HashSet::default(), HashSet::default());
        let done = walk(
            program,
            &lens,
            |observation| Some(observations.add(observation)?.0),
            |told| {
                match told {
                    Told::State { number, rests: true } => drop(rests.insert(number)),
                    Told::State { .. } => {}
                    Told::Change(from, actor, to) => drop(changes.insert((from, actor, to))),
                }
                true
            },
        );
        done.then_some(Outline { observations, changes, rests })
    }

    /// Whether the mutant does nothing that `original`, whose outline this is, does not do. `reached`
    /// are all states of the original, unless they were not kept.
    pub(super) fn covers(
        &self,
        original: &Program,
        reached: Option<&Distinct<0>>,
        mutant: &Program,
    ) -> bool {
        let Some(lens) = Lens::new(original, mutant, false) else { return false };
        if reached.is_some_and(|reached| self.covers_differences(&lens, reached, mutant)) {
            return true;
        }
        walk(
            mutant,
            &lens,
            |observation| self.observations.find(observation),
            |told| match told {
                Told::State { number, rests } => !rests || self.rests.contains(&number),
                Told::Change(from, actor, to) => {
                    self.changes.contains(&(from, lens.actor(actor), to))
                }
            },
        )
    }
}

impl Outline {
    /// Whether it covers the mutant, seen at the states of the original in which a thread stands where
    /// the mutant may do something else, and at those of the mutant that are the image of no state of
    /// the original. If not, that decides nothing.
    fn covers_differences(&self, lens: &Lens, reached: &Distinct<0>, mutant: &Program) -> bool {
        let Some(matched) = Match::new(lens.original, mutant) else { return false };
        let machine = Machine::new(mutant).tabulated();
        let mut scratch = machine.scratch();
        let words = mutant.layout.words;
        let (mut image, mut origin, mut seen) = (vec![0; words], vec![0; words], vec![0; words]);
        let mut number = |state: &[u64]| {
            if lens.observe(state, &mut seen) { self.observations.find(&seen) } else { None }
        };
        // States of the mutant that are no images.
        let mut apart = Distinct::<0>::new(words, PAIRS_MAX);
        let mut row = Row::default();
        let mut next = 0;
        let states = if matched.differs() { reached.len() } else { 0 };
        for index in 0..states {
            if matched.look(reached.get(index), &mut image) != Standing::Differs {
                continue;
            }
            loop {
                row.fill(&machine, &image, &mut scratch, |actor| lens.actor(actor));
                let Some(from) = number(&image) else { return false };
                if row.labels.iter().all(|label| label.spins) && !self.rests.contains(&from) {
                    return false;
                }
                for (label, state) in row.labels.iter().zip(row.states.chunks(words)) {
                    if matches!(label.ends, Ends::Failed(_)) {
                        continue;
                    }
                    let Some(to) = number(state) else { return false };
                    if to != from && !self.changes.contains(&(from, label.actor, to)) {
                        return false;
                    }
                    let is_image =
                        matched.origin(state, &mut origin) && reached.find(&origin).is_some();
                    if !is_image && apart.add(state).is_none() {
                        return false;
                    }
                }
                if next == apart.len() {
                    break;
                }
                image.copy_from_slice(apart.get(next));
                next += 1;
            }
        }
        true
    }
}

/// Tells of every reachable state and change of `program`, until a state cannot be observed, `number`
/// has no number for an observation, or `tell` returns false. Whether it got to the end.
fn walk(
    program: &Program,
    lens: &Lens,
    number: impl FnMut(&[u64]) -> Option<u32>,
    tell: impl FnMut(Told) -> bool,
) -> bool {
    match program.layout.words {
        2 => walk_of::<2>(program, lens, number, tell),
        3 => walk_of::<3>(program, lens, number, tell),
        4 => walk_of::<4>(program, lens, number, tell),
        _ => walk_of::<0>(program, lens, number, tell),
    }
}

/// The same, for states of `W` words, or of any number of words if `W` is 0.
fn walk_of<const W: usize>(
    program: &Program,
    lens: &Lens,
    mut number: impl FnMut(&[u64]) -> Option<u32>,
    mut tell: impl FnMut(Told) -> bool,
) -> bool {
    let machine = Machine::new(program).tabulated();
    let mut scratch = machine.scratch();
    let mut words = vec![0; lens.original.layout.words];
    let mut observed =
        |state: &[u64]| if lens.observe(state, &mut words) { number(&words) } else { None };
    let mut states = Distinct::<W>::new(program.layout.words, usize::MAX);
    // By state: the number of its observation.
    let mut numbers = Vec::new();
    let mut add = |states: &mut Distinct<W>, numbers: &mut Vec<u32>, state: &[u64]| {
        let (index, new) = states.add(state)?;
        if new {
            numbers.push(observed(state)?);
        }
        Some(numbers[index as usize])
    };
    if add(&mut states, &mut numbers, &program.initial).is_none() {
        return false;
    }
    let mut row = Row::default();
    let mut next = 0;
    while next < states.len() {
        let from = numbers[next as usize];
        row.fill(&machine, states.get(next), &mut scratch, |actor| actor);
        next += 1;
        for (label, state) in row.labels.iter().zip(row.states.chunks(program.layout.words)) {
            if matches!(label.ends, Ends::Failed(_)) {
                continue;
            }
            let Some(to) = add(&mut states, &mut numbers, state) else { return false };
            if to != from && !tell(Told::Change(from, label.actor, to)) {
                return false;
            }
        }
        let rests = row.labels.iter().all(|label| label.spins);
        if !tell(Told::State { number: from, rests }) {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests;
