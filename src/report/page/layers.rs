//! Where the nodes of a small layered graph go.
//!
//! Layers are distances from the first node, so that an edge leads down by one layer at most, and
//! none of those that do passes a node of another layer. Within a layer, nodes are ordered by the
//! barycentres of their neighbours, layer by layer, down and up again, and the order with the fewest
//! crossings is kept. Then each is moved as near to the middle of its neighbours as the order and the
//! distance between nodes allow. (K. Sugiyama, S. Tagawa and M. Toda, "Methods for Visual
//! Understanding of Hierarchical System Structures", 1981.) The same graph is laid out alike on every
//! machine: only sums, products and quotients are taken, in a fixed order.

/// Rounds of ordering, and of moving: each goes down and up once. More change little.
const ROUNDS: usize = 12;

/// The places of nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// By node: its layer, from 0.
    pub layer: Vec<usize>,
    /// By node: the distance of its middle from the left edge of the leftmost node's cell, in pixels.
    pub x: Vec<usize>,
    /// How many layers there are.
    pub layers: usize,
    /// From the left edge of the leftmost cell to the right edge of the rightmost, in pixels.
    pub width: usize,
}

/// Lays out the graph of these edges, each from one node to another, by index. All nodes can be
/// reached from the first, and are numbered in the order of a breadth-first search. `widths` are those
/// of the nodes' cells, in pixels: cells of a layer do not overlap.
pub(super) fn layout(widths: &[usize], edges: &[(usize, usize)]) -> Layout {
    let layer = distances(widths.len(), edges);
    let layers = layer.iter().max().map_or(0, |deepest| deepest + 1);
    let mut between =
        Neighbours { above: vec![Vec::new(); layer.len()], below: vec![Vec::new(); layer.len()] };
    for &(from, to) in edges {
        // Edges back up order nodes as well as those down do.
        let (upper, lower) = if layer[from] < layer[to] { (from, to) } else { (to, from) };
        if layer[upper] + 1 == layer[lower] && !between.below[upper].contains(&lower) {
            between.below[upper].push(lower);
            between.above[lower].push(upper);
        }
    }
    let mut order = vec![Vec::new(); layers];
    (0..layer.len()).for_each(|node| order[layer[node]].push(node));
    let order = fewest_crossings(order, &between);
    let x = places(&order, &between, widths);
    let half = |node: usize| widths[node] as f64 / 2.0;
    if x.is_empty() {
        return Layout { layer, x: Vec::new(), layers, width: 0 };
    }
    let left = (0..x.len()).map(|node| x[node] - half(node)).fold(f64::INFINITY, f64::min);
    let right = (0..x.len()).map(|node| x[node] + half(node)).fold(f64::NEG_INFINITY, f64::max);
    let x = x.iter().map(|x| (x - left).round() as usize).collect();
    Layout { layer, x, layers, width: (right - left).ceil() as usize }
}

/// Nodes with an edge to or from each, in the layers beside its own.
struct Neighbours {
    above: Vec<Vec<usize>>,
    below: Vec<Vec<usize>>,
}

fn distances(nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut layer = vec![usize::MAX; nodes];
    let mut queue: Vec<usize> = (0..nodes.min(1)).collect();
    queue.iter().for_each(|&first| layer[first] = 0);
    let mut next = 0;
    while let Some(&node) = queue.get(next) {
        for &(_, to) in edges.iter().filter(|(from, _)| *from == node) {
            if layer[to] == usize::MAX {
                layer[to] = layer[node] + 1;
                queue.push(to);
            }
        }
        next += 1;
    }
    debug_assert!(!layer.contains(&usize::MAX), "every node can be reached");
    layer
}

/// The order of the nodes in each layer.
fn fewest_crossings(mut order: Vec<Vec<usize>>, between: &Neighbours) -> Vec<Vec<usize>> {
    let nodes = between.above.len();
    let mut best = (crossings(&order, between), order.clone());
    for _ in 0..ROUNDS {
        let down = (1..order.len()).map(|layer| (layer, &between.above));
        let up = (0..order.len().saturating_sub(1)).rev().map(|layer| (layer, &between.below));
        for (layer, neighbours) in down.chain(up) {
            let mut rank = vec![0.0; nodes];
            for nodes in &order {
                nodes.iter().enumerate().for_each(|(index, &node)| rank[node] = index as f64);
            }
            let barycentre = |node: &usize| {
                mean(neighbours[*node].iter().map(|&other| rank[other])).unwrap_or(rank[*node])
            };
            order[layer].sort_by(|a, b| barycentre(a).total_cmp(&barycentre(b)));
        }
        let crossed = crossings(&order, between);
        if crossed < best.0 {
            best = (crossed, order.clone());
        }
    }
    best.1
}

/// Pairs of edges between neighbouring layers that cross.
fn crossings(order: &[Vec<usize>], between: &Neighbours) -> usize {
    let mut rank = vec![0; between.above.len()];
    for nodes in order {
        nodes.iter().enumerate().for_each(|(index, &node)| rank[node] = index);
    }
    let mut crossed = 0;
    for nodes in order {
        let ends: Vec<(usize, usize)> = nodes
            .iter()
            .flat_map(|&node| between.below[node].iter().map(move |&to| (node, to)))
            .map(|(from, to)| (rank[from], rank[to]))
            .collect();
        for (index, one) in ends.iter().enumerate() {
            let crosses = |other: &&(usize, usize)| {
                (one.0 < other.0 && one.1 > other.1) || (one.0 > other.0 && one.1 < other.1)
            };
            crossed += ends[index + 1..].iter().filter(crosses).count();
        }
    }
    crossed
}

/// The middles of the nodes, left to right, in the order given.
fn places(order: &[Vec<usize>], between: &Neighbours, widths: &[usize]) -> Vec<f64> {
    let mut x = vec![0.0; widths.len()];
    for nodes in order {
        let wanted = vec![0.0; nodes.len()];
        put(nodes, &wanted, widths, &mut x);
    }
    for _ in 0..ROUNDS {
        let down = (1..order.len()).map(|layer| (layer, &between.above));
        let up = (0..order.len().saturating_sub(1)).rev().map(|layer| (layer, &between.below));
        for (layer, neighbours) in down.chain(up) {
            let middle = |&node: &usize| {
                mean(neighbours[node].iter().map(|&other| x[other])).unwrap_or(x[node])
            };
            let wanted: Vec<f64> = order[layer].iter().map(middle).collect();
            put(&order[layer], &wanted, widths, &mut x);
        }
    }
    x
}

/// Puts the nodes of a layer as near as can be to where they are wanted, in the least squares' sense,
/// in their order and without overlaps: isotonic regression by pooling adjacent violators. (R. E. Barlow
/// et al., "Statistical Inference under Order Restrictions", 1972.)
fn put(nodes: &[usize], wanted: &[f64], widths: &[usize], x: &mut [f64]) {
    // With the distances taken off, that they do not overlap means that they do not decrease.
    let mut offsets = Vec::with_capacity(nodes.len());
    let mut offset = 0.0;
    for (index, &node) in nodes.iter().enumerate() {
        if index > 0 {
            offset += (widths[nodes[index - 1]] + widths[node]) as f64 / 2.0;
        }
        offsets.push(offset);
    }
    // Pools of neighbours that touch: the sum of what they want, and their number.
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (wanted, offset) in wanted.iter().zip(&offsets) {
        pools.push((wanted - offset, 1));
        while let [.., (sum, count), (last_sum, last_count)] = pools[..]
            && sum / count as f64 > last_sum / last_count as f64
        {
            pools.pop();
            pools.pop();
            pools.push((sum + last_sum, count + last_count));
        }
    }
    let of_pools = pools.iter().flat_map(|&(sum, count)| vec![sum / count as f64; count]);
    for ((node, offset), value) in nodes.iter().zip(&offsets).zip(of_pools) {
        x[*node] = value + offset;
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    (count > 0.0).then(|| sum / count)
}

#[cfg(test)]
mod tests {
    use super::layout;

    #[test]
    fn a_layer_is_a_distance_and_a_diamond_is_drawn_as_one() {
        let diamond = layout(&[40; 4], &[(0, 1), (0, 2), (1, 3), (2, 3), (3, 0), (3, 3)]);
        assert_eq!(diamond.layer, [0, 1, 1, 2]);
        assert_eq!(diamond.x, [40, 20, 60, 40]);
        assert_eq!((diamond.layers, diamond.width), (3, 80));
    }

    #[test]
    fn crossings_that_need_not_be_are_not() {
        // The first child of each is found last below.
        let crossed = layout(&[40; 7], &[(0, 1), (0, 2), (0, 3), (1, 6), (2, 5), (3, 4)]);
        let left_to_right = |a: usize, b: usize| crossed.x[a] < crossed.x[b];
        assert_eq!(left_to_right(1, 2), left_to_right(6, 5));
        assert_eq!(left_to_right(2, 3), left_to_right(5, 4));
    }

    #[test]
    fn cells_of_a_layer_do_not_overlap() {
        let widths: Vec<usize> = (0..30).map(|node| 30 + 7 * (node % 5)).collect();
        // Nodes in pairs and threes below each other, some shared.
        let edges: Vec<(usize, usize)> =
            (1..30).flat_map(|node| [((node - 1) / 3, node), (node / 4, node)]).collect();
        let places = layout(&widths, &edges);
        for a in 0..30 {
            for b in (0..a).filter(|&b| places.layer[a] == places.layer[b]) {
                let apart = places.x[a].abs_diff(places.x[b]);
                assert!(2 * apart + 2 >= widths[a] + widths[b], "{a} and {b} are {apart} apart");
            }
            assert!(places.x[a] + widths[a] / 2 <= places.width + 1);
        }
        assert_eq!(places, layout(&widths, &edges));
    }
}
