/** What `npm run bench` may be asked for. Nothing is measured here, and nothing is opened. */
import { chosenOf, numberOption, readArguments, wrongOption } from '../src/node/commandLine.ts';

/** The pieces of the bench, in the order in which they are run. */
export const pieces = [
  ...(['product', 'rows', 'large', 'optimiser', 'losses', 'vocabulary', 'formulas'] as const),
  ...(['steps', 'arms', 'decoder', 'head', 'writing', 'detour', 'teacher'] as const),
];
type Piece = (typeof pieces)[number];

export interface BenchOptions {
  readonly only: ReadonlySet<Piece>;
  readonly turns: number;
  readonly repetitions: number;
  readonly alone: boolean;
  readonly json: string | null;
}

export const usage = `Times the engine against its floors and its peers, on one adapter.

  npm run bench -- [--only ${pieces.join(',')}] [--turns 9] [--repetitions 20] [--alone] [--json FILE]

  --only         some of the pieces, separated by commas; all unless told
  --turns        rounds in which each contestant is timed once; times are medians over them
  --repetitions  of a piece in a turn, at least, behind one fence
  --alone        no peers: this engine against the floors, with nothing else on the adapter
  --json         the whole report, as a file`;

/** Null where help is wanted. Errors: `option`. */
export function readBenchOptions(args: readonly string[]): BenchOptions | null {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = readArguments({
    args: [...args],
    options: {
      ...{ only: text, turns: text, repetitions: text, json: text, alone: flag },
      help: { ...flag, short: 'h' } as const,
    },
  });
  if (values.help) return null;
  const chosen = chosenOf('--only', values.only?.split(',') ?? [], pieces);
  return {
    only: new Set(pieces.filter((piece) => chosen.includes(piece))),
    turns: countOption('--turns', values.turns ?? '9'),
    repetitions: countOption('--repetitions', values.repetitions ?? '20'),
    alone: values.alone,
    json: values.json ?? null,
  };
}

function countOption(option: string, given: string): number {
  const value = numberOption(option, given);
  if (Number.isInteger(value) && value >= 1) return value;
  throw wrongOption(option, given, 'a whole number from 1 on');
}
