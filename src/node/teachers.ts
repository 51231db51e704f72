/**
 * `npm run teachers [-- ID…]`: trains the built-in teachers with this project's own engine and writes the ONNX file,
 * the pack of answers and the card of each into public/teachers. A run that was interrupted goes on where it was.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { buildDataset, buildSplit } from '../data/dataset.ts';
import { datasetFingerprint } from '../data/fingerprint.ts';
import { planeGrid } from '../data/planes.ts';
import { type Dataset, streams } from '../data/task.ts';
import { buildTextDataset, textDataset } from '../data/textDataset.ts';
import { openNodeExecutor, releaseNodeGpu } from '../gpu/node.ts';
import { deviation, softnessTable } from '../losses/distribution.ts';
import { writeOnnx } from '../sharing/onnxFile.ts';
import { firstPreset, presets } from '../spec/presets.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { studentGraph } from '../students/exportStudent.ts';
import { sha256Of, type TeacherCard } from '../teachers/card.ts';
import { encodePack } from '../teachers/pack.ts';
import type { Executor } from '../tensor/executor.ts';
import type { Inputs } from '../tensor/kernel.ts';
import { accuracyOf } from '../training/evaluation.ts';
import { languageOf } from '../training/languageEvaluation.ts';
import { Pacer } from '../training/pacer.ts';
import { gridPart } from '../training/prepare.ts';
import { gridSide } from '../training/probes.ts';
import { Trainer } from '../training/trainer.ts';
import { encodeTexts, writeTexts } from '../training/writtenTexts.ts';
import { chosenOf, program, readArguments } from './commandLine.ts';
import { type TeacherRecipe, teacherRecipes } from './teacherRecipes.ts';
import { keepTrainer, resumeTrainer } from './trainerFile.ts';

const outputs = 'public/teachers';
const kept = 'build/teachers';
const checkpointEvery = 50;

const usage = `Trains the built-in teachers with this engine, and writes model, pack of answers and card of each into ${outputs}.

  npm run teachers                 all: ${teacherRecipes.map(({ id }) => id).join(', ')}
  npm run teachers -- moons-mlp    one, or several by name

One that was interrupted goes on where it was (${kept}).`;

await program(async () => {
  const help = { type: 'boolean', short: 'h' } as const;
  const { values, positionals } = readArguments({ allowPositionals: true, options: { help } });
  if (values.help === true) return console.log(usage);
  const ids = chosenOf(
    'The teacher',
    positionals,
    teacherRecipes.map(({ id }) => id),
  );
  mkdirSync(outputs, { recursive: true });
  mkdirSync(kept, { recursive: true });
  const executor = await openNodeExecutor();
  for (const recipe of teacherRecipes) if (ids.includes(recipe.id)) await make(executor, recipe);
  executor.dispose();
  releaseNodeGpu();
});

async function make(executor: Executor, recipe: TeacherRecipe): Promise<void> {
  const dataset = teacherDataset(recipe);
  const spec = teacherSpec(recipe);
  const classes = dataset.classNames.length;
  // Its one arm learns from labels alone.
  const answers = { logits: null, hidden: [] };
  const trainer = await Trainer.create({ executor, spec, dataset, answers });
  await train(trainer, executor, recipe);
  const logitsOf = async (inputs: Inputs) => {
    const evaluator = trainer.evaluator(inputs);
    const logits = await evaluator.logits(trainer.bindEvaluator(evaluator, 0));
    evaluator.dispose();
    return logits;
  };
  const heldOut = await logitsOf(dataset.test.inputs);
  const { trueLabels: labels, valid } = dataset.test;
  const accuracy = accuracyOf({ classes, student: heldOut, teacher: heldOut, labels, valid });
  const language = languageOf(dataset, dataset.test, heldOut);
  const counted = heldOut.filter((_, i) => valid[Math.floor(i / classes)] === 1);
  const [arm] = trainer.arms;
  if (arm === undefined) throw new RangeError('a teacher is one arm');
  const title = recipe.title;
  const command = `npm run teachers -- ${recipe.id}`;
  const model = writeOnnx(
    studentGraph(arm.model, await arm.parameters(), { title, task: recipe.task.id, command }),
  );
  const modelHash = await sha256Of(model);
  const pack = encodePack(...(await packParts(recipe, modelHash, logitsOf)));
  const written = await writtenTexts(recipe, logitsOf);
  const card: TeacherCard = {
    id: recipe.id,
    title,
    task: recipe.task.id,
    architecture: architectureOf(recipe, classes),
    parameters: arm.model.tape.table.exportedCount,
    trainedOn: recipe.rows,
    heldOut: { rows: recipe.heldOut, accuracy },
    logitDeviation: rounded(deviation(counted)),
    softness: softnessTable(counted, classes).map((one) => ({ ...one, classes: rounded(one.classes) })),
    ...(language === null ? {} : { language: { loss: language.loss, floor: language.floor } }),
    input: dataset.inputDtype === 'u32' ? 'input_ids' : 'input',
    logits: 'logits',
    seed: recipe.seed,
    command,
    model: { path: `${recipe.id}.onnx`, bytes: model.length, sha256: modelHash },
    pack: { path: `${recipe.id}.pack`, bytes: pack.length, sha256: await sha256Of(pack) },
    ...(written === null ? {} : { written }),
  };
  writeFileSync(`${outputs}/${recipe.id}.onnx`, model);
  writeFileSync(`${outputs}/${recipe.id}.pack`, pack);
  writeFileSync(`${outputs}/${recipe.id}.json`, `${JSON.stringify(card, null, 2)}\n`);
  rmSync(`${kept}/${recipe.id}.checkpoint`, { force: true });
  trainer.dispose();
  console.log(
    `${recipe.id}: ${(100 * accuracy).toFixed(2)} % of ${recipe.heldOut} held out, logit σ ${card.logitDeviation}`,
  );
  if (language !== null)
    console.log(`  loss ${language.loss} nats a token, entropy of the source ${language.floor ?? 'unknown'}`);
}

async function train(trainer: Trainer, executor: Executor, recipe: TeacherRecipe): Promise<void> {
  const path = `${kept}/${recipe.id}.checkpoint`;
  const from = resumeTrainer(path, trainer);
  if (from > 0) console.log(`${recipe.id}: goes on at step ${from}`);
  const pacer = new Pacer(trainer, executor);
  while (!trainer.finished) {
    await pacer.step();
    if (trainer.step % checkpointEvery !== 0) continue;
    await keepTrainer(path, trainer);
    const { arms, count } = await trainer.readMetrics();
    const losses = Array.from({ length: count }, (_, row) => arms[0]?.[row * 32] ?? 0);
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / Math.max(1, count);
    process.stderr.write(
      `\r${recipe.id}: step ${trainer.step} of ${recipe.steps}, loss ${mean.toFixed(4)}   `,
    );
  }
  await pacer.landed();
  process.stderr.write('\n');
}

function teacherSpec(recipe: TeacherRecipe): RunSpec {
  const preset = presets.get(firstPreset);
  if (preset === undefined) throw new RangeError('no first preset');
  const { steps, batch, seed } = recipe;
  return {
    ...structuredClone(preset.spec),
    name: recipe.title,
    seed,
    student: recipe.model,
    optimiser: recipe.optimiser,
    training: { steps, batch, accumulate: 1, evaluateEvery: steps },
    arms: [{ kind: 'labels' }],
  };
}

/** The teacher's own streams: no student ever trains on them. */
function teacherDataset(recipe: TeacherRecipe): Dataset {
  const { task, rows, labelNoise, heldOut, seed } = recipe;
  if ('sequence' in task) {
    const drawn = (stream: number, n: number) => ({
      sequences: Array.from({ length: n }, (_, index) => task.sequence(1, stream, index)),
      ...{ seed, labelled: 'all' as const },
    });
    return textDataset(task.vocabulary, task.positions, {
      transfer: drawn(streams.teacherTrain, rows),
      validation: drawn(streams.validation, 64),
      test: drawn(streams.teacherTest, heldOut),
    });
  }
  const common = { dataSeed: 1, seed };
  const transfer = buildSplit(task, { ...common, stream: streams.teacherTrain, n: rows, labelNoise });
  const test = buildSplit(task, { ...common, stream: streams.teacherTest, n: heldOut });
  const validation = buildSplit(task, { ...common, stream: streams.validation, n: 64 });
  const { inputShape, classNames } = task;
  const fingerprint = datasetFingerprint(inputShape, classNames.length, [transfer, validation, test]);
  return { inputShape, inputDtype: 'f32', positions: 1, classNames, transfer, validation, test, fingerprint };
}

async function packParts(
  { task, pack, seed }: TeacherRecipe,
  teacher: string,
  logitsOf: (inputs: Inputs) => Promise<Float32Array<ArrayBuffer>>,
): Promise<Parameters<typeof encodePack>> {
  const asked = { ...pack, dataSeed: 1, seed, labelled: 'all' } as const;
  const dataset = 'sequence' in task ? buildTextDataset(task, asked) : buildDataset(task, asked);
  const inputs = new Map<string, Inputs>([
    ['transfer', dataset.transfer.inputs],
    ['validation', dataset.validation.inputs],
    ['test', dataset.test.inputs],
  ]);
  if ('extent' in task) inputs.set(gridPart, planeGrid(task as Parameters<typeof planeGrid>[0], gridSide));
  const parts = new Map<string, Float32Array<ArrayBuffer>>();
  for (const [name, rows] of inputs) parts.set(name, await logitsOf(rows));
  const classes = dataset.classNames.length;
  const sizes = [...parts].map(([name, logits]) => ({ name, rows: logits.length / classes }));
  const header = { teacher, task: task.id, dataSeed: 1, classes, parts: sizes };
  const { positions } = dataset;
  return [
    pack.top === undefined ? { version: 1, ...header } : { version: 2, ...header, positions, top: pack.top },
    parts,
  ];
}

/** What the teacher writes, for students that learn from its texts. Null where it writes none. */
async function writtenTexts(
  { task, id, written, seed }: TeacherRecipe,
  logitsOf: (inputs: Inputs) => Promise<Float32Array<ArrayBuffer>>,
): Promise<TeacherCard['written'] | null> {
  if (!('sequence' in task) || written === undefined) return null;
  const { positions, vocabulary } = task;
  const bytes = encodeTexts(await writeTexts(logitsOf, { texts: written, positions, vocabulary, seed }));
  writeFileSync(`${outputs}/${id}.texts`, bytes);
  return { path: `${id}.texts`, bytes: bytes.length, sha256: await sha256Of(bytes) };
}

function architectureOf({ model, task }: TeacherRecipe, classes: number): string {
  if ('layers' in model) return `${model.kind}, ${model.layers} layers of width ${model.width}`;
  const inputs = 'sequence' in task ? task.positions : task.inputShape.reduce((product, n) => product * n, 1);
  const inner = model.kind === 'mlp' ? model.hidden : [...model.channels, model.hidden];
  return `${model.kind} ${[inputs, ...inner, classes].join('-')}, ${model.activation}`;
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
