/** Teachers of the bench's own: multilayer perceptrons of drawn weights as ONNX files. No runtime is opened here. */
import { writeOnnx } from '../src/sharing/onnxFile.ts';
import { OnnxBuilder } from '../src/tensor/onnxGraph.ts';
import { RandomStream } from '../src/tensor/random.ts';

/** input (batch, inputs) → Gemm → Relu → … → Gemm → logits (batch, classes), as `widths` says. */
export function perceptron(widths: readonly number[], seed = 1): Uint8Array<ArrayBuffer> {
  const builder = new OnnxBuilder('teacher');
  let value = builder.input('input', ['batch', widths[0] ?? 1]);
  const outputs = widths.slice(1);
  outputs.forEach((width, layer) => {
    const inputs = widths[layer] ?? 1;
    const random = new RandomStream(seed, layer, 0x7eac4);
    // He and others 2015, so that every layer's output is about as large as its input.
    const bound = Math.sqrt(6 / inputs);
    const weights = Float32Array.from({ length: inputs * width }, () => random.between(-bound, bound));
    const operands = [
      builder.initialiser(`w${layer}`, [inputs, width], weights),
      builder.initialiser(`b${layer}`, [width], new Float32Array(width)),
    ];
    value = builder.node('Gemm', [value, ...operands]);
    if (layer < outputs.length - 1) value = builder.node('Relu', [value]);
  });
  builder.output(value, 'logits', ['batch', widths.at(-1) ?? 1]);
  return writeOnnx(builder.build());
}

/** Multiply–adds of one sample's forward pass. */
export function multiplyAdds(widths: readonly number[]): number {
  return widths.slice(1).reduce((sum, width, layer) => sum + width * (widths[layer] ?? 1), 0);
}

/** The student's layers, each as narrow as makes the whole at least `times` as many multiply–adds, in steps of 16. */
export function teacherWidths(student: readonly number[], times: number): readonly number[] {
  const wanted = times * multiplyAdds(student);
  for (let width = 16; ; width += 16) {
    const widths = student.map((own, i) => (i === 0 || i === student.length - 1 ? own : width));
    if (multiplyAdds(widths) >= wanted) return widths;
  }
}
