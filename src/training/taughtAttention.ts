/** Whether a teacher's tensors are what a loss on attention takes them for. It looks at the numbers, since files give no such name. */
import { StillroomError } from '../spec/errors.ts';
import type { HiddenSpec } from '../spec/runSpec.ts';
import type { TransferAnswers } from './batches.ts';

/** What float16 and quantised models leave of a sum of 1. */
const tolerance = 0.02;
/** Rows that are looked at: those of some texts. */
const most = 512;

/**
 * Rows of `attention_kl` are weights: none negative, adding up to 1 for each head over the keys up to their own. Errors:
 * `attention-weights`, naming the tensor.
 */
export function checkTaughtAttention(
  hidden: HiddenSpec | null,
  { hidden: answers }: TransferAnswers,
  positions: number,
): void {
  hidden?.pairs.forEach((pair, i) => {
    const answer = answers[i];
    if ((pair.loss ?? hidden.loss) !== 'attention_kl' || answer === undefined) return;
    const wrong = wrongRow(answer.size, answer.values, positions);
    if (wrong === null) return;
    throw new StillroomError({
      code: 'attention-weights',
      problem: 'This tensor of the teacher does not hold the weights of its attention',
      got: `${pair.teacher}: ${wrong}`,
      wanted: 'weights after the softmax, [texts, heads, tokens, tokens], of a decoder',
      remedy: 'Choose the output of a Softmax, or compare values instead',
      control: 'objective.hidden',
    });
  });
}

function wrongRow(size: number, values: Float32Array, positions: number): string | null {
  if (positions === 1 || size % positions !== 0) return `${size} numbers a token, of ${positions} tokens`;
  const rows = Math.min(most, values.length / size);
  for (let first = 0; first < rows * size; first += positions) {
    const seen = (Math.floor(first / size) % positions) + 1;
    const weights = values.subarray(first, first + seen);
    const sum = weights.reduce((total, w) => total + w, 0);
    if (weights.some((w) => w < 0)) return `a negative number at token ${seen}`;
    if (Math.abs(sum - 1) > tolerance) return `${sum.toPrecision(3)} in all at token ${seen}`;
  }
  return null;
}
