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
//! **Only less** ([`Outline::covers`]). The outline of a graph is the set of its observations, mutexes
//! and history left out, the set of its *changes* (who leads from which observation to which other one), and the
//! observations of its states at rest (in which nothing is enabled, or all steps may be part of a
//! spin). A mutant does nothing new if its outline is contained in the original's. Steps that change
//! nothing shared do not count: those are what it may have more, fewer or slower ones of. Mutexes are
//! left out because holding one for longer is what being slower means; whom they keep out shows in
//! the other variables.

use crate::machine::{Actor, Machine, Scratch, Step};
use crate::program::{CheckKind, Domain, FINISHED, Fairness, Field, Program, Value};
use crate::search::{Distinct, WordHasher};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::BuildHasherDefault;

/// Pairs of states that are walked for one comparison, at most.
const PAIRS_MAX: usize = 1 << 22;

/// Whether both programs have the same labelled graph. False if that is not decided after
/// `PAIRS_MAX` pairs.
pub(super) fn same_graph(original: &Program, mutant: &Program) -> bool {
    match original.layout.words + mutant.layout.words {
        4 => same_graph_of::<4>(original, mutant),
        6 => same_graph_of::<6>(original, mutant),
        8 => same_graph_of::<8>(original, mutant),
        _ => same_graph_of::<0>(original, mutant),
    }
}

/// The same, for pairs of `W` words, or of any number of words if `W` is 0.
fn same_graph_of<const W: usize>(original: &Program, mutant: &Program) -> bool {
    let Some(lens) = Lens::new(original, mutant, true) else { return false };
    if has_strong_steps(original) || has_strong_steps(mutant) {
        return false;
    }
    let (left, right) = (Machine::new(original).tabulated(), Machine::new(mutant).tabulated());
    let (mut left_scratch, mut right_scratch) = (left.scratch(), right.scratch());
    let words = original.layout.words;
    let start = [&original.initial[..], &mutant.initial[..]].concat();
    let mut pairs = Distinct::<W>::new(start.len(), PAIRS_MAX);
    let mut pair = start.clone();
    let (mut before, mut after) = (Row::default(), Row::default());
    let mut goes_on = pairs.add(&start).is_some();
    let mut next = 0;
    while goes_on && next < pairs.len() {
        let (one, other) = pairs.get(next).split_at(words);
        next += 1;
        goes_on = lens.agree(one, other) && same_places(&left, &right, one, other);
        if !goes_on {
            break;
        }
        before.fill(&left, one, &mut left_scratch, |actor| actor);
        after.fill(&right, other, &mut right_scratch, |actor| lens.actor(actor));
        goes_on = before.labels == after.labels;
        let targets = before.states.chunks(words).zip(after.states.chunks(start.len() - words));
        for (label, (one, other)) in before.labels.iter().zip(targets) {
            pair[..words].copy_from_slice(one);
            pair[words..].copy_from_slice(other);
            // After a failed check a run does not go on.
            goes_on &= matches!(label.ends, Ends::Failed(_)) || pairs.add(&pair).is_some();
        }
    }
    goes_on && !runs_unreached(mutant, &right_scratch)
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

    /// Whether the mutant does nothing that `original`, whose outline this is, does not do.
    pub(super) fn covers(&self, original: &Program, mutant: &Program) -> bool {
        let Some(lens) = Lens::new(original, mutant, false) else { return false };
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
