// An 8 × 8 tile of a product in the registers of one invocation: row r is left[r] and right[r], four columns each.
// A library: no bindings, no entry point. One fused multiply–add an element and a step, so every kernel that adds its
// terms in ascending order gets the same bits.

struct Tile8 {
  left0: vec4f, right0: vec4f,
  left1: vec4f, right1: vec4f,
  left2: vec4f, right2: vec4f,
  left3: vec4f, right3: vec4f,
  left4: vec4f, right4: vec4f,
  left5: vec4f, right5: vec4f,
  left6: vec4f, right6: vec4f,
  left7: vec4f, right7: vec4f,
}

// tile += (upper, lower) (left, right)^T: eight rows' factors and eight columns' factors of one term of the sum.
fn tile8_add(tile: ptr<function, Tile8>, upper: vec4f, lower: vec4f, left: vec4f, right: vec4f) {
  (*tile).left0 = fma(upper.xxxx, left, (*tile).left0);
  (*tile).right0 = fma(upper.xxxx, right, (*tile).right0);
  (*tile).left1 = fma(upper.yyyy, left, (*tile).left1);
  (*tile).right1 = fma(upper.yyyy, right, (*tile).right1);
  (*tile).left2 = fma(upper.zzzz, left, (*tile).left2);
  (*tile).right2 = fma(upper.zzzz, right, (*tile).right2);
  (*tile).left3 = fma(upper.wwww, left, (*tile).left3);
  (*tile).right3 = fma(upper.wwww, right, (*tile).right3);
  (*tile).left4 = fma(lower.xxxx, left, (*tile).left4);
  (*tile).right4 = fma(lower.xxxx, right, (*tile).right4);
  (*tile).left5 = fma(lower.yyyy, left, (*tile).left5);
  (*tile).right5 = fma(lower.yyyy, right, (*tile).right5);
  (*tile).left6 = fma(lower.zzzz, left, (*tile).left6);
  (*tile).right6 = fma(lower.zzzz, right, (*tile).right6);
  (*tile).left7 = fma(lower.wwww, left, (*tile).left7);
  (*tile).right7 = fma(lower.wwww, right, (*tile).right7);
}

// Left and right of each row in turn: for a loop, so that what follows is compiled once a row.
fn tile8_rows(tile: Tile8) -> array<vec4f, 16> {
  return array<vec4f, 16>(
    tile.left0, tile.right0,
    tile.left1, tile.right1,
    tile.left2, tile.right2,
    tile.left3, tile.right3,
    tile.left4, tile.right4,
    tile.left5, tile.right5,
    tile.left6, tile.right6,
    tile.left7, tile.right7,
  );
}
