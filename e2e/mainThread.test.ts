// While a run trains live, the page's own thread stays free: no task takes more than 50 ms of its CPU time. Read from a
// trace of the browser itself, by thread time, so that a busy machine does not count.
import type { CDPSession, Page } from '@playwright/test';
import { presets } from '../src/spec/presets.ts';
import { expect, test } from './browser.ts';
import { open, state } from './page.ts';

/** What is used of a trace event: microseconds of the clock and of the thread's CPU time. */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string; readonly data?: Readonly<Record<string, unknown>> };
}

interface Task {
  /** Milliseconds of CPU time. */
  readonly cpu: number;
  readonly ts: number;
  /** What ran within it, the longest first; only where it took too long. */
  readonly parts: readonly string[];
}

const categories = ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline', '__metadata'];
const longest = 50;
const seconds = 10;
/** Until then shaders are compiled and the page is drawn for the first time. */
const settledAfter = 20;

/** The tasks of the page's main thread while `during` runs. */
async function traced(page: Page, during: () => Promise<void>): Promise<readonly Task[]> {
  const client = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  client.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  await client.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: categories },
  });
  // A mark by which the page's own thread is known among those of other processes.
  const mark = 'stillroom main thread';
  await page.evaluate((name) => console.timeStamp(name), mark);
  await during();
  await ended(client);
  const marked = events.find(({ name, args }) => name === 'TimeStamp' && JSON.stringify(args).includes(mark));
  if (marked === undefined) throw new Error('the trace does not show the page');
  const own = events.filter(({ pid, tid }) => pid === marked.pid && tid === marked.tid);
  const isMain = own.some(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain');
  if (!isMain) throw new Error('the mark is not on a main thread');
  return tasksOf(own);
}

async function ended(client: CDPSession): Promise<void> {
  const complete = new Promise<void>((resolve) => client.once('Tracing.tracingComplete', () => resolve()));
  await client.send('Tracing.end');
  await complete;
}

/** Whole tasks of one thread, the longest first. */
function tasksOf(events: readonly TraceEvent[]): readonly Task[] {
  const whole = events.filter(({ ph, tdur }) => ph === 'X' && tdur !== undefined);
  const tasks = whole.filter(({ name }) => /^(RunTask|ThreadControllerImpl::RunTask)$/.test(name));
  const found = tasks.map((task) => {
    const cpu = (task.tdur ?? 0) / 1000;
    if (cpu <= longest) return { cpu, ts: task.ts, parts: [] };
    const [from, to] = [task.ts, task.ts + (task.dur ?? 0)];
    const inside = whole.filter((one) => one !== task && one.ts >= from && one.ts + (one.dur ?? 0) <= to);
    const longestFirst = inside.sort((a, b) => (b.tdur ?? 0) - (a.tdur ?? 0)).slice(0, 8);
    return {
      ...{ cpu, ts: task.ts },
      parts: longestFirst.map(({ name, tdur, args }) => {
        const where =
          args?.data === undefined ? '' : ` ${args.data['functionName'] ?? args.data['type'] ?? ''}`;
        return `${name}${where} ${((tdur ?? 0) / 1000).toFixed(1)}`;
      }),
    };
  });
  return found.sort((a, b) => b.cpu - a.cpu);
}

async function training(page: Page): Promise<void> {
  await open(page, '#preset=two-moons-1');
  const spec = presets.get('two-moons-1')?.spec;
  if (spec === undefined) throw new Error('there is no two-moons-1');
  // Ten times as many steps, so that it does not end meanwhile.
  const long = { ...spec, training: { ...spec.training, steps: 15_000 } };
  await page.evaluate(async (wanted) => {
    await window.stillroom.load(wanted);
    void window.stillroom.play();
  }, long);
  const step = async () => {
    const now = await state(page);
    return now.state === 'playing' ? now.step : 0;
  };
  await expect.poll(step, { timeout: 90_000 }).toBeGreaterThan(settledAfter);
}

test('ten seconds of live training hold the main thread for no more than 50 ms of CPU at a time, and a task of 60 ms would be seen', async ({
  page,
}) => {
  await training(page);
  const before = (await state(page)).step;
  let after = before;
  const tasks = await traced(page, async () => {
    await page.waitForTimeout(1000 * seconds);
    const now = await state(page);
    if (now.state === 'playing') after = now.step;
    // What follows needs no GPU.
    await page.evaluate(() => window.stillroom.pause());
  });
  expect(after, 'it trained all the while').toBeGreaterThan(before + 20);
  // A thread that draws has tasks in each frame: fewer would mean that they were not seen.
  expect(tasks.length).toBeGreaterThan(100);
  expect(tasks[0]?.cpu).toBeGreaterThan(1);
  expect(tasks.filter(({ cpu }) => cpu > longest)).toEqual([]);

  const planted = await traced(page, async () => {
    await page.evaluate(() => {
      // So much work, not so much time: on a machine that is shared a clock tells little of what was computed.
      const work = (most: number, until: number) => {
        let done = 0;
        while (done < most && performance.now() < until) done += 1;
        return done;
      };
      let inTwoMs = 0;
      for (let i = 0; i < 20; i++) {
        inTwoMs = Math.max(inTwoMs, work(Number.POSITIVE_INFINITY, performance.now() + 2));
      }
      return new Promise<void>((resolve) => {
        setTimeout(() => {
          work(30 * inTwoMs, Number.POSITIVE_INFINITY);
          resolve();
        });
      });
    });
    // Until the trace has it.
    await page.waitForTimeout(500);
  });
  expect(planted.filter(({ cpu }) => cpu > longest).length).toBeGreaterThan(0);
});
