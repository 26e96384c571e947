//! The page as Markdown, with its diagrams as SVG files beside it: what a code host renders.

use super::super::rows::rows;
use super::super::standings;
use super::diagram::svg;
use super::{Entry, Lesson, Scene, words};
use std::fmt::Write as _;

/// `STEM.md`, and the diagrams.
pub(super) fn files(lesson: &Lesson, stem: &str) -> Vec<(String, String)> {
    let scene = &lesson.main;
    let checked = scene.checked;
    let mut text = format!("# {}: {}\n\n", scene.name(), words::verdict(checked));
    let _ = writeln!(text, "{}\n", escape(&checked.scenario.about));
    let _ = writeln!(text, "{} Ends: {}.\n", words::searched(checked), words::ends(checked));
    if let Some(source) = &checked.scenario.source {
        let _ = writeln!(text, "On record: {}\n", escape(source));
    }
    text += "## The cast\n\n";
    let header = words::header(checked);
    if !header.is_empty() {
        let _ = writeln!(text, "{}\n", escape(&header));
    }
    for (name, runs, doc) in words::cast(checked) {
        let _ = writeln!(text, "* **{name}** `{runs}` {}", escape(&doc));
    }
    text += "\n## The schedule\n\n";
    let mut files = Vec::new();
    if !scene.run.steps.is_empty() {
        let _ = writeln!(text, "{}.\n", escape(&words::schedule(scene)));
        if let Some(words) = words::no_return(scene) {
            let _ = writeln!(text, "**{}**\n", escape(&words));
        }
        let mark = scene.no_return.map(|step| (step, "⚠ point of no return"));
        let _ = writeln!(text, "![Sequence diagram, the steps are listed below]({stem}.svg)\n");
        files.push((format!("{stem}.svg"), svg(scene, "main", mark)));
        text += &steps(scene);
    }
    if let Some((fixed, parting)) = &lesson.fixed {
        let _ = writeln!(
            text,
            "\n## The same cast with the fix\n\n**{}**: {}. {}\n\n{}\n\n\
             ![Sequence diagram, the steps are listed below]({stem}-fixed.svg)\n",
            fixed.name(),
            words::verdict(fixed.checked),
            words::searched(fixed.checked),
            words::parting(parting),
        );
        let mark = parting.forbidden.as_ref().map(|forbidden| {
            let words = format!("✓ step {} of the schedule cannot happen here", forbidden.step);
            (parting.followed, words)
        });
        let mark = mark.as_ref().map(|(step, words)| (*step, words.as_str()));
        files.push((format!("{stem}-fixed.svg"), svg(fixed, "fix", mark)));
        text += &steps(fixed);
    }
    files.insert(0, (format!("{stem}.md"), text));
    files
}

/// The index of several pages.
pub(super) fn index(entries: &[Entry]) -> String {
    let mut text = String::from(
        "# Races to read\n\nOne page a cast of threads: what goes wrong, a shortest schedule to it, and \
         the fix. Made by `ghosthunt report --all`; the `.html` files beside these pages, opened in a \
         browser, can be played with. [The course](course/README.md) begins at the beginning.\n\n| cast | verdict | with the fix |\n|---|---|---|\n",
    );
    for entry in entries {
        let _ = writeln!(
            text,
            "| [{}]({}.md): {} | {} | {} |",
            entry.name,
            entry.stem,
            escape(&entry.about),
            escape(&entry.verdict),
            escape(entry.fixed.as_deref().unwrap_or(""))
        );
    }
    text
}

fn steps(scene: &Scene) -> String {
    let program = scene.run.program;
    let actor =
        |column: usize| program.threads.get(column).map_or("kernel", |thread| thread.name.as_str());
    let mut text = String::from("| # | who | does | changes |\n|--:|---|---|---|\n");
    for row in rows(&scene.run) {
        let Some(number) = row.number else { continue };
        let notes = row.notes.iter().map(|(thread, note)| format!("*{} {note}*", actor(*thread)));
        let turns = row.turns.map(|(steps, turns)| match steps {
            1 => format!(" × {turns} turns"),
            _ => format!(" (the last {steps} lines × {turns} turns)"),
        });
        let changes: Vec<_> =
            notes.chain(row.changes.iter().map(|change| escape(change))).collect();
        let _ = writeln!(
            text,
            "| {number} | {} | {}{} | {} |",
            actor(row.actor),
            code(&row.text),
            turns.unwrap_or_default(),
            changes.join(", ")
        );
    }
    text += "\nWhen it is over:\n\n";
    for standing in standings(program, scene.run.last_state()) {
        let name = &program.threads[standing.thread].name;
        let _ = writeln!(text, "* **{name}** {}", words::standing(&standing));
    }
    text
}

/// A code span in a table: a bar would end its cell.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'").replace('|', "\\|"))
}

/// Text in which Markdown sees no markup.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if matches!(c, '*' | '_' | '<' | '>' | '|' | '`' | '[' | ']' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
