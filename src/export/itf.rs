//! A run in the Informal Trace Format (<https://apalache-mc.org/docs/adr/015adr-trace.html>), which
//! trace viewers for TLA+ and Quint open.

use crate::machine::Machine;
use crate::program::{Domain, FINISHED, NONE, Program, Value, Variable};
use crate::schedule::Run;
use serde_json::{Map, Value as Json, json};

/// The variable that says which step led to a state, and the one that says where the threads stand. No
/// variable of a model is named so, and what begins with `#` is the format's own.
const STEP: &str = "ghosthunt::step";
const PLACES: &str = "ghosthunt::places";

/// The states of a run, with all shared variables. An array is a map from its index's words;
/// `none` and a free mutex are the strings `none` and `free`. If the run is `endless`, its cycle is the
/// trace's loop, from the state after the cycle's first step to the last state, which is the one that
/// the cycle began in; without a cycle, the last state alone.
pub fn itf(run: &Run, endless: bool) -> String {
    let program = run.program;
    let names = program.variables.iter().map(|variable| json!(variable.name));
    let vars: Vec<Json> = names.chain([json!(STEP), json!(PLACES)]).collect();
    let states: Vec<Json> = (0..run.states.len()).map(|index| state(run, index)).collect();
    let mut trace = json!({
        "#meta": {
            "format": "ITF",
            "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
            "description": program.check_name(),
        },
        "vars": vars,
        "states": states,
    });
    if endless {
        let first = run.cycle_from.map_or(run.steps.len(), |from| from + 1);
        trace["loop"] = json!(first);
    }
    let text = serde_json::to_string_pretty(&trace).expect("strings and numbers are always JSON");
    text + "\n"
}

fn state(run: &Run, index: usize) -> Json {
    let program = run.program;
    let packed = &run.states[index];
    let mut state = Map::new();
    state.insert("#meta".to_string(), json!({ "index": index }));
    for variable in &program.variables {
        state.insert(variable.name.clone(), contents(program, variable, packed));
    }
    let step = match index.checked_sub(1).map(|step| &run.steps[step].words) {
        Some(words) => words.to_string(),
        None => String::new(),
    };
    state.insert(STEP.to_string(), json!(step));
    let machine = Machine::new(program);
    let places = program.threads.iter().enumerate().map(|(thread, cast)| {
        let place = machine.place(packed, thread);
        let statement = &program.statements[cast.places[place as usize].statement as usize];
        let words = match place {
            FINISHED => "finished".to_string(),
            _ => format!("{}:{}", statement.owner, statement.line),
        };
        json!([cast.name, words])
    });
    state.insert(PLACES.to_string(), json!({ "#map": places.collect::<Vec<_>>() }));
    Json::Object(state)
}

fn contents(program: &Program, variable: &Variable, state: &[u64]) -> Json {
    let value = |index: usize| {
        let field = &program.layout.fields[usize::from(variable.first) + index];
        value(&variable.domain, field.get(state))
    };
    match variable.labels.as_slice() {
        [only] if only.is_empty() => value(0),
        labels => {
            let pairs = labels.iter().enumerate().map(|(index, label)| {
                let key = label.trim_start_matches('[').trim_end_matches(']');
                json!([key, value(index)])
            });
            json!({ "#map": pairs.collect::<Vec<_>>() })
        }
    }
}

fn value(domain: &Domain, value: Value) -> Json {
    match domain {
        Domain::Bool if value != NONE => json!(value != 0),
        Domain::Number if value != NONE => json!(value),
        _ => json!(domain.show(value)),
    }
}
