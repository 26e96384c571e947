//! What it means that a mutant's graph is the original's, or only less: said a second time, from the
//! definitions, on whole graphs in hash maps. Equality is by splitting blocks of states until none can
//! be told apart (P. Kanellakis and S. Smolka, 1983), not by walking both programs in step.

use ghosthunt::machine::{Actor, Machine, Step};
use ghosthunt::program::{
    CheckKind, Domain, FINISHED, Fairness, Mode, PlaceId, Program, Value, Variable,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The state graph of a program, and what can be seen of it.
pub struct Graph {
    pub states: Vec<State>,
    edges: Vec<Vec<Edge>>,
    /// A place that a thread may stand at is strongly fair.
    pub strong: bool,
}

pub struct State {
    /// Shared variables by name.
    all: Seen,
    /// The same without mutexes and history.
    outer: Seen,
    threads: Vec<Stand>,
    /// The place of each thread and that in its handler.
    places: Vec<(PlaceId, PlaceId)>,
}

type Seen = BTreeMap<String, Value>;

/// Where a thread stands, as far as properties and fairness ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Stand {
    finished: bool,
    kernel: bool,
    fairness: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Label {
    /// A thread's or an action's name.
    actor: String,
    branch: u16,
    /// A turn ended; or what failed.
    ends: Result<bool, &'static str>,
    spins: bool,
}

struct Edge {
    label: Label,
    /// Nowhere if it failed.
    to: Option<usize>,
}

fn kind(kind: CheckKind) -> &'static str {
    match kind {
        CheckKind::Assert => "assert",
        CheckKind::Range => "range",
        CheckKind::Unlock => "unlock",
    }
}

fn seen(program: &Program, words: &[u64], wanted: impl Fn(&Variable) -> bool) -> Seen {
    let mut seen = Seen::new();
    for variable in program.variables.iter().filter(|variable| wanted(variable)) {
        for (at, label) in variable.labels.iter().enumerate() {
            let field = program.layout.fields[usize::from(variable.first) + at];
            seen.insert(format!("{}{label}", variable.name), field.get(words));
        }
    }
    seen
}

impl Graph {
    /// `None` if there are more than `most` states.
    pub fn of(program: &Program, most: usize) -> Option<Graph> {
        let machine = Machine::new(program);
        let mut scratch = machine.scratch();
        let mut known = HashMap::from([(program.initial.clone(), 0)]);
        let mut packed = vec![program.initial.clone()];
        let mut edges = Vec::new();
        while edges.len() < packed.len() {
            let mut out = Vec::new();
            let from = packed[edges.len()].clone();
            machine.successors(&from, &mut scratch, |successor| {
                let transition = successor.transition;
                let actor = match transition.actor {
                    Actor::Thread(index) => program.threads[usize::from(index)].name.clone(),
                    Actor::Action(index) => {
                        format!("{}!", program.actions[usize::from(index)].name)
                    }
                };
                let (ends, to) = match successor.step {
                    Step::Violation(violation) => {
                        let check = &program.checks[usize::from(violation.check)];
                        (Err(kind(check.kind)), None)
                    }
                    Step::Done { yielded } => {
                        let number = packed.len();
                        let state = successor.state.to_vec();
                        let to = *known.entry(state.clone()).or_insert(number);
                        if to == number {
                            packed.push(state);
                        }
                        (Ok(yielded), Some(to))
                    }
                    Step::Disabled => unreachable!("what is disabled is no successor"),
                };
                let (branch, spins) = (transition.branch, successor.spins);
                out.push(Edge { label: Label { actor, branch, ends, spins }, to });
            });
            edges.push(out);
            if packed.len() > most {
                return None;
            }
        }
        let states = packed.iter().map(|words| State::of(program, words)).collect();
        let mut places = program.threads.iter().flat_map(|thread| &thread.places);
        let strong = places.any(|place| place.fairness == Fairness::Strong);
        Some(Graph { states, edges, strong })
    }

    /// States at which nothing is possible, or spin turns alone.
    fn rests(&self, state: usize) -> bool {
        self.edges[state].iter().all(|edge| edge.label.spins)
    }
}

impl State {
    fn of(program: &Program, words: &[u64]) -> State {
        let mut threads = Vec::new();
        let mut places = Vec::new();
        for thread in &program.threads {
            let read = |field: u16| program.layout.fields[usize::from(field)].get(words) as PlaceId;
            let (own, handler) = (read(thread.place), thread.handler_place.map_or(0, read));
            let at = if handler == FINISHED { own } else { handler };
            let place = &thread.places[at as usize];
            let fairness = match place.fairness {
                Fairness::Weak => 0,
                Fairness::Strong => 1,
                Fairness::Unfair => 2,
            };
            threads.push(Stand {
                finished: at == FINISHED,
                kernel: place.mode == Mode::Kernel,
                fairness,
            });
            places.push((own, handler));
        }
        let outer =
            |variable: &Variable| !variable.aux && !matches!(variable.domain, Domain::Mutex(_));
        let all = seen(program, words, |_| true);
        State { all, outer: seen(program, words, outer), threads, places }
    }
}

/// What a graph shows, mutexes and history aside.
struct Outline {
    observations: BTreeSet<Seen>,
    /// From which observation, who, to which other one.
    changes: BTreeSet<(Seen, String, Seen)>,
    rests: BTreeSet<Seen>,
}

/// Two graphs, and what one has and the other does not: a variable that only one of the programs
/// has is for ever, in the other, what the texts say it is at the beginning.
pub struct Pair<'g> {
    pub one: &'g Graph,
    pub other: &'g Graph,
    /// By name without an index, or with one.
    pub initial: &'g dyn Fn(&str) -> Value,
}

impl Pair<'_> {
    fn completed(&self, graph: &Graph, pick: impl Fn(&State) -> &Seen) -> Vec<Seen> {
        let first = [self.one, self.other].map(|graph| pick(&graph.states[0]));
        let names: BTreeSet<&String> = first.iter().flat_map(|seen| seen.keys()).collect();
        let complete = |state| {
            let seen = pick(state);
            let value =
                |name: &String| seen.get(name).copied().unwrap_or_else(|| (self.initial)(name));
            names.iter().map(|name| ((*name).clone(), value(name))).collect()
        };
        graph.states.iter().map(complete).collect()
    }

    /// Whether no observer can tell one initial state from the other.
    pub fn bisimilar(&self) -> bool {
        let graphs = [self.one, self.other];
        let mut first: HashMap<(Seen, Vec<Stand>), usize> = HashMap::new();
        let mut blocks: [Vec<usize>; 2] = graphs.map(|graph| {
            let seen = self.completed(graph, |state| &state.all);
            let states = graph.states.iter().zip(seen);
            let keys = states.map(|(state, seen)| (seen, state.threads.clone()));
            keys.map(|key| {
                let new = first.len();
                *first.entry(key).or_insert(new)
            })
            .collect()
        });
        let mut count = first.len();
        loop {
            let mut split: HashMap<(usize, BTreeMap<_, _>), usize> = HashMap::new();
            let finer = [0, 1].map(|side: usize| {
                let states = graphs[side].edges.iter().zip(&blocks[side]);
                let finer = states.map(|(edges, block)| {
                    let moves = edges.iter().map(|edge| {
                        let label = &edge.label;
                        let key = (&label.actor, label.branch);
                        (key, (label.ends, label.spins, edge.to.map(|to| blocks[side][to])))
                    });
                    let new = split.len();
                    *split.entry((*block, moves.collect())).or_insert(new)
                });
                finer.collect::<Vec<_>>()
            });
            blocks = finer;
            if split.len() == count {
                return blocks[0][0] == blocks[1][0];
            }
            count = split.len();
        }
    }

    /// Whether, of two bisimilar graphs, the places correspond one to one: then even the ways that a
    /// step can go are the same.
    pub fn places_correspond(&self) -> bool {
        let (mut there, mut back) = (BTreeMap::new(), BTreeMap::new());
        let mut pairs = vec![(0, 0)];
        let mut known = BTreeSet::from([(0, 0)]);
        while let Some((a, b)) = pairs.pop() {
            let places = self.one.states[a].places.iter().zip(&self.other.states[b].places);
            for (thread, (&here, &other)) in places.enumerate() {
                let same = *there.entry((thread, here)).or_insert(other) == other
                    && *back.entry((thread, other)).or_insert(here) == here;
                if !same {
                    return false;
                }
            }
            for edge in &self.one.edges[a] {
                let same = |other: &&Edge| other.label == edge.label;
                let other = self.other.edges[b].iter().find(same).expect("they are bisimilar");
                if let (Some(a), Some(b)) = (edge.to, other.to)
                    && known.insert((a, b))
                {
                    pairs.push((a, b));
                }
            }
        }
        true
    }

    /// Whether the other graph shows nothing, mutexes and history aside, that the one does not show:
    /// no observation, no change of one into another by the same actor, no rest.
    pub fn covers(&self) -> bool {
        let (one, other) = (self.outline(self.one), self.outline(self.other));
        other.observations.is_subset(&one.observations)
            && other.changes.is_subset(&one.changes)
            && other.rests.is_subset(&one.rests)
    }

    fn outline(&self, graph: &Graph) -> Outline {
        let seen = self.completed(graph, |state| &state.outer);
        let (mut changes, mut rests) = (BTreeSet::new(), BTreeSet::new());
        for (state, edges) in graph.edges.iter().enumerate() {
            if graph.rests(state) {
                rests.insert(seen[state].clone());
            }
            for edge in edges {
                if let Some(to) = edge.to
                    && seen[to] != seen[state]
                {
                    let actor = edge.label.actor.clone();
                    changes.insert((seen[state].clone(), actor, seen[to].clone()));
                }
            }
        }
        Outline { observations: seen.into_iter().collect(), changes, rests }
    }
}
