//! Hunts: every combination of a situation, a way out and one or more suspenders, as scenarios.
//!
//! A hunt is described beside its models in a `hunt.toml`:
//!
//! ```toml
//! about   = "what is combined"
//! kernels = ["windows_10"]
//!
//! [suspenders.sysmon]                  # as many as there are
//! threads = { sysmon = "preempts({m}, 1)" }
//!
//! [exits."exit()"]                     # what {exit} stands for, by the situation's kind
//! in = { go = "exit" }
//!
//! [situations."in Go code"]
//! kind    = "go"
//! with    = { m = "m0" }               # what {m} stands for, here, in suspenders and in exits
//! threads = { main = "in_go_code({m}, {exit})" }
//! ```
//!
//! Each of them may also have `options` and `init`, as a scenario has. A combination becomes the text
//! of an ordinary scenario, which can be saved, checked and replayed without the hunt. `causes` and
//! `left_out` say what is known of the table (`causes.rs`).

use super::causes::{self, Cause, LeftOut, Names, Place};
use super::library::{built_in_hunts, built_in_models, display_path, look_up};
use super::table::Reader;
use super::{NotFound, Scenario};
use crate::language::{Diagnostic, Errors, Spanned, nearest_name};
use crate::program::Sources;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use toml_edit::{Document, Item, TableLike};

/// A hunt's description, read.
#[derive(Debug, Clone)]
pub struct Hunt {
    /// The model that is hunted in.
    pub model: String,
    /// What is combined, in a sentence.
    pub about: String,
    /// The kernel presets to hunt on, if nobody asks for others.
    pub kernels: Vec<String>,
    suspenders: Vec<Part>,
    exits: Vec<Part>,
    situations: Vec<Part>,
    causes: Vec<Cause>,
    left_out: Vec<LeftOut>,
    /// The directory of the model; `None` for a built-in one.
    directory: Option<PathBuf>,
}

/// A suspender, a way out or a situation: a piece of a scenario.
#[derive(Debug, Clone, Default)]
struct Part {
    name: String,
    threads: Constants,
    options: Constants,
    init: Constants,
    /// A situation's kind.
    kind: String,
    /// What words in braces stand for, in a situation; what `{exit}` stands for by kind, in an exit.
    words: Constants,
}

type Constants = Vec<(String, String)>;

/// What a part brings to a section of a scenario.
type Section = fn(&Part) -> &Constants;

/// One combination.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Where the target is.
    pub situation: String,
    /// How the process ends.
    pub exit: String,
    /// Who suspends.
    pub suspenders: Vec<String>,
    /// The scenario's name: letters, digits and `.`, `_`, `-`, `+`, so that a file can have it.
    pub name: String,
    /// The scenario's text.
    pub text: String,
}

impl Hunt {
    /// The hunt beside a model: a built-in one, or the path of a `.ghost` file.
    ///
    /// # Errors
    /// There is no such model, or its `hunt.toml` cannot be read.
    pub fn find(model: &str) -> Result<Result<Hunt, Errors>, NotFound> {
        let path = PathBuf::from(if model.ends_with(".ghost") {
            model.to_string()
        } else {
            format!("{model}.ghost")
        });
        if path.is_file() {
            let directory = path.parent().map(Path::to_path_buf).unwrap_or_default();
            let file = directory.join("hunt.toml");
            let text = fs::read_to_string(&file)
                .map_err(|error| NotFound::Unreadable { path: display_path(&file), error })?;
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            return Ok(Hunt::parse(&name.unwrap_or_default(), &display_path(&file), &text)
                .map(|hunt| Hunt { directory: Some(directory), ..hunt }));
        }
        let folder = model.rsplit_once('/').map_or("", |(folder, _)| folder);
        let described = look_up(built_in_hunts(), &format!("{folder}/hunt"));
        match (look_up(built_in_models(), model), described) {
            (Some(_), Some(text)) => {
                Ok(Hunt::parse(model, &format!("models/{folder}/hunt.toml"), text))
            }
            _ => {
                let hunted = |name: &&str| {
                    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
                    look_up(built_in_hunts(), &format!("{folder}/hunt")).is_some()
                };
                let names = built_in_models().iter().map(|(name, _)| *name).filter(hunted);
                let nearest = nearest_name(model, names).map(str::to_string);
                Err(NotFound::Hunt { name: model.to_string(), nearest })
            }
        }
    }

    /// Reads the text of a description. `file` is what diagnostics call it.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(model: &str, file: &str, text: &str) -> Result<Hunt, Errors> {
        let mut sources = Sources::default();
        let id = sources.add(file, text.to_string());
        let mut reader = Reader { text, file: id, diagnostics: Vec::new() };
        let document = match Document::parse(text) {
            Ok(document) => document,
            Err(error) => {
                let place = reader.span(error.span().unwrap_or(0..0));
                reader.error(Diagnostic::error("this is not TOML", place, error.message()));
                return Err(Errors { sources, diagnostics: reader.diagnostics });
            }
        };
        let mut hunt = Hunt {
            model: model.to_string(),
            about: String::new(),
            kernels: Vec::new(),
            suspenders: Vec::new(),
            exits: Vec::new(),
            situations: Vec::new(),
            causes: Vec::new(),
            left_out: Vec::new(),
            directory: None,
        };
        let table: &dyn TableLike = document.as_table();
        for (key, item) in table.iter() {
            let key = reader.key(table, key);
            match key.value.as_str() {
                "about" => hunt.about = reader.string(&key, item).map_or_else(String::new, value),
                "kernels" => {
                    hunt.kernels = reader.strings(&key, item).into_iter().map(value).collect();
                }
                "suspenders" => hunt.suspenders = parts(&mut reader, &key, item, &[]),
                "exits" => hunt.exits = parts(&mut reader, &key, item, &["in"]),
                "situations" => {
                    hunt.situations = parts(&mut reader, &key, item, &["kind", "with"]);
                }
                "causes" | "left_out" => {}
                _ => reader.unknown_key(&key, "a hunt", KEYS),
            }
        }
        let names = Names {
            situations: hunt.situations.iter().map(|part| part.name.as_str()).collect(),
            exits: hunt.exits.iter().map(|part| part.name.as_str()).collect(),
            suspenders: hunt.suspenders.iter().map(|part| part.name.as_str()).collect(),
        };
        if let Some(item) = table.get(KEYS[5]) {
            let key = reader.key(table, KEYS[5]);
            hunt.causes = causes::causes(&mut reader, &key, item, &names);
        }
        if let Some(item) = table.get(KEYS[6]) {
            let key = reader.key(table, KEYS[6]);
            hunt.left_out = causes::left_out(&mut reader, &key, item, &names);
        }
        for (found, key) in
            [(&hunt.suspenders, KEYS[2]), (&hunt.exits, KEYS[3]), (&hunt.situations, KEYS[4])]
        {
            if found.is_empty() && reader.diagnostics.is_empty() {
                let place = reader.first_line();
                reader.error(Diagnostic::error(format!("the hunt has no `{key}`"), place, ""));
            }
        }
        match reader.diagnostics.is_empty() {
            true => Ok(hunt),
            false => Err(Errors { sources, diagnostics: reader.diagnostics }),
        }
    }

    /// The names of the suspenders, in the order written.
    pub fn suspenders(&self) -> Vec<&str> {
        self.suspenders.iter().map(|part| part.name.as_str()).collect()
    }

    /// The known causes of what is not safe, in the order written.
    pub fn causes(&self) -> &[Cause] {
        &self.causes
    }

    /// Which of the known causes, by index, account for what was found in a cell.
    pub fn explain(&self, cell: &Cell, kernel: Option<&str>, shows: &str) -> Vec<usize> {
        let model = self.model.strip_suffix(".ghost").unwrap_or(&self.model);
        let place = Place {
            model: model.rsplit('/').next().unwrap_or(model),
            kernel,
            situation: &cell.situation,
            exit: &cell.exit,
            suspenders: &cell.suspenders,
            shows,
        };
        let causes = self.causes.iter().enumerate();
        causes.filter(|(_, cause)| cause.explains(&place)).map(|(index, _)| index).collect()
    }

    /// What is not combined, and why, as far as the description says.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// Situations and ways out that are not combined, with the description's reason, if there is one.
    pub fn not_combined(&self) -> Vec<(&str, &str, Option<&LeftOut>)> {
        let mut pairs = Vec::new();
        for situation in &self.situations {
            for exit in &self.exits {
                if exit.words.iter().all(|(kind, _)| *kind != situation.kind) {
                    let (situation, exit) = (situation.name.as_str(), exit.name.as_str());
                    let reason = self.left_out.iter().find(|left| left.is_about(situation, exit));
                    pairs.push((situation, exit, reason));
                }
            }
        }
        pairs
    }

    /// Every combination with up to `suspenders_max` suspenders: by situation, by way out, then by
    /// number of suspenders, each in the order written.
    pub fn cells(&self, suspenders_max: usize) -> Vec<Cell> {
        let mut cells = Vec::new();
        for situation in &self.situations {
            for exit in &self.exits {
                let Some((_, out)) = exit.words.iter().find(|(kind, _)| *kind == situation.kind)
                else {
                    continue;
                };
                for chosen in choices(self.suspenders.len(), suspenders_max) {
                    let suspenders: Vec<_> =
                        chosen.iter().map(|&index| &self.suspenders[index]).collect();
                    cells.push(self.cell(situation, exit, out, &suspenders));
                }
            }
        }
        cells
    }

    fn cell(&self, situation: &Part, exit: &Part, out: &str, suspenders: &[&Part]) -> Cell {
        let names: Vec<_> = suspenders.iter().map(|part| part.name.clone()).collect();
        let who = names.join(" and ");
        let name = [&self.model, &situation.name, &exit.name, &names.join("+")]
            .map(|part| slug(part.strip_suffix(".ghost").unwrap_or(part)))
            .join(".");
        let parts: Vec<&Part> =
            [situation, exit].into_iter().chain(suspenders.iter().copied()).collect();
        let mut text = String::new();
        let about = format!("{}: {}, while {who} suspends.", exit.name, situation.name);
        let _ = writeln!(text, "about   = {}", quoted(&about));
        let _ = writeln!(text, "model   = {}", quoted(&self.model));
        let kernels: Vec<_> = self.kernels.iter().map(|kernel| quoted(kernel)).collect();
        let _ = writeln!(text, "kernels = [{}]", kernels.join(", "));
        let sections: [(&str, Section); 3] = [
            ("options", |part| &part.options),
            ("init", |part| &part.init),
            ("threads", |part| &part.threads),
        ];
        for (section, of) in sections {
            let _ = writeln!(text, "\n[{section}]");
            for (key, value) in parts.iter().flat_map(|part| of(part)) {
                let fill = |text: &str| fill(&put(text, "exit", out), situation);
                let _ = writeln!(text, "{} = {}", quoted(&fill(key)), quoted(&fill(value)));
            }
        }
        Cell {
            situation: situation.name.clone(),
            exit: exit.name.clone(),
            suspenders: names,
            name,
            text,
        }
    }

    /// The scenario of a cell.
    ///
    /// # Errors
    /// What is wrong with its text, and so with the description.
    pub fn scenario(&self, cell: &Cell) -> Result<Scenario, Errors> {
        let file = format!("{} (made from hunt.toml)", cell.name);
        let scenario = Scenario::parse(&cell.name, &file, &cell.text)?;
        Ok(Scenario { directory: self.directory.clone(), ..scenario })
    }
}

const KEYS: [&str; 7] =
    ["about", "kernels", "suspenders", "exits", "situations", "causes", "left_out"];
const PART_KEYS: [&str; 3] = ["threads", "options", "init"];

fn value(spanned: Spanned<String>) -> String {
    spanned.value
}

fn parts(
    reader: &mut Reader,
    key: &Spanned<String>,
    item: &Item,
    own_keys: &[&'static str],
) -> Vec<Part> {
    let Some(table) = reader.table(key, item) else { return Vec::new() };
    let mut parts = Vec::new();
    for (name, item) in table.iter() {
        let name = reader.key(table, name);
        let Some(fields) = reader.table(&name, item) else { continue };
        let mut part = Part { name: name.value.clone(), ..Part::default() };
        for (field, item) in fields.iter() {
            let field = reader.key(fields, field);
            let known = field.value.as_str();
            if known == "kind" && own_keys.contains(&known) {
                part.kind = reader.string(&field, item).map_or_else(String::new, value);
                continue;
            }
            if !PART_KEYS.contains(&known) && !own_keys.contains(&known) {
                let keys = PART_KEYS.iter().chain(own_keys).copied();
                reader.unknown_key(&field, "a part of a hunt", keys);
                continue;
            }
            let constants: Constants = reader
                .constants(&field, item)
                .into_iter()
                .map(|(name, constant)| (name.value, constant.value))
                .collect();
            match known {
                "threads" => part.threads = constants,
                "options" => part.options = constants,
                "init" => part.init = constants,
                _ => part.words = constants,
            }
        }
        parts.push(part);
    }
    parts
}

/// Every choice of one to `most` out of `number`, smaller ones first.
fn choices(number: usize, most: usize) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = (0..number).map(|index| vec![index]).collect();
    let mut grown = 0..all.len();
    for _ in 1..most {
        for index in grown.clone() {
            let chosen = all[index].clone();
            let after = chosen.last().map_or(0, |last| last + 1);
            all.extend((after..number).map(|next| [chosen.as_slice(), &[next]].concat()));
        }
        grown = grown.end..all.len();
    }
    all
}

/// What the words in braces of a situation stand for, put in.
fn fill(text: &str, situation: &Part) -> String {
    situation.words.iter().fold(text.to_string(), |text, (word, value)| put(&text, word, value))
}

fn put(text: &str, word: &str, value: &str) -> String {
    text.replace(&format!("{{{word}}}"), value)
}

/// `text` as a part of a scenario's name.
fn slug(text: &str) -> String {
    let kept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
    text.split(|c| !kept(c)).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// A TOML string.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::{Hunt, choices};

    #[test]
    fn choices_are_small_first() {
        assert_eq!(choices(3, 1), [vec![0], vec![1], vec![2]]);
        assert_eq!(choices(3, 2)[3..], [vec![0, 1], vec![0, 2], vec![1, 2]]);
        assert_eq!(choices(3, 3).len(), 7);
    }

    #[test]
    fn a_hunt_without_situations_says_so() {
        let text = "[suspenders.a]\nthreads = { a = \"f()\" }\n[exits.b]\nin = { c = \"g\" }\n";
        let errors = Hunt::parse("m", "hunt.toml", text).expect_err("there are no situations");
        assert_eq!(errors.diagnostics[0].message, "the hunt has no `situations`");
    }
}
