//! The course as files: for each chapter a page of Markdown with its diagrams beside it, for a code
//! host, and the same as one HTML file; pages to play with; and an index.

use super::fill::{fill, sentence};
use super::lab::Lab;
use super::markdown::{escape, html};
use super::{Chapter, Exercise, chapters};
use crate::report::{PAGE_STYLE, SCROLLING, scrolls};
use std::collections::BTreeSet;
use std::fmt::Write as _;

const TEMPLATE: &str = include_str!("chapter.html");
const STYLE: &str = include_str!("chapter.css");

/// The course, written.
#[derive(Debug)]
pub struct Pages {
    /// File names below the course's directory, and contents.
    pub files: Vec<(String, String)>,
}

/// Writes the course from live runs. `gallery` are the scenarios whose pages stand one directory above,
/// named after them with `-` for `/`; the course's own are added.
pub fn pages(lab: &Lab, gallery: &[&str]) -> Pages {
    let mut files = Vec::new();
    let mut plays = BTreeSet::new();
    let page_of = |reference: &str| match gallery.contains(&reference) {
        true => format!("../{}.html", stem_of(reference)),
        false => format!("{}.html", stem_of(reference)),
    };
    for chapter in chapters() {
        let text = whole(chapter);
        let filled = fill(lab, &text, chapter.stem, &page_of);
        let image = |words: &str, file: &str| {
            let svg = filled.diagrams.iter().find(|(name, _)| name == file);
            let svg = svg.map_or("", |(_, svg)| svg.as_str());
            scrolls("div", "diagram", &escape(words), svg)
        };
        files.push((
            format!("{}.html", chapter.stem),
            page(chapter.title, &html(&filled.text, &image, &to_html)),
        ));
        files.push((format!("{}.md", chapter.stem), filled.text));
        files.extend(filled.diagrams);
        plays.extend(filled.plays.into_iter().filter(|play| !gallery.contains(&play.as_str())));
    }
    for play in &plays {
        files.push((format!("{}.html", stem_of(play)), lab.lesson(play, |lesson| lesson.html())));
    }
    let contents = contents();
    let index = html(&contents, &|_, _| String::new(), &to_html);
    files.push(("index.html".to_string(), page("Ghosts: the course", &index)));
    files.push(("README.md".to_string(), contents));
    Pages { files }
}

/// A chapter's template between its title and what leads on.
fn whole(chapter: &Chapter) -> String {
    let mut text = format!("# {}. {}\n\n{}", chapter.number, chapter.title, chapter.template);
    text += "\n## Exercises\n\nThe files come from `ghosthunt course start DIR`; \
             `ghosthunt course check DIR` judges what you hand in.\n";
    for exercise in chapter.exercises {
        let _ = write!(text, "\n{}", task(exercise));
    }
    let all = chapters();
    let _ = write!(text, "\n[All chapters](README.md)");
    if let Some(next) = all.get(chapter.number) {
        let _ = write!(text, " · Next: [{}. {}]({}.md)", next.number, next.title, next.stem);
    }
    text.push('\n');
    text
}

/// An exercise as it stands in its chapter, its facts not yet filled in.
fn task(exercise: &Exercise) -> String {
    format!(
        "### {} {}\n\n{}\n\nHand in: `ghosthunt course check {}`\n",
        exercise.number(),
        exercise.title,
        exercise.task,
        exercise.file()
    )
}

/// What to do, with its facts.
pub(super) fn filled_task(lab: &Lab, exercise: &Exercise) -> String {
    sentence(lab, exercise.task)
}

fn contents() -> String {
    let mut text = String::from(
        "# Ghosts: the course\n\n\
         A ghost is a process that has killed all its threads but one, and that one is suspended: \
         nothing left in the process can resume it, so it never exits. How it comes about, why the \
         first fix was not enough, and how one proves that a protocol has none: nine chapters of five \
         minutes, each with something to play and something to solve.\n\n\
         Every number, schedule and diagram comes from a search that ran when these pages were \
         written. The `.html` pages beside the `.md` ones are the same text, to be opened in a \
         browser; those to play with are `.html` only.\n\n",
    );
    for chapter in chapters() {
        let _ = writeln!(
            text,
            "{}. [{}]({}.md) {}",
            chapter.number, chapter.title, chapter.stem, chapter.about
        );
    }
    text += "\n```text\nghosthunt course start DIR   # hands out the exercises, and these pages\n\
             ghosthunt course check DIR   # judges what you hand in\n\
             ghosthunt course             # how far you are, and what is next\n\
             ghosthunt course hint 4.1    # a hint for an exercise\n```\n\n\
             [More races to play with](../README.md)\n";
    text
}

fn page(title: &str, body: &str) -> String {
    TEMPLATE
        .replace("{{style}}", &(PAGE_STYLE.to_string() + STYLE))
        .replace("{{scrolling}}", SCROLLING)
        .replace("{{title}}", &escape(title))
        .replace("{{body}}", body)
}

/// A link between Markdown pages as one between HTML pages; `None` if it leads out of them.
fn to_html(address: &str) -> Option<String> {
    match address.strip_suffix(".md") {
        Some("README") => Some("index.html".to_string()),
        Some("../README") => Some("../index.html".to_string()),
        Some(stem) if !stem.contains('/') => Some(format!("{stem}.html")),
        Some(_) => None,
        None => Some(address.to_string()),
    }
}

/// The name of a scenario's page, without extension.
fn stem_of(reference: &str) -> String {
    reference.replace('/', "-")
}
