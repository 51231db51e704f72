/**
 * KL of one row in both directions, in the forms that stay exact near the optimum: references
 * for losses that contain one.
 */
import { at } from '../tensor/kernel.ts';
import { logSoftmaxOf, type RowLossValue } from './termRows.ts';
import { excess } from './terms/term.ts';

/** KL(p ‖ q). */
export function forwardKlRow(z: Float64Array, u: Float64Array, temperature: number): RowLossValue {
  return forwardKlOf(logSoftmaxOf(z, temperature), logSoftmaxOf(u, temperature), temperature);
}

/** KL(q ‖ p). */
export function reverseKlRow(z: Float64Array, u: Float64Array, temperature: number): RowLossValue {
  return reverseKlOf(logSoftmaxOf(z, temperature), logSoftmaxOf(u, temperature), temperature);
}

/** From log-probabilities of the same classes; the gradient is at logits before the temperature. */
export function forwardKlOf(logQ: Float64Array, logP: Float64Array, temperature: number): RowLossValue {
  let loss = 0;
  const gradient = logQ.map((own, j) => {
    const [d, p, q] = [own - at(logP, j), Math.exp(at(logP, j)), Math.exp(own)];
    loss += excess(p, d, q);
    return (d > 10 ? q - p : p * Math.expm1(d)) / temperature;
  });
  return { loss, gradient };
}

export function reverseKlOf(logQ: Float64Array, logP: Float64Array, temperature: number): RowLossValue {
  const q = logQ.map(Math.exp);
  const d = logQ.map((own, j) => own - at(logP, j));
  const mean = q.reduce((sum, x, j) => sum + x * at(d, j), 0);
  const loss = q.reduce((sum, x, j) => sum + excess(x, -at(d, j), Math.exp(at(logP, j))), 0);
  return { loss, gradient: q.map((x, j) => (x * (at(d, j) - mean)) / temperature) };
}
