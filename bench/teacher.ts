/** Teachers of the bench's own: multilayer perceptrons of drawn weights, as ONNX files too. No runtime is opened here. */
import { writeOnnx } from '../src/sharing/onnxFile.ts';
import { OnnxBuilder } from '../src/tensor/onnxGraph.ts';
import { RandomStream } from '../src/tensor/random.ts';

export interface TeacherShape {
  /** Of the teacher and of the student: inputs, hidden widths, classes. */
  readonly teacher: readonly number[];
  readonly student: readonly number[];
  readonly batch: number;
}

/** A vocabulary of language either way; a CPU in place of a GPU takes seconds over what a GPU hardly notices. */
export function teacherShapeOf(software: boolean): TeacherShape {
  return software
    ? { teacher: [32, 16, 32_768], student: [32, 16, 32_768], batch: 64 }
    : { teacher: [256, 512, 512, 32_768], student: [256, 256, 32_768], batch: 128 };
}

/** `whole step of 32-16-32768, batch 64, teacher 32-16-32768, 8 MiB of logits` */
export function teacherWork({ teacher, student, batch }: TeacherShape): string {
  const mebibytes = (4 * batch * (teacher.at(-1) ?? 0)) / 2 ** 20;
  return `whole step of ${student.join('-')}, batch ${batch}, teacher ${teacher.join('-')}, ${mebibytes} MiB of logits`;
}

/** A layer's weight (inputs, width). He and others 2015, so that every layer's output is about as large as its input. */
export function layerWeight(widths: readonly number[], layer: number): Float32Array<ArrayBuffer> {
  const [inputs = 1, width = 1] = [widths[layer], widths[layer + 1]];
  const random = new RandomStream(1, layer, 0x7eac4);
  const bound = Math.sqrt(6 / inputs);
  return Float32Array.from({ length: inputs * width }, () => random.between(-bound, bound));
}

/** input (batch, inputs) → Gemm → Relu → … → Gemm → logits (batch, classes), as `widths` says. */
export function perceptron(widths: readonly number[]): Uint8Array<ArrayBuffer> {
  const builder = new OnnxBuilder('teacher');
  let value = builder.input('input', ['batch', widths[0] ?? 1]);
  const outputs = widths.slice(1);
  outputs.forEach((width, layer) => {
    const operands = [
      builder.initialiser(`w${layer}`, [widths[layer] ?? 1, width], layerWeight(widths, layer)),
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
