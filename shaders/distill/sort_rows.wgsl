// order[r, 0…n) = the indices of row r by descending value; of equal values the lower index comes first.
// values [rows, n]; order [rows, n] u32. One workgroup a row.
// A bitonic sort whose comparators all point the same way (each merge begins with a mirrored stage), so that places
// from n on need not exist: whatever would be compared with one of them already stands right. Up to SHARED elements are
// sorted in workgroup memory, more in `order` itself, which only this workgroup touches.
// A value that is not finite counts as the row loss counts it: −∞ as the lowest logit, the others as 0.

struct Shape {
  rows: u32,
  n: u32,
}

override LANES: u32 = 64u;
// 0: in storage
override SHARED: u32 = 0u;

@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read_write> order: array<u32>;
@group(0) @binding(2) var<uniform> shape: Shape;

var<workgroup> keys: array<f32, SHARED + 1u>;
var<workgroup> places: array<u32, SHARED + 1u>;

fn precedes(key: f32, index: u32, other_key: f32, other_index: u32) -> bool {
  return key > other_key || (key == other_key && index < other_index);
}

// Puts the elements at i < j into order; `first` is where the row begins.
fn exchange(first: u32, i: u32, j: u32) {
  if (j >= shape.n) { return; }
  if (SHARED > 0u) {
    let key = keys[i];
    let other = keys[j];
    if (!precedes(other, places[j], key, places[i])) { return; }
    let place = places[i];
    keys[i] = other;
    keys[j] = key;
    places[i] = places[j];
    places[j] = place;
  } else {
    let a = order[first + i];
    let b = order[first + j];
    if (!precedes(tame_teacher(values[first + b]), b, tame_teacher(values[first + a]), a)) { return; }
    order[first + i] = b;
    order[first + j] = a;
  }
}

fn between_stages() {
  if (SHARED > 0u) { workgroupBarrier(); } else { storageBarrier(); }
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let r = flat_group(group, groups);
  if (r >= shape.rows) { return; }
  let first = r * shape.n;
  for (var i = lane; i < shape.n; i += LANES) {
    if (SHARED > 0u) {
      keys[i] = tame_teacher(values[first + i]);
      places[i] = i;
    } else {
      order[first + i] = i;
    }
  }
  between_stages();

  // The last block is the first power of two that holds the row.
  for (var half = 1u; half < shape.n; half *= 2u) {
    let pairs = half * ((shape.n + 2u * half - 1u) / (2u * half));
    for (var t = lane; t < pairs; t += LANES) {
      let start = (t / half) * 2u * half;
      exchange(first, start + t % half, start + 2u * half - 1u - t % half);
    }
    between_stages();
    for (var stride = half / 2u; stride > 0u; stride /= 2u) {
      for (var t = lane; t < pairs; t += LANES) {
        let i = (t / stride) * 2u * stride + t % stride;
        exchange(first, i, i + stride);
      }
      between_stages();
    }
  }

  if (SHARED > 0u) {
    for (var i = lane; i < shape.n; i += LANES) { order[first + i] = places[i]; }
  }
}
