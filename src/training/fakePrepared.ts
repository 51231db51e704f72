/**
 * A run's data with the answers of a teacher without a model, for tests of whole races: it knows every label and is
 * three nats sure of it, and its hidden states say the same in as many numbers as asked for. Loads and runs no model.
 */
import { storedAnswers } from './heldOut.ts';
import type { DatasetOfRun, Prepared } from './prepare.ts';

export interface FakeOptions {
  /** Width of each of the teacher's hidden states. */
  readonly hidden?: readonly number[];
  /** Rows of the samples that are looked at; none for 0. */
  readonly probed?: number;
}

export function fakePrepared(
  { dataset, task }: DatasetOfRun,
  { hidden = [], probed = 0 }: FakeOptions = {},
): Prepared {
  const { transfer, validation, test, classNames, inputShape, positions } = dataset;
  const classes = classNames.length;
  const size = inputShape.reduce((product, n) => product * n, 1);
  const sure = (labels: Uint32Array, width: number) => {
    const answers = new Float32Array(labels.length * width);
    labels.forEach((label, row) => {
      answers[row * width + (label % width)] = 3;
    });
    return answers;
  };
  const probe = {
    kind: 'samples' as const,
    side: 0,
    inputs: Float32Array.from(test.inputs.subarray(0, probed * size)),
    labels: test.trueLabels.slice(0, probed),
    teacher: sure(test.trueLabels.subarray(0, probed), classes),
  };
  return {
    dataset,
    task,
    answers: {
      logits: sure(transfer.trueLabels, classes),
      hidden: hidden.map((width) => ({ size: width, values: sure(transfer.trueLabels, width) })),
    },
    validation: storedAnswers(sure(validation.trueLabels, classes), positions, classes),
    test: storedAnswers(sure(test.trueLabels, classes), positions, classes),
    probes: probed === 0 ? [] : [probe],
    teacher: {
      title: 'Knows every label',
      parameters: 0,
      bytes: 0,
      sha256: '',
      accuracy: 1,
      trainedOn: null,
      delivery: 'kept',
      provider: null,
      milliseconds: null,
    },
    lend: () => undefined,
    release: () => undefined,
    model: () => Promise.reject(new RangeError('this teacher has no model')),
    members: [],
    answersFile: null,
  };
}
