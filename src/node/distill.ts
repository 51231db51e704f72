/** `npm run distill`: the engine of the page in Node, for a run from a file, a server or a notebook. */
import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { textSamples, textShares, type UserText } from '../data/textFileDataset.ts';
import { readUserFiles, type UserData } from '../data/userFiles.ts';
import { openNodeExecutor, releaseNodeGpu } from '../gpu/node.ts';
import { exportsOf, type GivenFile } from '../protocol/commands.ts';
import type { Evaluation } from '../protocol/events.ts';
import { bestValue, type SweptRun, sweepCsv, sweepSummary } from '../sharing/sweepTable.ts';
import { StillroomError, sentence } from '../spec/errors.ts';
import { rowShares } from '../spec/ownData.ts';
import { presets } from '../spec/presets.ts';
import { isText, type RunSpec, type SeveralSpec } from '../spec/runSpec.ts';
import { withSetting } from '../spec/settings.ts';
import { type Axis, sweptSpecs } from '../spec/sweep.ts';
import { tokenizerName } from '../teachers/language.ts';
import { inspectFile, type OnnxInspection } from '../teachers/onnx/inspect.ts';
import { answersKeeper } from '../training/answersFile.ts';
import { armName } from '../training/armSettings.ts';
import { answersOf, exportRun, weightHashes } from '../training/exports.ts';
import { LogKeeper } from '../training/logKeeper.ts';
import { openTeachers } from '../training/openTeachers.ts';
import { ownText } from '../training/ownText.ts';
import { Pacer } from '../training/pacer.ts';
import { Preparations } from '../training/preparations.ts';
import { prepareRun } from '../training/prepare.ts';
import { Race } from '../training/race.ts';
import { headlineName, headlineOf } from '../training/repeat.ts';
import { runData } from '../training/runData.ts';
import { teachesLive } from '../training/turns.ts';
import { fileGiven, folderFor, program, shellWord } from './commandLine.ts';
import { type DistillOptions, readOptions, usage } from './distillOptions.ts';
import {
  costTable,
  languageWords,
  measureWords,
  summaryTable,
  teacherWords,
  withoutTexts,
} from './distillWords.ts';
import { given, teacherFiles } from './givenFiles.ts';
import { nodeHost } from './host.ts';
import { overSeeds } from './overSeeds.ts';
import { scalingHint } from './scalingHint.ts';
import { comparedWith } from './specFile.ts';
import { versions } from './versions.ts';

await program(async () => {
  const request = readOptions(process.argv.slice(2));
  if (request.kind === 'help') console.log(usage);
  else if (request.kind === 'list')
    for (const { id, title } of presets.values()) console.log(`${id.padEnd(20)} ${title}`);
  else if (request.kind === 'print') console.log(JSON.stringify(request.spec, null, 2));
  else await distil(request.options);
});

async function distil(options: DistillOptions): Promise<void> {
  // Whatever cannot be read or written is refused before a device is opened and steps are taken.
  const source = await sourceOf(options);
  folderFor('--out', options.out);
  if (options.saveAnswers !== null) folderFor('--save-answers', dirname(options.saveAnswers));
  const executor = options.executor === 'gpu' ? await openNodeExecutor() : new ReferenceExecutor('float32');
  process.once('SIGINT', interrupt);
  try {
    if (options.sweep !== null) return await sweep(options, options.sweep, source, executor);
    const finals: { readonly seed: number }[] = [];
    const values = source.spec.arms.map((arm) => ({ arm: armName(arm), values: [] as number[] }));
    const several = options.seeds.length > 1;
    for (const seed of options.seeds) {
      const folder = several ? `${options.out}/seed-${seed}` : options.out;
      const run = runOne({ ...source.spec, seed }, source, folder, executor);
      // Of several, one that goes astray is told, and the others go on.
      const done = await (several ? run.catch(failure) : run);
      if ('failed' in done) {
        finals.push({ seed, ...done });
        process.exitCode = 1;
      } else {
        const { final, repeats, ...told } = done;
        finals.push(told);
        const compared =
          options.receipt === null ? null : comparedWith(options.receipt, repeats, repeats.weights);
        if (compared !== null) console.log(compared);
        // A run that was cut short has no place in a comparison.
        if (!interrupted)
          for (const [arm, one] of final.entries()) values[arm]?.values.push(headlineOf(source.spec, one));
      }
      if (several) writeJson(`${options.out}/summary.json`, finals);
      if (interrupted) break;
    }
    const { spec } = source;
    for (const line of overSeeds(headlineName(spec), isText(spec.data), values)) console.log(line);
  } finally {
    executor.dispose();
    releaseNodeGpu();
  }
}

let interrupted = false;

/** The first Ctrl-C; the second ends the process. */
function interrupt(): void {
  interrupted = true;
  process.exitCode = 130;
  process.stderr.write(
    '\nStopping after this step; what is there will be written. Ctrl-C again ends at once.\n',
  );
}

/** Each value under each seed. A run that fails has its reason in the table, and the others go on. */
async function sweep({ out, seeds }: DistillOptions, axis: Axis, source: RunSource, executor: Executor) {
  const { path, values } = axis;
  const arms = source.spec.arms.map(armName);
  const facts = { path, arms, headline: (one: Evaluation) => headlineOf(source.spec, one) };
  const runs: SweptRun[] = [];
  const finals: { readonly value: number }[] = [];
  for (const [index, spec] of sweptSpecs(source.spec, axis).entries()) {
    const value = values[index] ?? Number.NaN;
    const folder = `${out}/${path.split('.').findLast((key) => !/^\d+$/.test(key))}-${value}`;
    for (const [turn, seed] of seeds.entries()) {
      if (interrupted) break;
      console.log(
        `${path} = ${value}, value ${index + 1} of ${values.length}, seed ${turn + 1} of ${seeds.length}`,
      );
      const own = seeds.length === 1 ? folder : `${folder}/seed-${seed}`;
      const done = await runOne({ ...spec, seed }, source, own, executor).catch(failure);
      // A run that was cut short has no place in a comparison.
      if (interrupted) break;
      if ('failed' in done) runs.push({ value, seed, arms: [], failed: done.failed });
      else {
        const { final, repeats: _repeats, ...told } = done;
        runs.push({ value, seed, arms: final, failed: null });
        finals.push({ value, ...told });
      }
      writeFileSync(`${out}/sweep.csv`, sweepCsv(facts, runs));
    }
  }
  const summary = sweepSummary(facts, runs);
  const less = isText(source.spec.data);
  const best = arms.flatMap((arm, index) => {
    const one = bestValue(facts, runs, index, less ? -1 : 1);
    return one === null ? [] : [{ arm, value: one.value, mean: one.mean }];
  });
  writeJson(`${out}/summary.json`, {
    ...{ setting: path, headline: headlineName(source.spec), values: summary, best, runs: finals },
  });
  for (const line of summaryTable(path, summary)) console.log(line);
  for (const { arm, value, mean } of best)
    console.log(`best on validation for ${arm}: ${value}, there ${mean.toFixed(4)} on test`);
}

interface Failure {
  readonly failed: string;
}

/** Of a run that cannot be made or went astray. A lost device ends them all. */
function failure(error: unknown): Failure {
  if (!(error instanceof StillroomError) || error.code === 'device-lost') throw error;
  console.log(`  failed: ${sentence(error.detail)}`);
  return { failed: sentence(error.detail) };
}

type Executor = Race['executor'];

/** What all runs of a command share: their specification, and the data and the teacher's answers where these are the same. */
interface RunSource {
  readonly spec: RunSpec;
  readonly host: ReturnType<typeof nodeHost>;
  readonly preparations: Preparations;
}

async function sourceOf(options: DistillOptions): Promise<RunSource> {
  const ownTeachers = await teacherFiles(options.teacher);
  const own = await ownData(options);
  const asked = own !== undefined && options.sharesOut ? shared(options.spec, own) : options.spec;
  const recorded = options.answers === null ? null : answersKeeper(fileGiven('--answers', options.answers));
  const spec = withTop(await resolved(asked, ownTeachers), recorded?.top?.k);
  const host = recorded === null ? nodeHost() : { ...nodeHost(), kept: recorded.keeper };
  const dataOf = (one: RunSpec) => runData(one, one.seed, host, own);
  const preparations = new Preparations(dataOf, async (one, data) => {
    const prepared = await prepareRun(one, data, host, ownTeachers, progress);
    // Of recorded answers the teacher is not asked, and may not be there.
    const asked = { teacher: ownTeachers, dataOf };
    const hint = recorded === null ? await scalingHint(one, prepared, asked, host) : null;
    if (hint !== null) console.log(hint);
    if (options.saveAnswers !== null) writeFileSync(options.saveAnswers, answersOf({ prepared }));
    if (options.topCosts) for (const line of costTable(prepared.teacher)) console.log(line);
    return prepared;
  });
  return { spec, host, preparations };
}

async function runOne(spec: RunSpec, source: RunSource, folder: string, executor: Executor) {
  const prepared = await source.preparations.of(spec);
  const race = await Race.create(executor, spec, prepared, progress);
  const log = new LogKeeper(spec.arms.map(armName));
  let live: Awaited<ReturnType<typeof openTeachers>> | null = null;
  try {
    live = teachesLive(spec) ? await openTeachers(race, source.host) : null;
    race.trainer.liveTeacher = live;
    await train(race, log);
    folderFor('--out', folder);
    const exported = {
      race,
      prepared,
      log: log.log,
      versions: versions(),
      command: `npm run distill -- ${process.argv.slice(2).map(shellWord).join(' ')}`,
    };
    const student = Math.max(
      0,
      spec.arms.findLastIndex((arm) => arm.kind === 'distilled'),
    );
    for (const what of exportsOf(spec)) {
      const { name, bytes } = await exportRun(exported, what, student);
      writeFileSync(`${folder}/${name}`, bytes);
    }
    const { step, events } = race.trainer;
    const repeats = {
      ...{ spec: { ...race.trainer.spec, events: [...events] }, step, arms: log.log.arms },
      weights: await weightHashes(race),
    };
    return { ...report(race, log, spec.seed, folder), repeats };
  } finally {
    live?.dispose();
    race.dispose();
  }
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Cut answers are asked for as they were cut. */
function withTop(spec: RunSpec, k: number | undefined): RunSpec {
  return k === undefined ? spec : withSetting(spec, 'teacher.top', k);
}

async function train(race: Race, log: LogKeeper): Promise<void> {
  const { trainer, executor } = race;
  const pacer = new Pacer(trainer, executor);
  while (!trainer.finished && !interrupted) {
    await pacer.step();
    if (trainer.unread >= 100) log.metrics(await race.metrics());
    const last = trainer.finished || interrupted;
    if (trainer.step % trainer.spec.training.evaluateEvery !== 0 && !last) continue;
    const arms = await race.evaluations();
    log.evaluation(trainer.step, arms);
    const scores = arms.map(
      (arm, i) =>
        `${armName(trainer.spec.arms[i] ?? { kind: 'labels' })} ${arm.language?.loss.toFixed(4) ?? `${(100 * arm.accuracy).toFixed(1)} %`}`,
    );
    tell(`step ${trainer.step} of ${trainer.spec.training.steps}: ${scores.join(', ')}`);
  }
  await pacer.landed();
  log.metrics(await race.metrics());
  if (process.stderr.isTTY) process.stderr.write('\n');
}

function report(race: Race, log: LogKeeper, seed: number, folder: string) {
  const { evaluations, arms } = log.log;
  const final = evaluations.at(-1)?.arms ?? [];
  console.log(`seed ${seed}, ${race.executor.adapter.name}; ${teacherWords(race)}; in ${folder}`);
  const rows = final.map((one, i) => ({
    arm: arms[i] ?? '',
    accuracy: one.accuracy,
    agreement: one.agreement,
    divergence: one.divergence,
    ...(one.language === undefined ? {} : { language: withoutTexts(one.language) }),
    leftOut: one.leftOut.map(({ label, auc }) => ({ label, recall: one.recall[label], auc })),
  }));
  const isTaught = race.trainer.spec.teacher.source !== 'none';
  for (const row of rows) {
    const arm = row.arm.padEnd(12);
    if (row.language !== undefined) console.log(`  ${arm} ${languageWords(row.language, isTaught)}`);
    console.log(`  ${arm} ${measureWords(row, isTaught)}`);
  }
  return { seed, arms: rows, final };
}

/** Names that the model itself knows: its input, and its likeliest logits. */
async function resolved(spec: RunSpec, files: readonly GivenFile[]): Promise<RunSpec> {
  if (spec.teacher.source === 'several')
    return { ...spec, teacher: await resolvedMembers(spec.teacher, files) };
  const [model, ...external] = files;
  if (spec.teacher.source !== 'file' || model === undefined) return spec;
  const facts = await inspectFile(model, external);
  const { teacher } = spec;
  return {
    ...spec,
    teacher: { ...teacher, ...tensorsOf(teacher, facts) },
  };
}

type NamedTensors = Readonly<Record<'sha256' | 'input' | 'logits', string>>;

/** A name that was given stays, unless it is of another model that the specification was made with. */
function tensorsOf(given: NamedTensors, facts: OnnxInspection) {
  const { sha256, input, logits } = facts;
  const other = given.sha256 !== '' && given.sha256 !== sha256;
  const names = logits.map(({ name }) => name);
  const isThere = !other || (given.input === input.name && names.includes(given.logits));
  return {
    sha256,
    input: (isThere ? given.input : '') || input.name,
    logits: (isThere ? given.logits : '') || (names[0] ?? ''),
  };
}

/** The files belong to the members that are files, in their order. */
async function resolvedMembers(teacher: SeveralSpec, files: readonly GivenFile[]): Promise<SeveralSpec> {
  const left = files.filter(({ name }) => name.endsWith('.onnx'));
  const beside = files.filter((file) => !left.includes(file));
  const members: SeveralSpec['members'] = [];
  for (const member of teacher.members) {
    const file = member.source === 'file' ? left.shift() : undefined;
    if (member.source !== 'file' || file === undefined) {
      members.push(member);
      continue;
    }
    members.push({ ...member, ...tensorsOf(member, await inspectFile(file, beside)) });
  }
  return { ...teacher, members };
}

/** The user's images with labels, or texts; undefined where the task needs neither. */
async function ownData({ spec, images, labels, text, tokenizer, teacher }: DistillOptions) {
  const { data } = spec;
  if (data.task === 'file')
    return readUserFiles([
      ...(images === null ? [] : [given('--images', images)]),
      ...(labels === null ? [] : [given('--labels', labels)]),
    ]).data;
  if (data.task !== 'text') return undefined;
  // A tokenizer by another name, and the configuration that may lie beside the model.
  const beside = tokenizer === null ? [] : [{ ...given('--tokenizer', tokenizer), name: tokenizerName }];
  return ownText(
    [
      ...text.map((path) => given('--text', path)),
      ...beside,
      ...teacher.filter((path) => !path.endsWith('.onnx')).map((path) => given('--teacher', path)),
    ],
    data,
  );
}

/** As many samples as there are, shared out. */
function shared(spec: RunSpec, own: UserText | UserData): RunSpec {
  const { data } = spec;
  if ('documents' in own)
    return data.task === 'text'
      ? { ...spec, data: { ...data, ...textShares(textSamples(own, data)) } }
      : spec;
  if (data.task !== 'file') return spec;
  const shares = rowShares(own.images.n);
  const labelled = data.labelled === 'all' ? 'all' : Math.min(data.labelled, shares.transfer);
  return { ...spec, data: { ...data, ...shares, labelled } };
}

function progress(stage: string, done: number, total: number): void {
  const isLong = stage === 'answers' || stage === 'compile';
  if (isLong && (process.stderr.isTTY || done === total)) tell(`${stage} ${done} of ${total}`);
}

/** One line that changes on a terminal; in a file a line for each. */
function tell(words: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${words}` : `${words}\n`);
}
