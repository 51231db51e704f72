// The slice of a product's left operand whose rows are contiguous at each term: for lib/matmul_slices. A library.
// [term][four rows], as loaded.

const rows_along: bool = false;
var<workgroup> row_slice: array<array<vec4f, row_vectors>, depth>;

fn rows_at(term: u32, vector: u32) -> vec4f { return row_slice[term % depth][vector % row_vectors]; }

fn row_pair_at(term: u32, pair: u32) -> vec2f {
  let four = rows_at(term, pair / 2u);
  return select(four.xy, four.zw, pair % 2u == 1u);
}

fn put_rows(lane: u32, next: Next) {
  let vector = lane % row_vectors;
  let term = lane / row_vectors % (depth / 2u);
  row_slice[term][vector] = next.row0;
  row_slice[term + depth / 2u][vector] = next.row1;
}
