//! Where things stand in an SVG drawing that ghosthunt wrote.
//!
//! Only what ghosthunt writes is understood: rectangles and texts with plain numbers. A character is
//! taken to be 0.61 times as wide as the font is high, which is what most monospace fonts are.

/// Readable at its native size, in pixels.
const FONT_SIZE_MIN: f64 = 11.0;
const CHARACTER: f64 = 0.61;

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Place {
    pub fn holds(&self, other: &Place) -> bool {
        self.x <= other.x + 0.5
            && self.y <= other.y + 0.5
            && other.x + other.width <= self.x + self.width + 0.5
            && other.y + other.height <= self.y + self.height + 0.5
    }

    fn meets(&self, other: &Place) -> bool {
        self.x + 0.5 < other.x + other.width
            && other.x + 0.5 < self.x + self.width
            && self.y + 0.5 < other.y + other.height
            && other.y + 0.5 < self.y + self.height
    }
}

/// A drawing, and what is in it.
pub struct Drawing {
    view: Place,
    /// Class and place of each rectangle.
    rects: Vec<(String, Place)>,
    /// Class, words and place of each line of text.
    texts: Vec<(String, String, Place)>,
    /// The numbers of the steps, in their order.
    steps: Vec<usize>,
}

impl Drawing {
    /// Reads the text of an SVG file.
    pub fn read(svg: &str) -> Drawing {
        let root = svg.split('>').next().expect("a tag");
        let view: Vec<f64> = value(root, "viewBox")
            .expect("a view box")
            .split(' ')
            .map(|number| number.parse().expect("a number"))
            .collect();
        let view = Place { x: view[0], y: view[1], width: view[2], height: view[3] };
        // At its native size a unit is a pixel.
        assert_eq!(number(root, "width"), Some(view.width));
        assert_eq!(number(root, "height"), Some(view.height));
        let mut drawing = Drawing { view, rects: Vec::new(), texts: Vec::new(), steps: Vec::new() };
        for tag in svg.split("<rect ").skip(1) {
            let tag = tag.split("/>").next().expect("a tag");
            let part = |name| number(tag, name).expect("a length");
            let place =
                Place { x: part("x"), y: part("y"), width: part("width"), height: part("height") };
            drawing.rects.push((value(tag, "class").unwrap_or_default(), place));
        }
        for tag in svg.split("<text ").skip(1) {
            let (tag, _) = tag.split_once("</text>").expect("an end");
            let class = value(tag, "class").unwrap_or_default();
            let lines: Vec<&str> = match tag.contains("<tspan ") {
                true => tag.split("<tspan ").skip(1).collect(),
                false => vec![tag],
            };
            for line in lines {
                let words = line.split('>').nth(1).unwrap_or("").split('<').next().unwrap_or("");
                let (x, y) = (number(line, "x").expect("x"), number(line, "y").expect("y"));
                drawing.texts.push(placed(svg, &class, words, x, y));
            }
        }
        drawing.texts.retain(|(_, words, _)| !words.is_empty());
        let steps = svg.split("data-step=\"").skip(1);
        let steps = steps.filter_map(|rest| rest.split('"').next()?.parse().ok());
        drawing.steps = steps.collect();
        drawing
    }

    /// The numbers of the steps that have a row.
    pub fn steps(&self) -> Vec<usize> {
        self.steps.clone()
    }

    /// How many lifelines there are.
    pub fn heads(&self) -> usize {
        self.boxes("head").len()
    }

    /// The rectangles of a class.
    pub fn boxes(&self, class: &str) -> Vec<Place> {
        let of_class = |(known, _): &&(String, Place)| known.split(' ').any(|one| one == class);
        self.rects.iter().filter(of_class).map(|(_, place)| *place).collect()
    }

    /// All texts are inside the drawing and large enough, and inside the boxes that they begin in; no
    /// two boxes or texts lie over each other, but for a thread's notes that hang on its step.
    pub fn is_readable(&self) {
        for (_, words, place) in &self.texts {
            assert!(self.view.holds(place), "outside the drawing: {words} {place:?}");
        }
        let solid: Vec<&(String, Place)> = self
            .rects
            .iter()
            .filter(|(class, _)| !matches!(class.as_str(), "hit" | "band"))
            .collect();
        for (index, (class, place)) in solid.iter().enumerate() {
            assert!(self.view.holds(place), "outside the drawing: {class} {place:?}");
            for (other_class, other) in &solid[index + 1..] {
                let hangs = class.starts_with("box") && other_class == "note";
                let by = other.y - (place.y + place.height);
                let meets = place.meets(other) && !(hangs && by >= -4.5);
                assert!(!meets, "{class} {place:?} lies over {other_class} {other:?}");
            }
        }
        for (index, (_, words, place)) in self.texts.iter().enumerate() {
            for (_, other_words, other) in &self.texts[index + 1..] {
                assert!(!place.meets(other), "{words} {place:?} lies over {other_words} {other:?}");
            }
            let start = Place { width: 1.0, height: 1.0, ..*place };
            for (class, around) in solid.iter().filter(|(_, around)| around.holds(&start)) {
                assert!(around.holds(place), "{words} {place:?} leaves its {class} {around:?}");
            }
        }
    }
}

/// A line of text, with the space that it takes.
fn placed(svg: &str, class: &str, words: &str, x: f64, y: f64) -> (String, String, Place) {
    let size = font_size(svg, class);
    assert!(size >= FONT_SIZE_MIN, "{words} is set in {size} pixels");
    // A reference to a character is one character.
    let mut characters = 0;
    let mut in_reference = false;
    for c in words.chars() {
        in_reference = c == '&' || (in_reference && c != ';');
        characters += usize::from(!in_reference);
    }
    let width = characters as f64 * size * CHARACTER;
    let anchor = rule(svg, class, "text-anchor");
    let left = match anchor.as_deref() {
        Some("middle") => x - width / 2.0,
        Some("end") => x - width,
        _ => x,
    };
    let place = Place { x: left, y: y - size * 0.8, width, height: size };
    (class.to_string(), words.to_string(), place)
}

fn font_size(svg: &str, class: &str) -> f64 {
    let own = rule(svg, class, "font-size");
    let own = own.and_then(|size| size.trim_end_matches("px").parse().ok());
    own.unwrap_or(if svg.contains("class=\"gh states\"") { 11.0 } else { 12.0 })
}

/// What the last rule of the drawing's style that names the class says of a property.
fn rule(svg: &str, class: &str, property: &str) -> Option<String> {
    let style = svg.split("<style>").nth(1)?.split("</style>").next()?;
    let selector = format!(".{class}");
    let rules = style.split('}').filter_map(|rule| rule.split_once('{'));
    let named = rules.filter(|(selectors, _)| {
        selectors.split(',').any(|one| one.split_whitespace().last() == Some(&selector))
    });
    // The last of several says it.
    let mut says = named.rev().filter_map(|(_, says)| {
        let mut parts = says.split(';').filter_map(|part| part.split_once(':'));
        parts.find(|(name, _)| name.trim() == property).map(|(_, value)| value.trim().to_string())
    });
    says.next()
}

/// The value of an attribute.
fn value(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\"")).map(|at| at + 1);
    let start = start.or_else(|| tag.starts_with(&format!("{name}=\"")).then_some(0))?;
    tag[start..].split('"').nth(1).map(str::to_string)
}

fn number(tag: &str, name: &str) -> Option<f64> {
    value(tag, name)?.parse().ok()
}
