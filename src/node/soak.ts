/**
 * `npm run soak`: the totals that are too large for a test, by command. Each is printed with its figure; the exit
 * status is 1 where one of them is not what it has to be.
 */
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import type { GpuExecutor } from '../gpu/gpuExecutor.ts';
import { openNodeExecutor, releaseNodeGpu } from '../gpu/node.ts';
import { fuzzLinks } from '../sharing/hostileLinks.ts';
import { isDeepEqual } from '../spec/equal.ts';
import { detailOf, StillroomError, sentence } from '../spec/errors.ts';
import type { Executor } from '../tensor/executor.ts';
import { RandomStream } from '../tensor/random.ts';
import {
  type FakeHost,
  fakeHost,
  Listening,
  MortalExecutor,
  patientClock,
  smallSpec,
} from '../training/fakeHost.ts';
import { readArguments } from './commandLine.ts';
import { partOption, soakFormulas, soakPart } from './soakFormulas.ts';

const usage = `Runs what must not break, a great many times.

  npm run soak -- [--links N] [--formulas N] [--losses N] [--cycles N] [--seed N] [--executor gpu|reference]

  --links     hostile share links                            1,000,000
  --formulas  losses typed as formulas, good and hostile     10,000
  --losses    lost devices in small runs                     1,000
  --cycles    runs that are started and stopped              100
  --seed      what all of these are drawn from               1
  --executor  reference unless told; with gpu, devices are destroyed and cycles run on it

0 leaves a part out. Exit status 1 where anything broke.`;

/** Longest reading of one link, in milliseconds. */
const longestLink = 20;
/** Longest reading of one formula, in milliseconds. */
const longestFormula = 1_000;
const linksAtOnce = 1_000;
/** A reading that was too long is repeated so often: a pause of the machine is not the link's. */
const readings = 3;
/** Most steps that a loss may repeat, and most milliseconds until the run goes on. */
const mostRepeated = 25;
const longestPause = 2_000;
/** Losses in one run. */
const lossesInRun = 20;
/** Operations of an executor's life: some end before its first step, some after the next snapshot. */
const longestLife = 160;
/** Cycles on one device before another is opened. */
const cyclesOnDevice = 20;

interface Options {
  readonly links: number;
  readonly formulas: number;
  readonly losses: number;
  readonly cycles: number;
  readonly seed: number;
  readonly gpu: boolean;
  /** Of a process that this program started: formulas from here on, and how many. */
  readonly part: readonly [from: number, count: number] | null;
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === null) console.log(usage);
  else if (options.part !== null) console.log(JSON.stringify(await soakPart(...options.part, options.seed)));
  else await soak(options);
} catch (error) {
  console.error(sentence(detailOf(error)));
  process.exitCode = 1;
}
releaseNodeGpu();

async function soak(options: Options): Promise<void> {
  if (options.links > 0) soakLinks(options);
  if (options.formulas > 0) await tellFormulas(options);
  if (options.losses > 0) await soakLosses(options);
  if (options.cycles > 0) await soakCycles(options);
}

function soakLinks({ links, seed }: Options): void {
  let [accepted, refused, worst] = [0, 0, 0];
  const faults: string[] = [];
  for (let from = 0; from < links; from += linksAtOnce) {
    const count = Math.min(linksAtOnce, links - from);
    let found = fuzzLinks(count, seed, from);
    let longest = found.worst;
    for (let again = 1; again < readings && longest > longestLink; again++) {
      found = fuzzLinks(count, seed, from);
      longest = Math.min(longest, found.worst);
    }
    accepted += found.accepted;
    refused += found.refused;
    worst = Math.max(worst, longest);
    faults.push(...found.faults);
    working(`links ${figure(from + count)}`);
  }
  tell(
    `${figure(links)} hostile links: ${figure(faults.length)} faults, worst ${worst.toFixed(1)} ms (${figure(accepted)} read, ${figure(refused)} refused)`,
    faults.length === 0 && worst <= longestLink && accepted + refused === links,
    faults,
  );
}

async function tellFormulas({ formulas, seed }: Options): Promise<void> {
  const found = await soakFormulas(formulas, seed, (done) => working(`formulas ${figure(done)}`));
  const { accepted, refused, compared, worst, faults } = found;
  tell(
    `${figure(formulas)} formulas from seed ${seed}: ${figure(faults.length)} faults, worst ${worst.toFixed(0)} ms (${figure(accepted)} read and compiled, ${figure(compared)} compared, ${figure(refused)} refused)`,
    faults.length === 0 && worst <= longestFormula && accepted + refused === formulas,
    faults,
  );
}

async function soakLosses(options: Options): Promise<void> {
  const totals: Losses = { count: 0, runs: 0, repeated: 0, pause: 0, faults: [] };
  const page = new Listening(fakeHost(() => open(options.gpu)));
  await page.load(smallSpec());
  await page.playToEnd();
  const wanted = await weightsOf(page);
  const random = new RandomStream(options.seed, 0, 0x105e);
  while (totals.count < options.losses && totals.faults.length === 0) {
    const most = Math.min(lossesInRun, options.losses - totals.count);
    const run = options.gpu ? destroyedRun(most, totals) : mortalRun(most, random, totals);
    const found = await run;
    if (found.faults.length > 0 || !isDeepEqual(found.weights, wanted))
      totals.faults.push(
        `run ${totals.runs}: ${found.faults.join('; ') || 'other weights than without a loss'}`,
      );
    totals.runs += 1;
    if (totals.runs > 10 * options.losses) totals.faults.push('hardly any device was lost');
    working(`losses ${figure(totals.count)}`);
  }
  const { count, runs, faults, repeated, pause } = totals;
  tell(
    `${figure(count)} lost devices in ${figure(runs)} runs: ${figure(faults.length)} runs lost or altered, at most ${repeated} steps repeated and ${pause.toFixed(0)} ms of pause`,
    faults.length === 0 && repeated <= mostRepeated && pause <= longestPause,
    faults,
  );
}

/** What losses have cost so far. */
interface Losses {
  count: number;
  runs: number;
  repeated: number;
  pause: number;
  readonly faults: string[];
}

function addLoss(totals: Losses, repeated: number, lostAt: number): void {
  totals.repeated = Math.max(totals.repeated, repeated);
  totals.pause = Math.max(totals.pause, performance.now() - lostAt);
}

interface Ended {
  readonly weights: readonly Uint8Array[];
  readonly faults: readonly string[];
}

/** Each executor dies at an operation drawn by lot, the last one lives. */
async function mortalRun(most: number, random: RandomStream, totals: Losses): Promise<Ended> {
  const executors: MortalExecutor[] = [];
  const host = fakeHost((before) => {
    const executor = new MortalExecutor(before < most ? 1 + random.integer(longestLife) : undefined);
    executors.push(executor);
    return executor;
  });
  let [start, before] = [0, 0];
  const page = new Listening(host, patientClock(), (event) => {
    if (event.type !== 'recovered') return;
    const taken = executors.reduce((sum, { steps }) => sum + steps, 0);
    addLoss(totals, start + taken - before - event.step, executors.at(-2)?.diedAt ?? 0);
    [start, before] = [event.step, taken];
  });
  const ended = await endOf(page, host);
  totals.count += executors.length - 1;
  return ended;
}

/** The device is destroyed after evaluations, as long as some losses are left. */
async function destroyedRun(most: number, totals: Losses): Promise<Ended> {
  let executor: GpuExecutor | null = null;
  let [left, reached, lostAt] = [most, 0, 0];
  const host = fakeHost(async () => {
    executor = await openNodeExecutor();
    return executor;
  });
  const page = new Listening(host, patientClock(), (event) => {
    if (event.type === 'recovered') addLoss(totals, reached - event.step, lostAt);
    if (event.type !== 'evaluation' || event.step === 0 || left === 0) return;
    left -= 1;
    [reached, lostAt] = [event.step, performance.now()];
    totals.count += 1;
    executor?.device.destroy();
  });
  return endOf(page, host);
}

async function endOf(page: Listening, host: FakeHost): Promise<Ended> {
  await page.load(smallSpec());
  await page.playToEnd();
  const faults = page.of('error').map(({ detail }) => sentence(detail));
  if (host.counts.teachers !== 1) faults.push(`the teacher was asked ${host.counts.teachers} times`);
  return { weights: faults.length > 0 ? [] : await weightsOf(page), faults };
}

async function weightsOf(page: Listening): Promise<readonly Uint8Array[]> {
  const weights = [await page.weights(0), await page.weights(1)];
  await page.close();
  return weights;
}

async function soakCycles({ cycles, gpu }: Options): Promise<void> {
  const faults: string[] = [];
  let [left, heap] = [0, 0];
  for (let done = 0; done < cycles && faults.length === 0; done += cyclesOnDevice) {
    const executor = await open(gpu);
    const page = new Listening(fakeHost(() => executor));
    for (let i = done; i < Math.min(cycles, done + cyclesOnDevice); i++) {
      await page.load(smallSpec({ seed: i }));
      page.session.handle({ type: 'step', count: 5 });
      await page.session.idle();
      const step = page.of('state').at(-1)?.step;
      if (step !== 5 || executor.live.buffers === 0) faults.push(`cycle ${i} stands at step ${step}`);
      // A load without its teacher's file puts the run down and is refused.
      page.session.handle({ type: 'load', spec: smallSpec(), files: [], resume: false });
      await page.session.idle();
      left = Math.max(left, executor.live.buffers, executor.live.bytes);
      working(`cycles ${figure(i + 1)}`);
    }
    await page.close();
    heap = Math.max(heap, process.memoryUsage().arrayBuffers);
  }
  tell(
    `${figure(cycles)} runs started and stopped on ${gpu ? 'the GPU' : 'the reference'}: ${figure(left)} live buffers or bytes after any of them, ${(heap / 2 ** 20).toFixed(0)} MiB of arrays at most`,
    faults.length === 0 && left === 0,
    faults,
  );
}

async function open(gpu: boolean): Promise<Executor> {
  return gpu ? await openNodeExecutor() : new ReferenceExecutor('float32');
}

/** Errors: `option`. Null where help is wanted. */
function readOptions(args: readonly string[]): Options | null {
  const text = { type: 'string' } as const;
  const { values } = readArguments({
    args: [...args],
    options: {
      links: text,
      formulas: text,
      losses: text,
      cycles: text,
      seed: text,
      executor: text,
      [partOption]: text,
      help: { type: 'boolean', short: 'h' } as const,
    },
  });
  if (values.help === true) return null;
  const count = (name: 'links' | 'formulas' | 'losses' | 'cycles' | 'seed', usual: number) => {
    const value = Number(values[name] ?? usual);
    if (Number.isInteger(value) && value >= 0) return value;
    throw wrong(`--${name} ${values[name]}`, 'a whole number');
  };
  const { executor = 'reference' } = values;
  if (executor !== 'gpu' && executor !== 'reference')
    throw wrong(`--executor ${executor}`, 'gpu or reference');
  return {
    links: count('links', 1_000_000),
    formulas: count('formulas', 10_000),
    losses: count('losses', 1_000),
    cycles: count('cycles', 100),
    seed: count('seed', 1),
    gpu: executor === 'gpu',
    part: partOf(values[partOption]),
  };
}

function partOf(given: string | boolean | undefined): Options['part'] {
  if (typeof given !== 'string') return null;
  const [from = 0, count = 0] = given.split(',').map(Number);
  return [from, count];
}

function wrong(got: string, wanted: string): StillroomError {
  const problem = 'The command line is wrong';
  return new StillroomError({ code: 'option', problem, got, wanted, remedy: 'See --help' });
}

function tell(line: string, good: boolean, faults: readonly string[]): void {
  working('');
  console.log(`${good ? '✓' : '✗'} ${line}`);
  for (const fault of faults.slice(0, 20)) console.log(`    ${fault}`);
  if (!good) process.exitCode = 1;
}

/** A line that the next one replaces, on a terminal. */
function working(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
}

function figure(n: number): string {
  return n.toLocaleString('en');
}
