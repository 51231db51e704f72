// What the kernels of causal attention in registers share: a lane has four rows of [rows, heads, width], a quad sixteen
// neighbouring ones of one head, so that its lanes read the same numbers of the other side.
// A library: no bindings, no entry point.

override width: u32 = 64u;
override quarters: u32 = width / 4u;

struct Shape {
  quads: u32,
  positions: u32,
  heads: u32,
  kv_heads: u32,
  // Again. A loop that ends here is one that a driver cannot unroll, for what is done once and not for each pair.
  width: u32,
}

struct Lane {
  // Of the four numbers that the quad reads together.
  corner: u32,
  // Rows of the quad begin here, and those of the lane.
  quad_first: u32,
  first: u32,
  // How many of its rows there are.
  count: u32,
  sample: u32,
  head: u32,
}

// Neighbouring quads have the same rows of other heads, so as many turns. First and last rows take turns, so that each part of
// the dispatch has as much to do: a driver gives each core one part.
fn lane_of(index: u32, shape: Shape, heads: u32) -> Lane {
  let tiles = (shape.positions + 15u) / 16u;
  let columns = shape.quads / tiles;
  let turn = index / 4u / columns;
  let column = index / 4u % columns;
  let tile = select(turn / 2u, tiles - 1u - turn / 2u, turn % 2u == 1u);
  let corner = index % 4u;
  let first = 16u * tile + 4u * corner;
  let count = min(4u, shape.positions - min(first, shape.positions));
  return Lane(corner, 16u * tile, first, count, column / heads, column % heads);
}

// Rows past the last one stand for the last.
fn four_rows(first: u32, rows: u32) -> vec4u {
  return min(vec4u(first) + vec4u(0u, 1u, 2u, 3u), vec4u(rows - 1u));
}
