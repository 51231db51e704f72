/**
 * How things are timed: contestants in turn (A B A B), each turn a batch of repetitions and one fence. It knows no GPU
 * and no library.
 */

/** One way of doing a piece of work. Its owner disposes of it. */
export interface Contestant {
  readonly name: string;
  /** Issues the work `count` times and resolves when all of it is done. */
  run(count: number): Promise<void>;
  dispose(): void;
}

/** Milliseconds for one repetition. */
export interface Timing {
  readonly name: string;
  /** The first repetition of all, compilation included. */
  readonly first: number;
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** Of each turn, in order. */
  readonly times: readonly number[];
  /** The least processor time of a turn, of all threads: other work only adds to it. NaN where there is no such clock. */
  readonly cpu: number;
}

export interface ContestOptions {
  readonly turns: number;
  /** Of a turn, at least. */
  readonly repetitions: number;
  /** What a GPU needs, whose clock rises over some hundred milliseconds of work and falls again without. Nothing unless told. */
  readonly warmth?: Warmth;
  /** Milliseconds; replaced in tests. */
  readonly now?: () => number;
  /** Milliseconds that all threads of the work have computed together. */
  readonly cpu?: () => number | Promise<number>;
}

export interface Warmth {
  /** Milliseconds of work before a turn counts. */
  readonly workMs: number;
  /** Milliseconds that a turn takes at least, by more repetitions: what a fence costs is then little of it. */
  readonly turnMs: number;
}

interface Clocks {
  readonly now: () => number;
  readonly cpu: () => number | Promise<number>;
}

/** Most repetitions of a turn that were not asked for. */
const mostRepetitions = 2000;

/** Each contestant once to compile, once or for as long as `warmth` says to warm up, then `turns` rounds of all of them. */
export async function contest(
  contestants: readonly Contestant[],
  {
    turns,
    repetitions,
    warmth = { workMs: 0, turnMs: 0 },
    now = () => performance.now(),
    cpu = () => Number.NaN,
  }: ContestOptions,
): Promise<readonly Timing[]> {
  const clocks = { now, cpu };
  const entries = [];
  for (const contestant of contestants) {
    const first = (await timed(contestant, 1, clocks)).time;
    const warm = await timed(contestant, repetitions, clocks);
    const count = Math.max(repetitions, Math.min(mostRepetitions, Math.ceil(warmth.turnMs / warm.time)));
    entries.push({ contestant, first, count, times: [] as number[], cpuTimes: [] as number[] });
  }
  const start = now();
  while (now() - start < warmth.workMs) {
    for (const { contestant, count } of entries) await contestant.run(count);
  }
  for (let turn = 0; turn < turns; turn++) {
    for (const { contestant, count, times, cpuTimes } of entries) {
      const found = await timed(contestant, count, clocks);
      times.push(found.time);
      cpuTimes.push(found.cpuTime);
    }
  }
  return entries.map(({ contestant: { name }, first, times, cpuTimes }) => {
    const [low, high] = [Math.min(...times), Math.max(...times)];
    return { name, first, median: median(times), low, high, times, cpu: Math.min(...cpuTimes) };
  });
}

async function timed(contestant: Contestant, count: number, { now, cpu }: Clocks) {
  const cpuStart = await cpu();
  const start = now();
  await contestant.run(count);
  const time = (now() - start) / count;
  return { time, cpuTime: ((await cpu()) - cpuStart) / count };
}

/** How many times as long the second takes, turn by turn: the median. NaN where one was not timed. */
export function pairedRatio(first: Timing | undefined, second: Timing | undefined): number {
  const own = first?.times ?? [];
  return median((second?.times ?? []).map((time, turn) => time / (own[turn] ?? Number.NaN)));
}

/** Of an even count, the mean of the two in the middle; NaN of none. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
