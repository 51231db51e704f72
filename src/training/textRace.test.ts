// A whole race over stories on the reference: a transformer and its teacher's answers, measured, and left as files.
import { expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { datasetFromSpec } from '../data/fromSpec.ts';
import { exportsOf } from '../protocol/commands.ts';
import { readSafetensors } from '../sharing/safetensors.ts';
import { presets } from '../spec/presets.ts';
import { parseRunSpec, type StudentSpec } from '../spec/runSpec.ts';
import { readModel } from '../teachers/onnx/modelFile.ts';
import { exportRun } from './exports.ts';
import { fakePrepared } from './fakePrepared.ts';
import { Race } from './race.ts';

const steps = 10;

const transformer: StudentSpec = {
  ...{ kind: 'transformer', layers: 1, width: 8, heads: 2, kvHeads: 1 },
  ...{ norm: 'rms', positions: 'rotary', mlp: 'swiglu', tied: true, dropout: 0 },
};
const causalConv: StudentSpec = {
  ...{ kind: 'causal_conv', layers: 1, width: 8, kernel: 2, activation: 'gelu', tied: true, dropout: 0 },
};

function specOf(student: StudentSpec) {
  const base = presets.get('two-moons-1')?.spec;
  if (base === undefined) throw new Error('no preset');
  const rows = { transfer: 24, labelled: 'all', validation: 4, test: 4, leaveOut: [], labelNoise: 0 };
  return parseRunSpec({
    ...base,
    data: { task: 'stories', tokenizer: 'word', ...rows, dataSeed: 1, length: 12, written: false },
    student,
    optimiser: { ...base.optimiser, learningRate: 0.02, warmup: 0 },
    training: { steps, batch: 4, accumulate: 1, evaluateEvery: steps },
    arms: [{ kind: 'labels' }, { kind: 'distilled' }],
  });
}

test.each([transformer, causalConv])(
  'a $kind of stories learns, is measured and leaves as files',
  async (student) => {
    const spec = specOf(student);
    const prepared = fakePrepared(datasetFromSpec(spec, spec.seed));
    const race = await Race.create(new ReferenceExecutor('float32'), spec, prepared);
    const [before] = await race.evaluations();
    while (!race.trainer.finished) await race.trainer.takeStep();
    const [after] = await race.evaluations();
    expect(after?.language?.validationLoss).toBeLessThan(0.9 * (before?.language?.validationLoss ?? 0));
    const source = { race, prepared, versions: {}, command: null };
    const evaluations = [{ step: steps, arms: await race.evaluations() }];
    const log = { arms: ['labels', 'distilled'], steps: [], values: [], evaluations };
    const names: string[] = [];
    for (const what of exportsOf({ student, teacher: spec.teacher })) {
      const { name, bytes } = await exportRun({ ...source, log }, what, 1);
      names.push(name);
      expect(bytes.length).toBeGreaterThan(0);
      if (name.endsWith('.onnx')) {
        const inputs = readModel(bytes).graph.inputs.map((input) => input.name);
        expect(inputs.includes('past_key_values.0.key')).toBe(name === 'student-with-cache.onnx');
      }
      if (name === 'run.json') {
        const { final } = JSON.parse(new TextDecoder().decode(bytes));
        expect(final[0].language).toEqual({ ...after?.language, texts: undefined });
      }
      if (name.endsWith('.safetensors')) {
        const { tensors } = readSafetensors(bytes);
        expect(tensors.map((tensor) => tensor.name)).not.toContain('rotary');
        expect(tensors.reduce((sum, { data }) => sum + data.length, 0)).toBe(race.student.parameters);
      }
    }
    expect(names.includes('student-with-cache.onnx')).toBe(student.kind === 'transformer');
    race.dispose();
  },
);
