// Sums over a row of the relation matrices of student (G) and teacher (K), for relation_loss: level LEVEL of them.
//
//   SIMILARITY  0: Σ G², Σ K², Σ GK        CKA  0: Σ G, Σ K, squared distances;  1: of the centred products Σ G², Σ K², Σ GK
//   MMD  0: Σ of the squared distances student–student, teacher–teacher, student–teacher
//   RELATIONAL  0: Σ d and how many are not 0, of student and teacher;  1: Σ h′(d/mean − d′/mean′)·d
//
// student, teacher, cross [n, n]; flags [n]; sums [n, 8]: level 0 in 0…3, level 1 in 4…7. One workgroup a row.

struct Shape {
  rows: u32,
  lanes: u32,
}

override LEVEL: u32 = 0u;
const VALID = 1u;

@group(0) @binding(0) var<storage, read> student: array<f32>;
@group(0) @binding(1) var<storage, read> teacher: array<f32>;
@group(0) @binding(2) var<storage, read> cross: array<f32>;
@group(0) @binding(3) var<storage, read> flags: array<u32>;
@group(0) @binding(4) var<storage, read_write> sums: array<f32>;
@group(0) @binding(5) var<uniform> shape: Shape;

fn of_row(i: u32, lane: u32) {
  let n = shape.rows;
  let at = i * SUMS + 4u * LEVEL;

  // Totals of the level before, and the number of valid rows.
  var totals = vec4f(0.0);
  var valid = 0.0;
  if (LEVEL == 1u) {
    for (var j = lane; j < n; j += LANES) {
      if ((flags[j] & VALID) == 0u) { continue; }
      valid += 1.0;
      totals += vec4f(sums[j * SUMS], sums[j * SUMS + 1u], sums[j * SUMS + 2u], sums[j * SUMS + 3u]);
    }
    totals = sum_lanes(lane, totals);
    valid = sum_lanes(lane, vec4f(valid)).x;
  }

  var own = vec4f(0.0);
  if ((flags[i] & VALID) != 0u) {
    for (var j = lane; j < n; j += LANES) {
      if ((flags[j] & VALID) == 0u) { continue; }
      let g = student[i * n + j];
      let k = teacher[i * n + j];
      if (KIND == SIMILARITY) {
        own += vec4f(g * g, k * k, g * k, 0.0);
      } else if (KIND == MMD) {
        own += vec4f(g, k, cross[i * n + j], 0.0);
      } else if (KIND == CKA && LEVEL == 0u) {
        own += vec4f(g, k, 0.0, 0.0);
      } else if (KIND == CKA) {
        let a = centred(g, sums[i * SUMS] / valid, sums[j * SUMS] / valid, totals.x / (valid * valid));
        let b = centred(k, sums[i * SUMS + 1u] / valid, sums[j * SUMS + 1u] / valid, totals.y / (valid * valid));
        own += vec4f(a * a, b * b, a * b, 0.0);
      } else if (KIND == RELATIONAL && LEVEL == 0u) {
        own += vec4f(sqrt(g), select(1.0, 0.0, g == 0.0), sqrt(k), select(1.0, 0.0, k == 0.0));
      } else if (KIND == RELATIONAL) {
        let d = sqrt(g);
        let a = d * totals.y * inverse_of(totals.x);
        let b = sqrt(k) * totals.w * inverse_of(totals.z);
        own.x += huber_slope(a - b) * d;
      }
    }
  }
  own = sum_lanes(lane, own);
  if (lane > 0u) { return; }
  sums[at] = own.x;
  sums[at + 1u] = own.y;
  sums[at + 2u] = own.z;
  sums[at + 3u] = own.w;
}
