// A product by a workgroup: slices of both operands in workgroup memory, and a part of the result in the registers of each
// invocation. A library: needs lib/tile8; no bindings, no entry point. The kernel says what is in a slice and where sums go:
// row_four and column_four (term, row or column), store. Four lie along the terms where the operand is contiguous there
// (rows_along, columns_along), else along its rows or columns.
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
// Vectors of the right operand for each invocation, 2 or 4; of the left one there are 2.
override column_loads: u32 = column_vectors * depth / (side_x * side_y);

// [depth, row_vectors] and [depth, column_vectors]. Each length has a name: naga (Firefox) fails over two products in a type.
override row_slice_length: u32 = row_vectors * depth;
override column_slice_length: u32 = column_vectors * depth;
var<workgroup> row_slice: array<vec4f, row_slice_length>;
var<workgroup> column_slice: array<vec4f, column_slice_length>;

// What an invocation has loaded of the next slice while the present one is multiplied: vectors of the slice, or a block of four
// rows or columns by four terms, which is turned before it is stored. Only whole vectors are stored: components of one vector
// that several invocations store may overwrite each other (Metal and D3D read, change and write the vector).
struct Next {
  rows: mat4x4f,
  columns: mat4x4f,
}

// Vector i of a slice: the term, and the first of its four rows or columns.
fn across(i: u32, vectors: u32) -> vec2u { return vec2u(i / vectors, i % vectors * 4u); }

// Block i of a slice: the first of its four terms, and of its four rows or columns.
fn block_at(i: u32) -> vec2u { return vec2u(i % (depth / 4u), i / (depth / 4u)) * 4u; }

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

// The first half of the invocations takes the blocks of the rows, since there are half as many. The other half takes those of the
// columns, or all of them do where there are twice as many.
fn has_rows(lane: u32) -> bool { return lane < side_x * side_y / 2u; }
fn has_columns(lane: u32) -> bool { return column_loads == 4u || !has_rows(lane); }
fn column_block(lane: u32) -> u32 { return select(lane - side_x * side_y / 2u, lane, column_loads == 4u); }

// `first` is the slice's first term, `corner` the result's first row and column of the workgroup.
fn load_next(lane: u32, first: u32, corner: vec2u) -> Next {
  let lanes = side_x * side_y;
  var next: Next;
  if (!rows_along) {
    let one = vec2u(first, corner.x) + across(lane, row_vectors);
    let two = vec2u(first, corner.x) + across(lane + lanes, row_vectors);
    next.rows[0] = row_four(one.x, one.y);
    next.rows[1] = row_four(two.x, two.y);
  } else if (has_rows(lane)) {
    let at = vec2u(first, corner.x) + block_at(lane);
    next.rows[0] = row_four(at.x, at.y);
    next.rows[1] = row_four(at.x, at.y + 1u);
    next.rows[2] = row_four(at.x, at.y + 2u);
    next.rows[3] = row_four(at.x, at.y + 3u);
  }
  if (!columns_along) {
    let one = vec2u(first, corner.y) + across(lane, column_vectors);
    let two = vec2u(first, corner.y) + across(lane + lanes, column_vectors);
    next.columns[0] = column_four(one.x, one.y);
    next.columns[1] = column_four(two.x, two.y);
    if (column_loads == 4u) {
      let three = vec2u(first, corner.y) + across(lane + 2u * lanes, column_vectors);
      let four = vec2u(first, corner.y) + across(lane + 3u * lanes, column_vectors);
      next.columns[2] = column_four(three.x, three.y);
      next.columns[3] = column_four(four.x, four.y);
    }
  } else if (has_columns(lane)) {
    let at = vec2u(first, corner.y) + block_at(column_block(lane));
    next.columns[0] = column_four(at.x, at.y);
    next.columns[1] = column_four(at.x, at.y + 1u);
    next.columns[2] = column_four(at.x, at.y + 2u);
    next.columns[3] = column_four(at.x, at.y + 3u);
  }
  return next;
}

fn put_next(lane: u32, next: Next) {
  let lanes = side_x * side_y;
  if (!rows_along) {
    row_slice[lane] = next.rows[0];
    row_slice[lane + lanes] = next.rows[1];
  } else if (has_rows(lane)) {
    let at = block_at(lane);
    let i = at.x * row_vectors + at.y / 4u;
    let turned = transpose(next.rows);
    row_slice[i] = turned[0];
    row_slice[i + row_vectors] = turned[1];
    row_slice[i + 2u * row_vectors] = turned[2];
    row_slice[i + 3u * row_vectors] = turned[3];
  }
  if (!columns_along) {
    column_slice[lane] = next.columns[0];
    column_slice[lane + lanes] = next.columns[1];
    if (column_loads == 4u) {
      column_slice[lane + 2u * lanes] = next.columns[2];
      column_slice[lane + 3u * lanes] = next.columns[3];
    }
  } else if (has_columns(lane)) {
    let at = block_at(column_block(lane));
    let i = at.x * column_vectors + at.y / 4u;
    let turned = transpose(next.columns);
    column_slice[i] = turned[0];
    column_slice[i + column_vectors] = turned[1];
    column_slice[i + 2u * column_vectors] = turned[2];
    column_slice[i + 3u * column_vectors] = turned[3];
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
