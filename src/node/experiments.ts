/**
 * `npm run experiments -- PRESET… [--seeds 5] [--leave-out 3,8]`: the figures of docs/experiments.md. Each preset is
 * run under seeds 1 to 5 with labels alone at three learning rates and with label smoothing beside its own arms; of texts
 * only with the rates. The result of every run goes to build/experiments and is not computed twice. Prints a table in
 * Markdown; of texts, in nats a token.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { openNodeExecutor, releaseNodeGpu } from '../gpu/node.ts';
import type { Evaluation, LanguageMeasures } from '../protocol/events.ts';
import { onCurve } from '../sharing/onCurve.ts';
import { mean, seedInterval } from '../sharing/statistics.ts';
import { presets } from '../spec/presets.ts';
import { type ArmSpec, isText, type RunSpec } from '../spec/runSpec.ts';
import { withSetting } from '../spec/settings.ts';
import type { Executor } from '../tensor/executor.ts';
import { Pacer } from '../training/pacer.ts';
import { prepareRun } from '../training/prepare.ts';
import { Race } from '../training/race.ts';
import { headlineOf } from '../training/repeat.ts';
import { runData } from '../training/runData.ts';
import { chosenOf, numberOption, program, readArguments, wrongOption } from './commandLine.ts';
import { nodeHost } from './host.ts';

const folder = 'build/experiments';

interface ArmResult {
  readonly name: string;
  readonly headline: number;
  readonly accuracy: number;
  readonly agreement: number;
  readonly divergence: number;
  readonly auc: number | null;
  readonly offsetRecall: number | null;
  /** Headline at each evaluated step. */
  readonly curve: readonly number[];
  readonly reverseDivergence: number;
  /** Of texts: all in nats a token. */
  readonly language: LanguageMeasures | null;
}

interface Result {
  readonly preset: string;
  readonly seed: number;
  readonly adapter: string;
  readonly teacher: number;
  readonly arms: readonly ArmResult[];
}

const usage = `The figures of docs/experiments.md: presets under several seeds, as a table in Markdown.

  npm run experiments -- few-labels-1 two-moons-1 [--seeds 5] [--leave-out 3,8]

  without a name     all presets: ${[...presets.keys()].join(', ')}
  --seeds 5          so many seeds from 1 on
  --leave-out 3,8    classes that the transfer rows lack, in place of the preset's

Labels alone at a quarter and four times the learning rate, and label smoothing, run beside a preset's own arms; of texts only
labels at half and twice the rate. Each run is kept in ${folder} and not computed twice: it goes on where it stopped.`;

await program(async () => {
  const text = { type: 'string' } as const;
  const options = { seeds: text, 'leave-out': text, help: { type: 'boolean', short: 'h' } } as const;
  const { values, positionals } = readArguments({ allowPositionals: true, options });
  if (values.help === true) return console.log(usage);
  const ids = chosenOf('The preset', positionals, [...presets.keys()]);
  const count = numberOption('--seeds', values.seeds ?? '5');
  if (!Number.isInteger(count) || count < 1) throw wrongOption('--seeds', String(count), 'a count of seeds');
  const leaveOut = values['leave-out']?.split(',').map((one) => numberOption('--leave-out', one));
  const chosen = [...presets.values()].filter(({ id }) => ids.includes(id));
  const specs = chosen.map(({ id, spec }) => {
    const without = leaveOut === undefined ? spec : withSetting(spec, 'data.leaveOut', leaveOut);
    return { id, spec: withComparisons(without) };
  });
  const left = leaveOut === undefined ? '' : `, leaving out ${leaveOut.join(' and ')}`;
  mkdirSync(folder, { recursive: true });
  const executor = await openNodeExecutor();
  for (const { id, spec } of specs) {
    const results: Result[] = [];
    for (let seed = 1; seed <= count; seed++) results.push(await resultOf(executor, id, { ...spec, seed }));
    if (isText(spec.data)) printTexts(id, results);
    else print(id, spec, results, left);
  }
  executor.dispose();
  releaseNodeGpu();
});

/**
 * The preset's arms, smoothing, and labels alone at a quarter and at four times the learning rate; of texts at half and
 * twice the rate, and only beside an arm of the labels of the source.
 */
function withComparisons(spec: RunSpec): RunSpec {
  const rate = spec.optimiser.learningRate;
  const factor = isText(spec.data) ? 2 : 4;
  const rates: ArmSpec[] = [
    { kind: 'labels', name: `labels, rate / ${factor}`, learningRate: rate / factor },
    { kind: 'labels', name: `labels, rate × ${factor}`, learningRate: rate * factor },
  ];
  const labels = spec.arms.some(({ kind, name }) => kind === 'labels' && name === undefined);
  const extra: ArmSpec[] = isText(spec.data)
    ? rates.filter(() => labels)
    : [{ kind: 'smoothed', smoothing: 0.1 }, ...rates];
  return { ...spec, arms: [...spec.arms, ...extra] };
}

async function resultOf(executor: Executor, preset: string, spec: RunSpec): Promise<Result> {
  const path = `${folder}/${preset}-${spec.data.leaveOut.join('')}-${spec.seed}.json`;
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as Result;
  const prepared = await prepareRun(
    spec,
    await runData(spec, spec.seed, nodeHost()),
    nodeHost(),
    [],
    () => undefined,
  );
  const race = await Race.create(executor, spec, prepared);
  const { trainer } = race;
  const curves: number[][] = spec.arms.map(() => []);
  let final = await race.evaluations();
  const pacer = new Pacer(trainer, executor);
  while (!trainer.finished) {
    await pacer.step();
    if (trainer.step % spec.training.evaluateEvery !== 0 && !trainer.finished) continue;
    final = await race.evaluations();
    final.forEach((one, arm) => {
      curves[arm]?.push(headlineOf(spec, onCurve(one)));
    });
    process.stderr.write(`\r${preset} seed ${spec.seed}: step ${trainer.step} of ${spec.training.steps}   `);
  }
  await pacer.landed();
  const arms = final.map((one, arm): ArmResult => {
    const [left] = one.leftOut;
    return {
      name: spec.arms[arm]?.name ?? spec.arms[arm]?.kind ?? '',
      headline: headlineOf(spec, one),
      accuracy: one.accuracy,
      agreement: one.agreement,
      divergence: one.divergence,
      auc: left?.auc ?? null,
      offsetRecall: left?.matchedRecall ?? null,
      curve: curves[arm] ?? [],
      reverseDivergence: one.reverseDivergence,
      language: measuresOf(one),
    };
  });
  const result: Result = {
    preset,
    seed: spec.seed,
    adapter: executor.adapter.name,
    teacher: prepared.teacher.accuracy,
    arms,
  };
  race.dispose();
  writeFileSync(path, JSON.stringify(result));
  return result;
}

function measuresOf({ language }: Evaluation): LanguageMeasures | null {
  if (language === undefined) return null;
  const { loss, perplexity, bitsPerCharacter, teacherLoss, floor } = language;
  return { loss, perplexity, bitsPerCharacter, teacherLoss, floor };
}

/** Losses and divergences of arms over texts. */
function printTexts(id: string, results: readonly Result[]): void {
  const [first] = results;
  const measures = first?.arms[0]?.language;
  if (first === undefined || measures === null || measures === undefined) return;
  const { teacherLoss, floor } = measures;
  console.log(`\n### ${id}\n`);
  console.log(
    `${seedsOf(results.length)}, ${first.adapter}; nats a token, mean and 95 % interval over seeds. Teacher ${teacherLoss.toFixed(4)}, ` +
      `entropy of the source ${floor?.toFixed(4) ?? 'unknown'}.\n`,
  );
  console.log('| arm | held-out loss | above the source | KL(teacher, student) | KL(student, teacher) |');
  console.log('|---|---|---|---|---|');
  const of = (arm: number, pick: (one: ArmResult) => number) =>
    results.map(({ arms }) => pick(arms[arm] ?? never()));
  first.arms.forEach(({ name }, arm) => {
    const losses = of(arm, (one) => one.headline);
    const above = floor === null ? null : losses.map((loss) => 100 * (loss / floor - 1));
    const cells = [
      withInterval(losses),
      above === null ? '–' : `${mean(above).toFixed(1)} %`,
      withInterval(of(arm, (one) => one.divergence)),
      withInterval(of(arm, (one) => one.reverseDivergence)),
    ];
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  });
  console.log('');
  const best = results.map(({ arms }) =>
    Math.min(...arms.filter(({ name }) => name.startsWith('labels')).map(({ headline }) => headline)),
  );
  const compared = first.arms.map(({ name }, arm) => [name, of(arm, (one) => one.headline)] as const);
  if (best.every(Number.isFinite)) compared.push(['labels at their best rate', best]);
  compared.forEach(([name, losses], i) => {
    for (const [other, others] of compared.slice(i + 1)) {
      if (name.startsWith('labels') && other.startsWith('labels')) continue;
      const differences = losses.map((loss, seed) => loss - (others[seed] ?? Number.NaN));
      console.log(
        `- ${name} − ${other}: ${withInterval(differences)} nats, lower in ${differences.filter((d) => d < 0).length} of ${differences.length}`,
      );
    }
  });
}

function print(id: string, spec: RunSpec, results: readonly Result[], left: string): void {
  const [first] = results;
  if (first === undefined) return;
  const percent = (value: number) => (100 * value).toFixed(2);
  const title =
    spec.data.leaveOut.length === 0 ? 'accuracy' : `recall of ${spec.data.leaveOut.join(', ')} as trained`;
  console.log(`\n### ${id}${left}\n`);
  console.log(
    `${seedsOf(results.length)}, ${first.adapter}; teacher's accuracy ${percent(first.teacher)} %; mean and 95 % interval over seeds.\n`,
  );
  console.log(`| arm | ${title} | accuracy | agreement | divergence | AUC | after the matched offset |`);
  console.log('|---|---|---|---|---|---|---|');
  first.arms.forEach(({ name }, arm) => {
    const of = (pick: (one: ArmResult) => number | null) =>
      results.flatMap((one) => pick(one.arms[arm] ?? first.arms[0] ?? never()) ?? []);
    const cell = (all: readonly number[], factor = 100) =>
      all.length === 0 ? '–' : withInterval(all.map((x) => x * factor));
    const cells = [
      cell(of((one) => one.headline)),
      cell(of((one) => one.accuracy)),
      cell(of((one) => one.agreement)),
      cell(
        of((one) => one.divergence),
        1,
      ),
      cell(
        of((one) => one.auc),
        1,
      ),
      cell(of((one) => one.offsetRecall)),
    ];
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  });
  printDifferences(results);
}

function printDifferences(results: readonly Result[]): void {
  const headline = (name: string) =>
    results.map((one) => one.arms.find((arm) => arm.name === name)?.headline ?? Number.NaN);
  const labels = results.map((one) =>
    Math.max(...one.arms.filter((arm) => arm.name.startsWith('labels')).map((arm) => arm.headline)),
  );
  const pairs: readonly [string, readonly number[], readonly number[]][] = [
    ['distilled − teacher’s answers', headline('distilled'), headline('hard')],
    ['teacher’s answers − labels at their best rate', headline('hard'), labels],
    ['distilled − labels at their best rate', headline('distilled'), labels],
  ];
  console.log('');
  for (const [name, a, b] of pairs) {
    const differences = a.map((value, i) => 100 * (value - (b[i] ?? 0)));
    console.log(
      `- ${name}: ${withInterval(differences)} points, better in ${differences.filter((d) => d > 0).length} of ${differences.length}`,
    );
  }
}

function withInterval(values: readonly number[]): string {
  const interval = seedInterval(values);
  const centre = mean(values);
  const digits = Math.abs(centre) < 1 ? 4 : 2;
  return interval === null
    ? centre.toFixed(digits)
    : `${centre.toFixed(digits)} ± ${((interval.high - interval.low) / 2).toFixed(digits)}`;
}

function never(): never {
  throw new RangeError('a result without arms');
}

function seedsOf(count: number): string {
  return count === 1 ? 'one seed' : `${count} seeds`;
}
