/**
 * `npm run recordings [-- PRESET…]`: runs each preset under five seeds and writes what the page shows before anything
 * is trained into public/recordings. All test rows are judged at every evaluation.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { openNodeExecutor, releaseNodeGpu } from '../gpu/node.ts';
import type { EngineEvent, Evaluation } from '../protocol/events.ts';
import { encodeRecording, record } from '../sharing/recording.ts';
import { presets } from '../spec/presets.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import type { Executor } from '../tensor/executor.ts';
import { LanguageView } from '../training/languageView.ts';
import { Pacer } from '../training/pacer.ts';
import { type Prepared, prepareRun } from '../training/prepare.ts';
import { Race } from '../training/race.ts';
import { headlineOf, repeat } from '../training/repeat.ts';
import { runData } from '../training/runData.ts';
import { runFacts } from '../training/runFacts.ts';
import { chosenOf, program, readArguments } from './commandLine.ts';
import { nodeHost } from './host.ts';
import { versions } from './versions.ts';

const folder = 'public/recordings';
const seeds = 5;
const everyRow = Number.POSITIVE_INFINITY;

const usage = `Runs presets under ${seeds} seeds and writes what the page shows before anything is trained into ${folder}.

  npm run recordings                   all: ${[...presets.keys()].join(', ')}
  npm run recordings -- two-moons-1    one, or several by name`;

await program(async () => {
  const help = { type: 'boolean', short: 'h' } as const;
  const { values, positionals } = readArguments({ allowPositionals: true, options: { help } });
  if (values.help === true) return console.log(usage);
  const ids = chosenOf('The preset', positionals, [...presets.keys()]);
  mkdirSync(folder, { recursive: true });
  const executor = await openNodeExecutor();
  for (const { id, spec } of presets.values()) if (ids.includes(id)) await make(executor, id, spec);
  executor.dispose();
  releaseNodeGpu();
});

async function make(executor: Executor, id: string, spec: RunSpec): Promise<void> {
  const prepared = await prepareRun(
    spec,
    await runData(spec, spec.seed, nodeHost()),
    nodeHost(),
    [],
    () => undefined,
  );
  const first = await firstRun(executor, spec, prepared);
  const events = [...first.events, ...(await otherSeeds(executor, spec, prepared))];
  const made = {
    adapter: executor.adapter.name,
    command: `npm run recordings -- ${id}`,
    versions: versions(),
    seconds: Number(first.seconds.toPrecision(2)),
  };
  const text = encodeRecording(record(events, made));
  writeFileSync(`${folder}/${id}.json`, text);
  console.log(
    `${id}: ${Math.round(text.length / 1000)} kB, ${Math.round(gzipSync(text).length / 1000)} kB compressed`,
  );
}

/** The run that is shown, and itself as the first of the seeds. */
async function firstRun(
  executor: Executor,
  spec: RunSpec,
  prepared: Prepared,
): Promise<{ events: EngineEvent[]; seconds: number }> {
  const race = await Race.create(executor, spec, prepared, undefined, everyRow);
  const { trainer } = race;
  const adapter = {
    name: executor.adapter.name,
    software: executor.adapter.software,
    executor: executor.kind,
  };
  const events: EngineEvent[] = [
    { type: 'ready', facts: runFacts(race, adapter, prepared.teacher), step: 0 },
  ];
  const curve: { step: number; arms: readonly Evaluation[] }[] = [];
  const language = LanguageView.of(race);
  const look = async () => {
    const [arms, logits] = await Promise.all([race.evaluations(), race.pictures()]);
    const picture = (await language?.picture()) ?? null;
    if (picture !== null) events.push({ type: 'text', step: trainer.step, picture });
    curve.push({ step: trainer.step, arms });
    events.push(
      { type: 'evaluation', step: trainer.step, arms },
      { type: 'pictures', step: trainer.step, logits },
    );
  };
  await look();
  const pacer = new Pacer(trainer, executor);
  let [seconds, since] = [0, performance.now()];
  while (!trainer.finished) {
    await pacer.step();
    if (trainer.unread >= 100) events.push(await metricsEvent(trainer));
    if (trainer.step % spec.training.evaluateEvery !== 0 && !trainer.finished) continue;
    await pacer.landed();
    seconds += (performance.now() - since) / 1000;
    await look();
    since = performance.now();
  }
  events.push(await metricsEvent(trainer));
  language?.dispose();
  race.dispose();
  const arms = curve.at(-1)?.arms ?? [];
  const seen = curve.filter(({ step }) => step > 0);
  events.push({
    type: 'replicate',
    ...{ index: 0, count: seeds, seed: spec.seed, step: spec.training.steps, total: spec.training.steps },
    finished: true,
    arms,
    steps: seen.map(({ step }) => step),
    curves: arms.map((_, i) => seen.map(({ arms: then }) => headlineOf(spec, then[i] ?? never()))),
  });
  return { events, seconds };
}

async function otherSeeds(executor: Executor, spec: RunSpec, prepared: Prepared): Promise<EngineEvent[]> {
  const events: EngineEvent[] = [];
  await repeat({
    executor,
    spec,
    prepared,
    seeds: Array.from({ length: seeds - 1 }, (_, i) => spec.seed + 1 + i),
    dataOf: (seed) => runData(spec, seed, nodeHost()),
    watchedRows: everyRow,
    progress(index, step, replicate, finished) {
      process.stderr.write(
        `\r${spec.name}: seed ${replicate.seed}, step ${step} of ${spec.training.steps}   `,
      );
      if (finished) {
        const total = spec.training.steps;
        events.push({
          type: 'replicate',
          index: index + 1,
          count: seeds,
          step,
          total,
          finished,
          ...replicate,
        });
      }
      return true;
    },
  });
  process.stderr.write('\n');
  return events;
}

async function metricsEvent(trainer: Race['trainer']): Promise<EngineEvent> {
  const { firstStep, count, arms } = await trainer.readMetrics();
  return {
    type: 'metrics',
    steps: Uint32Array.from({ length: count }, (_, i) => firstStep + i),
    values: arms,
  };
}

function never(): never {
  throw new RangeError('an evaluation without its arm');
}
