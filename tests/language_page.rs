//! The language's page keeps its word: every example on it compiles.

mod support;

use support::{Scene, show};

/// The examples of `models/README.md`: blocks marked `ghost`.
fn examples() -> Vec<String> {
    let page = include_str!("../models/README.md");
    let blocks = page.split("```").skip(1).step_by(2);
    blocks.filter_map(|block| block.strip_prefix("ghost\n")).map(str::to_string).collect()
}

#[test]
fn every_example_compiles() {
    let examples = examples();
    assert!(examples.len() >= 6, "the page has lost its examples");
    for example in examples {
        for threads in 0..3 {
            let names = ["a", "b", "c"];
            let scene = names[..threads].iter().fold(
                Scene::new(&format!("{example}\nproc nothing_at_all() {{ skip }}")),
                |scene, name| scene.thread(name, "nothing_at_all()"),
            );
            if let Err(errors) = scene.compile() {
                panic!("{example}\n{}", show(&errors));
            }
        }
    }
}
