// How much is under way: many very short steps behind one fence, one long step, and no more than two groups of them.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { mostSteps, Pacer } from './pacer.ts';
import type { LiveTeacher } from './turns.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Needs so many milliseconds for a step, one after the other. */
class Device {
  milliseconds: number;
  dispatchesPerSubmit = Number.POSITIVE_INFINITY;
  holds = false;
  liveTeacher: LiveTeacher | null = null;
  readonly dispatches = 100;
  readonly adapter;
  taken = 0;
  fences = 0;
  /** Most steps under way at once. */
  most = 0;
  #done = 0;
  #free = 0;

  constructor(milliseconds: number, software = false) {
    this.milliseconds = milliseconds;
    this.adapter = { name: 'imagined', software, subgroup: 0, workgroup: 256, maxBinding: 1, maxBuffer: 1 };
  }

  async takeStep(): Promise<void> {
    this.taken += 1;
    this.most = Math.max(this.most, this.taken - this.#done);
    this.#free = Math.max(this.#free, performance.now()) + this.milliseconds;
  }

  settled(): Promise<void> {
    this.fences += 1;
    const { taken } = this;
    return new Promise((resolve) => {
      const end = () => {
        this.#done = taken;
        resolve();
      };
      setTimeout(end, this.#free - performance.now());
    });
  }
}

/** What is seen of the last `steps` steps, after as many that found the pace. */
async function seen(device: Device, steps: number, pacer = new Pacer(device, device)) {
  const walk = async () => {
    for (let step = 0; step < steps; step++) await pacer.step();
    [device.fences, device.most] = [0, 0];
    for (let step = 0; step < steps; step++) await pacer.step();
  };
  const walked = walk();
  await vi.runAllTimersAsync();
  await walked;
  return { fences: device.fences, most: device.most };
}

test('very short steps share a fence, no more than sixteen of them', async () => {
  expect(await seen(new Device(0.01), 320)).toEqual({ fences: 320 / mostSteps, most: 2 * mostSteps });
});

test('of two milliseconds there are four behind a fence, of ten one, of a hundred one', async () => {
  expect(await seen(new Device(2), 64)).toEqual({ fences: 16, most: 8 });
  expect(await seen(new Device(10), 64)).toEqual({ fences: 64, most: 2 });
  expect(await seen(new Device(100), 64)).toEqual({ fences: 64, most: 2 });
});

test('steps that become longer are waited for sooner', async () => {
  const device = new Device(0.01);
  const pacer = new Pacer(device, device);
  await seen(device, 64, pacer);
  device.milliseconds = 10;
  expect(await seen(device, 64, pacer)).toEqual({ fences: 64, most: 2 });
});

test('with one group no step begins before the last one has ended', async () => {
  const device = new Device(0.01);
  expect(await seen(device, 64, new Pacer(device, device, 1))).toEqual({ fences: 64, most: 1 });
});

test('a GPU is given long steps in parts, as many as make each short; a CPU in its place is not', async () => {
  const found = [];
  for (const device of [new Device(49), new Device(60), new Device(190), new Device(190, true)]) {
    await seen(device, 20);
    found.push(device.dispatchesPerSubmit);
  }
  expect(found).toEqual([Number.POSITIVE_INFINITY, 50, 25, Number.POSITIVE_INFINITY]);
});

test('short steps go together, while no live teacher uses the device and until they have landed', async () => {
  const device = new Device(0.01);
  const pacer = new Pacer(device, device);
  await pacer.step();
  expect(device.holds).toBe(false);
  await seen(device, 64, pacer);
  await pacer.step();
  expect(device.holds).toBe(true);
  device.liveTeacher = { answer: () => Promise.resolve() };
  await pacer.step();
  expect(device.holds).toBe(false);
  device.liveTeacher = null;
  await pacer.step();
  expect(device.holds).toBe(true);
  const landed = pacer.landed();
  await vi.runAllTimersAsync();
  await landed;
  expect(device.holds).toBe(false);
});

test('a step that fails leaves nothing held', async () => {
  const device = new Device(0.01);
  const pacer = new Pacer(device, device);
  await seen(device, 64, pacer);
  device.takeStep = () => Promise.reject(new Error('no answers'));
  await expect(pacer.step()).rejects.toThrow('no answers');
  expect(device.holds).toBe(false);
});

test('the last steps have ended when all have landed, however few they are', async () => {
  const device = new Device(0.01);
  const pacer = new Pacer(device, device);
  await seen(device, 100, pacer);
  await pacer.step();
  const landed = pacer.landed();
  let ended = false;
  void landed.then(() => {
    ended = true;
  });
  await Promise.resolve();
  expect(ended).toBe(false);
  await vi.runAllTimersAsync();
  expect(ended).toBe(true);
});

test('a failure is told to whoever waits next', async () => {
  const device = new Device(1);
  const pacer = new Pacer(device, { ...device, settled: () => Promise.reject(new Error('refused')) });
  await pacer.step();
  await expect(pacer.step()).rejects.toThrow('refused');
});
