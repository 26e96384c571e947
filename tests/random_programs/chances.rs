//! What is computed on the state graph, against plain ways to compute the same.

use crate::endless;
use ghosthunt::machine::{Actor, Machine, Step};
use ghosthunt::program::{Program, PropertyKind};
use ghosthunt::schedule::{Run, end_at, shrink};
use ghosthunt::search::{
    Aim, Bottoms, Danger, Fate, Finding, Found, Goal, Graph, Limits, Outlook, Report,
    fewest_switches, polish, search_graph, switches,
};
use std::collections::{BTreeMap, BTreeSet};

/// Checks everything that is computed on graphs of at most so many states.
const STATES_MAX: usize = 120;

/// Danger, outlook and fewest switches of every finding of the program.
pub fn check(program: &Program) {
    let (report, graph) = search_graph(program, &Limits::default(), u64::MAX, &mut |_| true);
    let graph = graph.expect("it fits");
    if graph.len() > STATES_MAX {
        return;
    }
    let bottoms = Bottoms::of(&graph);
    census(program, &graph, &bottoms, &report);
    for what in findings(&report) {
        let Some(goal) = Goal::of(&graph, &bottoms, &what) else { continue };
        danger(&graph, &bottoms, &goal);
        shortest(&graph, &goal);
    }
    for (index, property) in program.properties.iter().enumerate() {
        promise(&graph, &bottoms, index, property.kind);
    }
    for found in &report.violations {
        smaller(program, found);
    }
    fewer_switches(&graph, report);
}

/// The ends of the graph are those of the report's census, and those that their states tell alone.
fn census(program: &Program, graph: &Graph, bottoms: &Bottoms, report: &Report) {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let mut end_of = vec![None; graph.len()];
    for (outcome, states) in &bottoms.ends {
        *counts.entry(outcome).or_default() += 1;
        states.iter().for_each(|&state| end_of[state as usize] = Some(outcome.clone()));
    }
    let counted = report.ends.iter().map(|end| (end.outcome.as_str(), end.count));
    assert_eq!(counts, counted.collect());
    for (state, end) in (0..).zip(end_of) {
        assert_eq!(end_at(program, graph.state(state)).map(|end| end.outcome), end);
    }
}

fn findings(report: &Report) -> Vec<Finding> {
    let violations = report.violations.iter().map(|found| found.what.clone());
    let ends = report.ends.iter();
    let ends = ends.map(|end| Finding::End { outcome: end.outcome.clone(), spinning: false });
    violations.chain(ends).collect()
}

fn meets(graph: &Graph, goal: &Goal, label: u32) -> bool {
    goal.is_met_by(&graph.labels()[label as usize])
}

/// The probability of each edge.
fn law(graph: &Graph, state: u32) -> Vec<(u32, u32, f64)> {
    let edges: Vec<(u32, u32)> = graph.edges(state).collect();
    let actor = |label: u32| graph.labels()[label as usize].transition.actor;
    let actors: BTreeSet<Actor> = edges.iter().map(|edge| actor(edge.1)).collect();
    let share = |label| edges.iter().filter(|edge| actor(edge.1) == actor(label)).count();
    let chance = |label| 1.0 / actors.len() as f64 / share(label) as f64;
    edges.iter().map(|&(to, label)| (to, label, chance(label))).collect()
}

/// By state: whether the goal can be reached.
fn can_reach(graph: &Graph, goal: &Goal) -> Vec<bool> {
    let mut can = goal.states.clone();
    loop {
        let mut changed = false;
        for state in 0..graph.len() as u32 {
            let mut edges = graph.edges(state);
            let reaches = edges.any(|(to, label)| match to {
                Graph::OUTSIDE => meets(graph, goal, label),
                to => can[to as usize],
            });
            changed |= reaches && !std::mem::replace(&mut can[state as usize], reaches);
        }
        if !changed {
            return can;
        }
    }
}

/// The least solution, by elimination.
fn solved(graph: &Graph, goal: &Goal) -> Vec<f64> {
    let (count, can) = (graph.len(), can_reach(graph, goal));
    // A row for each state: its equation, and the right side last.
    let mut rows = vec![vec![0.0; count + 1]; count];
    for state in 0..count {
        rows[state][state] = 1.0;
        if goal.states[state] {
            rows[state][count] = 1.0;
        } else if can[state] {
            for (to, label, chance) in law(graph, state as u32) {
                match to {
                    Graph::OUTSIDE if meets(graph, goal, label) => rows[state][count] += chance,
                    Graph::OUTSIDE => {}
                    to => rows[state][to as usize] -= chance,
                }
            }
        }
    }
    eliminated(rows)
}

/// The solution of equations, each a row with its right side last.
fn eliminated(mut rows: Vec<Vec<f64>>) -> Vec<f64> {
    let count = rows.len();
    for column in 0..count {
        let size = |row: &usize| rows[*row][column].abs();
        let pivot = (column..count).max_by(|a, b| size(a).total_cmp(&size(b))).expect("a row");
        rows.swap(column, pivot);
        let pivot = rows[column].clone();
        for (index, row) in rows.iter_mut().enumerate() {
            if index != column && row[column] != 0.0 {
                let factor = row[column] / pivot[column];
                row.iter_mut().zip(&pivot).for_each(|(cell, p)| *cell -= factor * p);
            }
        }
    }
    (0..count).map(|state| rows[state][count] / rows[state][state]).collect()
}

fn danger(graph: &Graph, bottoms: &Bottoms, goal: &Goal) {
    let danger = Danger::of(graph, bottoms, goal, &[]);
    assert!(danger.residual < 1e-9, "{}", danger.residual);
    let outlook = Outlook::of(graph, bottoms, goal);
    let can = can_reach(graph, goal);
    for (state, expected) in solved(graph, goal).into_iter().enumerate() {
        let found = danger.probability[state];
        assert!((found - expected).abs() < 1e-6, "state {state}: {found}, not {expected}");
        assert_eq!(outlook.avoidable(state as u32), expected < 1.0 - 1e-9, "state {state}");
        assert_eq!(outlook.fate(state as u32) == Fate::Excluded, !can[state], "state {state}");
    }
}

/// The probability that a promise is broken, by states and whether it is pending: nothing comes of them
/// any more but states where it is.
fn promise(graph: &Graph, bottoms: &Bottoms, index: usize, kind: PropertyKind) {
    let machine = graph.machine();
    let holds = |condition| -> Vec<Option<bool>> {
        let mut scratch = machine.scratch();
        let states = 0..graph.len() as u32;
        states.map(|state| machine.eval(condition, graph.state(state), &mut scratch).ok()).collect()
    };
    let (made, kept) = match kind {
        PropertyKind::After(first, second) => (Some(holds(first)), holds(second)),
        PropertyKind::Eventually(condition) => (None, holds(condition)),
        _ => return,
    };
    let lacks = |state: usize| kept[state] == Some(false);
    let makes = |state: usize| made.as_ref().is_some_and(|made| made[state] == Some(true));
    let pending = |before: bool, state: usize| lacks(state) && (before || makes(state));
    let count = graph.len();
    let node = |state: usize, pending: bool| state + count * usize::from(pending);
    let first = node(0, lacks(0) && (made.is_none() || makes(0)));
    // Of each node: where its edges lead, or that they fail, and their probability.
    let law: Vec<Vec<(Option<usize>, f64)>> = (0..2 * count)
        .map(|from| {
            let edges = law(graph, (from % count) as u32).into_iter();
            let target = |to: u32| match to {
                Graph::OUTSIDE => None,
                to => Some(node(to as usize, pending(from >= count, to as usize))),
            };
            edges.map(|(to, _, chance)| (target(to), chance)).collect()
        })
        .collect();
    let reaching = |goal: &dyn Fn(usize) -> bool| {
        let mut reaches: Vec<bool> = (0..2 * count).map(goal).collect();
        loop {
            let before = reaches.clone();
            for (from, edges) in law.iter().enumerate() {
                reaches[from] |= edges.iter().any(|(to, _)| to.is_some_and(|to| reaches[to]));
            }
            if reaches == before {
                return reaches;
            }
        }
    };
    let escapes = reaching(&|node| node < count || law[node].iter().any(|(to, _)| to.is_none()));
    let breaks = reaching(&|node| !escapes[node]);
    // A row for each node: its equation, and the right side last.
    let row = |from: usize| {
        let mut row = vec![0.0; 2 * count + 1];
        row[from] = 1.0;
        match () {
            () if !escapes[from] => row[2 * count] = 1.0,
            () if breaks[from] => {
                let inside = law[from].iter().filter_map(|(to, chance)| Some(((*to)?, chance)));
                inside.for_each(|(to, chance)| row[to] -= chance);
            }
            () => {}
        }
        row
    };
    let expected = eliminated((0..2 * count).map(row).collect())[first];
    let aim = Aim::of(graph, bottoms, &Finding::Property(index)).expect("it is small");
    assert!(aim.is_endless());
    let (danger, outlook) = (aim.danger(&[]), aim.outlook());
    let found = danger.probability[0];
    assert!((found - expected).abs() < 1e-6, "property {index}: {found}, not {expected}");
    assert_eq!(outlook.avoidable(0), escapes_for_good(&escapes, &breaks, &law, first));
    assert_eq!(outlook.fate(0) == Fate::Excluded, !breaks[first]);
}

/// Whether a run from the node can get to where the promise can never be broken again, or fails.
fn escapes_for_good(
    escapes: &[bool],
    breaks: &[bool],
    law: &[Vec<(Option<usize>, f64)>],
    first: usize,
) -> bool {
    let mut seen = vec![false; law.len()];
    let mut stack = vec![first];
    while let Some(node) = stack.pop() {
        if std::mem::replace(&mut seen[node], true) || !escapes[node] {
            continue;
        }
        if !breaks[node] || law[node].iter().any(|(to, _)| to.is_none()) {
            return true;
        }
        stack.extend(law[node].iter().filter_map(|(to, _)| *to));
    }
    false
}

/// A run that breaks a promise has a stem as short with no more switches, and breaks it still.
fn fewer_switches(graph: &Graph, report: Report) {
    let program = graph.program();
    let mut polished = report.clone();
    polish(graph, &mut polished);
    endless::go_round(program, &polished);
    for found in &polished.violations {
        let known = report.violations.iter().find(|known| known.what == found.what);
        let known = known.expect("it was found before");
        let stem =
            |found: &Found| found.trace[..found.cycle_from.unwrap_or(found.trace.len())].to_vec();
        let (before, after) = (stem(known), stem(found));
        assert_eq!(before.len(), after.len());
        assert!(switches(program, &after) <= switches(program, &before));
    }
}

/// By states and the thread that stepped last, breadth first: the fewest switches of the shortest.
fn shortest(graph: &Graph, goal: &Goal) {
    let trace = fewest_switches(graph, &graph.tree(), goal);
    let none = graph.program().threads.len();
    let mut layer = vec![vec![None; none + 1]; graph.len()];
    layer[0][none] = Some(0usize);
    for length in 0..=graph.len() {
        let mut arrived: Vec<usize> = Vec::new();
        let mut next = vec![vec![None; none + 1]; graph.len()];
        for (state, by_last) in layer.iter().enumerate().take(graph.len()) {
            for (last, switches) in by_last.iter().enumerate() {
                let Some(switches) = *switches else { continue };
                if goal.states[state] {
                    arrived.push(switches);
                }
                for (to, label) in graph.edges(state as u32) {
                    let (last, more) = match graph.labels()[label as usize].transition.actor {
                        Actor::Thread(thread) => {
                            let thread = usize::from(thread);
                            (thread, usize::from(last != none && last != thread))
                        }
                        Actor::Action(_) => (last, 0),
                    };
                    let total = switches + more;
                    if to == Graph::OUTSIDE {
                        // One step more than the states of this layer.
                        if meets(graph, goal, label) {
                            next.push(vec![Some(total)]);
                        }
                    } else {
                        let cell: &mut Option<usize> = &mut next[to as usize][last];
                        *cell = Some(cell.map_or(total, |known| known.min(total)));
                    }
                }
            }
        }
        arrived.extend(layer.iter().skip(graph.len()).filter_map(|failed| failed[0]));
        if let Some(fewest) = arrived.iter().min() {
            let trace = trace.expect("there is a way");
            assert_eq!((trace.len(), switches(graph.program(), &trace)), (length, *fewest));
            Run::new(graph.program(), &trace).expect("it runs");
            return;
        }
        layer = next;
    }
    assert_eq!(trace, None);
}

/// A detour to a violation is made no longer, and still leads there.
fn smaller(program: &Program, found: &Found) {
    let shows = match &found.what {
        Finding::End { outcome, .. } => outcome.clone(),
        _ => return,
    };
    // Steps that lead back to where they were taken are the plainest detour.
    let mut detour = found.trace.clone();
    let run = Run::new(program, &found.trace).expect("it runs");
    let machine = Machine::new(program);
    let mut scratch = machine.scratch();
    for (at, state) in run.states.iter().enumerate().rev() {
        let mut stays = None;
        machine.successors(state, &mut scratch, |next| {
            if next.state == &state[..] && matches!(next.step, Step::Done { .. }) {
                stays = Some(next.transition);
            }
        });
        detour.splice(at..at, stays);
    }
    let (small, cycle_from) = shrink(program, &detour, None, &shows);
    assert!(small.len() <= detour.len() && cycle_from.is_none());
    assert!(small.len() >= found.trace.len(), "a shortest schedule was made shorter");
    Run::new(program, &small).expect("it runs");
}
