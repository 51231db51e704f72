/**
 * From a task of texts to the three splits of a run: inputs are the tokens with the mark of the beginning before them,
 * labels are the tokens themselves, so that each position is asked for the next token. Rows after the end of a text
 * are padding: not valid, and measured nowhere.
 */
import { StillroomError } from '../spec/errors.ts';
import { permutation, subSeed } from '../tensor/random.ts';
import { checkSplitSize } from './dataset.ts';
import { datasetFingerprint } from './fingerprint.ts';
import { type Dataset, noSample, type Split, streams } from './task.ts';
import type { Sequence, TextTask, Vocabulary } from './textTask.ts';

export interface TextOptions {
  readonly dataSeed: number;
  /** Of the replicate: re-draws the labelled texts. */
  readonly seed: number;
  readonly transfer: number;
  readonly validation: number;
  readonly test: number;
  /** A count of transfer texts whose tokens are labels, or all of them. */
  readonly labelled: 'all' | number;
}

/** `written` stand for the transfer texts of the task. Errors: `data-too-large`, `data-rows` where they are too few. */
export function buildTextDataset(
  task: TextTask,
  options: TextOptions,
  written?: readonly Sequence[],
): Dataset {
  const { dataSeed, seed, labelled } = options;
  const drawn = (stream: number, n: number): readonly Sequence[] =>
    Array.from({ length: n }, (_, index) => task.sequence(dataSeed, stream, index));
  if (written !== undefined && written.length < options.transfer)
    throw tooFew(options.transfer, written.length);
  const texts = written?.slice(0, options.transfer) ?? drawn(streams.transfer, options.transfer);
  const { positions, vocabulary } = task;
  return textDataset(vocabulary, positions, {
    transfer: { sequences: texts, seed, labelled, ofTask: written === undefined },
    validation: { sequences: drawn(streams.validation, options.validation), seed, labelled: 'all' },
    test: { sequences: drawn(streams.test, options.test), seed, labelled: 'all' },
  });
}

/** Sequences of one split, and how many of them give labels. */
export interface GivenSequences {
  readonly sequences: readonly Sequence[];
  readonly seed: number;
  readonly labelled: 'all' | number;
  /** False where they are no samples of the task in order, whose answers a pack may hold. */
  readonly ofTask?: boolean;
}

/** Errors: `data-too-large`. */
export function textDataset(
  vocabulary: Vocabulary,
  positions: number,
  given: Readonly<Record<'transfer' | 'validation' | 'test', GivenSequences>>,
): Dataset {
  const transfer = textSplit(vocabulary, positions, given.transfer);
  const validation = textSplit(vocabulary, positions, given.validation);
  const test = textSplit(vocabulary, positions, given.test);
  const classNames = vocabulary.pieces;
  return {
    inputShape: [positions],
    inputDtype: 'u32',
    positions,
    classNames,
    transfer,
    validation,
    test,
    fingerprint: datasetFingerprint([positions], classNames.length, [transfer, validation, test]),
    vocabulary,
  };
}

/** Errors: `data-too-large`. */
export function textSplit(vocabulary: Vocabulary, positions: number, given: GivenSequences): Split {
  const { sequences, seed, labelled, ofTask = true } = given;
  const n = sequences.length;
  checkSplitSize(n, positions);
  const rows = n * positions;
  const inputs = new Uint32Array(rows);
  const trueLabels = new Uint32Array(rows);
  const valid = new Uint8Array(rows);
  const entropy = sequences.every((one) => one.entropy !== null) ? new Float32Array(rows) : null;
  sequences.forEach(({ before, tokens, entropy: nats }, sample) => {
    const start = sample * positions;
    inputs[start] = before ?? vocabulary.begin ?? 0;
    const length = Math.min(tokens.length, positions);
    for (let i = 0; i < length; i++) {
      trueLabels[start + i] = tokens[i] ?? 0;
      valid[start + i] = 1;
      if (i + 1 < positions) inputs[start + i + 1] = tokens[i] ?? 0;
      if (entropy !== null) entropy[start + i] = nats?.[i] ?? 0;
    }
  });
  const chosen = labelledRows(n, positions, labelled, seed);
  return {
    n,
    inputs,
    trueLabels,
    labels: trueLabels.map((label, row) => (chosen[row] === 1 ? label : 0)),
    labelled: chosen,
    valid,
    sampleIndex: Uint32Array.from({ length: n }, (_, index) => (ofTask ? index : noSample)),
    ...(entropy === null ? {} : { entropy }),
  };
}

function tooFew(asked: number, written: number): StillroomError {
  return new StillroomError({
    code: 'data-rows',
    problem: 'The teacher has written fewer texts',
    got: `${asked} transfer texts`,
    wanted: `at most ${written}`,
    remedy: 'Learn from fewer rows (data.transfer)',
    control: 'data.transfer',
  });
}

/** Whole texts, so that a student with few labels reads few texts. */
function labelledRows(
  n: number,
  positions: number,
  labelled: 'all' | number,
  seed: number,
): Uint8Array<ArrayBuffer> {
  const chosen = new Uint8Array(n * positions);
  if (labelled === 'all') return chosen.fill(1);
  for (const sample of permutation(n, subSeed(seed, 'subset')).subarray(0, labelled))
    chosen.fill(1, sample * positions, (sample + 1) * positions);
  return chosen;
}
