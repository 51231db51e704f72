/**
 * Which labels a student is given: a class-balanced subset, and a share of wrong ones. Both counts are exact, and
 * both depend on the replicate's seed alone. The rows themselves are chosen elsewhere.
 */
import { StillroomError } from '../spec/errors.ts';
import { permutation, randomStream, subSeed } from '../tensor/random.ts';

export interface LabelOptions {
  /** Of the replicate: 'subset' and 'noise' are drawn from its sub-seeds. */
  readonly seed: number;
  readonly classes: number;
  readonly labelled: 'all' | number;
  /** Share of the labelled rows whose label is wrong, 0 to 1; ⌊share·count + ½⌋ rows exactly. */
  readonly labelNoise: number;
  /** Classes that no given label may name. */
  readonly leaveOut: readonly number[];
}

export interface GivenLabels {
  readonly labels: Uint32Array<ArrayBuffer>;
  readonly labelled: Uint8Array<ArrayBuffer>;
}

/** The given labels of rows with these true labels. Errors: `data-labelled`, `data-noise`, `data-noise-classes`. */
export function giveLabels(trueLabels: Uint32Array, options: LabelOptions): GivenLabels {
  const labelled = chooseLabelled(trueLabels, options);
  const labels = Uint32Array.from(trueLabels, (label, row) => (labelled[row] === 1 ? label : 0));
  spoilLabels(labels, labelled, options);
  return { labels, labelled };
}

/** Rows in random order, one from each class in turn until the count is reached. */
function chooseLabelled(trueLabels: Uint32Array, options: LabelOptions): Uint8Array<ArrayBuffer> {
  const n = trueLabels.length;
  const labelled = new Uint8Array(n);
  if (options.labelled === 'all') return labelled.fill(1);
  checkLabelled(options.labelled, n);
  const seed = subSeed(options.seed, 'subset');
  const waiting: number[][] = Array.from({ length: options.classes }, () => []);
  for (const row of permutation(n, seed)) waiting[trueLabels[row] ?? 0]?.push(row);
  const turn = Array.from(permutation(options.classes, subSeed(seed, 'classes')));
  for (let left = options.labelled; left > 0; ) {
    for (const label of turn) {
      const row = waiting[label]?.pop();
      if (row === undefined || left === 0) continue;
      labelled[row] = 1;
      left -= 1;
    }
  }
  return labelled;
}

/** Changes exactly the share of labelled rows, each to another class, evenly. */
function spoilLabels(labels: Uint32Array, labelled: Uint8Array, options: LabelOptions): void {
  checkNoise(options.labelNoise);
  const rows = Array.from(labels.keys()).filter((row) => labelled[row] === 1);
  const wrong = Math.floor(options.labelNoise * rows.length + 0.5);
  if (wrong === 0) return;
  const names = Array.from({ length: options.classes }, (_, label) => label);
  const allowed = names.filter((label) => !options.leaveOut.includes(label));
  if (allowed.length < 2) throw tooFewClasses(allowed.length);
  const placeOf = new Map(allowed.map((label, place) => [label, place]));
  const seed = subSeed(options.seed, 'noise');
  const random = randomStream(seed, 'wrong label');
  for (const at of permutation(rows.length, seed).subarray(0, wrong)) {
    const row = rows[at] ?? 0;
    // The row's own class is stepped over, not filtered out: there may be 200,000 classes.
    const own = placeOf.get(labels[row] ?? 0) ?? allowed.length;
    const drawn = random.integer(own < allowed.length ? allowed.length - 1 : allowed.length);
    labels[row] = allowed[drawn < own ? drawn : drawn + 1] ?? 0;
  }
}

function checkLabelled(count: number, n: number): void {
  if (Number.isInteger(count) && count >= 0 && count <= n) return;
  throw new StillroomError({
    code: 'data-labelled',
    problem: 'The number of labelled rows does not fit',
    got: String(count),
    wanted: `a whole number from 0 to ${n}, the transfer rows`,
    remedy: 'Label fewer rows (data.labelled) or learn from more (data.transfer)',
    control: 'data.labelled',
  });
}

function checkNoise(share: number): void {
  if (share >= 0 && share <= 1) return;
  throw new StillroomError({
    code: 'data-noise',
    problem: 'The share of wrong labels is out of range',
    got: String(share),
    wanted: '0 to 1',
    remedy: 'Choose a share from 0 to 1',
    control: 'data.labelNoise',
  });
}

function tooFewClasses(got: number): StillroomError {
  return new StillroomError({
    code: 'data-noise-classes',
    problem: 'A wrong label needs a second class',
    got: `${got} classes among the transfer rows`,
    wanted: 'at least 2',
    remedy: 'Leave fewer classes out, or let no label be wrong (data.labelNoise)',
    control: 'data.labelNoise',
  });
}
