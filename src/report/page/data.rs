//! What the page's program needs to know, as JSON: texts, places, states and steps.
//!
//! A state is a list of slots: for each thread its place, condition, words and what it waits for, then
//! the shared variables, then the threads' locals. It is written as its difference from the state it
//! was found from, and what slots say is written once, in a table of texts.

use super::super::{Condition, Prospect, standings};
use super::{Lesson, Parting, Scene, words};
use crate::machine::Machine;
use crate::program::{Domain, FieldId, Program};
use crate::search::Fate;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// Slots of a thread before its locals.
const THREAD_SLOTS: usize = 4;

#[derive(Serialize)]
struct PageObject<'a> {
    /// The model texts that some thread stands in.
    files: Vec<FileObject<'a>>,
    casts: Vec<CastObject<'a>>,
}

#[derive(Serialize)]
struct FileObject<'a> {
    name: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
struct CastObject<'a> {
    name: String,
    /// What the run shows.
    shows: &'a str,
    /// What the reader hunts: the name of what is to be avoided.
    target: &'a str,
    bad: bool,
    /// Every state is here.
    whole: bool,
    /// Why not, if not.
    large: Option<String>,
    /// The run goes on for ever, and that is what it shows.
    endless: bool,
    /// What is to be avoided is that a promise is broken.
    promise: bool,
    /// The run is somebody's own.
    own: bool,
    /// Steps before the run's cycle.
    cycle: Option<usize>,
    threads: Vec<ThreadObject<'a>>,
    /// Name, and whether it is a history variable.
    variables: Vec<(String, bool)>,
    /// Thread and name.
    locals: Vec<(usize, String)>,
    texts: Vec<String>,
    /// `[parent, slot, value, slot, value, …]`; of the first state all slots.
    nodes: Vec<Vec<i64>>,
    /// Actor (the number of threads for the kernel), place and words.
    steps: Vec<(usize, String, String)>,
    /// `[step, to, step, to, …]`
    edges: Vec<Vec<usize>>,
    path: &'a [usize],
    /// Name, and whether it is a good one.
    ends: BTreeMap<usize, (&'a str, bool)>,
    failed: BTreeMap<usize, &'a str>,
    /// One letter a state: `h` the target, `d` doomed, `e` escaped, `o` open; empty if unknown.
    fates: String,
    /// In thousandths; empty if unknown.
    danger: &'a [u16],
    no_return: Option<usize>,
    /// By state of the path: what became possible and impossible; empty if unknown.
    prospects: Vec<Vec<String>>,
    /// Ways out that the run passes by for ever, each with the step before which it is possible.
    passed_by: Vec<(usize, String)>,
    /// Steps of the path that follow the schedule of the other cast.
    followed: Option<usize>,
    parting: Option<String>,
}

#[derive(Serialize)]
struct ThreadObject<'a> {
    name: &'a str,
    runs: &'a str,
    /// File, line, proc, words, calls that lead there.
    places: Vec<(usize, u32, &'a str, &'a str, Vec<String>)>,
}

/// Texts by their number.
#[derive(Default)]
struct Texts {
    all: Vec<String>,
    number: HashMap<String, usize>,
}

impl Texts {
    fn of(&mut self, text: String) -> i64 {
        let next = self.all.len();
        let number = *self.number.entry(text).or_insert_with_key(|text| {
            self.all.push(text.clone());
            next
        });
        number as i64
    }
}

/// The JSON of a page, safe inside a `script` element.
pub(super) fn json(lesson: &Lesson) -> String {
    let mut files: Vec<FileObject> = Vec::new();
    let mut casts = vec![cast(&lesson.main, None, &mut files)];
    if let Some((fixed, parting)) = &lesson.fixed {
        casts.push(cast(fixed, Some(parting), &mut files));
    }
    let page = PageObject { files, casts };
    let json = serde_json::to_string(&page).expect("strings and numbers are always JSON");
    json.replace('<', "\\u003c")
}

fn cast<'a>(
    scene: &'a Scene,
    parting: Option<&'a Parting>,
    files: &mut Vec<FileObject<'a>>,
) -> CastObject<'a> {
    let program = scene.run.program;
    let machine = Machine::new(program);
    let locals = locals(program);
    let mut texts = Texts::default();
    // No text is the first, so that 0 is an empty slot.
    texts.of(String::new());
    let slots: Vec<Vec<i64>> = scene
        .view
        .nodes
        .iter()
        .map(|node| slots(&machine, &node.state, &locals, &mut texts))
        .collect();
    let nodes = scene.view.nodes.iter().zip(&slots).enumerate();
    let nodes = nodes.map(|(index, (node, own))| match index {
        0 => own.clone(),
        _ => difference(node.parent, &slots[node.parent], own),
    });
    let nodes = nodes.collect();
    let mut steps = Vec::new();
    let mut step_number = HashMap::new();
    let edges = scene.view.nodes.iter().map(|node| {
        let mut flat = Vec::with_capacity(2 * node.edges.len());
        for edge in &node.edges {
            let words = &edge.words;
            let actor = program.threads.iter().position(|thread| thread.name == words.actor);
            let actor = actor.unwrap_or(program.threads.len());
            let step = (actor, words.place.clone(), words.label.clone());
            let next = steps.len();
            let number = *step_number.entry(step).or_insert_with_key(|step| {
                steps.push(step.clone());
                next
            });
            flat.extend([number, edge.to]);
        }
        flat
    });
    let edges = edges.collect();
    let explained = scene.explained.as_ref();
    CastObject {
        name: scene.name(),
        shows: &scene.shows,
        target: words::target(scene),
        bad: scene.bad,
        whole: scene.view.whole,
        large: words::too_large(scene),
        endless: scene.endless,
        promise: scene.promise,
        own: scene.own && parting.is_none(),
        cycle: scene.run.cycle_from,
        threads: threads(program, files),
        variables: variables(program),
        locals: locals.iter().map(|(thread, name, _)| (*thread, name.clone())).collect(),
        texts: texts.all,
        nodes,
        steps,
        edges,
        path: &scene.path,
        ends: {
            let ends = scene.fates.ends.iter();
            ends.map(|(node, (outcome, fine))| (*node, (outcome.as_str(), *fine))).collect()
        },
        failed: scene
            .view
            .nodes
            .iter()
            .enumerate()
            .filter_map(|(node, of)| {
                Some((node, program.checks[usize::from(of.failed?.check)].message.as_str()))
            })
            .collect(),
        fates: scene.fates.fates.iter().map(letter).collect(),
        danger: &scene.fates.danger_permille,
        no_return: scene.no_return,
        prospects: explained.map_or(Vec::new(), |explained| {
            explained.prospects.iter().map(Prospect::words).collect()
        }),
        passed_by: explained
            .and_then(|explained| explained.passed_by.as_ref())
            .map_or(Vec::new(), |ways| {
                ways.iter().map(|(step, words)| (*step, words.to_string())).collect()
            }),
        followed: parting.map(|parting| parting.followed),
        parting: parting.map(words::parting),
    }
}

/// How a state stands to what is to be avoided.
fn letter(fate: &Fate) -> char {
    match fate {
        Fate::Met => 'h',
        Fate::Certain => 'd',
        Fate::Excluded => 'e',
        Fate::Open => 'o',
    }
}

/// All slots of a state.
fn slots(
    machine: &Machine,
    state: &[u64],
    locals: &[(usize, String, Vec<FieldId>)],
    texts: &mut Texts,
) -> Vec<i64> {
    let program = machine.program();
    let standings = standings(program, state);
    let mut slots = Vec::with_capacity(THREAD_SLOTS * standings.len() + locals.len());
    for standing in standings {
        let condition = match standing.condition {
            Condition::Runs => 0,
            Condition::Waits => 1,
            Condition::Stopped => 2,
            Condition::Finished => 3,
            Condition::Dead => 4,
        };
        slots.push(i64::from(machine.place(state, standing.thread)));
        slots.push(condition);
        slots.push(texts.of(standing.shows.join(", ")));
        slots.push(texts.of(standing.waits_for.join(", ")));
    }
    let value = |field: FieldId, domain: &Domain| {
        domain.show(program.layout.fields[usize::from(field)].get(state))
    };
    for variable in &program.variables {
        for index in 0..variable.labels.len() as u16 {
            slots.push(texts.of(value(variable.first + index, &variable.domain)));
        }
    }
    for (thread, name, fields) in locals {
        let place = machine.place(state, *thread) as usize;
        let scope = &program.threads[*thread].places[place].locals;
        // The innermost of that name.
        let here = scope.iter().rev().find(|(n, field, _)| n == name && fields.contains(field));
        slots.push(here.map_or(0, |(_, field, domain)| texts.of(value(*field, domain))));
    }
    slots
}

fn difference(parent: usize, before: &[i64], after: &[i64]) -> Vec<i64> {
    let mut node = vec![parent as i64];
    for (slot, (old, new)) in before.iter().zip(after).enumerate() {
        if old != new {
            node.extend([slot as i64, *new]);
        }
    }
    node
}

fn variables(program: &Program) -> Vec<(String, bool)> {
    let elements = program.variables.iter().flat_map(|variable| {
        let labels = variable.labels.iter();
        labels.map(|label| (format!("{}{label}", variable.name), variable.aux))
    });
    elements.collect()
}

/// The locals of each thread by name, with all the fields that hold one of that name somewhere.
fn locals(program: &Program) -> Vec<(usize, String, Vec<FieldId>)> {
    let mut locals: Vec<(usize, String, Vec<FieldId>)> = Vec::new();
    for (thread, cast) in program.threads.iter().enumerate() {
        for (name, field, _) in cast.places.iter().flat_map(|place| &place.locals) {
            match locals.iter_mut().find(|(t, n, _)| *t == thread && n == name) {
                Some((_, _, fields)) if fields.contains(field) => {}
                Some((_, _, fields)) => fields.push(*field),
                None => locals.push((thread, name.clone(), vec![*field])),
            }
        }
    }
    locals
}

fn threads<'a>(program: &'a Program, files: &mut Vec<FileObject<'a>>) -> Vec<ThreadObject<'a>> {
    let mut file_number = |file: u16| {
        let file = &program.sources.files[usize::from(file)];
        let known = files.iter().position(|known| known.name == file.name);
        known.unwrap_or_else(|| {
            files.push(FileObject { name: &file.name, text: &file.text });
            files.len() - 1
        })
    };
    let mut threads = Vec::new();
    for thread in &program.threads {
        let mut places = vec![(0, 0, "", "", Vec::new())];
        for place in &thread.places[1..] {
            let statement = &program.statements[place.statement as usize];
            let owner = |&call: &u32| program.statements[call as usize].owner.clone();
            places.push((
                file_number(statement.span.file),
                statement.line,
                statement.owner.as_str(),
                statement.label.as_str(),
                place.calls.iter().map(owner).collect(),
            ));
        }
        threads.push(ThreadObject { name: &thread.name, runs: &thread.runs, places });
    }
    threads
}
