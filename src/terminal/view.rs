//! How a session looks.
//!
//! ```text
//! step 14 of 21   go/cgo-exit-1.14beta1@windows_10
//! The run goes on.
//! ┌ main: suspend pending ─────────┐┌ sysmon ────────────────────────┐
//! │ ExitProcess                    ││ preemptM                       │
//! │▶ 399  step return_to_user_mode ││▶ 53  lock(suspendLock)         │
//! └────────────────────────────────┘└────────────────────────────────┘
//! ┌ What happens next? ────────────┐┌ Values ────────┐┌ So far ──────┐
//! ```
//!
//! What does not fit ends in `…`. Where there is too little room for the text around each thread, a thread is a line; where the
//! window is narrow, what has happened so far gives way.

use super::Session;
use crate::machine::Machine;
use crate::program::Program;
use crate::report::text::wrap;
use crate::report::{Condition, Standing, standings};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, List, ListState, Paragraph};
use unicode_width::UnicodeWidthChar;

/// Panes side by side are no narrower than this, borders included.
const PANE_WIDTH_MIN: u16 = 36;
/// A pane with less has no text around the thread's line, borders included.
const PANE_HEIGHT_MIN: u16 = 5;
/// A narrower window has no room for the steps so far.
const HISTORY_WIDTH_MIN: u16 = 72;
const KEYS: [&str; 3] = [
    "↑↓ select  1–9 step  ← undo  → redo  n next switch  s save  q leave  ? help",
    "1–9 step  ← undo  → redo  n switch  s save  q leave  ? help",
    "1–9 ←undo →redo n s save q leave ? help",
];
const HELP: &str = "\
↑ ↓  or  k j      select what happens next
Enter  or  Space  take the step selected
1–9               take the step of that number
←  or  u          undo a step
→  or  r          take it again
Home  End         to the start; to the end of what was undone
n                 on to the next switch between threads
s                 save the run as a schedule: `ghosthunt replay` replays it
?                 this help; any key leaves it
q  or  Esc        leave

A box is a thread: how it stands, and the text around its line, marked ▶.
The frame of the thread that stepped last is bold. A thread that has an APC
or a kill pending says so, and one whose gate is off is stopped.
● is a value that the last step changed; other values are those that are not
as at the start. Where … ends a line, a wider window shows the rest.";

/// Draws the session on the whole frame.
pub fn draw(session: &Session, frame: &mut Frame) {
    let area = frame.area();
    let choices = (session.choices().len() as u16).clamp(1, 9) + 2;
    let lower = choices.max(9).min(area.height / 2);
    let [head, panes, lower, keys] = Layout::vertical([
        Constraint::Length(2),
        Constraint::Min(0),
        Constraint::Length(lower),
        Constraint::Length(1),
    ])
    .areas(area);
    draw_head(session, frame, head);
    draw_threads(session, frame, panes);
    if area.width < HISTORY_WIDTH_MIN {
        let [next, values] =
            Layout::horizontal([Constraint::Percentage(58), Constraint::Fill(1)]).areas(lower);
        draw_choices(session, frame, next);
        draw_values(session, frame, values);
    } else {
        let [next, values, past] = Layout::horizontal([
            Constraint::Percentage(44),
            Constraint::Percentage(28),
            Constraint::Percentage(28),
        ])
        .areas(lower);
        draw_choices(session, frame, next);
        draw_values(session, frame, values);
        draw_history(session, frame, past);
    }
    let fits = |words: &&&str| words.chars().count() <= usize::from(keys.width);
    let words = KEYS.iter().find(fits).unwrap_or(&KEYS[KEYS.len() - 1]);
    frame.render_widget(Paragraph::new(*words).dim(), keys);
}

/// Draws what the keys do over what is there.
pub fn draw_help(frame: &mut Frame) {
    let area = frame.area();
    let lines: Vec<&str> = HELP.lines().collect();
    let width = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0) as u16 + 4;
    let height = lines.len() as u16 + 2;
    let (width, height) = (width.min(area.width), height.min(area.height));
    let x = area.x + (area.width - width) / 2;
    let y = area.y + (area.height - height) / 2;
    let area = Rect { x, y, width, height };
    let block = framed(" Keys, and what there is to see ", area);
    let inner = block.inner(area);
    frame.render_widget(Clear, area);
    frame.render_widget(block, area);
    let lines = lines.into_iter().map(|line| cut(Line::from(line), inner.width));
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), inner);
}

/// A box around `area`, below its title.
fn framed<'a>(title: impl Into<Line<'a>>, area: Rect) -> Block<'a> {
    Block::bordered().title(cut(title.into(), area.width.saturating_sub(2)))
}

/// The line as far as it fits; if it does not, it ends in `…`.
fn cut(line: Line<'_>, width: u16) -> Line<'_> {
    let width = usize::from(width);
    if line.width() <= width {
        return line;
    }
    let mut left = width.saturating_sub(1);
    let mut kept = Vec::new();
    for span in line.spans {
        if span.width() <= left {
            left -= span.width();
            kept.push(span);
            continue;
        }
        let mut text = String::new();
        for character in span.content.chars() {
            left = match left.checked_sub(character.width().unwrap_or(0)) {
                Some(left) => left,
                None => break,
            };
            text.push(character);
        }
        text.push('…');
        kept.push(Span::styled(text, span.style));
        break;
    }
    Line { spans: kept, ..Line::default() }
}

fn draw_head(session: &Session, frame: &mut Frame, area: Rect) {
    let (at, steps) = session.position();
    let (standing, bad) = session.standing();
    let standing = if bad { standing.bold().red() } else { standing.into() };
    let first = Line::from(vec![
        format!("step {at} of {steps}   ").into(),
        session.program().check_name().bold(),
    ]);
    let message = session.message.as_str().yellow();
    let second = Line::from(vec![standing, "   ".into(), message]);
    let lines = vec![cut(first, area.width), cut(second, area.width)];
    frame.render_widget(Paragraph::new(lines), area);
}

/// One pane a thread, side by side, in as many rows as the width needs; one line a thread if that
/// would leave them too low.
fn draw_threads(session: &Session, frame: &mut Frame, area: Rect) {
    let program = session.program();
    let standings = standings(program, session.state());
    let in_a_row = usize::from((area.width / PANE_WIDTH_MIN).max(1)).min(standings.len().max(1));
    let rows = standings.len().div_ceil(in_a_row);
    if usize::from(area.height) < rows * usize::from(PANE_HEIGHT_MIN) {
        let lines = standings.iter().map(|standing| cut(line(session, standing), area.width));
        frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), area);
        return;
    }
    let row_areas = Layout::vertical(vec![Constraint::Fill(1); rows]).split(area);
    for (row, row_area) in standings.chunks(in_a_row).zip(row_areas.iter()) {
        let areas = Layout::horizontal(vec![Constraint::Fill(1); row.len()]).split(*row_area);
        for (standing, area) in row.iter().zip(areas.iter()) {
            draw_thread(session, standing, frame, *area);
        }
    }
}

/// A thread in a line: who, how it stands, and where.
fn line(session: &Session, standing: &Standing) -> Line<'static> {
    let name = session.program().threads[standing.thread].name.clone();
    let mark = if session.stepped() == Some(standing.thread) { "▶ " } else { "  " };
    let place = match standing.condition {
        Condition::Dead | Condition::Finished => String::new(),
        _ => format!("  {}", standing.place),
    };
    Line::from(vec![mark.into(), name.bold(), format!(": {}", words(standing)).into(), place.dim()])
}

fn draw_thread(session: &Session, standing: &Standing, frame: &mut Frame, area: Rect) {
    let program = session.program();
    let thread = &program.threads[standing.thread];
    let title = format!(" {}: {} ", thread.name, words(standing));
    let stepped = session.stepped() == Some(standing.thread);
    let border = if stepped { Style::new().bold() } else { Style::new().dim() };
    let block = framed(title, area).border_style(border);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    if matches!(standing.condition, Condition::Dead | Condition::Finished) {
        frame.render_widget(Paragraph::new("It runs no more.").dim(), inner);
        return;
    }
    let machine = Machine::new(program);
    let place = &thread.places[machine.place(session.state(), standing.thread) as usize];
    let statement = &program.statements[place.statement as usize];
    let file = &program.sources.files[usize::from(statement.span.file)];
    let mut lines = vec![cut(Line::from(statement.owner.as_str().dim()), inner.width)];
    let line = statement.line as usize;
    let room = usize::from(inner.height).saturating_sub(1);
    let first = line.saturating_sub(room / 2).max(1);
    for (index, text) in file.text.lines().enumerate().skip(first - 1).take(room) {
        let number = index + 1;
        let mark = if number == line { "▶" } else { " " };
        let style = match number == line {
            true => Style::new().add_modifier(Modifier::REVERSED),
            false => Style::new(),
        };
        let text = format!("{mark}{number:4} {}", text.replace('\t', "    "));
        lines.push(cut(Line::from(Span::styled(text, style)), inner.width));
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

/// How a thread stands, in words.
fn words(standing: &Standing) -> String {
    let own = match standing.condition {
        Condition::Finished => "finished",
        Condition::Dead => "dead",
        Condition::Stopped => "stopped",
        Condition::Waits => "waits",
        Condition::Runs => "can run",
    };
    let mut words = match standing.condition {
        Condition::Dead | Condition::Finished => own.to_string(),
        Condition::Waits if standing.shows.is_empty() => own.to_string(),
        _ if standing.shows.is_empty() => own.to_string(),
        Condition::Waits => format!("{own}, {}", standing.shows.join(", ")),
        _ => standing.shows.join(", "),
    };
    if !standing.waits_for.is_empty() {
        words += &format!(" ({})", standing.waits_for.join(", "));
    }
    words
}

fn draw_choices(session: &Session, frame: &mut Frame, area: Rect) {
    let count = session.choices().len();
    // A list that is longer than its box says how long.
    let title = match count > usize::from(area.height.saturating_sub(2)) {
        true => format!(" What happens next? {count} ways "),
        false => " What happens next? ".to_string(),
    };
    let block = framed(title, area);
    if session.choices().is_empty() {
        let over = Paragraph::new("Nothing can happen any more.").block(block);
        frame.render_widget(over, area);
        return;
    }
    let width = block.inner(area).width;
    let items = session.choices().iter().enumerate().map(|(index, (_, words))| {
        let key = if index < 9 { format!("{} ", index + 1) } else { "  ".to_string() };
        let what = if words.label.is_empty() { &words.place } else { &words.label };
        let item = vec![key.dim(), words.actor.as_str().bold(), " ".into(), what.as_str().into()];
        cut(Line::from(item), width)
    });
    let list = List::new(items).block(block).highlight_style(Style::new().reversed());
    let mut state = ListState::default().with_selected(Some(session.selected()));
    frame.render_stateful_widget(list, area, &mut state);
}

/// The shared variables that are not what they were at the start; those that just changed are marked
/// and come first.
fn draw_values(session: &Session, frame: &mut Frame, area: Rect) {
    let block = framed(" Values ", area);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let (mut changed, mut others) = (Vec::new(), Vec::new());
    for (name, start, before, now) in values(session.program(), session) {
        if before != now {
            changed.push((format!("● {name}: {before} → {now}"), Style::new().bold()));
        } else if start != now {
            others.push((format!("  {name}: {now}"), Style::new()));
        }
    }
    changed.extend(others);
    let mut lines = Vec::new();
    for (text, style) in changed {
        let indent = if text.starts_with(' ') { "  " } else { "" };
        let wrapped = wrap(text.trim_start(), usize::from(inner.width).saturating_sub(2), 9);
        let wrapped = wrapped.into_iter().enumerate();
        lines.extend(wrapped.map(|(index, line)| {
            let indent = if index == 0 { indent } else { "  " };
            Line::from(Span::styled(format!("{indent}{line}"), style))
        }));
    }
    let room = usize::from(inner.height);
    if lines.len() > room && room > 0 {
        lines.truncate(room - 1);
        lines.push(Line::from("… and more".dim()));
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

/// Each shared variable's name, and its value at the start, before the last step and here.
fn values(program: &Program, session: &Session) -> Vec<(String, String, String, String)> {
    let elements = program.variables.iter().flat_map(|variable| {
        let labels = variable.labels.iter().enumerate();
        labels.map(move |(index, label)| {
            let field = &program.layout.fields[usize::from(variable.first) + index];
            let show = |state: &[u64]| variable.domain.show(field.get(state));
            let name = format!("{}{label}", variable.name);
            let (before, now) = (show(session.state_before()), show(session.state()));
            (name, show(&program.initial), before, now)
        })
    });
    elements.collect()
}

/// The last steps that fit, the newest first.
fn draw_history(session: &Session, frame: &mut Frame, area: Rect) {
    let count = session.history().len();
    let lines = session.history().enumerate().rev().map(|(index, words)| {
        let what = if words.label.is_empty() { &words.place } else { &words.label };
        let number = format!("{:3} ", index + 1);
        let line = vec![number.dim(), words.actor.as_str().bold(), format!(" {what}").into()];
        cut(Line::from(line), area.width.saturating_sub(2))
    });
    let title = if count == 0 { " Nothing has happened " } else { " So far, last first " };
    let lines: Vec<_> = lines.collect();
    frame.render_widget(Paragraph::new(lines).block(framed(title, area)), area);
}
