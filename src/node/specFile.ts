/**
 * The file after --spec: a specification, or the receipt of a run, which also says what came of it; and whether another run of
 * that receipt came out the same. It runs nothing.
 */
import * as v from 'valibot';
import { isDeepEqual } from '../spec/equal.ts';
import { StillroomError } from '../spec/errors.ts';
import { parseRunSpec, type RunSpec } from '../spec/runSpec.ts';
import { fileGiven } from './commandLine.ts';

/** What a receipt says of the run that left it. */
export interface LeftReceipt {
  readonly path: string;
  readonly spec: RunSpec;
  readonly step: number;
  readonly adapter: string;
  readonly version: string;
  /** SHA-256 of each arm's weights. */
  readonly weights: readonly string[];
}

const receiptSchema = v.object({
  format: v.literal(1),
  spec: v.unknown(),
  step: v.number(),
  adapter: v.object({ name: v.string() }),
  versions: v.record(v.string(), v.string()),
  hashes: v.object({ weights: v.array(v.string()) }),
});

/** Errors: `file-missing`, `option` where it is no JSON, and those of specifications. */
export function specFile(path: string): { readonly spec: RunSpec; readonly receipt: LeftReceipt | null } {
  const bytes = fileGiven('--spec', path);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    throw new StillroomError(
      {
        code: 'option',
        problem: `The file after --spec, ${path}, is no JSON`,
        got,
        wanted: 'a specification as --print-spec writes it, or run.json of a run',
        remedy: 'Correct the file',
      },
      { cause },
    );
  }
  const inner =
    typeof json === 'object' && json !== null && 'format' in json && 'spec' in json ? json.spec : json;
  const spec = parseRunSpec(inner);
  const read = v.safeParse(receiptSchema, json);
  if (!read.success) return { spec, receipt: null };
  const { step, adapter, versions, hashes } = read.output;
  const version = versions['stillroom'] ?? 'unknown';
  return { spec, receipt: { path, spec, step, adapter: adapter.name, version, weights: hashes.weights } };
}

/**
 * One sentence on a run that has just ended; null where it was of other settings than the receipt's, or one of the two was
 * stopped on the way.
 */
export function comparedWith(
  receipt: LeftReceipt,
  run: { readonly spec: RunSpec; readonly step: number; readonly arms: readonly string[] },
  weights: readonly string[],
): string | null {
  if (receipt.step !== run.step || run.step !== run.spec.training.steps) return null;
  if (!isDeepEqual(receipt.spec, run.spec)) return null;
  const others = run.arms.filter((_, arm) => weights[arm] !== receipt.weights[arm]);
  if (others.length === 0) return `the same as ${receipt.path}: the weights of every arm, to the last bit`;
  return `not the same as ${receipt.path}, which is of ${receipt.adapter} and Stillroom ${receipt.version}: other weights in ${others.join(', ')}`;
}
