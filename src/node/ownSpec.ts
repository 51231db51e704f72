/**
 * What options say of a teacher and data of the user's own, as a specification. One that was made for files keeps all that it
 * says of them, so that a receipt and its files are the run that left it; elsewhere it is filled in as the page does.
 */
import { usualTemperature } from '../spec/ownData.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { withSetting } from '../spec/settings.ts';
import { chosenOf, numberOption, wrongOption } from './commandLine.ts';
import { teacherRecipes } from './teacherRecipes.ts';

/** The task of a specification that was made for files; null for any other, and where there is none. */
export function ownTask(data: RunSpec['data'] | undefined): OwnTask {
  return data?.task === 'file' || data?.task === 'text' ? data.task : null;
}

/** Of a text that nobody has read yet. */
const uncounted = { transfer: 1, validation: 1, test: 1 };

/** Its texts were shared out. */
export function isCounted(data: RunSpec['data'] | undefined): boolean {
  return data?.task === 'text' && data.transfer + data.validation + data.test > 3;
}

type OwnTask = 'file' | 'text' | null;

/** `kept`: it says itself how its file is read. */
export function ownTeacher(spec: RunSpec, kept: boolean): RunSpec {
  if (kept && spec.teacher.source === 'file') return spec;
  const { provider } = spec.teacher;
  return {
    ...spec,
    teacher: { source: 'file', sha256: '', input: '', logits: '', delivery: 'pack', provider },
  };
}

export function isFile(name: string): boolean {
  return name.endsWith('.onnx');
}

/** `kept`: it says itself how these teach together. Errors: those of specifications. */
export function several(
  spec: RunSpec,
  names: readonly string[],
  given: SeveralOptions,
  kept: boolean,
): RunSpec {
  const said = given.weights ?? given.combine;
  if (kept && said === undefined && areMembers(spec.teacher, names)) return spec;
  const weights = given.weights?.split(',').map((one) => numberOption('--weights', one)) ?? [];
  if (weights.length > 0 && weights.length !== names.length)
    throw wrongOption('--weights', `${weights.length} weights`, `${names.length}, one for each teacher`);
  if (names.some((name) => !isFile(name)))
    chosenOf(
      '--teachers',
      names.filter((name) => !isFile(name)),
      teacherRecipes.map(({ id }) => id),
    );
  const members = names.map((name, i) => ({
    ...(isFile(name)
      ? { source: 'file', sha256: '', input: '', logits: '' }
      : { source: 'builtin', id: name }),
    weight: weights[i] ?? 1,
  }));
  const combine = given.combine ?? 'probabilities';
  chosenOf('--combine', [combine], ['probabilities', 'logits']);
  const { provider } = spec.teacher;
  return withSetting(spec, 'teacher', { source: 'several', members, combine, delivery: 'pack', provider });
}

/** These are the members, in their order. */
function areMembers(teacher: RunSpec['teacher'], names: readonly string[]): boolean {
  if (teacher.source !== 'several' || teacher.members.length !== names.length) return false;
  return teacher.members.every((member, i) =>
    member.source === 'builtin' ? member.id === names[i] : isFile(names[i] ?? ''),
  );
}

interface SeveralOptions {
  readonly weights?: string | undefined;
  readonly combine?: string | undefined;
}

/** Errors: those of specifications. */
export function averaged(spec: RunSpec, decay: string): RunSpec {
  const { provider } = spec.teacher;
  return withSetting(spec, 'teacher', {
    ...{ source: 'average', decay: numberOption('--average', decay), delivery: 'live', provider },
  });
}

/** Who answers for texts that nobody knew before has to answer live. Errors: those of specifications. */
export function onPolicy(spec: RunSpec, given: Readonly<Record<string, unknown>>): RunSpec {
  const asked = {
    share: given['on-policy'],
    temperature: given['sampling'] ?? 1,
    prompt: given['prompt'] ?? 8,
  };
  const numbers = Object.fromEntries(
    Object.entries(asked).map(([name, text]) => [name, numberOption(`--${optionOf(name)}`, String(text))]),
  );
  const live = withSetting(spec, 'teacher.delivery', 'live');
  return withSetting(live, 'objective.onPolicy', numbers);
}

/** The option that gives a field of `objective.onPolicy`. */
function optionOf(field: string): string {
  return field === 'share' ? 'on-policy' : field === 'temperature' ? 'sampling' : field;
}

/** Where neither a preset nor a specification says otherwise, as the page takes it up: all labels, and a usual T of the teacher. */
export function ownData(spec: RunSpec, given: DataOptions, madeFor: OwnTask): RunSpec {
  const { scale, spec: file, preset, teacher } = given;
  const fresh = file === undefined && preset === undefined;
  const [mean = Number.NaN, std = Number.NaN] = (scale ?? '0,1').split(',').map(Number);
  if (!Number.isFinite(mean) || !(std > 0))
    throw wrongOption('--scale', scale ?? '', 'mean,std such as 0.1307,0.3081');
  if (madeFor === 'file' && spec.data.task === 'file')
    return scale === undefined ? spec : { ...spec, data: { ...spec.data, mean, std } };
  const { transfer, labelled, validation, test, leaveOut, labelNoise, dataSeed } = spec.data;
  const rows = { transfer, validation, test, leaveOut, labelNoise, dataSeed };
  const temperature = fresh && teacher !== undefined ? usualTemperature : spec.objective.temperature;
  return {
    ...spec,
    ...{ name: '', objective: { ...spec.objective, temperature } },
    data: { task: 'file', fingerprint: '', mean, std, ...rows, labelled: fresh ? 'all' : labelled },
  };
}

/**
 * A small transformer over the user's text. With a teacher it is distilled at T = 1 beside one that learns from the text
 * alone; without one there is only the latter. Errors: `option`.
 */
export function ownText(spec: RunSpec, given: TextOptions, madeFor: OwnTask): RunSpec {
  const kept = madeFor === 'text' && spec.data.task === 'text' ? spec.data : null;
  const usual = kept?.tokenizer ?? (given.tokenizer === undefined ? 'character' : 'teacher');
  const tokens = given.tokens ?? usual;
  if (tokens !== 'character' && tokens !== 'byte' && tokens !== 'teacher')
    throw wrongOption('--tokens', tokens, 'character, byte or teacher');
  if (kept !== null)
    return { ...spec, data: { ...kept, tokenizer: tokens, column: given.column ?? kept.column } };
  const taught = given.teacher !== undefined;
  const { provider } = spec.teacher;
  return {
    ...spec,
    name: '',
    data: {
      ...{ task: 'text', fingerprint: '', tokenizer: tokens, column: given.column ?? '', length: 64 },
      ...{ ...uncounted, labelled: 'all', leaveOut: [], labelNoise: 0, dataSeed: 1 },
    },
    teacher: taught ? spec.teacher : { source: 'none', delivery: 'pack', provider },
    student: {
      kind: 'transformer',
      ...{ layers: 2, width: 64, heads: 4, kvHeads: 4, tied: true, dropout: 0 },
      ...{ norm: 'rms', positions: 'rotary', mlp: 'swiglu' },
    },
    objective: { ...spec.objective, mix: 0.9, temperature: 1, hidden: null },
    optimiser: { ...spec.optimiser, learningRate: 3e-3, warmup: 50, clipNorm: 1 },
    training: { steps: 600, batch: 16, accumulate: 1, evaluateEvery: 100 },
    arms: taught || given.average !== undefined ? twoArms : [{ kind: 'labels' }],
  };
}

const twoArms: RunSpec['arms'] = [{ kind: 'labels' }, { kind: 'distilled' }];

interface DataOptions {
  readonly scale?: string | undefined;
  readonly spec?: string | undefined;
  readonly preset?: string | undefined;
  readonly teacher?: readonly string[] | undefined;
}

interface TextOptions {
  readonly average?: string | undefined;
  readonly teacher?: readonly string[] | undefined;
  readonly tokenizer?: string | undefined;
  readonly tokens?: string | undefined;
  readonly column?: string | undefined;
}
