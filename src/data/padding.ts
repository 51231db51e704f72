/** Padding among transfer rows: samples like the others that nobody answers for, and that the mask leaves out. */
import { randomStream } from '../tensor/random.ts';
import type { Dataset } from './task.ts';

/** The same data with a share of its transfer samples masked; their labels are 0, as a fresh buffer has them. */
export function withPadding(dataset: Dataset, share: number, dataSeed: number): Dataset {
  if (share === 0) return dataset;
  const { positions, transfer } = dataset;
  const random = randomStream(dataSeed, 'padding');
  const [valid, labels, labelled] = [
    transfer.valid.slice(),
    transfer.labels.slice(),
    transfer.labelled.slice(),
  ];
  for (let sample = 0; sample < transfer.n; sample++) {
    if (random.unit() >= share) continue;
    const [from, to] = [sample * positions, (sample + 1) * positions];
    valid.fill(0, from, to);
    labels.fill(0, from, to);
    labelled.fill(0, from, to);
  }
  return { ...dataset, transfer: { ...transfer, valid, labels, labelled } };
}
