import { describe, expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { LiveBlock } from '../tensor/live.ts';
import { compileEvaluate, compileGradient, type Model, statsWidth } from './compile.ts';
import { linear } from './linear.ts';
import { Tape } from './tape.ts';

const [batch, positions, classes] = [2, 3, 4];

/** Each sample has five features and three rows of four logits. */
function severalRows(): Model {
  const tape = new Tape();
  const input = tape.value([5]);
  const logits = linear(tape, input, { outputs: positions * classes, activation: 'none' });
  return {
    tape,
    input,
    inputDtype: 'f32',
    positions,
    logits,
    layers: [],
    hidden: { pairs: [], balance: false },
  };
}

describe('a student with several rows in a sample', () => {
  test('has a label, flags and statistics for each row, and logits for each class of it', () => {
    const { program } = compileGradient(severalRows(), ['forward_kl'], {
      ...{ batch, software: true, accumulate: false },
    });
    const lengths = Object.fromEntries(program.slots.map(({ name, length }) => [name, length]));
    expect(lengths).toMatchObject({
      input: batch * 5,
      teacher: batch * positions * classes,
      labels: batch * positions,
      flags: batch * positions,
      stats: batch * positions * statsWidth,
    });
  });

  test('is fed words where its samples are tokens', () => {
    const model: Model = { ...severalRows(), inputDtype: 'u32' };
    const { program } = compileEvaluate(model, { batch, software: true });
    expect(program.slots.find(({ name }) => name === 'input')?.dtype).toBe('u32');
  });

  test('learns nothing from a row that is padding', async () => {
    const gradientOf = async (flags: Uint32Array<ArrayBuffer>) => {
      const executor = new ReferenceExecutor('float64');
      const { program } = compileGradient(severalRows(), [], {
        ...{ batch, software: true, accumulate: false },
      });
      const placements = new Map(
        program.slots.map((slot) => [
          slot.name,
          { storage: executor.allocate(slot.name, slot.dtype, slot.length) },
        ]),
      );
      const write = (name: string, numbers: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>) => {
        const placement = placements.get(name);
        if (placement !== undefined) executor.write(placement.storage, numbers);
      };
      write('input', new Float32Array(batch * 5).fill(1));
      write('labels', new Uint32Array(batch * positions).fill(1));
      write('flags', flags);
      const live = new LiveBlock(1);
      live.set(0, 'labelWeight', 1);
      live.set(0, 'inverseLabelled', 1);
      const window = executor.allocate('live', 'u32', live.words.length);
      executor.write(window, live.words);
      await executor.prepare([program]);
      executor.run([executor.bind(program, placements, { storage: window, offset: 0 })]);
      const storage = placements.get('gradients.0')?.storage;
      if (storage === undefined) throw new RangeError('no gradients');
      return executor.read(storage);
    };
    const one = await gradientOf(Uint32Array.of(3, 0, 0, 0, 0, 0));
    const two = await gradientOf(Uint32Array.of(3, 0, 0, 3, 0, 0));
    const squares = (numbers: Float32Array) => numbers.reduce((sum, x) => sum + x * x, 0);
    // Both samples are alike, so a second row like the first doubles the gradient.
    expect(Math.sqrt(squares(two) / squares(one))).toBeCloseTo(2, 6);
    // Only the first row's four logits have a bias with a gradient.
    expect(one.filter((x) => x !== 0).length).toBe(classes * 6);
  });
});
