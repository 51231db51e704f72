/**
 * `npm run bench`: the adapter's floors, then the matrix product, the row kernel of distillation, its
 * losses against each other, and whole training steps, against jax-js and TensorFlow.js on the same adapter, in turn. No time counts before the results agree.
 */
import { writeFileSync } from 'node:fs';
import packageFile from '../package.json' with { type: 'json' };
import { program } from '../src/node/commandLine.ts';
import { openBench } from './adapter.ts';
import { openArms, secondArmText } from './arms.ts';
import { type Contestant, contest, type Timing } from './contest.ts';
import {
  decoderNeeds,
  decoderShape,
  decoderSteps,
  headContestants,
  headNeeds,
  headShapesOf,
  writingContestant,
} from './decoder.ts';
import { openDetour } from './detour.ts';
import { floorMs, measureFloors, type Needs, warmthOf } from './floors.ts';
import { handAndTyped, typedLosses } from './formulas.ts';
import { largeProductShapes, largeRowShapes } from './large.ts';
import type { Library, Steps, StepTask } from './library.ts';
import { lossContestant, lossContestants, lossShapes, lossSteps, vocabularyShapes } from './losses.ts';
import { copyShareText, optimiserContestants, optimiserLength, optimiserNeeds } from './optimiser.ts';
import { type BenchOptions, readBenchOptions, usage } from './options.ts';
import { ownLibrary } from './own.ts';
import { type Comparison, comparisonText, headText, type Report, withRatios } from './report.ts';
import { teacherShapeOf, teacherWork } from './teacher.ts';
import type { OwnSteps } from './trainerSteps.ts';
import {
  comparedSteps,
  productNeeds,
  productShapes,
  productTask,
  rowShapes,
  rowsNeeds,
  rowsTask,
  stepNeeds,
  stepShapes,
  stepsOf,
} from './work.ts';

/** What a comparison says beside its times. */
interface Told {
  readonly dispatches?: number;
  readonly tokens?: number;
  readonly remarkOf?: (timings: readonly Timing[]) => string;
  /** Of work in another process. */
  readonly cpu?: () => number | Promise<number>;
}

await program(async () => {
  const options = readBenchOptions(process.argv.slice(2));
  if (options === null) console.log(usage);
  else await measure(options);
}, usage);
// The peers keep their devices open, which would keep the process alive.
process.exit();

async function measure(options: BenchOptions): Promise<void> {
  const { only: wanted, turns, repetitions } = options;
  const { executor, adapter, software } = await openBench();
  const floors = await measureFloors(executor, turns);
  const { devDependencies: versions } = packageFile;
  const head: Omit<Report, 'comparisons'> = {
    schema: 2,
    adapter,
    software,
    node: process.version,
    peers: { 'jax-js': versions['@jax-js/jax'], tfjs: versions['@tensorflow/tfjs'] },
    turns,
    repetitions,
    floors,
  };
  console.log(headText(head));
  const peers = options.alone ? [] : await openPeers();
  const comparisons: Comparison[] = [];
  const compare = async (
    work: string,
    needs: Needs | null,
    contestants: readonly Contestant[],
    { remarkOf, cpu = processorMs, ...more }: Told = {},
  ) => {
    const timings = await contest(contestants, { turns, repetitions, warmth: warmthOf(software), cpu });
    const floor = needs === null ? null : floorMs(needs, floors);
    const comparison = {
      ...{ work, floor, entries: withRatios(timings), ...more },
      ...(remarkOf ? { remark: remarkOf(timings) } : {}),
    };
    comparisons.push(comparison);
    console.log(comparisonText(comparison));
    for (const contestant of contestants) contestant.dispose();
  };
  const libraries = (own: () => Promise<OwnSteps<StepTask>>): readonly Library[] => [
    ownLibrary(executor, own),
    ...peers,
  ];

  const large = wanted.has('large') && !software;
  const products = [...(wanted.has('product') ? productShapes : []), ...(large ? largeProductShapes : [])];
  for (const [m, k, n] of products) {
    const task = productTask(m, k, n);
    const found = await Promise.all(libraries(noSteps).map((library) => library.product(task)));
    agree('products', await Promise.all(found.map((one) => one.result())));
    await compare(`product ${m} × ${k} by ${k} × ${n}`, productNeeds(task), found);
  }
  const rowsOfAll = [...(wanted.has('rows') ? rowShapes : []), ...(large ? largeRowShapes : [])];
  for (const [rows, classes] of rowsOfAll) {
    const task = rowsTask(rows, classes);
    const found = await Promise.all(libraries(noSteps).map((library) => library.rows(task)));
    agree('gradients', await Promise.all(found.map((one) => one.gradient())));
    await compare(`KL loss and gradient, ${rows} rows of ${classes}`, rowsNeeds(task), found);
  }
  if (wanted.has('optimiser')) {
    const length = optimiserLength(executor);
    const found = await optimiserContestants(executor, length);
    await compare(`AdamW over ${length} parameters`, optimiserNeeds(length), found, {
      remarkOf: copyShareText,
    });
  }
  for (const [rows, classes] of wanted.has('losses') ? lossShapes : []) {
    const task = rowsTask(rows, classes);
    const found = await lossContestants(executor, task);
    await compare(`pointwise losses, ${rows} rows of ${classes}`, rowsNeeds(task), found);
  }
  for (const shape of wanted.has('losses') ? stepShapes : []) {
    const work = `a whole step with each loss, ${shape.widths.join('-')}, batch ${shape.batch}`;
    await compare(work, stepNeeds(shape), await lossSteps(executor, shape));
  }
  for (const [rows, classes] of wanted.has('vocabulary') ? vocabularyShapes : []) {
    const task = rowsTask(rows, classes);
    const found = [await lossContestant(executor, task, 'forward_kl')];
    await compare(`KL against the copy, ${rows} rows of ${classes}`, rowsNeeds(task), found);
  }
  for (const [rows, classes] of wanted.has('formulas') ? rowShapes : []) {
    const task = rowsTask(rows, classes);
    for (const loss of typedLosses) {
      const found = await handAndTyped(executor, loss, task);
      agree('gradients', await Promise.all(found.map((one) => one.gradient())));
      await compare(`${loss[0]} as a formula, ${rows} rows of ${classes}`, rowsNeeds(task), found);
    }
  }
  for (const shape of wanted.has('steps') ? stepShapes : []) {
    const own = await stepsOf(executor, shape);
    const found = await Promise.all(
      libraries(() => Promise.resolve(own)).map((library) => library.steps(own.task)),
    );
    await agreeInLosses(found);
    const work = `whole step, ${shape.widths.join('-')}, batch ${shape.batch}`;
    await compare(work, stepNeeds(shape), [...found, own.paced], { dispatches: own.dispatches });
  }
  for (const shape of wanted.has('arms') ? stepShapes : []) {
    const race = await openArms(executor, shape);
    await agreeInLosses(race.contestants);
    await compare(race.work, stepNeeds(shape), race.contestants, { remarkOf: secondArmText });
    race.dispose();
  }
  const { batch, positions, width, layers, classes } = decoderShape;
  if (wanted.has('decoder')) {
    const own = await decoderSteps(executor, decoderShape);
    const found = options.alone ? [own] : [own, (await import('./jaxDecoder.ts')).jaxDecoder(own.task)];
    await agreeInLosses(found);
    const work = `whole step of a decoder, d ${width}, ${layers} layers, T ${positions}, batch ${batch}, V ${classes}`;
    const told = { dispatches: own.dispatches, tokens: batch * positions };
    await compare(work, decoderNeeds(decoderShape), found, told);
  }
  for (const shape of wanted.has('head') ? headShapesOf(software) : []) {
    const work = `head and loss with their gradients, N ${shape.rows}, H ${shape.width}, V ${shape.classes}`;
    await compare(work, headNeeds(shape), await headContestants(executor, shape));
  }
  if (wanted.has('writing')) {
    const found = [await writingContestant(executor, decoderShape)];
    const tokens = batch * (positions - 1);
    const needs = {
      flops: (decoderNeeds(decoderShape).flops * (positions - 1)) / (3 * positions),
      bytes: 0,
      dispatches: positions,
    };
    await compare(`writing ${batch} texts of ${positions} tokens with a cache`, needs, found, { tokens });
  }
  if (wanted.has('detour')) {
    const shape = teacherShapeOf(software);
    const found = await openDetour(executor, shape);
    await agreeInLosses(found);
    const work = `${teacherWork(shape)}, the teacher being products of this engine`;
    await compare(work, stepNeeds({ widths: shape.student, batch: shape.batch }), found);
  }
  if (wanted.has('teacher')) {
    // The builder and the browser's driver take their time to load.
    const { openTeacherContest } = await import('./browser.ts');
    const page = await openTeacherContest(software);
    await agreeInLosses(page.contestants);
    await compare(page.work, null, page.contestants, { cpu: page.cpu });
    await page.close();
  }
  if (options.json !== null) {
    const report: Report = { ...head, comparisons };
    writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  }
}

/** Only when the bench has its adapter, because they look for WebGPU as they are loaded. */
async function openPeers(): Promise<readonly Library[]> {
  const [{ openJax }, { openTensorflow }] = await Promise.all([
    import('./jax.ts'),
    import('./tensorflow.ts'),
  ]);
  return [await openJax(), await openTensorflow(false), await openTensorflow(true)];
}

function noSteps(): Promise<OwnSteps<StepTask>> {
  return Promise.reject(new RangeError('no steps were asked for'));
}

/** Of all threads: where a CPU plays the adapter its threads, too. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

async function agreeInLosses(contestants: readonly Steps[]): Promise<void> {
  const curves = [];
  for (const one of contestants) curves.push(await one.losses(comparedSteps));
  agree('loss curves', curves);
}

/** Throws unless all are equal to the first within 1e-4 of its largest number. */
function agree(what: string, all: readonly ArrayLike<number>[]): void {
  const first = Array.from(all[0] ?? []);
  const largest = first.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  all.forEach((one, i) => {
    const worst = first.reduce(
      (most, value, j) => Math.max(most, Math.abs(value - (one[j] ?? Number.NaN))),
      0,
    );
    if (!(worst <= 1e-4 * largest) || one.length !== first.length) {
      throw new RangeError(
        `the ${what} of contestant ${i + 1} differ from the first's by ${worst} of ${largest}`,
      );
    }
  });
}
