/**
 * Hostile links from a seed, for tests and for `npm run soak`: mutations of honest ones, noise, bombs, deep nesting,
 * names of the language's machinery, numbers that are none. Each is checked by reading it.
 */
import { deflateSync } from 'fflate';
import { StillroomError } from '../spec/errors.ts';
import { type Lesson, lessonLimits, lessonLocks, lessonParts } from '../spec/lesson.ts';
import { presets } from '../spec/presets.ts';
import { parseRunSpec } from '../spec/runSpec.ts';
import { RandomStream } from '../tensor/random.ts';
import { asksForEmbed, decodeLink, encodeLink } from './link.ts';

export interface FuzzResult {
  readonly count: number;
  readonly accepted: number;
  readonly refused: number;
  /** Longest time of one link, in milliseconds. */
  readonly worst: number;
  /** What went wrong, with the index that repeats it; empty is what is wanted. */
  readonly faults: readonly string[];
}

const mostFaults = 20;

/** Reads `count` hostile links; `from` begins elsewhere in the sequence, to repeat one. */
export function fuzzLinks(
  count: number,
  seed: number,
  from = 0,
  now: () => number = () => performance.now(),
): FuzzResult {
  const faults: string[] = [];
  let [accepted, refused, worst] = [0, 0, 0];
  for (let i = from; i < from + count && faults.length < mostFaults; i++) {
    const link = hostileLink(new RandomStream(seed, i, 0x11a4));
    const started = now();
    try {
      asksForEmbed(link);
      const { spec, lesson } = decodeLink(link);
      parseRunSpec(spec);
      if (lesson !== null && !isSound(lesson)) faults.push(`seed ${seed}, link ${i}: a lesson of no list`);
      accepted += 1;
    } catch (error) {
      refused += 1;
      if (!(error instanceof StillroomError)) faults.push(`seed ${seed}, link ${i}: ${String(error)}`);
    }
    worst = Math.max(worst, now() - started);
    if ('polluted' in {}) faults.push(`seed ${seed}, link ${i}: Object.prototype was reached`);
  }
  return { count, accepted, refused, worst, faults };
}

/** Of the closed lists, each id once, and words no longer than they may be. */
function isSound({ hide, lock, title, text }: Lesson): boolean {
  const known = [...hide, ...lock].every((id) => [...lessonParts, ...lessonLocks].some((one) => one === id));
  const once = new Set(hide).size === hide.length && new Set(lock).size === lock.length;
  const short = [...title].length <= lessonLimits.title && [...text].length <= lessonLimits.text;
  return known && once && short && !/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(title + text);
}

type Make = (random: RandomStream) => string;

const makers: readonly Make[] = [
  (random) => mutated(honest(random), random),
  (random) => `#preset=few-labels-1&s=1.${pick(random, ['j', 'd', 'x', ''])}.${noise(random, 200)}`,
  (random) => `#preset=few-labels-1&s=1.j.${coded(JSON.stringify(strangeChange(random)))}`,
  (random) => `#preset=few-labels-1&s=1.j.${coded(strangeText(random))}`,
  bomb,
  (random) => `#${noise(random, 60)}=${noise(random, 60)}&s=${noise(random, 20)}`,
  (random) => `#preset=few-labels-1&s=1.j.${coded(JSON.stringify({ g: strangeValue(random, 3) }))}`,
  strangeLesson,
];

export function hostileLink(random: RandomStream): string {
  return (makers[random.integer(makers.length)] ?? bomb)(random);
}

function honest(random: RandomStream): string {
  const [presetId = '', preset] = [...presets][random.integer(presets.size)] ?? [];
  if (preset === undefined) return '#';
  const { spec } = preset;
  const objective = { ...spec.objective, temperature: 1 + random.integer(30) };
  const lesson: Lesson = {
    hide: lessonParts.filter(() => random.unit() < 0.3),
    lock: lessonLocks.filter(() => random.unit() < 0.3),
    ...{ level: 'tinker', title: noise(random, 20), text: noise(random, 90) },
  };
  const shown = random.unit() < 0.5 ? { lesson, embed: random.unit() < 0.5 } : {};
  return encodeLink({ presetId, spec: { ...spec, objective, seed: random.u32() }, ghost: null, ...shown })
    .fragment;
}

/** Fields of a lesson: ids that are none, lists without end, words of any kind. */
function strangeLesson(random: RandomStream): string {
  const id = () =>
    pick(random, [...lessonParts, ...lessonLocks, '__proto__', 'toString', '', noise(random, 9)]);
  const ids = () =>
    Array.from({ length: random.integer(200) }, id).join(pick(random, ['.', ',', '%2C', ';']));
  const text = pick(random, [
    JSON.stringify({ t: strangeValue(random, 3), x: strangeValue(random, 3) }),
    JSON.stringify({ x: '\u202e<img src=x onerror=alert(1)>\u0000\ud800'.repeat(random.integer(40)) }),
    '{"__proto__":{"polluted":1},"t":{"toString":1}}',
    strangeText(random),
  ]);
  const words = pick(random, [`j.${coded(text)}`, noise(random, 60), bomb(random).split('s=1.')[1] ?? '']);
  const level = pick(random, ['lab', '__proto__', noise(random, 5)]);
  return `#preset=few-labels-1&lesson=${words}&hide=${ids()}&lock=${ids()}&level=${level}&embed=${noise(random, 2)}`;
}

function mutated(link: string, random: RandomStream): string {
  const characters = [...link];
  for (let k = random.integer(6); k >= 0; k--) {
    const at = random.integer(characters.length + 1);
    const kind = random.integer(3);
    if (kind === 0) characters.splice(at, 1);
    else if (kind === 1) characters.splice(at, 0, noise(random, 3));
    else characters[at] = String.fromCharCode(32 + random.integer(95));
  }
  return characters.join('');
}

/** A megabyte of one character, deflated to a few hundred bytes. */
function bomb(random: RandomStream): string {
  const size = 2 ** (12 + random.integer(9));
  const bytes = deflateSync(new Uint8Array(size).fill(0x5b + random.integer(3)), { level: 9 });
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return `#preset=few-labels-1&s=1.d.${btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;
}

function strangeChange(random: RandomStream): unknown {
  const paths = [
    'seed',
    'data',
    'training',
    'arms',
    'events',
    'objective',
    'student',
    '__proto__',
    'constructor',
    'schema',
  ];
  const change = Object.fromEntries(
    Array.from({ length: 1 + random.integer(4) }, () => [pick(random, paths), strangeValue(random, 3)]),
  );
  return { d: change };
}

function strangeText(random: RandomStream): string {
  return pick(random, [
    '{"d":{"__proto__":{"polluted":1}}}',
    '{"d":{"constructor":{"prototype":{"polluted":1}}}}',
    `{"d":${'['.repeat(4_000)}`,
    `{"d":${'{"a":'.repeat(600)}`,
    '{"d":{"training":{"steps":1e999}}}',
    '{"d":{"training":{"batch":-1,"steps":1e300}}}',
    '{"d":{"seed":NaN}}',
    `{"d":{"name":"${'x'.repeat(3_000)}"}}`,
    '{"d":{"data":{"transfer":5,"labelled":1000000}}}',
    '{"d":{"arms":[]}}',
    '{"d":null}',
    '[]',
    'null',
    '""',
  ]);
}

function strangeValue(random: RandomStream, depth: number): unknown {
  const kind = random.integer(depth > 0 ? 9 : 6);
  if (kind === 0) return null;
  if (kind === 1) return random.unit() < 0.5;
  if (kind === 2) return random.between(-1e9, 1e9);
  if (kind === 3) return pick(random, [0, -0, 1e300, -1e300, 2 ** 53, 5e-324, 0.1]);
  if (kind === 4) return noise(random, 30);
  if (kind === 5)
    return pick(random, ['file', 'cnn', 'live', '__proto__', 'labels', 'objective.temperature']);
  if (kind === 6) return Array.from({ length: random.integer(70) }, () => strangeValue(random, depth - 1));
  const keys = [
    'kind',
    'steps',
    'batch',
    'task',
    'hidden',
    'source',
    'path',
    'value',
    'step',
    '__proto__',
    'terms',
    'id',
    'c',
    'd',
    's',
  ];
  return Object.fromEntries(
    Array.from({ length: random.integer(6) }, () => [pick(random, keys), strangeValue(random, depth - 1)]),
  );
}

function noise(random: RandomStream, most: number): string {
  return Array.from({ length: random.integer(most) }, () =>
    String.fromCharCode(33 + random.integer(94)),
  ).join('');
}

function coded(text: string): string {
  let binary = '';
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function pick<T>(random: RandomStream, items: readonly T[]): T {
  const item = items[random.integer(items.length)];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
}
