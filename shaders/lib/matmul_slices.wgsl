// A product by a workgroup: slices of both operands in workgroup memory, and a part of the result in the registers of each
// invocation. A library: needs lib/tile8; no bindings, no entry point. The kernel says what is in a slice and where sums go:
// load_rows and load_columns (vector i of the slice from term `first`), put_rows and put_columns, store.
//
// A slice is `depth` terms of the sum; at each term, the rows of the left operand and the columns of the right one in
// vectors of four. One fused multiply–add an element and a term, terms ascending, whatever the sizes: the same bits.
// Slices are padded with zeros, which change no bit of a sum that began at +0.

// Invocations along the columns and the rows of the result; rows (2, 4 or 8) and columns (4 or 8) of an invocation's part.
override side_x: u32 = 8u;
override side_y: u32 = 8u;
override part_rows: u32 = 4u;
override part_columns: u32 = 4u;
override depth: u32 = 16u;

override row_vectors: u32 = side_y * part_rows / 4u;
override column_vectors: u32 = side_x * part_columns / 4u;
// Vectors of the right operand that an invocation loads, 2 or 4; of the left one it loads 2.
override column_loads: u32 = column_vectors * depth / (side_x * side_y);

// [depth, row_vectors] and [depth, column_vectors]
var<workgroup> row_slice: array<vec4f, row_vectors * depth>;
var<workgroup> column_slice: array<vec4f, column_vectors * depth>;

// What an invocation has loaded of the next slice while the present one is multiplied.
struct Next {
  rows: array<vec4f, 2>,
  columns: array<vec4f, 4>,
}

// Vector i of a slice: the term, and the first of its four rows or columns.
fn across(i: u32, vectors: u32) -> vec2u { return vec2u(i / vectors, i % vectors * 4u); }

// Where an operand is contiguous along the terms: the first of four terms, and their one row or column.
fn along(i: u32) -> vec2u { return vec2u(i % (depth / 4u) * 4u, i / (depth / 4u)); }

fn put_rows_along(i: u32, four: vec4f) {
  let at = along(i);
  let first = at.x * row_vectors + at.y / 4u;
  row_slice[first][at.y % 4u] = four.x;
  row_slice[first + row_vectors][at.y % 4u] = four.y;
  row_slice[first + 2u * row_vectors][at.y % 4u] = four.z;
  row_slice[first + 3u * row_vectors][at.y % 4u] = four.w;
}

fn put_columns_along(i: u32, four: vec4f) {
  let at = along(i);
  let first = at.x * column_vectors + at.y / 4u;
  column_slice[first][at.y % 4u] = four.x;
  column_slice[first + column_vectors][at.y % 4u] = four.y;
  column_slice[first + 2u * column_vectors][at.y % 4u] = four.z;
  column_slice[first + 3u * column_vectors][at.y % 4u] = four.w;
}

// Rows and columns of an invocation's part: fours lie a whole side apart, so that neighbours read neighbouring vectors.
fn part_row(y: u32, r: u32) -> u32 {
  if (part_rows == 2u) { return 2u * y + r; }
  return r / 4u * side_y * 4u + 4u * y + r % 4u;
}

fn part_column(x: u32) -> u32 { return 4u * x; }
fn right_column(x: u32) -> u32 { return 4u * (side_x + x); }

// The part of invocation (x, y) plus the slice's terms.
fn multiply_slice(tile: ptr<function, Tile8>, x: u32, y: u32) {
  for (var p = 0u; p < depth; p++) {
    let rows = p * row_vectors;
    let columns = p * column_vectors;
    let left = column_slice[columns + x];
    var right = left;
    if (part_columns == 8u) { right = column_slice[columns + side_x + x]; }
    if (part_rows == 2u) {
      let four = row_slice[rows + y / 2u];
      add_first_rows(tile, select(four.xy, four.zw, y % 2u == 1u), left, right);
    } else {
      let upper = row_slice[rows + y];
      add_first_rows(tile, upper.xy, left, right);
      (*tile).left2 = fma(upper.zzzz, left, (*tile).left2);
      (*tile).left3 = fma(upper.wwww, left, (*tile).left3);
      if (part_columns == 8u) {
        (*tile).right2 = fma(upper.zzzz, right, (*tile).right2);
        (*tile).right3 = fma(upper.wwww, right, (*tile).right3);
      }
    }
    if (part_rows == 8u) {
      let lower = row_slice[rows + side_y + y];
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
}

fn add_first_rows(tile: ptr<function, Tile8>, two: vec2f, left: vec4f, right: vec4f) {
  (*tile).left0 = fma(two.xxxx, left, (*tile).left0);
  (*tile).left1 = fma(two.yyyy, left, (*tile).left1);
  if (part_columns == 8u) {
    (*tile).right0 = fma(two.xxxx, right, (*tile).right0);
    (*tile).right1 = fma(two.yyyy, right, (*tile).right1);
  }
}

// `first` is the slice's first term, `corner` the result's first row and column of the workgroup.
fn load_next(lane: u32, first: u32, corner: vec2u) -> Next {
  let lanes = side_x * side_y;
  var next: Next;
  next.rows[0] = load_rows(lane, first, corner.x);
  next.rows[1] = load_rows(lane + lanes, first, corner.x);
  next.columns[0] = load_columns(lane, first, corner.y);
  next.columns[1] = load_columns(lane + lanes, first, corner.y);
  if (column_loads == 4u) {
    next.columns[2] = load_columns(lane + 2u * lanes, first, corner.y);
    next.columns[3] = load_columns(lane + 3u * lanes, first, corner.y);
  }
  return next;
}

fn put_next(lane: u32, next: Next) {
  let lanes = side_x * side_y;
  put_rows(lane, next.rows[0]);
  put_rows(lane + lanes, next.rows[1]);
  put_columns(lane, next.columns[0]);
  put_columns(lane + lanes, next.columns[1]);
  if (column_loads == 4u) {
    put_columns(lane + 2u * lanes, next.columns[2]);
    put_columns(lane + 3u * lanes, next.columns[3]);
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
