// What the kernels share that run after the row loss and add to it; they ask terms/row nothing about labels.
// A library: no bindings, no entry point.

const VALID = 1u;
// Statistics of a row, as the row loss writes them.
const STATS = 16u;
const LABEL_TERMS = false;
const BESIDE_LABEL = false;
