/** What the bench found, as a table for a reader and as JSON for a program. Nothing is measured here. */
import { pairedRatio, type Timing } from './contest.ts';
import type { Floors } from './floors.ts';

export interface Entry extends Timing {
  /** How many times as long as this engine takes, turn by turn: the median. */
  readonly ratio: number;
}

export interface Comparison {
  /** `product 512 × 512 × 512`, … */
  readonly work: string;
  /** Milliseconds below which this adapter cannot come; null where the work runs on another than the floors are of. */
  readonly floor: number | null;
  readonly entries: readonly Entry[];
  /** Dispatches of this engine's step, where the work is one. */
  readonly dispatches?: number;
  /** Tokens of one repetition, where the work is one on text. */
  readonly tokens?: number;
  /** What the times come to, where a table does not say it. */
  readonly remark?: string;
}

export interface Report {
  readonly schema: 2;
  readonly adapter: string;
  /** A CPU in place of a GPU: ratios only, no time is a claim. */
  readonly software: boolean;
  readonly node: string;
  readonly peers: Readonly<Record<string, string>>;
  readonly turns: number;
  readonly repetitions: number;
  readonly floors: Floors;
  readonly comparisons: readonly Comparison[];
}

/** Timings beside this engine's, which is the first. */
export function withRatios(timings: readonly Timing[]): readonly Entry[] {
  return timings.map((timing) => ({ ...timing, ratio: pairedRatio(timings[0], timing) }));
}

export function headText({ adapter, software, node, floors }: Omit<Report, 'comparisons'>): string {
  const { copyGBs, gflops, dispatchUs } = floors;
  const kind = software ? ' (a CPU: only the ratios mean anything)' : '';
  return `${adapter}${kind}, Node ${node}
floors: copy ${copyGBs.toFixed(1)} GB/s, multiply–add ${gflops.toFixed(1)} GFLOP/s, dispatch ${dispatchUs.toFixed(1)} µs
`;
}

/** Markdown, so that it can go into docs/bench.md as it stands. */
export function comparisonText({ work, floor, entries, dispatches, tokens, remark }: Comparison): string {
  const least = floor === null ? '' : `: floor ${ms(floor)} ms`;
  const heading = `${work}${least}${dispatches === undefined ? '' : `, ${dispatches} dispatches`}`;
  const lines = entries.map(({ name, median, low, high, first, ratio, cpu }) => {
    const share = floor === null ? '–' : `${Math.round((100 * floor) / median)} %`;
    const speed = tokens === undefined ? '' : ` ${Math.round((1_000 * tokens) / median)} |`;
    return `| ${name} | ${ms(median)} | ${ms(low)}–${ms(high)} | ${ratio.toFixed(2)} | ${ms(cpu)} | ${share} | ${ms(first)} |${speed}`;
  });
  const [title, line] = tokens === undefined ? ['', ''] : [' tokens a second |', '---|'];
  const head = [
    `| | median, ms | spread | ratio | least CPU, ms | of the floor | first, ms |${title}`,
    `|---|---|---|---|---|---|---|${line}`,
  ];
  const last = remark === undefined ? '' : `\n${remark}\n`;
  return `\n${heading}\n\n${[...head, ...lines].join('\n')}\n${last}`;
}

function ms(value: number): string {
  return value.toPrecision(3);
}
