//! Schedulers: who steps next, by chance.

use super::chance::Chance;
use super::walk::Move;
use crate::machine::Actor;
use std::collections::BTreeMap;

/// Chooses the steps of runs.
pub trait Scheduler {
    /// A run begins.
    fn begin(&mut self);

    /// The index of the move to take. There is at least one.
    fn choose(&mut self, moves: &[Move]) -> usize;

    /// Its walks forget where they have been, so that its chances are those of the state graph.
    fn wanders(&self) -> bool {
        false
    }
}

/// At each step an actor is chosen from those that can step, all as likely, and then one of its
/// branches. It is the law of [`crate::search::Danger`].
#[derive(Debug, Clone)]
pub struct RandomWalk {
    chance: Chance,
}

impl RandomWalk {
    /// The walks that belong to `seed`.
    pub fn new(seed: u64) -> RandomWalk {
        RandomWalk { chance: Chance::new(seed) }
    }
}

impl Scheduler for RandomWalk {
    fn begin(&mut self) {}

    fn choose(&mut self, moves: &[Move]) -> usize {
        let actors: Vec<&[Move]> =
            moves.chunk_by(|a, b| a.transition.actor == b.transition.actor).collect();
        let actor = self.chance.index(actors.len());
        let before: usize = actors[..actor].iter().map(|branches| branches.len()).sum();
        let branches = actors[actor].len();
        before + if branches == 1 { 0 } else { self.chance.index(branches) }
    }

    fn wanders(&self) -> bool {
        true
    }
}

/// Probabilistic concurrency testing (S. Burckhardt, P. Kothari, M. Musuvathi and S. Nagarakatte, "A
/// randomized scheduler with probabilistic guarantees of finding bugs", ASPLOS 2010): actors have
/// priorities, the highest that can step does, and at some points of the run it drops to the lowest.
///
/// A bug that needs `depth` ordering constraints among `n` actors in runs of `k` steps is found in a
/// run with a probability of at least `1 / (n · k^(depth - 1))`. `k` is the longest run so far.
#[derive(Debug, Clone)]
pub struct Pct {
    chance: Chance,
    depth: usize,
    /// The higher the number, the higher the priority. Actors get one when they first can step.
    priorities: BTreeMap<Actor, u64>,
    /// Steps before which the priority drops.
    drops: Vec<usize>,
    /// What the next actor to drop gets; counts down, below all initial priorities.
    lowest: u64,
    step: usize,
    longest: usize,
}

/// Initial priorities are above, those after a drop below.
const DROPPED: u64 = 1 << 32;

impl Pct {
    /// The runs that belong to `seed`, for bugs of this depth, which is at least 1.
    pub fn new(seed: u64, depth: usize) -> Pct {
        Pct {
            chance: Chance::new(seed),
            depth,
            priorities: BTreeMap::new(),
            drops: Vec::new(),
            lowest: DROPPED,
            step: 0,
            longest: 1,
        }
    }

    fn highest(&self, moves: &[Move]) -> Actor {
        let actors = moves.iter().map(|offered| offered.transition.actor);
        actors.max_by_key(|actor| self.priorities[actor]).expect("there is a move")
    }
}

impl Scheduler for Pct {
    fn begin(&mut self) {
        self.longest = self.longest.max(self.step);
        self.step = 0;
        self.priorities.clear();
        self.lowest = DROPPED;
        let longest = self.longest;
        self.drops = (1..self.depth).map(|_| self.chance.index(longest)).collect();
    }

    fn choose(&mut self, moves: &[Move]) -> usize {
        for offered in moves {
            let priority = DROPPED + 1 + self.chance.below(1 << 48);
            self.priorities.entry(offered.transition.actor).or_insert(priority);
        }
        for _ in self.drops.iter().filter(|&&step| step == self.step) {
            let actor = self.highest(moves);
            self.priorities.insert(actor, self.lowest);
            self.lowest -= 1;
        }
        self.step += 1;
        let actor = self.highest(moves);
        let ways: Vec<_> =
            (0..moves.len()).filter(|&index| moves[index].transition.actor == actor).collect();
        ways[self.chance.index(ways.len())]
    }
}

/// Uniform random walk (H. Zhao, D. Wolff, U. Mathur and A. Roychoudhury, "Selectively uniform
/// concurrency testing", ASPLOS 2025): an actor is as likely as it has steps left, which makes
/// interleavings, not steps, equally likely. An actor is taken to have as many steps as it had at
/// most in any run before; the first runs are random walks, so that there are such.
#[derive(Debug, Clone)]
pub struct UniformWalk {
    chance: Chance,
    runs: u64,
    /// By actor: steps in the run in which it had most.
    most: BTreeMap<Actor, u64>,
    /// By actor: steps in this run.
    taken: BTreeMap<Actor, u64>,
}

/// Random walks before the first uniform one.
const PILOTS: u64 = 16;

impl UniformWalk {
    /// The walks that belong to `seed`.
    pub fn new(seed: u64) -> UniformWalk {
        let (most, taken) = (BTreeMap::new(), BTreeMap::new());
        UniformWalk { chance: Chance::new(seed), runs: 0, most, taken }
    }

    /// How many steps the actor is expected to have left, at least 1.
    fn left(&self, actor: Actor) -> u64 {
        let most = self.most.get(&actor).copied().unwrap_or(0);
        most.saturating_sub(self.taken.get(&actor).copied().unwrap_or(0)).max(1)
    }

    /// An index drawn by how many steps the actors have left. The ways one actor can go share.
    fn drawn(&mut self, moves: &[Move]) -> usize {
        let actor = |index: usize| moves[index].transition.actor;
        let ways = |of: Actor| moves.iter().filter(|m| m.transition.actor == of).count() as u64;
        let common = moves.iter().fold(1, |product, m| lcm(product, ways(m.transition.actor)));
        let weight = |index| self.left(actor(index)) * (common / ways(actor(index)));
        let weights: Vec<u64> = (0..moves.len()).map(weight).collect();
        let mut point = self.chance.below(weights.iter().sum());
        let chosen = weights.iter().position(|&weight| {
            let here = point < weight;
            point = point.saturating_sub(weight);
            here
        });
        chosen.expect("the point lies below the sum")
    }
}

impl Scheduler for UniformWalk {
    fn begin(&mut self) {
        for (actor, steps) in std::mem::take(&mut self.taken) {
            let most = self.most.entry(actor).or_default();
            *most = steps.max(*most);
        }
        self.runs += 1;
    }

    fn choose(&mut self, moves: &[Move]) -> usize {
        let chosen = match self.runs {
            ..=PILOTS => self.chance.index(moves.len()),
            _ => self.drawn(moves),
        };
        *self.taken.entry(moves[chosen].transition.actor).or_default() += 1;
        chosen
    }
}

/// The least common multiple.
fn lcm(a: u64, b: u64) -> u64 {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    a / x * b
}
