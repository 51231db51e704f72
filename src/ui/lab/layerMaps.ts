/** Which layer of a student learns which tensor of a teacher, by the rules in use elsewhere. Pure. */
import { limits } from '../../spec/limits.ts';
import { type HiddenSpec, hiddenLossIds, type StudentSpec } from '../../spec/runSpec.ts';

type Pairs = HiddenSpec['pairs'];

/**
 * `last`: the last of each. `uniform`: layer i of the student learns round(i·(Lt − 1)/(Ls − 1)) of the teacher.
 * `blocks`: i·Lt/Ls, so that each learns the first of its share.
 */
export const layerRules = ['last', 'uniform', 'blocks'] as const;
export type LayerRule = (typeof layerRules)[number];

export const projections = [
  'xavier',
  'normal',
  'identity',
] as const satisfies readonly HiddenSpec['projection'][];

/** Losses that compare a student's layer with a teacher's of another width need a learned map; relations do not. */
export function needsMap(loss: HiddenSpec['loss']): boolean {
  return ['hidden_mse', 'hidden_cosine', 'hidden_normalised_mse', 'mmd_rbf'].includes(loss);
}

/** Distances that this student's layers have: attention is compared where there is some. */
export function hiddenLossesOf(student: StudentSpec): readonly HiddenSpec['loss'][] {
  return student.kind === 'transformer'
    ? hiddenLossIds
    : hiddenLossIds.filter((id) => !ofAttention.includes(id));
}

const ofAttention: readonly HiddenSpec['loss'][] = ['attention_kl', 'value_relation_kl'];

/** The pairs with this one's own distance; undefined: that of all. */
export function withPairLoss(pairs: Pairs, at: number, loss: HiddenSpec['loss'] | undefined): Pairs {
  return pairs.map((pair, i) => {
    if (i !== at) return pair;
    const { student, teacher } = pair;
    return { student, teacher, ...(loss === undefined ? {} : { loss }) };
  });
}

/** Both in order of depth; no pairs where either side has no layer. */
export function pairsBy(rule: LayerRule, layers: number, tensors: readonly string[]): Pairs {
  if (layers < 1 || tensors.length < 1) return [];
  const teacherOf = (layer: number): number => {
    const last = tensors.length - 1;
    if (rule === 'last') return last;
    if (rule === 'blocks') return Math.floor((layer * tensors.length) / layers);
    return layers === 1 ? last : Math.round((layer * last) / (layers - 1));
  };
  const students = Array.from({ length: layers }, (_, layer) => layer);
  const wanted = rule === 'last' ? students.slice(-1) : students.slice(0, limits.pairs.max);
  return wanted.map((student) => ({ student, teacher: tensors[teacherOf(student)] ?? '' }));
}

/** With the pair where it was not, without it where it was; the last pair stays. */
export function togglePair(pairs: Pairs, student: number, teacher: string): Pairs {
  const others = pairs.filter((pair) => pair.student !== student || pair.teacher !== teacher);
  if (others.length < pairs.length) return others.length === 0 ? pairs : others;
  return pairs.length >= limits.pairs.max ? pairs : [...pairs, { student, teacher }];
}

/** Widths of the layers of a student that can be matched, in order of depth. */
export function layerWidths(student: StudentSpec): readonly number[] {
  switch (student.kind) {
    case 'mlp':
      return student.hidden;
    case 'cnn':
      return student.hidden > 0 ? [...student.channels, student.hidden] : student.channels;
    case 'transformer':
    case 'causal_conv':
      return Array.from({ length: student.layers }, () => student.width);
  }
}
