// What a matrix product does to each finished sum before it is stored. Twin of `epilogue` in src/kernels/matmul.ts.
// A library: needs lib/math. `extra` is the bias of the column, or the saved activation at the element.

// 0 none, 1 bias, 2 bias_relu, 3 bias_tanh, 4 times_relu_gradient, 5 times_tanh_gradient
override epilogue: u32 = 0u;

fn finish(sum: f32, extra: f32) -> f32 {
  switch epilogue {
    case 1u: { return sum + extra; }
    case 2u: { return max(sum + extra, 0.0); }
    case 3u: { return tanh_stable(sum + extra); }
    case 4u: { return select(0.0, sum, extra > 0.0); }
    case 5u: { return sum * fma(-extra, extra, 1.0); }
    default: { return sum; }
  }
}

// Where the extra operand of element (row, column) of n columns lies.
fn extra_index(row: u32, column: u32, n: u32) -> u32 {
  switch epilogue {
    case 0u: { return 0u; }
    case 1u, 2u, 3u: { return column; }
    default: { return row * n + column; }
  }
}
