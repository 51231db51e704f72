/**
 * What is told of a teacher from its answers over the test rows: how good it is, how far its logits spread, and what fewer
 * of them would cost. Texts are answered in runs, and forgotten when they were counted.
 */
import type { Dataset, Split } from '../data/task.ts';
import { deviation, softnessTable } from '../losses/distribution.ts';
import type { TeacherFacts } from '../protocol/events.ts';
import { StillroomError } from '../spec/errors.ts';
import { topChoices, topCosts } from '../teachers/topCost.ts';
import { accuracyOf } from './evaluation.ts';
import type { HeldOutAnswers } from './heldOut.ts';
import { LanguageJudge } from './languageEvaluation.ts';

/** Logits from which a teacher's spread is told. */
const mostForSpread = 200_000;
/** Logits of texts that are in memory at once, unless one text has more. */
const mostAtOnce = 2 ** 22;

type Measures = Pick<
  TeacherFacts,
  'accuracy' | 'recall' | 'language' | 'logitDeviation' | 'softness' | 'topCosts'
>;

/** Errors: `teacher-classes`, those of the answers. */
export function measureTeacher(answers: HeldOutAnswers, dataset: Dataset): Promise<Measures> {
  return dataset.positions === 1 ? ofSamples(answers, dataset) : ofTexts(answers, dataset);
}

async function ofSamples(answers: HeldOutAnswers, dataset: Dataset): Promise<Measures> {
  const { test, classNames } = dataset;
  const classes = classNames.length;
  const logits = await answers.answer(0, test.n);
  checkClasses(logits.length, test.n, dataset);
  const judged = { classes, student: logits, teacher: logits, labels: test.trueLabels, valid: test.valid };
  return {
    accuracy: accuracyOf(judged),
    recall: recallOf(logits, test, classes),
    ...spreadOf(logits, classes),
    topCosts: costsOf(logits, judged),
  };
}

async function ofTexts(answers: HeldOutAnswers, dataset: Dataset): Promise<Measures> {
  const { test, positions, classNames, vocabulary } = dataset;
  const classes = classNames.length;
  const judge = new LanguageJudge(classes, vocabulary?.characters ?? new Uint8Array());
  const texts = Math.max(1, Math.floor(mostAtOnce / (positions * classes)));
  let spread: Partial<Measures> = {};
  for (let first = 0; first < test.n; first += texts) {
    const samples = Math.min(texts, test.n - first);
    const logits = await answers.answer(first, samples);
    checkClasses(logits.length, samples, dataset);
    const valid = test.valid.subarray(0, samples * positions);
    if (first === 0) spread = { ...spreadOf(logits, classes), topCosts: costsOf(logits, { classes, valid }) };
    judge.add({ student: logits, teacher: logits, split: test, firstRow: first * positions });
  }
  return { accuracy: judge.accuracy, language: judge.measures, ...spread };
}

/** Of each class among these rows. */
function recallOf(logits: Float32Array, { trueLabels }: Split, classes: number): number[] {
  const [right, rows] = [new Array<number>(classes).fill(0), new Array<number>(classes).fill(0)];
  trueLabels.forEach((label, row) => {
    const own = logits.subarray(row * classes, (row + 1) * classes);
    rows[label] = (rows[label] ?? 0) + 1;
    if (own.indexOf(Math.max(...own)) === label) right[label] = (right[label] ?? 0) + 1;
  });
  return right.map((count, label) => count / Math.max(1, rows[label] ?? 0));
}

/** Padding says nothing, and what stands there has no cost. */
function costsOf(logits: Float32Array, { classes, valid }: { classes: number; valid: Uint8Array }) {
  const counted: number[] = [];
  for (let row = 0; row < valid.length && counted.length * classes < mostForSpread; row++)
    if (valid[row] === 1) counted.push(row);
  const some = new Float32Array(counted.length * classes);
  counted.forEach((row, i) => {
    some.set(logits.subarray(row * classes, (row + 1) * classes), i * classes);
  });
  return topCosts(some, classes, topChoices(classes));
}

/** From no more rows than tell it well. */
function spreadOf(logits: Float32Array, classes: number): Pick<TeacherFacts, 'logitDeviation' | 'softness'> {
  const some = logits.subarray(0, classes * Math.ceil(mostForSpread / classes));
  return { logitDeviation: deviation(some), softness: softnessTable(some, classes) };
}

function checkClasses(logits: number, samples: number, { positions, classNames }: Dataset): void {
  const rows = samples * positions;
  if (logits === rows * classNames.length) return;
  throw new StillroomError({
    code: 'teacher-classes',
    problem: "The teacher's classes are not the data's",
    got: `${logits / Math.max(1, rows)} logits a row`,
    wanted: `${classNames.length}`,
    remedy: 'Choose another output of the teacher, or other labels',
    control: 'teacher.logits',
  });
}
