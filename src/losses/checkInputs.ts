/** The rows that every loss is checked on: ordinary ones, and edges where formulas break. The same at every check. */
import { RandomStream } from '../tensor/random.ts';

export interface CheckRow {
  /** What is special about it, in words; empty for an ordinary row. */
  readonly edge: string;
  readonly student: readonly number[];
  readonly teacher: readonly number[];
  readonly label: number;
}

export const checkClasses = 10;
export const checkTemperatures = [1, 4] as const;
const far = 80;

/** Rounded to what a GPU holds. */
function noise(seed: number, scale: number): readonly number[] {
  const random = new RandomStream(seed, 0, 0xc4ec);
  return Array.from({ length: checkClasses }, () => Math.fround(random.between(-scale, scale)));
}

function ordinary(seed: number, scale: number): CheckRow {
  return {
    edge: '',
    student: noise(seed, scale),
    teacher: noise(seed + 100, scale),
    label: seed % checkClasses,
  };
}

const level = Array<number>(checkClasses).fill(0);
const peak = (at: number, height = far): readonly number[] => level.map((_, j) => (j === at ? height : 0));
const waves = (sign: number): readonly number[] => level.map((_, j) => (j % 2 === 0 ? sign : -sign) * far);

export const ordinaryRows: readonly CheckRow[] = [
  ...[1, 2, 3, 4, 5, 6].map((seed) => ordinary(seed, 6)),
  ...[7, 8, 9].map((seed) => ordinary(seed, 1)),
];

export const edgeRows: readonly CheckRow[] = [
  { edge: 'equal student logits', student: level, teacher: noise(21, 6), label: 1 },
  { edge: 'equal teacher logits', student: noise(22, 6), teacher: level, label: 2 },
  { edge: 'all logits equal', student: level, teacher: level, label: 3 },
  { edge: 'one student logit at 80', student: peak(4), teacher: noise(23, 6), label: 5 },
  { edge: 'one student logit at −80', student: peak(4, -far), teacher: noise(24, 6), label: 4 },
  { edge: 'one teacher logit at 80', student: noise(25, 6), teacher: peak(6), label: 6 },
  { edge: 'both one-hot, in the same class', student: peak(7), teacher: peak(7), label: 7 },
  { edge: 'both one-hot, in different classes', student: peak(7), teacher: peak(8), label: 7 },
  { edge: 'logits of ±80, opposed', student: waves(1), teacher: waves(-1), label: 9 },
  { edge: 'student equal to teacher', student: noise(26, 6), teacher: noise(26, 6), label: 0 },
  {
    edge: 'a class that the teacher lacks (−∞)',
    student: noise(27, 6),
    teacher: noise(28, 6).map((u, j) => (j === 3 ? Number.NEGATIVE_INFINITY : u)),
    label: 1,
  },
];
