/** Orders in which commands, failures and the loss of a device cross in a session: the last word of the page holds. */
import { describe, expect, test, vi } from 'vitest';
import type { Command } from '../protocol/commands.ts';
import { StillroomError } from '../spec/errors.ts';
import type { EngineHost } from './engineHost.ts';
import { type FakeHost, fakeHost, Listening, MortalExecutor, patientClock, smallSpec } from './fakeHost.ts';

const released = vi.hoisted(() => vi.fn());
vi.mock('./prepare.ts', async (original: () => Promise<typeof import('./prepare.ts')>) => {
  const module = await original();
  const prepareRun: typeof module.prepareRun = async (...args) => {
    const prepared = await module.prepareRun(...args);
    const release = () => {
      released();
      prepared.release();
    };
    return { ...prepared, release };
  };
  return { ...module, prepareRun };
});

type OpenLive = EngineHost['openLive'];
type Opened = Awaited<ReturnType<OpenLive>>;

const long = smallSpec({ training: { ...smallSpec().training, steps: 100_000 } });
const live = { ...smallSpec().teacher, delivery: 'live' as const };
const repeat: Command = { type: 'repeat', count: 5 };
const sweep: Command = {
  ...{ type: 'sweep', spec: smallSpec(), path: 'objective.temperature' },
  runs: [1, 2, 4].map((value) => ({ value, seed: 1 })),
};

function failed(code: string): StillroomError {
  return new StillroomError({ code, problem: 'imagined' });
}

/** A session whose live teachers open when they are let, and answer as `answer` does. */
function lateTeacher(answer?: Opened['answer']) {
  const { host: inner, executors } = mortalHost();
  const waiting: ((error?: unknown) => void)[] = [];
  let asked: () => void = () => undefined;
  const openLive: OpenLive = async (...args) => {
    asked();
    await new Promise<void>((resolve, reject) => {
      waiting.push((error) => (error === undefined ? resolve() : reject(error)));
    });
    const opened = await inner.openLive(...args);
    return answer === undefined ? opened : { ...opened, answer };
  };
  const host: FakeHost = { ...inner, openLive };
  const page = new Listening(host, patientClock());
  return {
    ...{ page, executors, host },
    /** Resolves when the next one is being opened. */
    opening: () =>
      new Promise<void>((resolve) => {
        asked = resolve;
      }),
    open: (error?: unknown) => waiting.shift()?.(error),
  };
}

/** A host with the executors that it has opened so far, each of which can be lost. */
function mortalHost() {
  const executors: MortalExecutor[] = [];
  const host = fakeHost(() => {
    const executor = new MortalExecutor();
    executors.push(executor);
    return executor;
  });
  return { host, executors };
}

async function loaded(spec = smallSpec()): Promise<Listening> {
  const page = new Listening(fakeHost(() => new MortalExecutor()));
  await page.load(spec);
  return page;
}

function send(page: Listening, ...commands: readonly Command[]): void {
  for (const command of commands) page.session.handle(command);
}

const lastState = (page: Listening) => page.of('state').at(-1);

describe('a pause', () => {
  test.each([
    ['a repetition', repeat, 'replicate'],
    ['a sweep', sweep, 'sweep'],
  ] as const)('takes back %s that was asked for in the same moment', async (_, command, told) => {
    const page = await loaded();
    send(page, command, { type: 'pause' });
    await page.session.idle();
    expect(page.of(told)).toEqual([]);
    // The engine is free again.
    send(page, command);
    await page.session.idle();
    expect(page.of(told).length).toBeGreaterThan(0);
  });

  test('takes back steps that wait behind another command', async () => {
    const { page, open, opening } = lateTeacher();
    await page.load(smallSpec());
    const begun = opening();
    send(page, { type: 'live-teacher', on: true });
    await begun;
    send(page, { type: 'step', count: 20 }, { type: 'play' }, { type: 'pause' });
    open();
    await page.session.idle();
    expect(lastState(page)).toMatchObject({ step: 0, state: 'paused' });
    send(page, { type: 'step', count: 3 });
    await page.session.idle();
    expect(lastState(page)).toMatchObject({ step: 3, state: 'paused' });
  });

  test('of a run whose live teacher is being opened holds when it is there', async () => {
    const { page, open, opening } = lateTeacher();
    await page.load(long);
    send(page, { type: 'play' });
    await page.next((event) => event.type === 'state' && event.step > 3);
    const begun = opening();
    send(page, { type: 'live-teacher', on: true });
    await begun;
    send(page, { type: 'pause' });
    open();
    await page.session.idle();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(lastState(page)?.state).toBe('paused');
    await page.close();
  });

  test('of a sweep whose device is lost ends it', async () => {
    const { host, executors } = mortalHost();
    const page = new Listening(host, patientClock());
    await page.load(smallSpec());
    const begun = page.next((event) => event.type === 'sweep' && event.step > 0);
    send(page, sweep);
    await begun;
    executors[0]?.lose();
    send(page, { type: 'pause' });
    await page.session.idle();
    expect(page.of('recovered')).toHaveLength(1);
    const told = page.of('sweep').length;
    expect(page.events.findLastIndex(({ type }) => type === 'sweep')).toBeLessThan(
      page.events.findIndex(({ type }) => type === 'recovered'),
    );
    expect(told).toBeLessThan(8);
  });

  test('at the last step leaves the run finished', async () => {
    const page = await loaded();
    send(page, { type: 'step', count: 60 }, { type: 'play' });
    const last = page.next((event) => event.type === 'evaluation' && event.step === 60);
    await last;
    send(page, { type: 'pause' });
    await page.session.idle();
    expect(lastState(page)).toMatchObject({ step: 60, state: 'finished' });
  });
});

describe('another run', () => {
  test('need not wait for steps of the one before', async () => {
    const page = await loaded(long);
    const begun = page.next((event) => event.type === 'state' && event.step > 3);
    send(page, { type: 'step', count: 90_000 });
    await begun;
    await page.load(smallSpec({ seed: 9 }));
    expect(page.of('ready')).toHaveLength(2);
    expect(lastState(page)).toMatchObject({ step: 0, state: 'paused' });
    expect(Math.max(...page.of('state').map(({ step }) => step))).toBeLessThan(90_000);
  });

  test('is not told of what the one before still fails at', async () => {
    let miss: (error: unknown) => void = () => undefined;
    const answered = new Promise<void>((_, reject) => {
      miss = reject;
    });
    answered.catch(() => undefined);
    let asked: () => void = () => undefined;
    const waits = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const { page, open, opening } = lateTeacher(() => {
      asked();
      return answered;
    });
    const begun = opening();
    const loading = page.load({ ...long, teacher: live });
    await begun;
    open();
    await loading;
    send(page, { type: 'play' });
    await waits;
    const next = page.load(smallSpec({ seed: 9 }));
    miss(failed('teacher-deadline'));
    await next;
    expect(page.of('error')).toEqual([]);
    expect(page.of('ready')).toHaveLength(2);
  });

  test('can tell by the command whether it is itself what failed', async () => {
    const page = await loaded();
    send(page, { type: 'set', path: 'objective.temperature', value: -1 });
    send(page, { type: 'load', spec: smallSpec(), files: [], resume: false });
    await page.session.idle();
    expect(page.of('error').map(({ of }) => of)).toEqual(['set', 'load']);
  });
});

test('a setting that follows a load which failed is refused by the name that the page knows', async () => {
  const page = new Listening(fakeHost(() => new MortalExecutor()));
  send(page, { type: 'load', spec: smallSpec(), files: [], resume: false });
  send(page, { type: 'set', path: 'objective.temperature', value: 3 });
  await page.session.idle();
  expect(page.of('error').map(({ detail, of }) => [of, detail.code])).toEqual([
    ['load', 'teacher-missing'],
    ['set', 'no-run'],
  ]);
});

test('what was prepared for a run that then finds no memory is given back', async () => {
  const executor = new MortalExecutor();
  executor.allocated = () => Promise.reject(failed('out-of-memory'));
  const page = new Listening(fakeHost(() => executor));
  released.mockClear();
  await page.load(smallSpec());
  expect(page.of('error').map(({ detail }) => detail.code)).toEqual(['out-of-memory']);
  expect(released).toHaveBeenCalledOnce();
});

describe('a live teacher', () => {
  test('that did not open is not wanted any more when the device is lost later', async () => {
    const { page, open, opening, executors } = lateTeacher();
    await page.load(smallSpec());
    const begun = opening();
    send(page, { type: 'live-teacher', on: true });
    await begun;
    open(failed('teacher-run'));
    await page.session.idle();
    const recovered = page.next((event) => event.type === 'recovered');
    executors[0]?.lose();
    await recovered;
    await page.playToEnd();
    expect(page.of('error').map(({ detail }) => detail.code)).toEqual(['teacher-run']);
    expect(lastState(page)).toMatchObject({ step: 60, state: 'finished' });
  });

  test('whose device is lost while it is opened lets a run that played play on with it', async () => {
    const { page, open, opening, executors } = lateTeacher();
    await page.load(long);
    send(page, { type: 'play' });
    await page.next((event) => event.type === 'state' && event.step > 3);
    let begun = opening();
    send(page, { type: 'live-teacher', on: true });
    await begun;
    executors[0]?.lose();
    begun = opening();
    open(failed('device-lost'));
    await begun;
    open();
    const on = page.next((event) => event.type === 'state' && event.state === 'playing');
    await on;
    expect(page.of('teacher').at(-1)?.teacher.delivery).toBe('live');
    expect(page.of('error')).toEqual([]);
    await page.close();
  });

  test.each([
    ['play', { type: 'play' }],
    ['step', { type: 'step', count: 60 }],
  ] as const)('that was stopped at its deadline is opened again at the next %s', async (_, command) => {
    const inner = fakeHost(() => new MortalExecutor());
    // The worker of the first one has been ended: it refuses whatever is asked of it from now on.
    const openLive: OpenLive = async (...args) => {
      const opened = await inner.openLive(...args);
      const refuse = () => Promise.reject(failed('teacher-deadline'));
      return inner.counts.live === 1 ? { ...opened, answer: refuse } : opened;
    };
    const page = new Listening({ ...inner, openLive });
    await page.load(smallSpec({ teacher: live }));
    send(page, { type: 'play' });
    await page.next((event) => event.type === 'error');
    send(page, command);
    await page.next(({ type }) => type === 'teacher');
    await page.ended();
    expect(page.of('error').map(({ detail }) => detail.code)).toEqual(['teacher-deadline']);
    expect(lastState(page)).toMatchObject({ step: 60, state: 'finished' });
    expect(inner.counts.live).toBe(2);
  });

  test('that is switched on and off at once is off', async () => {
    const { page, open, opening } = lateTeacher();
    await page.load(smallSpec());
    const begun = opening();
    send(page, { type: 'live-teacher', on: true }, { type: 'live-teacher', on: false });
    await begun;
    open();
    await page.session.idle();
    expect(page.of('teacher').at(-1)?.teacher.delivery).not.toBe('live');
    await page.playToEnd();
    expect(page.of('error')).toEqual([]);
  });
});

test('seeds whose device is lost are run again from the first', async () => {
  const { host, executors } = mortalHost();
  const page = new Listening(host, patientClock());
  await page.load(smallSpec());
  const begun = page.next((event) => event.type === 'replicate' && event.index === 1);
  send(page, { type: 'repeat', count: 2 });
  await begun;
  executors[0]?.lose();
  await page.session.idle();
  const told = page.events.findIndex(({ type }) => type === 'recovered');
  const again = page.events.slice(told).filter((event) => event.type === 'replicate');
  expect(again[0]).toMatchObject({ index: 0 });
  expect(again.filter(({ finished }) => finished)).toHaveLength(2);
});

test('files that are dropped while a sweep is on are looked at meanwhile', async () => {
  const inspection = { teacher: null, images: null, labels: null, missing: [], fingerprint: '' };
  const host = fakeHost(() => new MortalExecutor());
  const page = new Listening({ ...host, inspect: () => Promise.resolve(inspection) });
  await page.load(smallSpec());
  const begun = page.next(({ type }) => type === 'sweep');
  send(page, sweep);
  await begun;
  send(page, { type: 'inspect', id: 7, files: [] });
  await page.session.idle();
  const types = page.events.map(({ type }) => type);
  expect(page.of('reply')).toMatchObject([{ id: 7, reply: { kind: 'inspection' } }]);
  expect(types.indexOf('reply')).toBeLessThan(types.lastIndexOf('sweep') - 1);
});
