// The gradient of a relation loss at the student's states, from the weights of relation_loss.
//
//   DIFFERENCE 0: ds_i = Σ_j W_ij s_j      DIFFERENCE 1: ds_i = Σ_j W_ij (s_i − s_j)
//   CROSS 1: + Σ_j X_ij (s_i − t_j)        all times hidden_weight/(N_valid·pairs)
//
// student, teacher, gradient [n, size] (teacher only read where CROSS is 1); weights [n, n], then X [n, n]; stats [n, 16],
// to whose number 15 it adds |ds_i|². One workgroup a row, a lane takes every LANES-th number of it.

struct Shape {
  rows: u32,
  size: u32,
  pairs: u32,
  lanes: u32,
}

override DIFFERENCE: u32 = 0u;
override CROSS: u32 = 0u;
override ACCUMULATE: u32 = 0u;
const STATS = 16u;

@group(0) @binding(0) var<storage, read> student: array<f32>;
@group(0) @binding(1) var<storage, read> teacher: array<f32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(4) var<storage, read_write> stats: array<f32>;
@group(0) @binding(5) var<uniform> shape: Shape;
@group(0) @binding(6) var<uniform> live: Live;

fn of_row(i: u32, lane: u32) {
  let n = shape.rows;
  let factor = live.hidden_weight * live.inverse_valid / f32(shape.pairs);
  var squares = 0.0;
  for (var c = lane; c < shape.size; c += LANES) {
    let own = student[i * shape.size + c];
    var sum = 0.0;
    for (var j = 0u; j < n; j++) {
      let other = student[j * shape.size + c];
      sum = fma(weights[i * n + j], select(other, own - other, DIFFERENCE == 1u), sum);
      if (CROSS == 1u) { sum = fma(weights[(n + i) * n + j], own - teacher[j * shape.size + c], sum); }
    }
    let g = factor * sum;
    squares = fma(g, g, squares);
    let at = i * shape.size + c;
    gradient[at] = select(g, gradient[at] + g, ACCUMULATE == 1u);
  }
  squares = sum_lanes(lane, vec4f(squares)).x;
  if (lane == 0u) { stats[i * STATS + 15u] += squares; }
}
