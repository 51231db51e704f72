// A product by a workgroup: slices of both operands in workgroup memory, and a part of the result in the registers of each
// invocation. A library: needs lib/tile8; no bindings, no entry point.
//
// A slice is `depth` terms of the sum. How it is kept depends on whether an operand is contiguous along the terms or across
// them: lib/matmul_rows_along or _across has the left one's slice, put_rows and rows_at; lib/matmul_columns_… the right one's.
// The kernel reads four numbers of an operand (row_four, column_four) and stores a sum (store).
// One fused multiply–add an element and a term, terms ascending, whatever the sizes: the same bits. Slices are padded with
// zeros, which change no bit of a sum that began at +0.
//
// The form is constants of the text, which src/kernels/matmulTiled.ts writes before it:
//   side_x, side_y           invocations along the columns and the rows of the result; multiples of 8 and 4
//   part_rows, part_columns  of an invocation's part; 2, 4 or 8, and 4 or 8
//   depth                    terms of a slice, a multiple of 16
//   unroll                   so many of them are written out between `each k` and `end`; a divisor of depth
// With them written out, and indices taken modulo an array's length (which changes none, but shows that no bound is needed),
// addresses in a slice are known when this is compiled. docs/bench.md has what a GPU gains by it.

const lanes: u32 = side_x * side_y;
// Fours of terms in a slice, and of its rows and columns: "vectors".
const fours: u32 = depth / 4u;
const row_vectors: u32 = side_y * part_rows / 4u;
const column_vectors: u32 = side_x * part_columns / 4u;
// Vectors of the right operand for each invocation to load, 2 or 4; of the left one there are 2.
const column_loads: u32 = column_vectors * depth / lanes;

// What an invocation has loaded of the next slice while the present one is multiplied.
struct Next {
  row0: vec4f, row1: vec4f,
  column0: vec4f, column1: vec4f,
  // Where there are four of them.
  column2: vec4f, column3: vec4f,
}

// Where an invocation's first vectors of the next slice are in the operands, and how far on those of the slice after it.
struct Cursor {
  row: u32,
  column: u32,
  row_step: u32,
  column_step: u32,
}

// Which part is whose: 32 lanes, which a GPU takes together, have a block of 8 × 4 parts, for which they read the fewest vectors.
fn part_of(lane: u32) -> vec2u {
  let block = lane / 32u;
  return vec2u(block % (side_x / 8u) * 8u + lane % 8u, block / (side_x / 8u) % (side_y / 4u) * 4u + lane % 32u / 8u);
}

// Rows and columns of an invocation's part: fours lie a whole side apart, so that neighbours read neighbouring vectors.
fn part_row(y: u32, r: u32) -> u32 {
  if (part_rows == 2u) { return 2u * y + r; }
  return r / 4u * side_y * 4u + 4u * y + r % 4u;
}

fn part_column(x: u32) -> u32 { return 4u * x; }
fn right_column(x: u32) -> u32 { return 4u * (side_x + x); }

// Vector n of those that an invocation loads of a slice: its first term. Along the terms, neighbours have the fours of a row; across
// them, the vectors of a term.
fn term_of(along: bool, vectors: u32, lane: u32, n: u32) -> u32 {
  if (along) { return lane % fours * 4u; }
  return lane / vectors + n * (lanes / vectors);
}

// How many rows of the operand, as it is stored, vector n lies beyond vector 0. Along the terms, vectors come in pairs of rows.
fn rows_beyond(along: bool, vectors: u32, n: u32) -> u32 {
  if (along) { return n / 2u * (lanes / fours * 2u) + n % 2u; }
  return n * (lanes / vectors);
}

// Index of vector 0 of the slice that begins with term `first`; `corner` is the workgroup's first row or column, `width` the length of a
// row as it is stored.
fn first_index(along: bool, vectors: u32, lane: u32, first: u32, corner: u32, width: u32) -> u32 {
  if (along) { return (corner + lane / fours * 2u) * width + first + lane % fours * 4u; }
  return (first + lane / vectors) * width + corner + lane % vectors * 4u;
}

fn step_of(along: bool, width: u32) -> u32 {
  if (along) { return depth; }
  return depth * width;
}

fn cursor_at(lane: u32, first: u32, corner: vec2u, row_width: u32, column_width: u32) -> Cursor {
  return Cursor(
    first_index(rows_along, row_vectors, lane, first, corner.x, row_width),
    first_index(columns_along, column_vectors, lane, first, corner.y, column_width),
    step_of(rows_along, row_width),
    step_of(columns_along, column_width),
  );
}

// The next slice, of whose terms the sum has `terms` yet to come. Rows and columns beyond the result's are read like others, and
// never stored.
fn load_next(lane: u32, cursor: Cursor, row_width: u32, column_width: u32, terms: i32) -> Next {
  var next: Next;
  next.row0 = next_row(lane, cursor, row_width, terms, 0u);
  next.row1 = next_row(lane, cursor, row_width, terms, 1u);
  next.column0 = next_column(lane, cursor, column_width, terms, 0u);
  next.column1 = next_column(lane, cursor, column_width, terms, 1u);
  if (column_loads == 4u) {
    next.column2 = next_column(lane, cursor, column_width, terms, 2u);
    next.column3 = next_column(lane, cursor, column_width, terms, 3u);
  }
  return next;
}

fn next_row(lane: u32, cursor: Cursor, width: u32, terms: i32, n: u32) -> vec4f {
  let i = cursor.row + rows_beyond(rows_along, row_vectors, n) * width;
  return row_four(i, terms - i32(term_of(rows_along, row_vectors, lane, n)));
}

fn next_column(lane: u32, cursor: Cursor, width: u32, terms: i32, n: u32) -> vec4f {
  let i = cursor.column + rows_beyond(columns_along, column_vectors, n) * width;
  return column_four(i, terms - i32(term_of(columns_along, column_vectors, lane, n)));
}

// Four numbers that were read one by one: zeros past the sum's last term, where they lie along the terms.
fn four_of(along: bool, four: vec4f, terms: i32) -> vec4f {
  if (along) { return select(vec4f(0.0), four, vec4i(0, 1, 2, 3) < vec4i(terms)); }
  return four;
}

// The part of an invocation plus the slice's terms.
fn multiply_slice(tile: ptr<function, Tile8>, part: vec2u) {
  if (unroll == depth) {
    // Not a loop of one turn, which would depend on a compiler that sees that it is one.
    multiply_terms(tile, part, 0u);
  } else {
    for (var p = 0u; p < depth; p += unroll) { multiply_terms(tile, part, p); }
  }
}

fn multiply_terms(tile: ptr<function, Tile8>, part: vec2u, p: u32) {
  let x = part.x;
  let y = part.y;
  // each k
  {
    let left = columns_at(p + k, x);
    var right = left;
    if (part_columns == 8u) { right = columns_at(p + k, side_x + x); }
    if (part_rows == 2u) {
      add_first_rows(tile, row_pair_at(p + k, y), left, right);
    } else {
      let upper = rows_at(p + k, y);
      add_first_rows(tile, upper.xy, left, right);
      (*tile).left2 = fma(upper.zzzz, left, (*tile).left2);
      (*tile).left3 = fma(upper.wwww, left, (*tile).left3);
      if (part_columns == 8u) {
        (*tile).right2 = fma(upper.zzzz, right, (*tile).right2);
        (*tile).right3 = fma(upper.wwww, right, (*tile).right3);
      }
    }
    if (part_rows == 8u) {
      let lower = rows_at(p + k, side_y + y);
      (*tile).left4 = fma(lower.xxxx, left, (*tile).left4);
      (*tile).left5 = fma(lower.yyyy, left, (*tile).left5);
      (*tile).left6 = fma(lower.zzzz, left, (*tile).left6);
      (*tile).left7 = fma(lower.wwww, left, (*tile).left7);
      if (part_columns == 8u) {
        (*tile).right4 = fma(lower.xxxx, right, (*tile).right4);
        (*tile).right5 = fma(lower.yyyy, right, (*tile).right5);
        (*tile).right6 = fma(lower.zzzz, right, (*tile).right6);
        (*tile).right7 = fma(lower.wwww, right, (*tile).right7);
      }
    }
  }
  // end
}

fn add_first_rows(tile: ptr<function, Tile8>, two: vec2f, left: vec4f, right: vec4f) {
  (*tile).left0 = fma(two.xxxx, left, (*tile).left0);
  (*tile).left1 = fma(two.yyyy, left, (*tile).left1);
  if (part_columns == 8u) {
    (*tile).right0 = fma(two.xxxx, right, (*tile).right0);
    (*tile).right1 = fma(two.yyyy, right, (*tile).right1);
  }
}

// The part of invocation (x, y) of a result with `height` rows.
fn store_part(tile: Tile8, x: u32, y: u32, corner: vec2u, height: u32) {
  var rows = tile8_rows(tile);
  for (var r = 0u; r < part_rows; r++) {
    let row = corner.x + part_row(y, r);
    if (row >= height) { break; }
    store_four(row, corner.y + part_column(x), rows[2u * r]);
    if (part_columns == 8u) { store_four(row, corner.y + right_column(x), rows[2u * r + 1u]); }
  }
}

fn store_four(row: u32, column: u32, sums: vec4f) {
  store(row, column, sums.x);
  store(row, column + 1u, sums.y);
  store(row, column + 2u, sums.z);
  store(row, column + 3u, sums.w);
}
