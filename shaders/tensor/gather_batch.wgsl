// y[p, r, c] = source[p, indices[r], c] for up to three tensors at once, and 0 where indices[r] is past the last row.
// indices [rows]; of each tensor source [planes, source_rows, width], y [planes, rows, width]; planes begin at a stride of
// their own, and what lies between the planes of y becomes 0. A tensor that is not wanted has no vectors.
// Exact: words are moved as bits, so tokens, labels and flags pass as well as floats, and a NaN keeps its payload.
//
// An invocation writes one whole vector of one tensor.

struct Shape {
  rows: u32,
  source_rows: u32,
  // Width of a row, words between planes of the source and of y, vectors of y.
  first: vec4u,
  second: vec4u,
  third: vec4u,
}

override workgroup_size: u32 = 64u;

@group(0) @binding(0) var<storage, read> indices: array<u32>;
@group(0) @binding(1) var<storage, read> first_source: array<u32>;
@group(0) @binding(2) var<storage, read> second_source: array<u32>;
@group(0) @binding(3) var<storage, read> third_source: array<u32>;
@group(0) @binding(4) var<storage, read_write> first_y: array<vec4u>;
@group(0) @binding(5) var<storage, read_write> second_y: array<vec4u>;
@group(0) @binding(6) var<storage, read_write> third_y: array<vec4u>;
@group(0) @binding(7) var<uniform> shape: Shape;

const nowhere = 0xffffffffu;

// Where a word of y comes from.
fn place(tensor: vec4u, word: u32) -> u32 {
  let plane = word / tensor.z;
  let within = word - plane * tensor.z;
  let row = within / tensor.x;
  if (row >= shape.rows) { return nowhere; }
  let from_row = indices[row];
  if (from_row >= shape.source_rows) { return nowhere; }
  return plane * tensor.y + from_row * tensor.x + (within - row * tensor.x);
}

// Where the four words of a vector come from: one after the other where rows are whole vectors.
fn places(tensor: vec4u, word: u32) -> vec4u {
  let first = place(tensor, word);
  if (tensor.x % 4u == 0u) { return select(vec4u(first, first + 1u, first + 2u, first + 3u), vec4u(nowhere), first == nowhere); }
  return vec4u(first, place(tensor, word + 1u), place(tensor, word + 2u), place(tensor, word + 3u));
}

fn first_at(at: u32) -> u32 { return select(first_source[select(at, 0u, at == nowhere)], 0u, at == nowhere); }
fn second_at(at: u32) -> u32 { return select(second_source[select(at, 0u, at == nowhere)], 0u, at == nowhere); }
fn third_at(at: u32) -> u32 { return select(third_source[select(at, 0u, at == nowhere)], 0u, at == nowhere); }

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  var i = flat_index(id, groups, workgroup_size);
  var tensor = shape.first;
  var which = 0u;
  if (i >= tensor.w) {
    i -= tensor.w;
    tensor = shape.second;
    which = 1u;
  }
  if (which == 1u && i >= tensor.w) {
    i -= tensor.w;
    tensor = shape.third;
    which = 2u;
  }
  if (i >= tensor.w) { return; }
  let at = places(tensor, 4u * i);
  switch which {
    case 0u: { first_y[i] = vec4u(first_at(at.x), first_at(at.y), first_at(at.z), first_at(at.w)); }
    case 1u: { second_y[i] = vec4u(second_at(at.x), second_at(at.y), second_at(at.z), second_at(at.w)); }
    default: { third_y[i] = vec4u(third_at(at.x), third_at(at.y), third_at(at.z), third_at(at.w)); }
  }
}
