/** The command line of `distill`: texts in, a validated specification and file names out. It reads no file but a spec. */
import { limits } from '../spec/limits.ts';
import { presets } from '../spec/presets.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { parsedValue, withSetting } from '../spec/settings.ts';
import { type Axis, readAxis, sweptSpecs } from '../spec/sweep.ts';
import { numberOption, readArguments, wrongOption } from './commandLine.ts';
import {
  averaged,
  isCounted,
  isFile,
  onPolicy,
  ownData,
  ownTask,
  ownTeacher,
  ownText,
  several,
} from './ownSpec.ts';
import { type LeftReceipt, specFile } from './specFile.ts';

export interface DistillOptions {
  readonly spec: RunSpec;
  readonly out: string;
  readonly seeds: readonly number[];
  /** One setting and its values, each under every seed; null where nothing is swept. */
  readonly sweep: Axis | null;
  readonly executor: 'gpu' | 'reference';
  /** The ONNX file and those beside it; empty for a built-in teacher. */
  readonly teacher: readonly string[];
  readonly images: string | null;
  readonly labels: string | null;
  /** Files of text. */
  readonly text: readonly string[];
  /** The teacher's tokenizer.json. */
  readonly tokenizer: string | null;
  /** How many samples are learnt from and held out follows from how many there are in the user's files. */
  readonly sharesOut: boolean;
  /** Print what the largest answers of the teacher alone would cost. */
  readonly topCosts: boolean;
  /** Files of recorded answers, to be written and to be read. */
  readonly saveAnswers: string | null;
  readonly answers: string | null;
  /** What the receipt after --spec says of the run that left it; null where there is none. */
  readonly receipt: LeftReceipt | null;
}

export type DistillRequest =
  | { readonly kind: 'run'; readonly options: DistillOptions }
  | { readonly kind: 'list' }
  | { readonly kind: 'help' }
  | { readonly kind: 'print'; readonly spec: RunSpec };

export const usage = `Distils a teacher into a student, without a page.

  npm run distill -- --preset NAME --out FOLDER      a preset (--list names them); few-labels-1 unless told
  npm run distill -- --spec run.json --out FOLDER    a specification, or the receipt of another run, beside the files that
                     it was of: then it is said whether the weights came out the same, to the last bit
  npm run distill -- --teacher mnist.onnx --images t10k-images-idx3-ubyte.gz --labels t10k-labels-idx1-ubyte.gz \\
                     --scale 0.1307,0.3081 --out FOLDER

  npm run distill -- --text book.txt --out FOLDER    a model of language, from labels alone
  npm run distill -- --teacher model.onnx --tokenizer tokenizer.json --text book.txt --out FOLDER
                     text: .txt, .jsonl or .csv (--column, text unless told); --tokens character|byte|teacher

  npm run distill -- --preset NAME --average 0.98    an averaged copy of the student teaches it
  npm run distill -- … --teachers glyphs-mlp,glyphs-mlp-noisy --weights 2,1 --combine probabilities|logits
                     two to four teachers as one: built-in ones by name, and ONNX files;
                     --teacher a.onnx --teacher b.onnx is the same. Their weights are live settings
  --live             the teacher, or each of several, answers each batch, and nothing of it is recorded
  npm run distill -- … --on-policy 0.5               of a text, the share that the student writes itself; the teacher
                     answers live. --prompt 8 tokens are given, --sampling 1 is its temperature

  --top K            keeps the K largest answers of each row, the rest spread evenly
  --save-answers F   saves what the teacher answered; --answers F learns from such a file, and the teacher is not asked
  --top-costs        what the k largest answers alone would cost, for k = 1, 2, 4 …: bytes, and divergence in nats

  --sweep objective.temperature=1,2,4,8  a run at each value of one setting, and under each of --seeds; 2 to 16 values as
                     a list or a range (objective.mix=0..1 by .25). A list of widths takes the value in each layer

  --steps N  --seed N  --seeds 1..5  --set path=value (any number of times)
  --executor gpu|reference   --print-spec   --list   --help

Writes metrics.csv, student.onnx, student.safetensors and run.json (docs/metrics.md says what is in them); with --seeds, a
folder for each and summary.json, where a seed that diverged has its reason and the others go on (exit status 1); with
--sweep, a folder for each value and seed, sweep.csv and summary.json. The folder is results unless told, is made where it
is missing, and files of these names in it are written over. Ctrl-C ends the run after the step in hand and writes its
files as it then stands (exit status 130); a second one ends at once.`;

/** Errors: `option`, and those of specifications. */
export function readOptions(args: readonly string[]): DistillRequest {
  const { values } = parse(args);
  if (values.help === true) return { kind: 'help' };
  if (values.list === true) return { kind: 'list' };
  checkTogether(values);
  const file = values.spec === undefined ? null : specFile(values.spec);
  let spec = file?.spec ?? presetSpec(values.preset ?? 'few-labels-1');
  const madeFor = ownTask(file?.spec.data);
  const models = values.teacher?.filter(isFile) ?? [];
  if (values.teacher !== undefined) spec = ownTeacher(spec, file !== null);
  if (values.text !== undefined) spec = ownText(spec, values, madeFor);
  if (values.teachers !== undefined) spec = several(spec, values.teachers.split(','), values, file !== null);
  else if (models.length > 1) spec = several(spec, models, values, file !== null);
  if (values.live === true) spec = withSetting(spec, 'teacher.delivery', 'live');
  if (values.average !== undefined) spec = averaged(spec, values.average);
  if (values['on-policy'] !== undefined) spec = onPolicy(spec, values);
  if (values.images !== undefined || values.labels !== undefined) spec = ownData(spec, values, madeFor);
  if (values.top !== undefined) spec = withSetting(spec, 'teacher.top', numberOption('--top', values.top));
  if (values.steps !== undefined)
    spec = withSetting(spec, 'training.steps', numberOption('--steps', values.steps));
  if (values.seed !== undefined) spec = withSetting(spec, 'seed', numberOption('--seed', values.seed));
  for (const setting of values.set ?? []) {
    const [path = '', ...rest] = setting.split('=');
    if (rest.length === 0) throw wrongOption('--set', setting, 'path=value');
    spec = withSetting(spec, path, parsedValue(rest.join('=')));
  }
  if (values['print-spec'] === true) return { kind: 'print', spec };
  const sweep = values.sweep === undefined ? null : readAxis(values.sweep);
  // Refused before anything is loaded; the runs are made from what the files say.
  if (sweep !== null) sweptSpecs(spec, sweep);
  const executor = values.executor ?? 'gpu';
  if (executor !== 'gpu' && executor !== 'reference')
    throw wrongOption('--executor', executor, 'gpu or reference');
  return {
    kind: 'run',
    options: {
      spec,
      out: values.out ?? 'results',
      seeds: values.seeds === undefined ? [spec.seed] : seedRange(values.seeds),
      sweep,
      executor,
      teacher: [...(values.teachers?.split(',').filter(isFile) ?? []), ...(values.teacher ?? [])],
      images: values.images ?? null,
      labels: values.labels ?? null,
      text: values.text ?? [],
      tokenizer: values.tokenizer ?? null,
      topCosts: values['top-costs'] === true,
      saveAnswers: values['save-answers'] ?? null,
      answers: values.answers ?? null,
      receipt: file?.receipt ?? null,
      sharesOut:
        (values.spec === undefined || (values.text !== undefined && !isCounted(file?.spec.data))) &&
        !(values.set ?? []).some((one) => /^data\.(transfer|validation|test)=/.test(one)),
    },
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const several = { type: 'string', multiple: true } as const;
  return readArguments({
    args: [...args],
    options: {
      spec: text,
      preset: text,
      out: text,
      teacher: several,
      scale: text,
      images: text,
      labels: text,
      text: several,
      tokenizer: text,
      tokens: text,
      column: text,
      teachers: text,
      weights: text,
      combine: text,
      average: text,
      'on-policy': text,
      live: flag,
      prompt: text,
      'top-costs': flag,
      top: text,
      'save-answers': text,
      answers: text,
      sampling: text,
      steps: text,
      seed: text,
      seeds: text,
      sweep: text,
      set: several,
      executor: text,
      'print-spec': flag,
      list: flag,
      help: { ...flag, short: 'h' },
    },
  });
}

/** Options that say something of another one, which has to be there. */
const belong: readonly (readonly [options: readonly string[], to: readonly string[]])[] = [
  [['scale'], ['images', 'labels']],
  [
    ['weights', 'combine'],
    ['teachers', 'teacher'],
  ],
  [['prompt', 'sampling'], ['on-policy']],
  [['tokens', 'tokenizer', 'column'], ['text']],
];
const exclude = [
  ['preset', 'spec'],
  ['seed', 'seeds'],
  ['answers', 'save-answers'],
] as const;

/** An option without effect is a mistake. Errors: `option`. */
function checkTogether(values: Readonly<Record<string, unknown>>): void {
  const isThere = (name: string) => values[name] !== undefined;
  for (const [options, to] of belong)
    for (const option of options.filter(isThere))
      if (!to.some(isThere))
        throw wrongOption(`--${option}`, 'it alone', `it beside ${to.map((one) => `--${one}`).join(' or ')}`);
  for (const [one, other] of exclude)
    if (isThere(one) && isThere(other))
      throw wrongOption(`--${one}`, `it beside --${other}`, 'one of the two');
}

function presetSpec(name: string): RunSpec {
  const preset = presets.get(name);
  if (preset !== undefined) return structuredClone(preset.spec);
  throw wrongOption('--preset', name, [...presets.keys()].join(', '));
}

/** At most so many runs of a command. */
const mostSeeds = 1_000;

/** `1..5`, or `3,5,8`. */
function seedRange(text: string): readonly number[] {
  const [, first, last] = /^(\d+)\.\.(\d+)$/.exec(text) ?? [];
  const count = first === undefined || last === undefined ? null : Number(last) - Number(first) + 1;
  const seeds =
    count === null
      ? text.split(',').map((one) => (/^\d+$/.test(one.trim()) ? Number(one) : Number.NaN))
      : Array.from({ length: Math.max(0, Math.min(count, mostSeeds + 1)) }, (_, i) => Number(first) + i);
  const good =
    seeds.length > 0 &&
    seeds.length <= mostSeeds &&
    seeds.every((seed) => seed <= limits.seed.max) &&
    new Set(seeds).size === seeds.length;
  if (good) return seeds;
  throw wrongOption('--seeds', text, `1..5 or 1,2,3: at most ${mostSeeds} different seeds`);
}
