//! A schedule as a sequence diagram, in SVG: time runs down, one lifeline a thread and one for the
//! kernel.
//!
//! A lifeline is a solid line while its thread goes on, a broken one while it is held, and ends in a
//! cross where it dies. A request that waits to be delivered (a suspend APC, say) is an arrow from
//! the step that made it to the kernel's move that carries it out: it is found by the model's own
//! words, as a word that one actor's step put on another thread and a kernel move took away. A cycle
//! that goes on for ever is a band, with an arrow from its last step back to its first. The
//! colours follow the reader's light or dark scheme, and nothing is said by colour alone.

use super::super::rows::{Lifeline, Row, rows};
use super::super::text::wrap;
use super::super::{Condition, ForEver, Standing, for_ever, standings};
use super::Scene;
use crate::machine::Actor;
use crate::schedule::end_at;
use std::fmt::Write as _;

const STYLE: &str = include_str!("diagram.css");

/// All lengths are in CSS pixels; texts are set in a monospace font of 12 pixels.
/// A character is 7.2 wide in most fonts, and 7.5 at most.
const CHARACTERS_IN_15: usize = 2;
const LINE: usize = 16;
const PADDING: usize = 7;
const MARGIN_LEFT: usize = 44;
const MARGIN_RIGHT: usize = 12;
/// Room at the right for the arrow back to the start of a cycle.
const BACK: usize = 34;
const BACK_INNER: usize = BACK - 14;
/// A line of words between two rows.
const MARK: usize = LINE + 10;
/// Between two boxes: room for arrows to run down.
const GAP: usize = 28;
/// Arrows between the same columns run down in so many lanes, so far apart.
const LANES: usize = 3;
const LANE: i64 = 7;
const COLUMN_MIN: usize = 190;
const COLUMN_MAX: usize = 330;
/// As wide as a page is, if that is enough for the columns.
const WIDTH: usize = 1040;
const HEAD: usize = 62;
const TAIL: usize = 46;
/// A cell is cut off below so many lines.
const LINES_MAX: usize = 4;

/// Where a row stands.
struct Placed {
    top: usize,
    height: usize,
}

impl Placed {
    fn middle(&self) -> usize {
        self.top + self.height / 2
    }
}

struct Drawing<'a> {
    scene: &'a Scene<'a>,
    rows: Vec<Row>,
    placed: Vec<Placed>,
    column: usize,
    columns: usize,
    svg: String,
}

/// The diagram of the scene's run. With a step in `marked`, a line is drawn below it that says
/// `mark`.
pub(super) fn svg(scene: &Scene, id: &str, marked: Option<(usize, &str)>) -> String {
    let rows = rows(&scene.run);
    let threads = scene.run.program.threads.len();
    let kernel = rows.iter().any(|row| row.number.is_some() && row.actor == threads);
    let columns = threads + usize::from(kernel);
    let column = ((WIDTH - MARGIN_LEFT - MARGIN_RIGHT) / columns).clamp(COLUMN_MIN, COLUMN_MAX);
    let mut drawing =
        Drawing { scene, rows, placed: Vec::new(), column, columns, svg: String::new() };
    drawing.place(marked.map(|(step, _)| step));
    drawing.draw(id, marked);
    drawing.svg
}

impl Drawing<'_> {
    /// How many characters a cell holds in a line.
    fn characters(&self) -> usize {
        (self.column - GAP - 2 * PADDING) * CHARACTERS_IN_15 / 15
    }

    fn centre(&self, column: usize) -> usize {
        MARGIN_LEFT + column * self.column + self.column / 2
    }

    fn width(&self) -> usize {
        let back = if self.scene.run.cycle_from.is_some() { BACK } else { 0 };
        MARGIN_LEFT + self.columns * self.column + MARGIN_RIGHT + back
    }

    fn cell(&self, text: &str) -> Vec<String> {
        wrap(text, self.characters(), LINES_MAX)
    }

    /// What the actor's cell says.
    fn own(&self, row: &Row) -> Vec<String> {
        let mut lines = if row.text.is_empty() { Vec::new() } else { self.cell(&row.text) };
        if let Some((steps, turns)) = row.turns {
            let what = match steps {
                1 => format!("× {turns} turns"),
                _ => format!("the last {steps} × {turns} turns"),
            };
            lines.extend(self.cell(&what));
        }
        lines
    }

    /// What a row says beside the threads: each with its lines.
    fn notes(&self, row: &Row) -> Vec<(usize, Vec<String>)> {
        let mut notes: Vec<(usize, Vec<String>)> = Vec::new();
        for (thread, note) in &row.notes {
            let lines = self.cell(note);
            match notes.iter_mut().find(|(known, _)| known == thread) {
                Some((_, all)) => all.extend(lines),
                None => notes.push((*thread, lines)),
            }
        }
        notes
    }

    fn place(&mut self, marked: Option<usize>) {
        let mut top = HEAD + 8 + if marked == Some(0) { MARK } else { 0 };
        let mut placed = Vec::new();
        for row in &self.rows {
            let own = self.own(row).len();
            let notes = self.notes(row);
            // A thread's notes about itself stand below its own step.
            let cell = |column: usize| {
                let noted = notes.iter().find(|(thread, _)| *thread == column);
                noted.map_or(0, |(_, lines)| lines.len())
            };
            let own_column = own + cell(row.actor);
            let others = (0..self.columns).filter(|column| *column != row.actor).map(cell);
            let lines = others.max().unwrap_or(0).max(own_column).max(1);
            let height = lines * LINE + 2 * PADDING;
            if row.above.is_some() {
                top += MARK;
            }
            placed.push(Placed { top, height });
            top += height + 6;
            if row.below.is_some() || (marked.is_some() && row.number == marked) {
                top += MARK;
            }
        }
        self.placed = placed;
    }

    fn bottom(&self) -> usize {
        let marked = self.rows.last().is_some_and(|row| row.below.is_some());
        let mark = if marked { MARK } else { 0 };
        self.placed.last().map_or(HEAD, |last| last.top + last.height + mark)
    }

    fn draw(&mut self, id: &str, marked: Option<(usize, &str)>) {
        let (width, height) = (self.width(), self.bottom() + TAIL);
        let name = escape(&self.scene.name());
        let shows = escape(&self.scene.shows);
        let _ = write!(
            self.svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"gh\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">\n\
             <title id=\"{id}-t\">Sequence diagram of {name} to {shows}</title>\n\
             <desc id=\"{id}-d\">{}</desc>\n<style>{STYLE}</style>\n\
             <defs><marker id=\"{id}-a\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" \
             markerHeight=\"8\" orient=\"auto\"><path class=\"tip\" d=\"M0 0L10 5L0 10z\"/></marker></defs>\n",
            escape(&self.description()),
        );
        if let Some((0, mark)) = marked {
            self.mark(HEAD + LINE - 2, mark);
        }
        self.cycle(id);
        self.lifelines();
        self.heads();
        self.flights(id);
        for index in 0..self.rows.len() {
            self.row(index, id);
        }
        if let Some((step, mark)) = marked
            && let Some(index) = self.rows.iter().position(|row| row.number == Some(step))
        {
            let y = self.placed[index].top + self.placed[index].height + LINE;
            self.mark(y, mark);
        }
        self.svg.push_str("</svg>\n");
    }

    fn description(&self) -> String {
        let mut text = String::new();
        for row in &self.rows {
            let actor = self.actor(row.actor);
            let Some(number) = row.number else { continue };
            let _ = write!(text, "{number}. {actor}: {}", row.text);
            for (thread, note) in &row.notes {
                let _ = write!(text, "; {} {note}", self.actor(*thread));
            }
            text.push_str(". ");
        }
        text
    }

    fn actor(&self, column: usize) -> &str {
        self.scene.run.program.threads.get(column).map_or("kernel", |thread| &thread.name)
    }

    /// The band behind the steps that are taken again and again, and the arrow back to the first.
    fn cycle(&mut self, id: &str) {
        let first = self.rows.iter().position(|row| row.above.is_some());
        let last = self.rows.iter().position(|row| row.below.is_some());
        let (Some(first), Some(last)) = (first, last) else { return };
        let top = self.placed[first].top - MARK;
        let end = self.placed[last].top + self.placed[last].height;
        let right = self.width() - BACK;
        let said = |words: &Option<String>| escape(words.as_deref().unwrap_or_default());
        let _ = writeln!(
            self.svg,
            "<g class=\"cycle\"><rect class=\"band\" x=\"4\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"6\"/>\
             <path class=\"back\" d=\"M{right} {from}h{BACK_INNER}V{to}h-{BACK_INNER}\" \
             marker-end=\"url(#{id}-a)\"/>\
             <text class=\"again\" x=\"12\" y=\"{}\">↻ {}</text>\
             <text class=\"again\" x=\"12\" y=\"{}\">↻ {}</text></g>",
            top,
            right - 8,
            end + MARK - top,
            top + LINE,
            said(&self.rows[first].above),
            end + LINE,
            said(&self.rows[last].below),
            from = end - 8,
            to = self.placed[first].top + 8,
        );
    }

    fn heads(&mut self) {
        for column in 0..self.columns {
            let (x, width) = (self.centre(column), self.column - GAP);
            let name = escape(self.actor(column));
            let runs = self.scene.run.program.threads.get(column).map(|thread| &thread.runs);
            let runs = runs.map_or("moves by itself", |runs| runs);
            let runs = escape(&wrap(runs, self.characters(), 1).concat());
            let _ = writeln!(
                self.svg,
                "<rect class=\"head\" x=\"{}\" y=\"6\" width=\"{width}\" height=\"46\" rx=\"6\"/>\
                 <text class=\"name\" x=\"{x}\" y=\"25\">{name}</text>\
                 <text class=\"runs\" x=\"{x}\" y=\"43\">{runs}</text>",
                x - width / 2,
            );
        }
    }

    /// The stretches between the middles of rows, each drawn as its thread stood before the row.
    fn lifelines(&mut self) {
        let threads = self.scene.run.program.threads.len();
        let last = standings(self.scene.run.program, self.scene.run.last_state());
        let fates = fates(self.scene, &last);
        for column in 0..self.columns {
            let x = self.centre(column);
            let mut from = HEAD - 10;
            let mut over = false;
            let mut stretches: Vec<(Lifeline, usize, usize)> = Vec::new();
            let mut stretch = |kind: Lifeline, from: usize, to: usize| match stretches.last_mut() {
                Some((known, _, end)) if *known == kind => *end = to,
                _ => stretches.push((kind, from, to)),
            };
            for (row, placed) in self.rows.iter().zip(&self.placed) {
                let kind = row.lines.get(column).copied().unwrap_or(Lifeline::Goes);
                stretch(kind, from, placed.middle());
                from = placed.middle();
            }
            let end = self.bottom() + 14;
            let kind = match last.get(column).map(|standing| standing.condition) {
                Some(Condition::Dead | Condition::Finished) => Lifeline::Over,
                Some(Condition::Stopped) => Lifeline::Held,
                _ => Lifeline::Goes,
            };
            stretch(kind, from, end);
            for (kind, from, to) in stretches {
                let class = match kind {
                    Lifeline::Goes if column == threads => "life kernel",
                    Lifeline::Goes => "life",
                    Lifeline::Held => "life held",
                    Lifeline::Over if over => continue,
                    Lifeline::Over => {
                        over = true;
                        let y = from + self.below(from) + 8;
                        let _ = writeln!(
                            self.svg,
                            "<path class=\"life\" d=\"M{x} {from}V{y}\"/><path class=\"cross\" \
                             d=\"M{} {}l12 12m0 -12l-12 12\"/>",
                            x - 6,
                            y - 6,
                        );
                        continue;
                    }
                };
                let _ = writeln!(self.svg, "<path class=\"{class}\" d=\"M{x} {from}V{to}\"/>");
            }
            if let Some(word) = fates.get(column).filter(|word| !word.is_empty()) {
                let word = wrap(word, self.characters(), 1).concat();
                let _ = writeln!(
                    self.svg,
                    "<text class=\"fate\" x=\"{x}\" y=\"{}\">{}</text>",
                    end + 18,
                    escape(&word)
                );
            }
        }
    }

    /// From the middle of a row to its lower edge.
    fn below(&self, middle: usize) -> usize {
        let row = self.placed.iter().find(|placed| placed.middle() == middle);
        row.map_or(0, |placed| placed.height - placed.height / 2)
    }

    /// The arrows of requests on their way.
    fn flights(&mut self, id: &str) {
        for (index, (from, to, thread)) in flights(self.scene).into_iter().enumerate() {
            let row_of = |step: usize| {
                let row =
                    self.rows.iter().rposition(|row| row.number.is_some_and(|n| n <= step + 1));
                row.expect("every step has a row")
            };
            let (source, target) = (row_of(from), row_of(to));
            let actor = self.rows[source].actor;
            // Out of the step's side that faces the thread, down between two columns, and to the
            // thread's line below what the kernel's move is said to do to it.
            let side = if actor < thread { 1 } else { -1 };
            let half = (self.column - GAP) as i64 / 2;
            let start = self.centre(actor) as i64 + side * half;
            let lane = (index % LANES) as i64 * LANE - LANE;
            let gutter = self.centre(thread) as i64 - side * (self.column as i64 / 2) + lane;
            let notes = self.notes(&self.rows[target]);
            let note = notes.iter().find(|(noted, _)| *noted == thread);
            let end = self.centre(thread) as i64 - side * 9;
            let y1 = self.placed[source].top + PADDING + LINE + 2;
            let below = note.map_or(0, |(_, lines)| lines.len() * LINE + 8);
            let y2 = self.placed[target].top + below + 6;
            let _ = writeln!(
                self.svg,
                "<path class=\"flight\" d=\"M{start} {y1}H{gutter}V{y2}H{end}\" \
                 marker-end=\"url(#{id}-a)\"/>",
            );
        }
    }

    fn note_width(&self, lines: &[String]) -> usize {
        let text_width = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
        (text_width * 15 / CHARACTERS_IN_15 + 2 * PADDING).min(self.column - GAP)
    }

    fn row(&mut self, index: usize, id: &str) {
        let row = self.rows[index].clone();
        let (own, notes) = (self.own(&row), self.notes(&row));
        let (top, height) = (self.placed[index].top, self.placed[index].height);
        let width = self.column - GAP;
        let step = row.number.unwrap_or(0);
        let _ = write!(self.svg, "<g class=\"step\" data-step=\"{step}\">");
        if let Some(number) = row.number {
            let _ = write!(
                self.svg,
                "<text class=\"number\" x=\"{}\" y=\"{}\">{number}</text>",
                MARGIN_LEFT - 14,
                top + PADDING + 12
            );
        }
        let mut below = top;
        if !own.is_empty() {
            let x = self.centre(row.actor);
            let box_height = own.len() * LINE + 2 * PADDING;
            let class = if self.actor(row.actor) == "kernel" { "box kernel" } else { "box" };
            let _ = write!(
                self.svg,
                "<rect class=\"{class}\" x=\"{}\" y=\"{top}\" width=\"{width}\" \
                 height=\"{box_height}\" rx=\"5\"/>",
                x - width / 2,
            );
            self.lines("words", x - width / 2 + PADDING, top + PADDING, &own);
            below = top + box_height - 4;
        }
        for (thread, lines) in &notes {
            let x = self.centre(*thread);
            let own_column = *thread == row.actor;
            let y = if own_column { below } else { top };
            let note_width = self.note_width(lines);
            let note_height = lines.len() * LINE + 6;
            let left = x - note_width / 2;
            let _ = write!(
                self.svg,
                "<rect class=\"note\" x=\"{left}\" y=\"{y}\" width=\"{note_width}\" \
                 height=\"{note_height}\" rx=\"9\"/>",
            );
            self.lines("noted", left + PADDING, y + 3, lines);
            if !own_column && !own.is_empty() {
                let from = self.centre(row.actor);
                let middle = y + note_height / 2;
                let (from, to) = if from < x {
                    (from + width / 2, left)
                } else {
                    (from - width / 2, left + note_width)
                };
                let _ = write!(
                    self.svg,
                    "<path class=\"effect\" d=\"M{from} {middle}H{to}\" marker-end=\"url(#{id}-a)\"/>",
                );
            }
        }
        let _ = writeln!(
            self.svg,
            "<rect class=\"hit\" x=\"2\" y=\"{}\" width=\"{}\" height=\"{}\"/></g>",
            top - 3,
            self.width() - 4,
            height + 6,
        );
    }

    fn lines(&mut self, class: &str, x: usize, top: usize, lines: &[String]) {
        let _ = write!(self.svg, "<text class=\"{class}\">");
        for (index, line) in lines.iter().enumerate() {
            let y = top + index * LINE + 12;
            let _ = write!(self.svg, "<tspan x=\"{x}\" y=\"{y}\">{}</tspan>", escape(line));
        }
        self.svg.push_str("</text>");
    }

    fn mark(&mut self, y: usize, words: &str) {
        let right = self.width() - MARGIN_RIGHT;
        let words = escape(words);
        let _ = writeln!(
            self.svg,
            "<path class=\"mark\" d=\"M8 {}H{right}\"/><text class=\"marked\" x=\"8\" y=\"{y}\">{words}\
             </text>",
            y + 6,
        );
    }
}

/// What is said below a thread's lifeline: how it is held after the last step, or what it does in a
/// cycle for ever; nothing of one that is over or can go on.
fn fates(scene: &Scene, last: &[Standing]) -> Vec<String> {
    let run = &scene.run;
    let over = end_at(run.program, run.last_state()).is_some();
    let held = |standing: &Standing| match standing.condition {
        Condition::Stopped => standing.shows.join(", "),
        Condition::Waits if over || run.cycle_from.is_some() => "waits for ever".to_string(),
        Condition::Waits => "waits".to_string(),
        Condition::Finished | Condition::Dead | Condition::Runs => String::new(),
    };
    if run.cycle_from.is_none() {
        return last.iter().map(held).collect();
    }
    let does = |does: &ForEver| match does {
        ForEver::Goes(_) => "goes round".to_string(),
        ForEver::Spins { .. } => "spins for ever".to_string(),
        ForEver::Rests { last, enabled: 0, .. } => held(last),
        ForEver::Rests { .. } => "never goes on".to_string(),
    };
    for_ever(run).iter().map(does).collect()
}

/// Requests on their way: the step that made each, the kernel's move that carried it out (both from
/// 0), and the thread it is about.
fn flights(scene: &Scene) -> Vec<(usize, usize, usize)> {
    let run = &scene.run;
    let said: Vec<_> = run.states.iter().map(|state| standings(run.program, state)).collect();
    let mut flights: Vec<(usize, usize, usize)> = Vec::new();
    for (to, taken) in run.steps.iter().enumerate() {
        let Actor::Action(action) = taken.transition.actor else { continue };
        let Some(thread) = run.program.actions[usize::from(action)].thread else { continue };
        let shows = |state: usize| &said[state][thread].shows;
        for word in shows(to).iter().filter(|word| !shows(to + 1).contains(word)) {
            let before = (0..=to).rev().find(|&state| !shows(state).contains(word));
            let Some(from) = before else { continue };
            let by_itself = run.steps[from].transition.actor == Actor::Thread(thread as u16);
            let by_kernel = matches!(run.steps[from].transition.actor, Actor::Action(_));
            let known = flights.iter().any(|&(_, end, of)| (end, of) == (to, thread));
            if !by_itself && !by_kernel && !known {
                flights.push((from, to, thread));
            }
        }
    }
    flights
}

/// `text` as the content of an element or a quoted attribute.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
