// The checks of losses on this adapter.
import { expect, test } from 'vitest';
import { testExecutor } from '../kernels/checkKernel.ts';
import { hiddenLosses } from '../losses/catalogue.ts';
import { checkLosses } from './lossChecks.ts';

test('a formula and a loss of the catalogue are found to be right on this adapter, and leave no buffer behind', async () => {
  const executor = await testExecutor();
  const before = executor.live.buffers;
  const losses = [
    {
      id: 'formula',
      parameters: { beta: 0.2 },
      formula: 'param beta = 0.5 in 0..1\nsum(q*log(q/(beta*p + (1-beta)*q)))',
    },
    { id: 'ce', parameters: {} },
  ];
  const ofBatches = [...hiddenLosses.map(({ id }) => id), 'dist_intra', 'sampled_reverse_kl'];
  const others = ofBatches.map((id) => ({ id, parameters: {} }));
  for (const { title, lines } of await checkLosses(executor, others, () => undefined))
    expect(
      lines.filter(({ verdict }) => verdict === 'fail' || verdict === 'skipped'),
      title,
    ).toEqual([]);
  const reports = await checkLosses(executor, losses, () => undefined);
  expect(executor.live.buffers).toBe(before);
  for (const { lines } of reports) {
    expect(lines.filter(({ verdict }) => verdict === 'fail' || verdict === 'skipped')).toEqual([]);
    expect(lines.find(({ check }) => check === 'cost')?.figure).toBeGreaterThan(0);
  }
});
