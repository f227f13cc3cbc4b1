// rustc 1.63: --target wasm32-unknown-unknown -C opt-level=s -C lto --crate-type cdylib -C panic=abort -C strip=symbols
// Three small trees over (visits: integer, spend: number, region: text), kept in a vector that is built in every call,
// so that the allocator is used and asks for memory.

struct Node {
    feature: usize,
    threshold: f64,
    left: usize,
    right: usize,
    value: f64,
}

fn leaf(value: f64) -> Node {
    Node { feature: usize::MAX, threshold: 0.0, left: 0, right: 0, value }
}

fn split(feature: usize, threshold: f64, left: usize, right: usize) -> Node {
    Node { feature, threshold, left, right, value: 0.0 }
}

fn forest() -> Vec<Vec<Node>> {
    (0..3)
        .map(|tree| {
            let shift = tree as f64;
            vec![
                split(0, 3.0 + shift, 1, 2),
                split(1, 10.0 * (1.0 + shift), 3, 4),
                leaf(0.5 + shift),
                leaf(-1.0),
                split(2, 0.5, 5, 6),
                leaf(0.25),
                leaf(0.75),
            ]
        })
        .collect()
}

#[no_mangle]
pub extern "C" fn score(visits: i64, spend: f64, region: i32) -> f64 {
    let row: Vec<f64> = vec![visits as f64, spend, region as f64];
    let mut sum = 0.0;
    for tree in forest() {
        let mut at = 0;
        while tree[at].feature != usize::MAX {
            let node = &tree[at];
            at = if row[node.feature] <= node.threshold { node.left } else { node.right };
        }
        sum += tree[at].value;
    }
    1.0 / (1.0 + (-sum).exp())
}
