/**
 * What a lesson link says beside its run: parts of the page that it leaves out, controls that it locks, and words of
 * whoever made it. Ids are closed lists, since links stand on them. A lesson changes nothing that a run is.
 */

/** Parts of the page that may be left out, in the order of the page. */
export const lessonParts = [
  'levels',
  'loss',
  'data',
  'teacher',
  'student',
  'optimiser',
  'bring',
  'result',
  'hero',
  'stage',
  'formula',
  'curves',
  'verdict',
  'sizes',
  'lesson',
  'runs',
] as const;
export type LessonPart = (typeof lessonParts)[number];

/** Controls that may be locked: all settings below these paths of the specification. */
const lockedPaths = {
  temperature: ['objective.temperature'],
  mix: ['objective.mix'],
  rate: ['optimiser.learningRate'],
  loss: ['objective', 'arms'],
  data: ['data', 'evaluation'],
  teacher: ['teacher'],
  student: ['student'],
  optimiser: ['optimiser', 'training', 'seed'],
  /** The choice of another preset. */
  preset: ['preset'],
} as const;
export type LessonLock = keyof typeof lockedPaths;
export const lessonLocks: readonly LessonLock[] = [
  ...(['temperature', 'mix', 'rate', 'loss', 'data', 'teacher', 'student', 'optimiser', 'preset'] as const),
];

export const lessonLevels = ['learn', 'tinker', 'lab'] as const;

/** Characters of a lesson's own words, so that a link of them stays short. */
export const lessonLimits = { title: 60, text: 280 } as const;

export interface Lesson {
  readonly hide: readonly LessonPart[];
  readonly lock: readonly LessonLock[];
  /** How much the page shows when it is opened. */
  readonly level: (typeof lessonLevels)[number];
  /** Plain text of whoever made the link; empty for the page's own words. */
  readonly title: string;
  readonly text: string;
}

export const emptyLesson: Lesson = { hide: [], lock: [], level: 'learn', title: '', text: '' };

/** Whether a setting is locked, by its own lock or by that of the group it lies in. */
export function isLockedBy(lock: readonly LessonLock[], path: string): boolean {
  return lock.some((id) => lockedPaths[id].some((root) => path === root || path.startsWith(`${root}.`)));
}

/** Characters that are no text, or that turn the direction of what follows them. */
const noText = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** One line of plain text of at most so many characters. */
export function plainLine(text: string, most: number): string {
  const line = text.replace(noText, ' ').replace(/\s+/g, ' ').trim();
  return [...line].slice(0, most).join('').trim();
}
