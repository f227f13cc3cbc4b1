// A scorecard: points for visits and spend, and a factor for the region.
#[no_mangle]
pub extern "C" fn score(visits: i64, spend: f64, region: i32) -> f64 {
    // The place among the declared values, ["north", "south"]; -1 for any other text.
    const FACTORS: [f64; 2] = [1.5, 0.75];
    let factor = FACTORS.get(region as usize).copied().unwrap_or(1.0);
    let points = if visits > 10 { 40.0 } else { 4.0 * visits as f64 };
    factor * (points + 0.1 * spend)
}
