// Which rows of a batch count where a student has written some of its texts: of these the tokens behind the prompt, up to
// the mark of the end, without labels. Then 1/N of valid and of labelled rows into the live window, for all that follows.
//
//   lengths [batch]: tokens of each text that were given; all of them where nothing was written, and its flags stay.
//   sequence [batch, positions]: tokens; flags [batch, positions] (bit 0 valid, bit 1 labelled), row p asks for token p + 1;
//   live [64]: words 14 and 15 are inverse_valid and inverse_labelled.
// Exact: counts are integers, and one workgroup takes all texts.

struct Shape {
  batch: u32,
  positions: u32,
  // The token that ends a text; 0xffffffff where there is none.
  end: u32,
}

const lanes: u32 = 64u;

@group(0) @binding(0) var<storage, read> lengths: array<u32>;
@group(0) @binding(1) var<storage, read> sequence: array<u32>;
@group(0) @binding(2) var<storage, read_write> flags: array<u32>;
@group(0) @binding(3) var<storage, read_write> live_words: array<u32>;
@group(0) @binding(4) var<uniform> shape: Shape;

var<workgroup> valid_rows: array<u32, lanes>;
var<workgroup> labelled_rows: array<u32, lanes>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
  var valid = 0u;
  var labelled = 0u;
  for (var text = lane; text < shape.batch; text += lanes) {
    let given = lengths[text];
    let written = given < shape.positions;
    var ended = false;
    for (var p = 0u; p < shape.positions; p++) {
      let row = text * shape.positions + p;
      if (written) {
        ended = ended || (p >= given && sequence[row] == shape.end);
        flags[row] = select(0u, 1u, p + 1u >= given && !ended);
      }
      let flag = flags[row];
      valid += flag & 1u;
      labelled += flag & (flag >> 1u) & 1u;
    }
  }
  valid_rows[lane] = valid;
  labelled_rows[lane] = labelled;
  workgroupBarrier();
  if (lane != 0u) { return; }
  for (var i = 1u; i < lanes; i++) {
    valid += valid_rows[i];
    labelled += labelled_rows[i];
  }
  live_words[14] = select(bitcast<u32>(1.0 / f32(valid)), 0u, valid == 0u);
  live_words[15] = select(bitcast<u32>(1.0 / f32(labelled)), 0u, labelled == 0u);
}
