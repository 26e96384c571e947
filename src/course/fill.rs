//! Templates: Markdown with places for live runs, `{{what of which scenario}}`.
//!
//! In a line of its own such a place is a block: a diagram, a table, a piece of a model's text, or a fact
//! that the prose relies on.
//! Anywhere else it is a fact in a sentence.

use super::facts::fact;
use super::lab::Lab;
use super::{memory, tables};
use crate::language::{Library, declarations};
use crate::scenario::Models;

/// A template filled in.
#[derive(Debug, Default)]
pub(super) struct Filled {
    /// Markdown.
    pub text: String,
    /// Its diagrams: file names, and SVG.
    pub diagrams: Vec<(String, String)>,
    /// Scenarios to play with.
    pub plays: Vec<String>,
}

/// Fills in `template`; its diagrams are called after `stem`. `page_of` says where the page of a
/// scenario is.
pub(super) fn fill(
    lab: &Lab,
    template: &str,
    stem: &str,
    page_of: &dyn Fn(&str) -> String,
) -> Filled {
    let mut filled = Filled::default();
    for line in template.lines() {
        let block = line.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
        match block.filter(|block| !block.contains("}}")) {
            Some(block) => filled.block(lab, block, stem, page_of),
            None => {
                filled.text += &sentence(lab, line);
                filled.text.push('\n');
            }
        }
    }
    filled
}

/// A line of a template with its facts filled in.
pub(super) fn sentence(lab: &Lab, line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("{{") {
        let (words, behind) = after.split_once("}}").expect("a place is closed where it is opened");
        text += before;
        text += &fact(lab, words);
        rest = behind;
    }
    text + rest
}

impl Filled {
    fn block(&mut self, lab: &Lab, block: &str, stem: &str, page_of: &dyn Fn(&str) -> String) {
        let (name, rest) = block.split_once(' ').expect("a block says of what");
        let list: Vec<&str> = rest.split_whitespace().collect();
        let (before, after) = rest.split_once(" : ").unwrap_or((rest, ""));
        match name {
            "diagram" | "fixed" => self.diagram(lab, name, rest, stem),
            "play" => self.play(lab, rest, page_of),
            "text" => self.text += &excerpt(rest),
            "verdicts" => self.text += &tables::verdicts(lab, &list),
            "live" => self.text += &tables::live(lab, rest),
            "hunks" => {
                let checks: Vec<&str> = after.split_whitespace().collect();
                self.text += &tables::hunk_table(lab, before, &checks);
            }
            "dangers" => {
                let entries = rest
                    .split(", ")
                    .map(|entry| entry.split_once(" : ").expect("a danger is one of something"));
                self.text += &tables::dangers(lab, &entries.collect::<Vec<_>>());
            }
            "simulations" => {
                let numbers: Vec<u64> =
                    after.split_whitespace().filter_map(|word| word.parse().ok()).collect();
                let [runs, seed] = numbers[..] else { panic!("{block}: runs and a seed") };
                self.text += &tables::simulations(lab, before, runs, seed);
            }
            "ends" => self.text += &memory::ends(lab, &list),
            "execution" => self.text += &memory::shown(lab, before, after),
            "orders" => {
                let (down, across) = after.split_once(' ').expect("one option down, one across");
                self.text += &memory::orders(lab, before, down, across);
            }
            "given" => given(lab, rest),
            // A sentence that is one fact.
            _ => {
                self.text += &fact(lab, block);
                self.text.push('\n');
            }
        }
    }

    fn diagram(&mut self, lab: &Lab, which: &str, reference: &str, stem: &str) {
        let number = self.diagrams.len() + 1;
        let id = format!("d{number}");
        let svg = lab.lesson(reference, |lesson| match which {
            "fixed" => lesson.fixed(&id).map(|(svg, _)| svg),
            _ => lesson.diagram(&id),
        });
        let file = format!("{stem}-{number}.svg");
        let what = if which == "fixed" { "the same cast with the fix" } else { "the schedule" };
        self.text += &format!("![Sequence diagram: {what}, {reference}]({file})\n");
        self.diagrams.push((file, svg.unwrap_or_default()));
    }

    fn play(&mut self, lab: &Lab, reference: &str, page_of: &dyn Fn(&str) -> String) {
        let page = page_of(reference);
        let about = &lab.tried(reference).scenario.about;
        self.text += &format!("**[▶ Play it: {reference}]({page})** {about}\n");
        self.plays.push(reference.to_string());
    }
}

/// A fact that the prose around relies on, `FACT is WORDS`: nothing is written of it, but there is no
/// page if it is not so.
fn given(lab: &Lab, what: &str) {
    let (words, wanted) = what.split_once(" is ").expect("a fact is something");
    let found = fact(lab, words);
    // What was interrupted is not written.
    assert!(found == wanted || !(lab.goes_on)(), "{words} is {found}, and the text says {wanted}");
}

/// A declaration of a built-in model, `MODEL NAME`, with its documentation; or its lines from the one
/// that contains certain words to the one that contains others: `MODEL NAME | first | last`.
fn excerpt(what: &str) -> String {
    let mut parts = what.split(" | ");
    let named = parts.next().expect("a text is named");
    let (model, name) = named.split_once(' ').expect("a model and a declaration");
    let (_, text) = Models::default().model(model).unwrap_or_else(|| panic!("no model {model}"));
    let all = declarations(&text).unwrap_or_else(|| panic!("{model} cannot be read"));
    let found = all.iter().find(|one| one.name == name);
    let found = found.unwrap_or_else(|| panic!("{model} has no {name}"));
    // Whole lines, and the documentation above them.
    let start = text[..found.span.start].rfind('\n').map_or(0, |at| at + 1);
    let above = text[..start].lines().rev().take_while(|line| line.starts_with("///")).count();
    let lines_before = text[..start].lines().count() - above;
    let end = text[..found.span.end].lines().count();
    let lines: Vec<&str> = text.lines().take(end).skip(lines_before).collect();
    let (first, last) = (parts.next(), parts.next());
    let at = |words: Option<&str>, from: usize| {
        words.map(|words| {
            let found = lines.iter().skip(from).position(|line| line.contains(words));
            from + found.unwrap_or_else(|| panic!("{name} of {model} has no `{words}`"))
        })
    };
    let from = at(first, 0).unwrap_or(0);
    let to = at(last, from).unwrap_or(if first.is_some() { from } else { lines.len() - 1 });
    let shown = &lines[from..=to];
    let indent = shown.iter().filter(|line| !line.trim().is_empty());
    let indent = indent.map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let shown: Vec<&str> = shown.iter().map(|line| line.get(indent..).unwrap_or("")).collect();
    format!("```ghost\n{}\n```\n", shown.join("\n"))
}
