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
}

export interface ContestOptions {
  readonly turns: number;
  readonly repetitions: number;
  /** Milliseconds; replaced in tests. */
  readonly now?: () => number;
}

/** Each contestant once to compile, once to warm up, then `turns` rounds of all of them. */
export async function contest(
  contestants: readonly Contestant[],
  { turns, repetitions, now = () => performance.now() }: ContestOptions,
): Promise<readonly Timing[]> {
  const entries = [];
  for (const contestant of contestants) {
    const first = await timed(contestant, 1, now);
    await contestant.run(repetitions);
    entries.push({ contestant, first, times: [] as number[] });
  }
  for (let turn = 0; turn < turns; turn++) {
    for (const { contestant, times } of entries) times.push(await timed(contestant, repetitions, now));
  }
  return entries.map(({ contestant, first, times }) => {
    return {
      name: contestant.name,
      first,
      median: median(times),
      low: Math.min(...times),
      high: Math.max(...times),
    };
  });
}

async function timed(contestant: Contestant, count: number, now: () => number): Promise<number> {
  const start = now();
  await contestant.run(count);
  return (now() - start) / count;
}

/** Of an even count, the mean of the two in the middle; NaN of none. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
