// How a kernel that adds one loss to what the row kernel wrote tells what it found, by its first lane.
// A library: needs `stats`, `live` and `shape` with a slot of the kernel, and STATS (terms/after_row).

// The weight of the loss in the mean over valid rows.
fn own_factor() -> f32 {
  return live.term_weight[shape.slot] * live.inverse_valid;
}

// A row with a broken logit has no loss.
fn is_row_broken(r: u32) -> bool {
  return stats[r * STATS + 13u] != 0.0;
}

// The loss before its weight, and the squared norm of its weighted gradient.
fn count_loss(r: u32, loss: f32, squares: f32) {
  stats[r * STATS] += own_factor() * loss;
  stats[r * STATS + 2u + shape.slot] = loss * live.inverse_valid;
  stats[r * STATS + 7u + shape.slot] = squares;
}
