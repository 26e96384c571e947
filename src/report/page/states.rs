//! The state graph of a small cast, drawn: a layer for each distance from the start, an arrow for each
//! step.
//!
//! What can still become of a state is its shape, who steps is the pattern of an arrow, and an end has
//! its name below it, so that nothing is said by colour alone. The player marks where the reader stands
//! in the same drawing; without it, the way of the schedule is drawn thick.

use super::super::text::wrap;
use super::Scene;
use super::diagram::escape;
use super::layers::{Layout, layout};
use super::words;
use crate::machine::Actor;
use crate::search::Fate;
use std::collections::BTreeSet;
use std::fmt::Write as _;

const STYLE: &str = include_str!("states.css");
const COLOURS: &str = include_str!("diagram.css");

/// More states than this are no picture any more, but a carpet.
pub(super) const STATES_DRAWN_MAX: usize = 120;

/// All lengths are in CSS pixels. A character of 11 pixels is 7 wide at most.
const CHARACTER: usize = 7;
const CELL_MIN: usize = 50;
const NAME_CHARACTERS_MAX: usize = 16;
const LAYER: usize = 72;
/// Half the size of a node.
const RADIUS: f64 = 15.0;
/// Room at the sides for arrows that lead back.
const SIDE: usize = 46;
const LEGEND_LINE: usize = 24;
const LEGEND_WIDTH_MIN: usize = 480;
/// Patterns of arrows, one an actor; with more actors they come again.
const PATTERNS: usize = 6;

/// What a node is drawn as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    /// Anything can still happen, as far as is known. Of a promise, that random choices keep it does
    /// not exclude that it is broken.
    Circle,
    /// What is to be avoided cannot happen any more.
    Square,
    /// It cannot be avoided any more.
    Diamond,
    /// It is here.
    Octagon,
}

struct Drawing<'a> {
    scene: &'a Scene<'a>,
    layout: Layout,
    /// The upper edge of the first layer's cells.
    top: usize,
    width: usize,
    svg: String,
}

/// The drawing of the scene's whole graph; `None` if there is none, or if it is too large.
pub(super) fn svg(scene: &Scene, id: &str) -> Option<String> {
    let nodes = &scene.view.nodes;
    if !scene.view.whole || nodes.len() > STATES_DRAWN_MAX {
        return None;
    }
    let ends = nodes.iter().enumerate();
    let edges = ends.flat_map(|(from, node)| node.edges.iter().map(move |edge| (from, edge.to)));
    let edges: Vec<(usize, usize)> = edges.collect();
    let widths: Vec<usize> = (0..nodes.len())
        .map(|node| (name(scene, node).chars().count() * CHARACTER + 8).max(CELL_MIN))
        .collect();
    let layout = layout(&widths, &edges);
    let width = layout.width.max(LEGEND_WIDTH_MIN) + 2 * SIDE;
    let mut drawing = Drawing { scene, layout, top: 0, width, svg: String::new() };
    drawing.draw(id);
    Some(drawing.svg)
}

/// What stands below a node: an end's name, or that a step has failed.
fn name(scene: &Scene, node: usize) -> String {
    let cut = |name: &str| match name.chars().count() {
        ..=NAME_CHARACTERS_MAX => name.to_string(),
        _ => name.chars().take(NAME_CHARACTERS_MAX - 1).chain(['…']).collect(),
    };
    match (&scene.view.nodes[node].failed, scene.fates.ends.get(&node)) {
        (Some(_), _) => "✗ fails".to_string(),
        // A good end may come after what is to be avoided has happened.
        (None, Some((outcome, fine))) if *fine && shape(scene, node) == Shape::Octagon => {
            cut(outcome)
        }
        (None, Some((outcome, fine))) if *fine => format!("✓ {}", cut(outcome)),
        (None, Some((outcome, _))) => format!("✗ {}", cut(outcome)),
        (None, None) => String::new(),
    }
}

fn shape(scene: &Scene, node: usize) -> Shape {
    let bad_end = scene.fates.ends.get(&node).is_some_and(|(_, fine)| !fine);
    match scene.fates.fates.get(node) {
        _ if bad_end || scene.view.nodes[node].failed.is_some() => Shape::Octagon,
        Some(Fate::Met) => Shape::Octagon,
        Some(Fate::Certain) => Shape::Diamond,
        Some(Fate::Excluded) if !scene.promise => Shape::Square,
        Some(Fate::Excluded | Fate::Open) | None => Shape::Circle,
    }
}

impl Drawing<'_> {
    fn actors(&self) -> Vec<&str> {
        let threads = self.scene.run.program.threads.iter();
        threads.map(|thread| thread.name.as_str()).chain(["kernel"]).collect()
    }

    /// Who takes the edge: a thread's index, or their number for the kernel.
    fn actor(&self, actor: Actor) -> usize {
        match actor {
            Actor::Thread(thread) => usize::from(thread),
            Actor::Action(_) => self.scene.run.program.threads.len(),
        }
    }

    fn x(&self, node: usize) -> f64 {
        let spare = self.width - 2 * SIDE - self.layout.width;
        (SIDE + spare / 2 + self.layout.x[node]) as f64
    }

    fn y(&self, node: usize) -> f64 {
        (self.top + self.layout.layer[node] * LAYER + LAYER / 2) as f64
    }

    fn draw(&mut self, id: &str) {
        let legend = self.legend();
        let height = self.top + self.layout.layers * LAYER + 8;
        let width = self.width;
        let name = escape(&self.scene.name());
        let states = self.scene.view.nodes.len();
        let _ = write!(
            self.svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"gh states\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" role=\"img\" aria-labelledby=\"{id}-t\">\n\
             <title id=\"{id}-t\">State graph of {name}: {states} states, the start at the top</title>\n\
             <style>{COLOURS}{STYLE}</style>\n\
             <defs><marker id=\"{id}-a\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"9\" \
             markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" orient=\"auto\">\
             <path class=\"tip\" d=\"M0 1L10 5L0 9z\"/></marker></defs>\n",
        );
        self.svg += &legend;
        self.edges(id);
        for node in 0..states {
            self.node(node);
        }
        self.svg.push_str("</svg>\n");
    }

    /// What patterns and shapes mean, as many as there are, and where the graph begins below it.
    fn legend(&mut self) -> String {
        let nodes = &self.scene.view.nodes;
        let steps = nodes.iter().flat_map(|node| &node.edges);
        let stepping: BTreeSet<usize> =
            steps.map(|edge| self.actor(edge.transition.actor)).collect();
        let shapes: BTreeSet<Shape> =
            (0..nodes.len()).map(|node| shape(self.scene, node)).collect();
        let target = words::target(self.scene);
        let known = !self.scene.fates.fates.is_empty();
        let (mut text, mut x, mut y) = (String::new(), SIDE, 18);
        let mut item = |sample: &dyn Fn(usize, usize) -> String, words: &str, right: usize| {
            let item_width = 44 + words.chars().count() * CHARACTER + 16;
            if x + item_width > right + 16 && x > SIDE {
                (x, y) = (SIDE, y + LEGEND_LINE);
            }
            let _ = writeln!(
                text,
                "{}<text class=\"means\" x=\"{}\" y=\"{}\">{}</text>",
                sample(x, y),
                x + 40,
                y + 4,
                escape(words)
            );
            x += item_width;
        };
        let right = self.width - 8;
        let longest = (right - SIDE - 44) / CHARACTER;
        for actor in stepping {
            let line = |x: usize, y: usize| {
                format!("<path class=\"edge a{}\" d=\"M{x} {y}h32\"/>", actor % PATTERNS)
            };
            item(&line, &format!("{} steps", self.actors()[actor]), right);
        }
        for kind in shapes {
            let sample = |x: usize, y: usize| {
                format!(
                    "<path class=\"shape {}\" d=\"{}\"/>",
                    class(kind),
                    outline(kind, x as f64 + 16.0, y as f64, 9.0)
                )
            };
            let means = match kind {
                Shape::Circle if known => "open".to_string(),
                Shape::Circle => "a state".to_string(),
                Shape::Square => format!("✓ “{target}” is out of reach"),
                Shape::Diamond if self.scene.promise => {
                    format!("⚠ every fair run breaks “{target}”")
                }
                Shape::Diamond => format!("⚠ no way back from “{target}”"),
                Shape::Octagon if self.scene.promise => format!("✗ “{target}” is broken"),
                Shape::Octagon => format!("✗ “{target}”"),
            };
            item(&sample, &wrap(&means, longest, 1).concat(), right);
        }
        self.top = y + LEGEND_LINE;
        text
    }

    fn edges(&mut self, id: &str) {
        let scene = self.scene;
        let on_the_way: BTreeSet<(usize, usize)> =
            scene.path.windows(2).map(|pair| (pair[0], pair[1])).collect();
        for (from, node) in scene.view.nodes.iter().enumerate() {
            let mut drawn: Vec<(usize, usize)> = Vec::new();
            for edge in &node.edges {
                let actor = self.actor(edge.transition.actor);
                if drawn.contains(&(edge.to, actor)) {
                    continue;
                }
                let beside = drawn.iter().filter(|(to, _)| *to == edge.to).count();
                drawn.push((edge.to, actor));
                let way = if on_the_way.contains(&(from, edge.to)) { " way" } else { "" };
                let up =
                    if self.layout.layer[edge.to] < self.layout.layer[from] { " up" } else { "" };
                let line = self.line(from, edge.to, beside);
                let _ = writeln!(
                    self.svg,
                    "<path class=\"edge a{}{up}{way}\" data-from=\"{from}\" data-to=\"{}\" d=\"{line}\" \
                     marker-end=\"url(#{id}-a)\"/>",
                    actor % PATTERNS,
                    edge.to,
                );
            }
        }
    }

    /// The line from one node to another, the `beside`th between the two.
    fn line(&self, from: usize, to: usize, beside: usize) -> String {
        let (x1, y1, x2, y2) = (self.x(from), self.y(from), self.x(to), self.y(to));
        let bend = beside as f64 * 16.0;
        if from == to {
            let (x, y) = (x1 + RADIUS * 0.8, y1 - RADIUS * 0.55);
            return path(
                &[x, y],
                &[x + 20.0 + bend, y - 12.0, x + 20.0 + bend, y + 28.0, x + 1.0, y + 16.0],
            );
        }
        if self.layout.layer[to] == self.layout.layer[from] + 1 {
            // Straight from rim to rim, or bent aside where there is another.
            let (dx, dy) = (x2 - x1, y2 - y1);
            let length = (dx * dx + dy * dy).sqrt();
            let (ux, uy) = (dx / length, dy / length);
            let (sx, sy) = (x1 + ux * RADIUS, y1 + uy * RADIUS);
            let (ex, ey) = (x2 - ux * (RADIUS + 2.0), y2 - uy * (RADIUS + 2.0));
            let (mx, my) = ((sx + ex) / 2.0 + uy * bend, (sy + ey) / 2.0 - ux * bend);
            return path(&[sx, sy], &[mx, my, mx, my, ex, ey]);
        }
        if self.layout.layer[to] == self.layout.layer[from] {
            let y = y1 + RADIUS;
            return path(&[x1, y], &[x1, y + 24.0 + bend, x2, y + 24.0 + bend, x2, y + 2.0]);
        }
        // Back up, around the side where the upper one is.
        let side = if x2 >= x1 { 1.0 } else { -1.0 };
        let far = if side > 0.0 { x1.max(x2) } else { x1.min(x2) } + side * (RADIUS + 24.0 + bend);
        path(&[x1 + side * RADIUS, y1], &[far, y1, far, y2, x2 + side * (RADIUS + 2.0), y2])
    }

    fn node(&mut self, node: usize) {
        let (x, y) = (self.x(node), self.y(node));
        let kind = shape(self.scene, node);
        let below = name(self.scene, node);
        let on_the_way = if self.scene.path.contains(&node) { " way" } else { "" };
        let _ = write!(self.svg, "<g class=\"node{on_the_way}\" data-state=\"{node}\">");
        if node == 0 {
            let _ = write!(
                self.svg,
                "<text class=\"name\" x=\"{x}\" y=\"{}\">start</text>",
                y - RADIUS - 5.0
            );
        }
        let _ = write!(
            self.svg,
            "<title>{}</title><path class=\"shape {}\" d=\"{}\"/>",
            escape(&self.title(node)),
            class(kind),
            outline(kind, x, y, RADIUS)
        );
        if !below.is_empty() {
            let _ = write!(
                self.svg,
                "<path class=\"shape inner\" d=\"{}\"/><text class=\"name\" x=\"{x}\" y=\"{}\">{}</text>",
                outline(kind, x, y, RADIUS - 3.5),
                y + RADIUS + 13.0,
                escape(&below)
            );
        }
        let _ = writeln!(
            self.svg,
            "<text class=\"id\" x=\"{x}\" y=\"{}\">{node}</text>\
             <text class=\"key\" x=\"{}\" y=\"{}\"></text></g>",
            y + 4.0,
            x - RADIUS - 2.0,
            y - RADIUS + 3.0,
        );
    }

    fn title(&self, node: usize) -> String {
        let target = words::target(self.scene);
        let end = self.scene.fates.ends.get(&node);
        let fate = match self.scene.fates.fates.get(node) {
            Some(Fate::Met) if self.scene.promise => format!(": “{target}” is broken"),
            Some(Fate::Certain) if self.scene.promise => {
                format!(": every fair run breaks “{target}”")
            }
            Some(Fate::Excluded) if self.scene.promise => {
                format!(": random choices keep “{target}”")
            }
            Some(Fate::Met) => format!(": here it is: “{target}”"),
            Some(Fate::Certain) => format!(": “{target}” is unavoidable"),
            Some(Fate::Excluded) => format!(": “{target}” is out of reach"),
            Some(Fate::Open) | None => String::new(),
        };
        match end {
            Some((outcome, _)) => format!("State {node}, an end ({outcome}){fate}"),
            None => format!("State {node}{fate}"),
        }
    }
}

fn class(shape: Shape) -> &'static str {
    match shape {
        Shape::Circle => "open",
        Shape::Square => "escaped",
        Shape::Diamond => "doomed",
        Shape::Octagon => "hit",
    }
}

/// The outline of a shape around a point.
fn outline(shape: Shape, x: f64, y: f64, radius: f64) -> String {
    let corners = |corners: &[(f64, f64)]| {
        let mut text = String::new();
        for (index, (dx, dy)) in corners.iter().enumerate() {
            let to = if index == 0 { 'M' } else { 'L' };
            let _ = write!(text, "{to}{:.1} {:.1}", x + dx * radius, y + dy * radius);
        }
        text + "z"
    };
    match shape {
        Shape::Circle => {
            let d = radius * 2.0;
            format!(
                "M{:.1} {y:.1}a{radius} {radius} 0 1 0 {d} 0a{radius} {radius} 0 1 0 -{d} 0z",
                x - radius
            )
        }
        Shape::Square => corners(&[(-0.86, -0.86), (0.86, -0.86), (0.86, 0.86), (-0.86, 0.86)]),
        Shape::Diamond => corners(&[(0.0, -1.15), (1.15, 0.0), (0.0, 1.15), (-1.15, 0.0)]),
        Shape::Octagon => {
            let (a, b) = (0.42, 1.0);
            corners(&[(-a, -b), (a, -b), (b, -a), (b, a), (a, b), (-a, b), (-b, a), (-b, -a)])
        }
    }
}

/// A line from a point along a cubic curve: two control points and its end.
fn path(start: &[f64; 2], curve: &[f64; 6]) -> String {
    let [a, b, c, d, e, f] = curve;
    format!("M{:.1} {:.1}C{a:.1} {b:.1} {c:.1} {d:.1} {e:.1} {f:.1}", start[0], start[1])
}
