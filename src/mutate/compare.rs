//! How the graph of a mutant compares with the original's.
//!
//! What is *observed* of a state is the value of every shared variable. A variable that only one of
//! the two programs has is a constant of the other.
//!
//! **The same graph** ([`same_graph`]). History variables are observed, too. Both programs are deterministic once an actor and a branch are
//! chosen, so they are walked in step from their initial states. They have the same graph if at every
//! pair of states reached that way the same actors can take the same branches, each step ends alike
//! (a turn of a spin loop, a failed check), the observations are equal, the same threads have
//! finished, and the others stand at steps that fairness treats alike. That is strong bisimilarity (R. Milner, "Communication and Concurrency", 1989), which for
//! deterministic labels needs no search for the relation: the pairs reached are it. Whatever a
//! property or an outcome says of one graph, it says of the other.
//!
//! **Only less** ([`Outline::covers`]). The outline of a graph is the set of its observations, mutexes
//! and history left out, the set of its *changes* (who leads from which observation to which other one), and the
//! observations of its states at rest (in which nothing is enabled, or all steps may be part of a
//! spin). A mutant does nothing new if its outline is contained in the original's. Steps that change
//! nothing shared do not count: those are what it may have more, fewer or slower ones of. Mutexes are
//! left out because holding one for longer is what being slower means; whom they keep out shows in
//! the other variables.

use crate::machine::{Actor, Machine, Step};
use crate::program::{Domain, FINISHED, Field, Program, Value};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

/// Pairs of states that are walked for one comparison, at most.
const PAIRS_MAX: usize = 1 << 22;

/// Packed states, found by a hash that is quick and good enough for what nobody chose.
type StateSet = HashSet<Box<[u64]>, BuildHasherDefault<WordHasher>>;

/// Mixes words by multiplication to 128 bits, halves folded.
#[derive(Default)]
struct WordHasher(u64);

impl Hasher for WordHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_ne_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word ^ 0x243f_6a88_85a3_08d3) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product >> 64) as u64 ^ product as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Whether both programs have the same labelled graph. False if that is not decided after
/// `PAIRS_MAX` pairs.
pub(super) fn same_graph(original: &Program, mutant: &Program) -> bool {
    let Some(lens) = Lens::new(original, mutant, true) else { return false };
    let (left, right) = (Machine::new(original), Machine::new(mutant));
    let (mut left_scratch, mut right_scratch) = (left.scratch(), right.scratch());
    let start = [&original.initial[..], &mutant.initial[..]].concat().into_boxed_slice();
    let mut seen = StateSet::from_iter([start.clone()]);
    let mut queue = VecDeque::from([start]);
    let (mut before, mut after) = (Vec::new(), Vec::new());
    while let Some(pair) = queue.pop_front() {
        let (one, other) = pair.split_at(original.layout.words);
        if !lens.agree(one, other) || !same_places(&left, &right, one, other) {
            return false;
        }
        before.clear();
        left.successors(one, &mut left_scratch, |successor| {
            let transition = successor.transition;
            let label =
                (transition.actor, transition.branch, kind(successor.step), successor.spins);
            before.push((label, successor.state.to_vec()));
        });
        after.clear();
        right.successors(other, &mut right_scratch, |successor| {
            let transition = successor.transition;
            let actor = lens.actor(transition.actor);
            let label = (actor, transition.branch, kind(successor.step), successor.spins);
            after.push((label, successor.state.to_vec()));
        });
        if !before.iter().map(|(label, _)| label).eq(after.iter().map(|(label, _)| label)) {
            return false;
        }
        for ((label, one), (_, other)) in before.iter().zip(&after) {
            let pair = [&one[..], &other[..]].concat().into_boxed_slice();
            // After a failed check a run does not go on.
            if label.2 != Kind::Failed && seen.insert(pair.clone()) {
                queue.push_back(pair);
            }
        }
        if seen.len() > PAIRS_MAX {
            return false;
        }
    }
    true
}

/// How a step ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Done,
    Yielded,
    Failed,
}

fn kind(step: Step) -> Kind {
    match step {
        Step::Done { yielded: true } => Kind::Yielded,
        Step::Done { yielded: false } | Step::Disabled => Kind::Done,
        Step::Violation(_) => Kind::Failed,
    }
}

/// The same threads have finished, and the others may be waited for alike.
fn same_places(left: &Machine, right: &Machine, one: &[u64], other: &[u64]) -> bool {
    let place = |machine: &Machine, state: &[u64], thread: usize| {
        let place = machine.place(state, thread);
        let places = &machine.program().threads[thread].places;
        (place == FINISHED, places[place as usize].fairness)
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
    /// For each action of the mutant, that of the original.
    actions: Vec<u16>,
}

/// Where the mutant keeps the value of a field of the original.
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
        Some(Lens {
            original,
            fields: here.iter().map(|(name, field)| (*field, place(name, field))).collect(),
            others: there
                .iter()
                .filter(|(name, _)| !here.contains_key(*name))
                .map(|(_, field)| (*field, field.get(&mutant.initial)))
                .collect(),
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
        self.fields.iter().all(|(field, place)| field.get(original) == place.value(mutant))
            && self.others_rest(mutant)
    }

    fn others_rest(&self, mutant: &[u64]) -> bool {
        self.others.iter().all(|(field, value)| field.get(mutant) == *value)
    }

    /// The mutant's state as an observation of the original; `None` if the original cannot look
    /// like that.
    fn observe(&self, mutant: &[u64]) -> Option<Box<[u64]>> {
        let mut words = vec![0; self.original.layout.words].into_boxed_slice();
        let fits =
            self.fields.iter().all(|(field, place)| field.set(&mut words, place.value(mutant)));
        (fits && self.others_rest(mutant)).then_some(words)
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
#[derive(Debug, Default)]
pub(super) struct Outline {
    observations: HashMap<Box<[u64]>, u32, BuildHasherDefault<WordHasher>>,
    /// From which observation, who, to which other one.
    changes: HashSet<(u32, Actor, u32)>,
    /// Observations of states at rest.
    rests: HashSet<u32>,
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
    /// The outline of a program that has been searched exhaustively.
    pub(super) fn of(program: &Program) -> Outline {
        let mut outline = Outline::default();
        let Some(lens) = Lens::new(program, program, false) else { return outline };
        let mut observations = HashMap::default();
        let (changes, rests) = (&mut outline.changes, &mut outline.rests);
        walk(
            program,
            |state| {
                let next = observations.len() as u32;
                Some(*observations.entry(lens.observe(state)?).or_insert(next))
            },
            |told| {
                match told {
                    Told::State { number, rests: true } => drop(rests.insert(number)),
                    Told::State { .. } => {}
                    Told::Change(from, actor, to) => drop(changes.insert((from, actor, to))),
                }
                true
            },
        );
        outline.observations = observations;
        outline
    }

    /// Whether the mutant does nothing that `original`, whose outline this is, does not do.
    pub(super) fn covers(&self, original: &Program, mutant: &Program) -> bool {
        let Some(lens) = Lens::new(original, mutant, false) else { return false };
        walk(
            mutant,
            |state| self.observations.get(&lens.observe(state)?).copied(),
            |told| match told {
                Told::State { number, rests } => !rests || self.rests.contains(&number),
                Told::Change(from, actor, to) => {
                    self.changes.contains(&(from, lens.actor(actor), to))
                }
            },
        )
    }
}

/// Tells of every reachable state and change of `program`, until `number` has no number for a state
/// or `tell` returns false. Whether it got to the end.
fn walk(
    program: &Program,
    mut number: impl FnMut(&[u64]) -> Option<u32>,
    mut tell: impl FnMut(Told) -> bool,
) -> bool {
    let machine = Machine::new(program);
    let mut scratch = machine.scratch();
    let start: Box<[u64]> = program.initial.clone().into();
    let mut seen = StateSet::from_iter([start.clone()]);
    let mut queue = VecDeque::from([start]);
    while let Some(state) = queue.pop_front() {
        let Some(from) = number(&state) else { return false };
        let (mut goes_on, mut rests) = (true, true);
        machine.successors(&state, &mut scratch, |successor| {
            rests &= successor.spins;
            if !goes_on || matches!(successor.step, Step::Violation(_)) {
                return;
            }
            match number(successor.state) {
                Some(to) if to == from => {}
                Some(to) => goes_on = tell(Told::Change(from, successor.transition.actor, to)),
                None => goes_on = false,
            }
            if !seen.contains(successor.state) {
                seen.insert(successor.state.into());
                queue.push_back(successor.state.into());
            }
        });
        if !goes_on || !tell(Told::State { number: from, rests }) {
            return false;
        }
    }
    true
}
