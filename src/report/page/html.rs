//! The page as one HTML file. What it says without its program (the verdict, the diagrams, the steps)
//! is written here; the player is `page.js`, fed with [`data::json`](super::data::json).

use super::super::Verdict;
use super::super::endless::live_words;
use super::super::rows::rows;
use super::diagram::escape;
use super::{Lesson, Scene, data, states, words};
use std::fmt::Write as _;

const TEMPLATE: &str = include_str!("page.html");
/// How pages look.
pub const STYLE: &str = include_str!("page.css");
const PROGRAM: &str = include_str!("page.js");
/// What shows, where a box of [`scrolls`] needs no scrolling, that it does not.
pub const SCROLLING: &str = include_str!("scrolling.js");

pub(super) fn page(lesson: &Lesson) -> String {
    let scene = &lesson.main;
    let (title, about) = words::title(scene.checked);
    // The program's data comes last, so that no text of a model is taken for a part of the template.
    TEMPLATE
        .replace("{{style}}", STYLE)
        .replace("{{program}}", PROGRAM)
        .replace("{{scrolling}}", SCROLLING)
        .replace("{{title}}", &escape(title))
        .replace("{{name}}", &escape(&scene.name()))
        .replace("{{about}}", &paragraph("about", about))
        .replace("{{verdict}}", &verdict(scene))
        .replace("{{cast}}", &cast(scene))
        .replace("{{schedule}}", &schedule(lesson))
        .replace("{{fix}}", &fix(lesson))
        .replace("{{states}}", &drawn_states(lesson))
        .replace("{{data}}", &data::json(lesson))
}

fn verdict(scene: &Scene) -> String {
    let checked = scene.checked;
    let (kind, mark) = match Verdict::of(checked.report) {
        Verdict::Violated => ("bad", "✗"),
        Verdict::Safe => ("good", "✓"),
        Verdict::Incomplete => ("open", "?"),
    };
    let word = escape(&words::verdict(checked));
    let mut html = format!(
        "<p class=\"verdict {kind}\"><span aria-hidden=\"true\">{mark}</span> <strong>{word}</strong></p>\n"
    );
    let _ = write!(html, "<p>{}", escape(&words::searched(checked)));
    let ends = words::ends(checked);
    if !ends.is_empty() {
        let _ = write!(html, " Ends: {}.", escape(&ends));
    }
    html.push_str("</p>\n");
    for words in live_words(checked) {
        let _ = writeln!(html, "<p>{}.</p>", inline(&words));
    }
    if let Some(source) = &checked.scenario.source {
        let _ = writeln!(html, "<p class=\"source\">On record: {}</p>", escape(source));
    }
    html
}

/// A paragraph of that class, if there is something to say.
fn paragraph(class: &str, words: &str) -> String {
    match words {
        "" => String::new(),
        words => format!("<p class=\"{class}\">{}</p>\n", escape(words)),
    }
}

fn cast(scene: &Scene) -> String {
    let mut html = String::new();
    let header = words::header(scene.checked);
    if !header.is_empty() {
        let _ = writeln!(html, "<p>{}</p>", escape(&header));
    }
    html.push_str("<dl class=\"cast\">\n");
    for (name, runs, doc) in words::cast(scene.checked) {
        let _ = writeln!(
            html,
            "<dt>{} <code>{}</code></dt><dd>{}</dd>",
            escape(name),
            escape(runs),
            escape(&doc)
        );
    }
    html.push_str("</dl>\n");
    html
}

/// The run: its headline, diagram, list of steps and last state.
fn schedule(lesson: &Lesson) -> String {
    let scene = &lesson.main;
    let Some(diagram) = lesson.diagram("main") else {
        return "<p>There is no run to show.</p>\n".to_string();
    };
    let mut html = format!("<p>{}.</p>\n", escape(&words::schedule(scene)));
    let no_return = words::no_return(scene);
    if let Some(words) = &no_return {
        let _ = writeln!(html, "<p class=\"warning\">⚠ {}</p>", escape(words));
    }
    html += &figure(&diagram, "main");
    html += &steps(scene, "main");
    if let Some((heading, ways)) = words::passed_by(scene) {
        let _ = writeln!(html, "<p class=\"warning\">⚠ {heading}</p>\n<ul class=\"over\">");
        for way in ways {
            let _ = writeln!(html, "<li>{}</li>", escape(&way));
        }
        html.push_str("</ul>\n");
    }
    html
}

/// The state graphs that are small enough to be drawn, the main cast's and the fixed one's.
fn drawn_states(lesson: &Lesson) -> String {
    let fixed = lesson.fixed.as_ref().map(|(scene, _)| (scene, "fix"));
    let scenes = std::iter::once((&lesson.main, "main")).chain(fixed);
    let drawn = scenes.filter_map(|(scene, id)| {
        let drawing = states::svg(scene, &format!("{id}-states"))?;
        Some(format!(
            "<div class=\"graph\" id=\"{id}-graph\" hidden>\n{}</div>\n",
            scrolls("div", "diagram", "State graph", &drawing)
        ))
    });
    drawn.collect()
}

/// A box of that class for what may be too large for the window: who cannot see that it scrolls is told
/// by its label, who can by the line above it, which goes where all of it can be seen.
pub fn scrolls(tag: &str, class: &str, label: &str, inner: &str) -> String {
    format!(
        "<p class=\"hint scrolling\">↔ This scrolls: by touch, wheel or arrow keys.</p>\n\
         <{tag} class=\"{class} scrolls\" tabindex=\"0\" role=\"region\" aria-label=\"{label}, \
         scrollable\">{inner}</{tag}>\n"
    )
}

fn figure(diagram: &str, id: &str) -> String {
    format!(
        "<details class=\"wide\" id=\"{id}-diagram\" open><summary>As a sequence diagram</summary>\n\
         {}</details>\n",
        scrolls("div", "diagram", "Sequence diagram", diagram)
    )
}

/// The run as a list, each actor's steps in a lane of their own.
fn steps(scene: &Scene, id: &str) -> String {
    let program = scene.run.program;
    let actor =
        |column: usize| program.threads.get(column).map_or("kernel", |thread| thread.name.as_str());
    let prospects = scene.explained.as_ref().map_or(&[][..], |explained| &explained.prospects);
    let mut html = "<details class=\"narrow\"><summary>As a list of steps</summary>\n".to_string();
    html += &paragraph("hint", &words::danger(scene).unwrap_or_default());
    let _ = writeln!(html, "<ol class=\"steps\" id=\"{id}-steps\">");
    if let Some(start) = prospects.first() {
        let danger = words::percent(start.danger);
        let _ = writeln!(html, "<li><small>At the start: danger {danger}.</small></li>");
    }
    for row in rows(&scene.run) {
        let Some(number) = row.number else { continue };
        if let Some(words) = &row.above {
            let _ = writeln!(html, "<li class=\"again\">↻ {}</li>", escape(words));
        }
        let _ = write!(
            html,
            "<li class=\"step\" data-step=\"{number}\" value=\"{number}\" style=\"--lane:{}\">\
             <strong>{}</strong> <code>{}</code>",
            row.actor,
            escape(actor(row.actor)),
            escape(&row.text)
        );
        if let Some((steps, turns)) = row.turns {
            let lines = if steps == 1 { String::new() } else { format!("the last {steps} lines ") };
            let _ = write!(html, " <em>{lines}× {turns} turns</em>");
        }
        for (thread, note) in &row.notes {
            let _ = write!(html, "; <em>{} {}</em>", escape(actor(*thread)), escape(note));
        }
        if !row.changes.is_empty() {
            let _ = write!(html, "<br><small>{}</small>", escape(&row.changes.join(", ")));
        }
        if let Some(prospect) = prospects.get(number) {
            let mut words = prospect.words();
            // Where the danger is as before, nothing is said of it.
            let percent = words::percent(prospect.danger);
            if percent != words::percent(prospects[number - 1].danger) {
                words.push(format!("danger {percent}"));
            }
            if !words.is_empty() {
                let _ = write!(html, "<br><small>{}</small>", escape(&words.join("; ")));
            }
        }
        if scene.no_return == Some(number) {
            html.push_str("<br><strong class=\"warning\">⚠ the point of no return</strong>");
        }
        html.push_str("</li>\n");
        if let Some(words) = &row.below {
            let _ = writeln!(html, "<li class=\"again\">↻ {}</li>", escape(words));
        }
    }
    let (heading, over) = words::over(scene);
    let _ = write!(html, "</ol>\n</details>\n<p>{heading}</p>\n<ul class=\"over\">\n");
    for (thread, words) in program.threads.iter().zip(&over) {
        let _ =
            writeln!(html, "<li><strong>{}</strong> {}</li>", escape(&thread.name), inline(words));
    }
    html.push_str("</ul>\n");
    html
}

fn fix(lesson: &Lesson) -> String {
    let Some((scene, _)) = &lesson.fixed else { return String::new() };
    let Some((diagram, parting)) = lesson.fixed("fix") else { return String::new() };
    format!(
        "<section aria-labelledby=\"fix-h\">\n<h2 id=\"fix-h\">The same cast with the fix</h2>\n\
         <p><strong>{}</strong>: {}. {}</p>\n<p class=\"forbids\">✓ {}</p>\n{}{}</section>\n",
        escape(&scene.name()),
        escape(&words::verdict(scene.checked)),
        escape(&words::searched(scene.checked)),
        inline(&parting),
        figure(&diagram, "fix"),
        steps(scene, "fix"),
    )
}

/// Text with code between backticks.
fn inline(text: &str) -> String {
    let mut html = String::new();
    for (index, part) in escape(text).split('`').enumerate() {
        match index % 2 {
            0 => html += part,
            _ => {
                let _ = write!(html, "<code>{part}</code>");
            }
        }
    }
    html
}
