//! From the text of a scenario file to a [`Scenario`].

use super::table::Reader;
use super::{Allowed, Expectation, Scenario};
use crate::language::{CastThread, Diagnostic, Errors, Spanned};
use crate::program::Sources;
use std::collections::HashSet;
use toml_edit::{Document, Item, TableLike};

const TOP_KEYS: [&str; 11] = [
    "about",
    "source",
    "fixed",
    "model",
    "kernels",
    "options",
    "init",
    "threads",
    "properties",
    "expect",
    "c11",
];
const C11_KEYS: [&str; 4] = ["allows", "forbids", "loom_shows", "loom_hides"];
const EXPECT_KEYS: [&str; 4] = ["outcome", "outcomes", "must_not", "violates"];
const THREAD_KEYS: [&str; 2] = ["run", "start"];

/// Reads a scenario; `file` is what diagnostics call it.
pub(super) fn scenario(name: &str, file: &str, text: &str) -> Result<Scenario, Errors> {
    let mut sources = Sources::default();
    let mut reader = Reader { text, file: sources.add(file, text), diagnostics: Vec::new() };
    let scenario = match Document::parse(text) {
        Ok(document) => top(&mut reader, name, document.as_table()),
        Err(error) => {
            let place = error.span().map_or(reader.first_line(), |range| reader.span(range));
            reader.error(
                Diagnostic::error("this is not TOML", place, error.message().replace('\n', ", "))
                    .help("the format of a scenario is shown in models/README.md"),
            );
            None
        }
    };
    match scenario {
        Some(scenario) if reader.diagnostics.is_empty() => Ok(Scenario { sources, ..scenario }),
        _ => Err(Errors { sources, diagnostics: reader.diagnostics }),
    }
}

/// The top level. `None` if what a scenario cannot do without is missing.
fn top(reader: &mut Reader, name: &str, table: &dyn TableLike) -> Option<Scenario> {
    let mut scenario = empty(name);
    let mut model = None;
    let mut expect = None;
    for (key, item) in table.iter() {
        let key = reader.key(table, key);
        match key.value.as_str() {
            "about" => {
                scenario.about = reader.string(&key, item).map_or(String::new(), |s| s.value);
            }
            "source" => scenario.source = reader.string(&key, item).map(|s| s.value),
            "fixed" => scenario.fixed = reader.string(&key, item),
            "model" => model = reader.string(&key, item),
            "kernels" => scenario.kernels = reader.strings(&key, item),
            "options" => scenario.options = reader.constants(&key, item),
            "init" => scenario.init = reader.constants(&key, item),
            "threads" => scenario.threads = threads(reader, &key, item),
            "properties" => scenario.properties = reader.strings(&key, item),
            "expect" => expect = Some((key, item)),
            "c11" => scenario.c11 = c11(reader, &key, item),
            _ => reader.unknown_key(&key, "a scenario", TOP_KEYS),
        }
    }
    unique(reader, &scenario.kernels);
    if let Some((key, item)) = expect {
        expectations(reader, &key, item, &mut scenario);
    }
    if !table.contains_key("threads") {
        let place = reader.first_line();
        reader.error(
            Diagnostic::error("the scenario has no `[threads]`", place, "")
                .help("name the threads and what they run: `main = \"work()\"`"),
        );
    }
    if !table.contains_key("model") {
        let place = reader.first_line();
        reader.error(
            Diagnostic::error("the scenario has no `model`", place, "")
                .help("name a model, or the path of a `.ghost` file: `model = \"go/1.14\"`"),
        );
    }
    model.map(|model| Scenario { model, ..scenario })
}

fn empty(name: &str) -> Scenario {
    let nowhere = super::span(0, 0, 0);
    Scenario {
        name: name.to_string(),
        about: String::new(),
        source: None,
        fixed: None,
        model: Spanned { value: String::new(), span: nowhere },
        kernels: Vec::new(),
        options: Vec::new(),
        init: Vec::new(),
        threads: Vec::new(),
        properties: Vec::new(),
        expect: Expectation::default(),
        expect_under: Vec::new(),
        c11: None,
        sources: Sources::default(),
        directory: None,
    }
}

fn threads(reader: &mut Reader, key: &Spanned<String>, item: &Item) -> Vec<CastThread> {
    let Some(table) = reader.table(key, item) else { return Vec::new() };
    if table.is_empty() {
        let place = reader.item_span(key, item);
        reader.error(
            Diagnostic::error("the cast is empty", place, "")
                .help("name the threads and what they run: `main = \"work()\"`"),
        );
    }
    let mut cast = Vec::new();
    for (name, item) in table.iter() {
        let name = reader.key(table, name);
        if let Some(parts) = item.as_table_like() {
            cast.extend(thread_in_parts(reader, name, parts));
        } else if item.is_str() {
            cast.extend(reader.string(&name, item).map(|runs| CastThread {
                name,
                runs,
                start: None,
            }));
        } else {
            reader.wrong_type(&name, item, "a thread: what it runs, or a table with `run`");
            misplaced(reader, &name);
        }
    }
    cast
}

fn thread_in_parts(
    reader: &mut Reader,
    name: Spanned<String>,
    parts: &dyn TableLike,
) -> Option<CastThread> {
    let (mut runs, mut start) = (None, None);
    for (key, item) in parts.iter() {
        let key = reader.key(parts, key);
        match key.value.as_str() {
            "run" => runs = reader.string(&key, item),
            "start" => start = reader.string(&key, item),
            _ => reader.unknown_key(&key, "a thread", THREAD_KEYS),
        }
    }
    if !parts.contains_key("run") {
        reader.error(
            Diagnostic::error(format!("thread `{}` has no `run`", name.value), name.span, "")
                .help("say what it runs: `run = \"work()\"`"),
        );
    }
    Some(CastThread { name, runs: runs?, start })
}

/// A top-level key below a `[table]` belongs to that table: TOML's own trap.
fn misplaced(reader: &mut Reader, key: &Spanned<String>) {
    if TOP_KEYS.contains(&key.value.as_str())
        && let Some(last) = reader.diagnostics.last_mut()
    {
        last.helps.push(format!("`{}` belongs above the first `[table]`", key.value));
    }
}

fn expectations(reader: &mut Reader, key: &Spanned<String>, item: &Item, scenario: &mut Scenario) {
    let Some(table) = reader.table(key, item) else { return };
    let (general, kernels): (Vec<_>, Vec<_>) =
        table.iter().partition(|(_, item)| !item.is_table_like());
    scenario.expect = expectation(reader, table, &general);
    for (name, item) in kernels {
        let name = reader.key(table, name);
        if EXPECT_KEYS.contains(&name.value.as_str()) {
            reader.wrong_type(&name, item, "a name or a list of names");
            continue;
        }
        if !scenario.kernels.iter().any(|kernel| kernel.value == name.value) {
            let known = scenario.kernels.iter().map(|kernel| kernel.value.as_str());
            let error = Diagnostic::error(
                format!("the scenario does not run on `{}`", name.value),
                name.span,
                "not among its `kernels`",
            );
            reader.error(error.nearest(&name.value, known));
        }
        let Some(own) = item.as_table_like() else { continue };
        let items: Vec<_> = own.iter().collect();
        let expectation = expectation(reader, own, &items);
        scenario.expect_under.push((name, expectation));
    }
}

/// What C11 allows, and where loom differs.
fn c11(reader: &mut Reader, key: &Spanned<String>, item: &Item) -> Option<Allowed> {
    let table = reader.table(key, item)?;
    let mut allowed = Allowed::default();
    for (key, item) in table.iter() {
        let key = reader.key(table, key);
        match key.value.as_str() {
            "allows" => allowed.allows = reader.strings(&key, item),
            "forbids" => allowed.forbids = reader.strings(&key, item),
            "loom_shows" => allowed.loom_shows = reader.strings(&key, item),
            "loom_hides" => allowed.loom_hides = reader.strings(&key, item),
            _ => {
                reader.unknown_key(&key, "what C11 allows", C11_KEYS);
                misplaced(reader, &key);
            }
        }
    }
    for (names, among, what) in [
        (&allowed.loom_shows, &allowed.forbids, "`forbids`, which is why it is told"),
        (&allowed.loom_hides, &allowed.allows, "`allows`, which is why it is told"),
    ] {
        for name in names.iter().filter(|name| !among.iter().any(|one| one.value == name.value)) {
            let message = format!("`{}` is not among {what}", name.value);
            reader.error(Diagnostic::error(message, name.span, "what loom differs in"));
        }
    }
    for name in &allowed.allows {
        if let Some(clash) = allowed.forbids.iter().find(|one| one.value == name.value) {
            reader.error(
                Diagnostic::error(
                    format!("`{}` is allowed and forbidden", name.value),
                    name.span,
                    "allowed",
                )
                .also(clash.span, "forbidden"),
            );
        }
    }
    Some(allowed)
}

fn expectation(reader: &mut Reader, table: &dyn TableLike, items: &[(&str, &Item)]) -> Expectation {
    let mut expectation = Expectation::default();
    for &(key, item) in items {
        let key = reader.key(table, key);
        match key.value.as_str() {
            "outcome" => expectation.outcome = reader.string(&key, item),
            "outcomes" => expectation.outcomes = Some(reader.strings(&key, item)),
            "must_not" => expectation.must_not = reader.strings(&key, item),
            "violates" => expectation.violates = reader.strings(&key, item),
            _ => {
                reader.unknown_key(&key, "an expectation", EXPECT_KEYS);
                misplaced(reader, &key);
            }
        }
    }
    consistent(reader, &expectation);
    expectation
}

/// An expectation that no search could meet is a mistake of the scenario.
fn consistent(reader: &mut Reader, expectation: &Expectation) {
    let Expectation { outcome, outcomes, must_not, violates } = expectation;
    if let Some(outcome) = outcome {
        let clash = outcomes.iter().flatten().next();
        if let Some(other) = clash {
            reader.error(
                Diagnostic::error("`outcome` and `outcomes` are both given", outcome.span, "")
                    .also(other.span, "the exact set")
                    .help("keep `outcomes` if it is exact, else `outcome`"),
            );
        }
        let extra = must_not.iter().chain(violates).next();
        if let (true, Some(extra)) = (expectation.expects_safety(), extra) {
            reader.error(
                Diagnostic::error("`safe` leaves nothing else to expect", outcome.span, "")
                    .also(extra.span, "does not go with it"),
            );
        }
    }
    for excluded in must_not {
        let clash = outcome.iter().chain(outcomes.iter().flatten());
        if let Some(wanted) = clash.into_iter().find(|wanted| wanted.value == excluded.value) {
            reader.error(
                Diagnostic::error(
                    format!("`{}` must and must not occur", excluded.value),
                    excluded.span,
                    "must not",
                )
                .also(wanted.span, "must"),
            );
        }
    }
}

fn unique(reader: &mut Reader, names: &[Spanned<String>]) {
    let mut seen = HashSet::new();
    for name in names {
        if !seen.insert(&name.value) {
            reader.error(Diagnostic::error(
                format!("`{}` is named twice", name.value),
                name.span,
                "",
            ));
        }
    }
}
