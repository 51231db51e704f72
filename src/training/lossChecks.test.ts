// What is told about losses before they are trained, on the reference executor; a GPU has its own test beside.
import { expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { hiddenLosses, labelLosses, termLosses } from '../losses/catalogue.ts';
import { checkTemperatures } from '../losses/checkInputs.ts';
import { checkedRows, examine, type FoundRows, judge } from '../losses/checks.ts';
import { probe } from '../losses/probe.ts';
import { reportText } from '../losses/reportText.ts';
import { type CheckedLoss, checkNames, type LossReport } from '../protocol/checks.ts';
import type { Storage } from '../tensor/executor.ts';
import { fakeHost, Listening } from './fakeHost.ts';
import { checkLosses } from './lossChecks.ts';

const formula = (text: string): CheckedLoss => ({ id: 'formula', parameters: {}, formula: text });

async function reportOf(loss: CheckedLoss): Promise<LossReport> {
  const executor = new ReferenceExecutor();
  const [report] = await checkLosses(executor, [loss], () => undefined);
  expect(executor.live.buffers).toBe(0);
  if (report === undefined) throw new Error('no report');
  expect(report.lines.map((line) => line.check)).toEqual(checkNames);
  return report;
}

function verdicts({ lines }: LossReport): Readonly<Record<string, string>> {
  return Object.fromEntries(lines.map(({ check, verdict }) => [check, verdict]));
}

const allGood = {
  parses: 'pass',
  finite: 'pass',
  'gpu-gradient': 'pass',
  differences: 'pass',
  zero: 'pass',
  shift: 'pass',
  hot: 'note',
  cost: 'note',
};

test('every loss of the catalogue passes, one report each, as soon as it is done', async () => {
  const told: string[] = [];
  const reports = await checkLosses(new ReferenceExecutor(), 'catalogue', (report, index, count) => {
    told.push(report.loss.id);
    expect(index).toBe(told.length - 1);
    expect(count).toBe(labelLosses.length + termLosses.length + hiddenLosses.length);
  });
  expect(reports.map(({ loss }) => loss.id)).toEqual(told);
  for (const report of reports) {
    const failed = report.lines.filter(({ verdict }) => verdict === 'fail' || verdict === 'skipped');
    expect(failed, report.title).toEqual([]);
  }
  const text = reportText(reports, 'the reference');
  expect(text).toContain(`${reports.length}, of which 0 failed`);
  expect(text).toContain('Forward KL (forward_kl)');
}, 120_000);

test('a gradient of hidden states that is off by a ten-thousandth is caught, and so is a masked row that has one', async () => {
  class Wrong extends ReferenceExecutor {
    change = (gradient: Float32Array<ArrayBuffer>) => gradient;
    override async read(storage: Storage, offset?: number, length?: number) {
      const found = await super.read(storage, offset, length);
      return storage.label.startsWith('check.gradient') ? this.change(found) : found;
    }
  }
  const executor = new Wrong();
  const ask = async (id: string) => {
    const [report] = await checkLosses(executor, [{ id, parameters: {} }], () => undefined);
    return report === undefined ? {} : verdicts(report);
  };
  executor.change = (gradient) => gradient.map((g) => g * 1.0001);
  for (const id of ['hidden_mse', 'relational', 'attention_kl', 'dist_intra'])
    expect(await ask(id), id).toMatchObject({ 'gpu-gradient': 'fail', differences: 'pass' });
  executor.change = (gradient) => gradient.map((g) => (g === 0 ? 1e-3 : g));
  expect(await ask('gram')).toMatchObject({ finite: 'fail' });
  expect(executor.live.buffers).toBe(0);
});

test('a sound formula has a green line for everything, its WGSL and its parameters', async () => {
  const text = 'param beta = 0.5 in 0..1\nm = beta*p + (1-beta)*q\nsum(p*log(p/m))';
  const report = await reportOf(formula(text));
  // At β = 1 the mixture is the teacher itself.
  expect(verdicts(report)).toEqual({ ...allGood, finite: 'note' });
  expect(report.lines.find(({ check }) => check === 'finite')?.says).toContain(
    'at beta = 1 it has no gradient',
  );
  expect(report.wgsl).toContain('fn formula_');
  expect(report.parameters).toEqual([{ name: 'beta', default: 0.5, min: 0, max: 1 }]);
});

test('a formula that cannot be read says where, and the rest is left out', async () => {
  const report = await reportOf(formula('sum(p*log(p/r))'));
  expect(report.lines[0]).toMatchObject({ verdict: 'fail', position: { line: 1, column: 13, length: 1 } });
  expect(report.lines.slice(1).every(({ verdict }) => verdict === 'skipped')).toBe(true);
});

test('what is red or only noted is said: overflow, an offset that is punished, a minimum elsewhere', async () => {
  expect(verdicts(await reportOf(formula('sum(exp(zs)^2)')))).toMatchObject({ finite: 'fail' });
  expect(verdicts(await reportOf(formula('mean((zs - zt)^2)')))).toMatchObject({
    zero: 'pass',
    shift: 'note',
  });
  const soft = await reportOf(formula('-sum(p*log(q))'));
  expect(soft.lines.find(({ check }) => check === 'zero')?.says).toContain('entropy');
  const away = await reportOf(formula('sum(q^2)'));
  expect(away.lines.find(({ check }) => check === 'zero')?.says).toContain('not the teacher');
});

test('a logarithm of nothing, a root of less and a division by 0 are told with their rows, and what is only a kink is not', () => {
  const differences = (text: string) => examine(formula(text)).lines.differences;
  expect(differences('sum(p*log(q - p))')).toMatchObject({
    verdict: 'note',
    says: expect.stringMatching(
      /^On (\d+) of \1 ordinary rows log is taken of 0 or less.*nothing was compared$/,
    ),
  });
  expect(differences('sum(y*sqrt(q - 0.2))')?.says).toMatch(
    /^On \d+ of \d+ ordinary rows sqrt is taken of 0 or less/,
  );
  expect(differences('sum(q/relu(p - 1))')?.says).toContain('it divides by 0');
  expect(differences('sum(p*log(p/q))')).toMatchObject({ verdict: 'pass' });
  expect(differences('sum(abs(q - p))')?.says).not.toContain('substitute');
});

test('a turned sign, a loss without a gradient and a parameter whose end breaks it are told', async () => {
  const zero = (text: string) => examine(formula(text)).lines.zero;
  expect(zero('sum(p*log(q/p))')).toMatchObject({ verdict: 'fail', remedy: 'Turn its sign' });
  expect(zero('-sum((sqrt(p) - sqrt(q))^2)')).toMatchObject({ verdict: 'fail' });
  expect(zero('param a = 1 in 0..1\n(1 - sum(p^a*q^(1 - a)))/(1 - a)')).toMatchObject({
    verdict: 'fail',
    says: '0 on every row, though it has a gradient: it divides by 0',
  });
  const ends = await reportOf(formula('param a = 0.1 in 0..40\nmean(exp(a*zs)^2)'));
  const finite = ends.lines.find((l) => l.check === 'finite');
  expect(finite).toMatchObject({ verdict: 'note' });
  expect(finite?.says).toContain('at a = 40 it is not');
  expect(zero('param w = 0 in 0..1\nw*sum(p*log(p/q))')).toMatchObject({ verdict: 'fail' });
  const dead = await reportOf(formula('param w = 0.5 in 0..1\nw*sum(p*log(p/q))'));
  expect(dead.lines.find((l) => l.check === 'finite')?.says).toContain('at w = 0 it has no gradient');
});

test('a detached part does not disturb the check of the gradient', async () => {
  expect(verdicts(await reportOf(formula('sum(detach(q)*log(q/p)^2)')))).toMatchObject({
    differences: 'pass',
  });
});

test('T to infinity: forward KL falls as T^-2, squared logits do not move', () => {
  const hot = (loss: CheckedLoss) => examine(loss).lines.hot;
  expect(hot({ id: 'forward_kl', parameters: {} })?.figure).toBeCloseTo(-2, 1);
  expect(hot({ id: 'logit_mse', parameters: {} })?.figure).toBeCloseTo(0, 6);
});

test('an executor that is wrong by a ten-thousandth, or answers a masked row, is caught', () => {
  const loss = { id: 'forward_kl', parameters: {} };
  const found = (factor: number, masked: number): FoundRows[] =>
    checkTemperatures.map((temperature) => {
      const probed = checkedRows.map((row) => probe(loss, temperature, row));
      return {
        temperature,
        losses: probed.map((one) => one?.value ?? 0),
        gradients: probed.map((one) => Array.from(one?.gradient ?? [], (g) => g * factor)),
        masked: [masked],
      };
    });
  expect(judge(loss, found(1, 0), 'it')['gpu-gradient']?.verdict).toBe('pass');
  expect(judge(loss, found(1.0001, 0), 'it')['gpu-gradient']?.verdict).toBe('fail');
  expect(judge(loss, found(1, 1), 'it').finite?.verdict).toBe('fail');
  expect(judge(loss, found(Number.NaN, 0), 'it').finite?.verdict).toBe('fail');
});

test('a session answers with reports, each told before, and needs no run', async () => {
  const page = new Listening(fakeHost(() => new ReferenceExecutor()));
  page.session.handle({ type: 'check', id: 7, losses: [formula('sum(p*log(p/q))'), formula('sum(')] });
  await page.session.idle();
  expect(page.of('checked').map(({ id, index, count }) => [id, index, count])).toEqual([
    [7, 0, 2],
    [7, 1, 2],
  ]);
  const [reply] = page.of('reply');
  expect(reply?.reply.kind === 'checked' && reply.reply.reports).toHaveLength(2);
  await page.close();
});
