// The `Row` of a workgroup that takes a row: the two sweeps of row_loss_wide.wgsl, for kernels with other losses.
// A library: needs `logits` and `teacher` of the kernel, terms/row and lib/lanes.

var<workgroup> lane_tops: array<Tops, LANES>;

fn row_of(lane: u32, first: u32, classes: u32, temperature: f32, one: f32) -> Row {
  var tops = no_tops();
  for (var j = lane; j < classes; j += LANES) {
    tops = with_top(tops, logits[first + j], teacher[first + j], j, NO_LABEL);
  }
  lane_tops[lane] = tops;
  workgroupBarrier();
  for (var i = 0u; i < lane_count; i++) { tops = merge_tops(tops, lane_tops[i]); }
  let row = start_row(tops, temperature, classes, NO_LABEL, vec2f(0.0), one);

  var sums = vec4f(0.0);
  for (var j = lane; j < classes; j += LANES) {
    sums += sums_of(start_of(row, clamped(logits[first + j]), clamped(teacher[first + j]), j));
  }
  return finish_row(row, sum_lanes(lane, sums), 0.0, 0.0);
}

fn element_at(row: Row, first: u32, j: u32) -> Element {
  return element_of(row, clamped(logits[first + j]), clamped(teacher[first + j]), j);
}
