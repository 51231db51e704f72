// The slice of a product's right operand whose columns are contiguous at each term: for lib/matmul_slices. A library.
// [term][four columns], as loaded.

const columns_along: bool = false;
var<workgroup> column_slice: array<array<vec4f, column_vectors>, depth>;

fn columns_at(term: u32, vector: u32) -> vec4f { return column_slice[term % depth][vector % column_vectors]; }

fn put_columns(lane: u32, next: Next) {
  let vector = lane % column_vectors;
  let beyond = depth / column_loads;
  let term = lane / column_vectors % beyond;
  column_slice[term][vector] = next.column0;
  column_slice[term + beyond][vector] = next.column1;
  if (column_loads == 4u) {
    column_slice[(term + 2u * beyond) % depth][vector] = next.column2;
    column_slice[(term + 3u * beyond) % depth][vector] = next.column3;
  }
}
