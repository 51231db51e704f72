// The contract of an executor, on the reference in both precisions and on the GPU: the same programs give the same
// numbers, in the same order, and what was disposed of is refused.
import { afterAll, describe, expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { add } from '../kernels/add.ts';
import { fill } from '../kernels/fill.ts';
import { gatherRows } from '../kernels/gatherRows.ts';
import { healthField, healthLength } from '../kernels/gradientScale.ts';
import { healthColumn, metricsRow, ringRows, ringWidth } from '../kernels/metricsRow.ts';
import { sgd } from '../kernels/sgd.ts';
import { StillroomError } from '../spec/errors.ts';
import type { Executor, Placement, Storage } from '../tensor/executor.ts';
import type { Kernel } from '../tensor/kernel.ts';
import { LiveBlock, type LiveName, liveWords } from '../tensor/live.ts';
import { call, type KernelCall, type Program, type Slot, windowAlignment } from '../tensor/program.ts';
import { openNodeExecutor, releaseNodeGpu } from './node.ts';

const length = windowAlignment;
const f32 = (name: string, n = length): Slot => ({ name, dtype: 'f32', length: n });
const u32 = (name: string, n = length): Slot => ({ name, dtype: 'u32', length: n });

/** A call whose windows are whole slots. */
function over<P>(kernel: Kernel<P>, params: P, slots: readonly Slot[]): KernelCall {
  const windows = slots.map((slot) => ({ slot: slot.name, offset: 0, length: slot.length }));
  return call(kernel, params, windows);
}

function programOf(name: string, slots: readonly Slot[], calls: readonly KernelCall[]): Program {
  return { name, slots, calls };
}

const [x, y] = [f32('x'), f32('y')];
/** y + x → y. */
const adding = programOf('add', [x, y], [over(add, { length }, [x, y])]);
/** 3 → y. */
const filling = programOf('fill', [y], [over(fill, { length, value: 3 }, [y])]);

function placed(given: Readonly<Record<string, Storage>>): ReadonlyMap<string, Placement> {
  return new Map(Object.entries(given).map(([name, storage]) => [name, { storage }]));
}

/** A storage for each slot, by its name. */
function allocate(executor: Executor, slots: readonly Slot[]) {
  const all = slots.map(
    (slot) => [slot.name, executor.allocate(slot.name, slot.dtype, slot.length)] as const,
  );
  const given = Object.fromEntries(all);
  const of = (name: string): Storage => {
    const storage = given[name];
    if (storage === undefined) throw new Error(`no slot ${name}`);
    return storage;
  };
  const dispose = () => {
    for (const [, storage] of all) storage.dispose();
  };
  return { of, placements: placed(given), dispose };
}

/** Both storages of `adding`, x full of `value`, y of zeros. */
async function pairOf(executor: Executor, value: number) {
  const { of, placements, dispose } = allocate(executor, [x, y]);
  executor.write(of('x'), all(value));
  await executor.prepare([adding, filling]);
  const bound = executor.bind(adding, placements);
  const filled = executor.bind(filling, placed({ y: of('y') }));
  return { from: of('x'), to: of('y'), bound, filled, dispose };
}

function windowsOf(windows: readonly Partial<Record<LiveName, number>>[]): LiveBlock {
  const block = new LiveBlock(windows.length);
  windows.forEach((values, arm) => {
    for (const [name, value] of Object.entries(values)) block.set(arm, name as LiveName, value);
  });
  return block;
}

const all = (value: number, n = length) => new Float32Array(n).fill(value);

async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'no error';
  } catch (error) {
    return error instanceof StillroomError ? error.code : String(error);
  }
}

afterAll(releaseNodeGpu);

describe.each<[string, () => Promise<Executor>]>([
  ['the reference in float32', async () => new ReferenceExecutor('float32')],
  ['the reference in float64', async () => new ReferenceExecutor('float64')],
  ['the GPU', openNodeExecutor],
  ['the GPU, holding', async () => Object.assign(await openNodeExecutor(), { holds: true })],
])('%s', (_name, open) => {
  const opened = open();
  afterAll(async () => (await opened).dispose());

  test('allocates zeros, also where other numbers have lain', async () => {
    const executor = await opened;
    for (let i = 0; i < 3; i++) {
      const [numbers, words] = [executor.allocate('f', 'f32', 1000), executor.allocate('w', 'u32', 1000)];
      await executor.allocated();
      expect(await executor.read(numbers)).toEqual(all(0, 1000));
      expect(await executor.readWords(words)).toEqual(new Uint32Array(1000));
      executor.write(numbers, all(7, 1000));
      executor.write(words, new Uint32Array(1000).fill(7));
      numbers.dispose();
      words.dispose();
    }
  });

  test('writes at an offset and reads a part, to the last element and no further', async () => {
    const executor = await opened;
    const storage = executor.allocate('numbers', 'f32', 101);
    executor.write(storage, Float32Array.of(1, 2, 3), 98);
    executor.write(storage, Float32Array.of(-1), 0);
    const read = await executor.read(storage);
    expect(read).toHaveLength(101);
    expect([read[0], read[97], ...read.subarray(98)]).toEqual([-1, 0, 1, 2, 3]);
    expect(await executor.read(storage, 99, 2)).toEqual(Float32Array.of(2, 3));
    expect(await executor.read(storage, 99)).toEqual(Float32Array.of(2, 3));
    storage.dispose();
  });

  test('passes bits between numbers and words, in writing and in reading', async () => {
    const executor = await opened;
    const [numbers, words] = [executor.allocate('f', 'f32', 4), executor.allocate('w', 'u32', 4)];
    const given = Float32Array.of(1, -0.5, 1e-20, 3e38);
    const bits = new Uint32Array(given.buffer);
    executor.write(words, given);
    executor.write(numbers, bits);
    expect(await executor.readWords(words)).toEqual(bits);
    expect(await executor.read(numbers)).toEqual(given);
    expect(await executor.read(words)).toEqual(given);
    expect(await executor.readWords(numbers)).toEqual(bits);
    numbers.dispose();
    words.dispose();
  });

  test('runs in the given order, and as often as it is told', async () => {
    const executor = await opened;
    const { to, bound, filled, dispose } = await pairOf(executor, 5);
    executor.run([bound, filled, bound, bound]);
    expect(await executor.read(to)).toEqual(all(13));
    executor.run([bound, filled]);
    expect(await executor.read(to)).toEqual(all(3));
    dispose();
  });

  test('gives the same whatever part of it goes in one submit', async () => {
    const executor = await opened;
    const { to, bound, filled, dispose } = await pairOf(executor, 2);
    for (const most of [1, 2, 3, Number.POSITIVE_INFINITY]) {
      executor.dispatchesPerSubmit = most;
      executor.run([filled, bound, bound, bound, bound]);
      expect(await executor.read(to)).toEqual(all(11));
    }
    dispose();
  });

  test('a write takes effect after the runs before it and before the runs behind it', async () => {
    const executor = await opened;
    const { from, to, bound, dispose } = await pairOf(executor, 1);
    executor.run([bound]);
    executor.write(from, all(10));
    executor.run([bound]);
    executor.write(from, all(100));
    expect(await executor.read(to)).toEqual(all(11));
    dispose();
  });

  test('what is read is a copy of that moment: later runs and writes leave it, and it leaves the storage', async () => {
    const executor = await opened;
    const { to, bound, filled, dispose } = await pairOf(executor, 1);
    executor.run([filled]);
    const [early, part] = [executor.read(to), executor.read(to, 8, 4)];
    executor.run([bound]);
    const late = executor.read(to);
    executor.write(to, all(50));
    expect([await early, await part, await late]).toEqual([all(3), all(3, 4), all(4)]);
    (await late).fill(9);
    expect(await executor.read(to)).toEqual(all(50));
    dispose();
  });

  test('many readings at once each get their own', async () => {
    const executor = await opened;
    const storage = executor.allocate('counted', 'f32', 1);
    const readings = Array.from({ length: 40 }, (_, i) => {
      executor.write(storage, Float32Array.of(i));
      return executor.read(storage);
    });
    const found = (await Promise.all(readings)).map((one) => one[0]);
    expect(found).toEqual(Array.from({ length: 40 }, (_, i) => i));
    storage.dispose();
  });

  test('a program bound to parts of storages touches those parts alone', async () => {
    const executor = await opened;
    const whole = [f32('from', 4 * length), f32('into', 4 * length)];
    const { of, dispose } = allocate(executor, whole);
    const numbers = Float32Array.from({ length: 4 * length }, (_, i) => Math.floor(i / length) + 1);
    for (const { name } of whole) executor.write(of(name), numbers);
    await executor.prepare([adding]);
    const part = (name: string, index: number): Placement => ({ storage: of(name), offset: index * length });
    const placements = new Map(Object.entries({ x: part('from', 3), y: part('into', 1) }));
    executor.run([executor.bind(adding, placements)]);
    const read = await executor.read(of('into'));
    const parts = [0, 1, 2, 3].map((index) => read.slice(index * length, (index + 1) * length));
    expect(parts).toEqual([all(1), all(6), all(3), all(4)]);
    expect(await executor.read(of('from'))).toEqual(numbers);
    dispose();
  });

  test('copies rows between storages, words as bits, and zeros for a row past the end', async () => {
    const executor = await opened;
    const slots = [u32('indices', 3), u32('source', 8), u32('copied', 6)];
    const gather = programOf('gather', slots, [over(gatherRows, { rows: 3, size: 2, sourceRows: 4 }, slots)]);
    const { of, placements, dispose } = allocate(executor, slots);
    executor.write(of('source'), Uint32Array.of(1, 2, 0xffff_fff0, 4, 5, 0x8000_0001, 7, 8));
    executor.write(of('indices'), Uint32Array.of(2, 9, 1));
    await executor.prepare([gather]);
    executor.run([executor.bind(gather, placements)]);
    expect(await executor.readWords(of('copied'))).toEqual(
      Uint32Array.of(5, 0x8000_0001, 0, 0, 0xffff_fff0, 4),
    );
    dispose();
  });

  test('live values act from the next run on, each arm through its own window', async () => {
    const executor = await opened;
    const [health, roles] = [f32('health', healthLength), f32('roles', 2)];
    const slots = [f32('gradients'), health, roles, f32('parameters'), f32('momentum')];
    const program = programOf('sgd', slots, [over(sgd, { length }, slots)]);
    await executor.prepare([program]);
    const live = executor.allocate('live', 'u32', 2 * liveWords);
    const arms = [0, 1].map((arm) => {
      const given = allocate(executor, slots);
      executor.write(given.of('health'), Float32Array.of(1), healthField.scale);
      executor.write(given.of('roles'), Float32Array.of(0, 1));
      executor.write(given.of('gradients'), all(arm + 1));
      const window = { storage: live, offset: arm * liveWords };
      return { ...given, bound: executor.bind(program, given.placements, window) };
    });
    const both = arms.map(({ bound }) => bound);
    executor.write(live, windowsOf([{ learningRate: 0.5 }, { learningRate: 0.25 }]).words);
    executor.run(both);
    executor.write(live, windowsOf([{ learningRate: 2 }, { learningRate: 0.25, momentum: 0.5 }]).words);
    executor.run(both);
    const found = await Promise.all(arms.map(({ of }) => executor.read(of('parameters'))));
    // −0.5·1 − 2·1, and −0.25·2 − 0.25·(0.5·2 + 2).
    expect(found).toEqual([all(-2.5), all(-1.25)]);
    for (const { dispose } of arms) dispose();
    live.dispose();
  });

  test('a ring filled over its end is read back whole: each arm its own rows, the oldest overwritten', async () => {
    const executor = await opened;
    const slots = [f32('stats', 64), f32('health', healthLength), f32('ring', ringRows * ringWidth)];
    const program = programOf('ring', slots, [over(metricsRow, { rows: 0 }, slots)]);
    await executor.prepare([program]);
    const { of, placements, dispose } = allocate(executor, [
      ...slots.slice(0, 2),
      f32('ring', 2 * ringRows * ringWidth),
      u32('live', liveWords),
    ]);
    const bound = [0, 1].map((arm) => {
      const own: Placement = { storage: of('ring'), offset: arm * ringRows * ringWidth };
      const window = { storage: of('live'), offset: 0 };
      return executor.bind(program, new Map([...placements, ['ring', own]]), window);
    });
    const steps = ringRows + 40;
    for (let step = 0; step < steps; step++) {
      executor.write(of('live'), windowsOf([{ ringRow: step % ringRows }]).words);
      for (const [arm, one] of bound.entries()) {
        executor.write(of('health'), all(1000 * arm + step, healthLength));
        executor.run([one]);
      }
    }
    const read = await executor.read(of('ring'));
    const rows = [0, 1].flatMap((arm) => Array.from({ length: ringRows }, (_, row) => [arm, row] as const));
    const at = (arm: number, row: number) => (arm * ringRows + row) * ringWidth + healthColumn;
    const wanted = rows.map(([arm, row]) => 1000 * arm + (row < 40 ? ringRows + row : row));
    expect(rows.map(([arm, row]) => read[at(arm, row)])).toEqual(wanted);
    expect(await executor.read(of('ring'), at(1, 39), 1)).toEqual(Float32Array.of(1000 + ringRows + 39));
    expect(await executor.read(of('ring'), at(1, 40), 1)).toEqual(Float32Array.of(1000 + 40));
    dispose();
  });

  test('settles with nothing to do, and after work, without a fault', async () => {
    const executor = await opened;
    await executor.settled();
    const { bound, dispose } = await pairOf(executor, 1);
    for (let i = 0; i < 100; i++) executor.run([bound]);
    await Promise.all([executor.settled(), executor.settled()]);
    dispose();
    await executor.settled();
  });

  test('reports each compiled program once, up to all of them', async () => {
    const executor = await opened;
    const seen: (readonly [number, number])[] = [];
    await executor.prepare([adding, filling, adding], (done, total) => seen.push([done, total]));
    const [done, total] = seen.at(-1) ?? [0, 1];
    expect(done).toBe(total);
    expect(seen.every(([one], i) => one >= (seen[i - 1]?.[0] ?? 0))).toBe(true);
  });

  test('refuses to bind what is missing or too small, by name', async () => {
    const executor = await opened;
    await executor.prepare([adding]);
    const [small, fits] = [
      executor.allocate('small', 'f32', length - 1),
      executor.allocate('fits', 'f32', length),
    ];
    expect(await codeOf(() => executor.bind(adding, placed({ x: fits })))).toBe('slot-missing');
    expect(await codeOf(() => executor.bind(adding, placed({ x: fits, y: small })))).toBe('slot-too-small');
    const late = new Map([
      ...placed({ x: fits }),
      ['y', { storage: fits, offset: windowAlignment }] as const,
    ]);
    expect(await codeOf(() => executor.bind(adding, late))).toBe('slot-too-small');
    small.dispose();
    fits.dispose();
  });

  test('refuses more memory than there can be, and counts none of it', async () => {
    const executor = await opened;
    const before = executor.live;
    const code = await codeOf(() => executor.allocate('too much', 'f32', 2 ** 45));
    expect(['out-of-memory', 'binding-too-large']).toContain(code);
    expect(executor.live).toEqual(before);
  });

  test('counts what lives; a storage is freed once, however often it is told', async () => {
    const executor = await opened;
    const before = executor.live;
    const storage = executor.allocate('counted', 'f32', 256);
    expect(executor.live.buffers).toBe(before.buffers + 1);
    expect(executor.live.bytes - before.bytes).toBeGreaterThanOrEqual(4 * 256);
    storage.dispose();
    storage.dispose();
    expect(executor.live).toEqual(before);
  });

  test('a storage that was disposed of, or is of another executor, is not read, written or bound', async () => {
    const executor = await opened;
    const { from, to, dispose } = await pairOf(executor, 1);
    const other = new ReferenceExecutor('float32').allocate('elsewhere', 'f32', length);
    from.dispose();
    for (const storage of [from, other]) {
      expect(await codeOf(() => executor.read(storage))).toBe('storage-disposed');
      expect(await codeOf(() => executor.readWords(storage))).toBe('storage-disposed');
      expect(await codeOf(() => executor.write(storage, all(1)))).toBe('storage-disposed');
      expect(await codeOf(() => executor.bind(adding, placed({ x: storage, y: to })))).toBe(
        'storage-disposed',
      );
    }
    // Nothing of it reached the device.
    await executor.settled();
    expect(await executor.read(to)).toEqual(all(0));
    dispose();
  });

  test('a reading under way when its storage is disposed of still gives the numbers of its moment', async () => {
    const executor = await opened;
    const storage = executor.allocate('brief', 'f32', length);
    executor.write(storage, all(6));
    const reading = executor.read(storage);
    storage.dispose();
    expect(await reading).toEqual(all(6));
    await executor.settled();
  });

  test('an executor that was disposed of holds nothing, reads nothing and still settles', async () => {
    const executor = await open();
    let lost = false;
    void executor.lost.then(() => {
      lost = true;
    });
    const { to, bound } = await pairOf(executor, 1);
    executor.run([bound]);
    await executor.settled();
    expect(lost).toBe(false);
    executor.dispose();
    expect(executor.live).toEqual({ buffers: 0, bytes: 0 });
    expect(await codeOf(() => executor.read(to))).toBe('storage-disposed');
    await executor.settled();
  });
});
