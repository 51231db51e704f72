/** The catalogue in groups, for lists that a person chooses from. The entries themselves are in losses/catalogue. */
import { hiddenLosses, type LossParameter, labelLosses, termLosses } from '../../losses/catalogue.ts';
import type { Need } from '../../losses/entry.ts';
import { canProbe } from '../../losses/probe.ts';

export const families = [
  'labels',
  'divergences',
  'mixtures',
  'logits',
  'parts',
  'order',
  'hidden',
  'relations',
  'other',
] as const;
export type Family = (typeof families)[number];

const members: Readonly<Record<Exclude<Family, 'other'>, readonly string[]>> = {
  labels: ['ce', 'label_smoothing', 'hard_ce', 'corrected_teacher'],
  divergences: [
    'forward_kl',
    'soft_ce',
    'reverse_kl',
    'adaptive_kl',
    'total_variation',
    'sampled_reverse_kl',
    'sparse_renormalise',
    'sparse_tail',
    'sparse_tail_reverse',
    'sparse_renormalise_both',
  ],
  mixtures: ['jsd', 'jsd_normalised', 'jeffreys', 'skew_kl', 'skew_reverse_kl'],
  logits: ['logit_mse', 'probability_mse', 'logit_cosine'],
  parts: ['decoupled', 'standardised_kl', 'dist_inter', 'dist_intra'],
  order: ['sorted_l1', 'hinge', 'logistic_rank'],
  hidden: ['hidden_mse', 'hidden_cosine', 'hidden_normalised_mse'],
  relations: [
    'gram',
    'similarity_preserving',
    'mmd_rbf',
    'relational',
    'linear_cka',
    'attention_kl',
    'value_relation_kl',
  ],
};

export type CatalogueEntry =
  | (typeof labelLosses)[number]
  | (typeof termLosses)[number]
  | (typeof hiddenLosses)[number];

/** Every loss, in the order of the families. */
export const catalogue: readonly CatalogueEntry[] = sorted<CatalogueEntry>([
  ...labelLosses,
  ...termLosses,
  ...hiddenLosses,
]);

export interface RowEntry {
  readonly id: string;
  readonly title: string;
  readonly needs: readonly Need[];
  readonly parameters: readonly LossParameter[];
}

/** Losses that can be looked at on one row. */
const rowEntries: readonly RowEntry[] = catalogue.filter(({ id }) => canProbe(id));

/** Losses that can be a term of an objective. */
export const trainableIds: readonly string[] = [
  ...[...termLosses, ...labelLosses].map(({ id }) => id),
  'formula',
];

/** Their ids. */
export const rowIds: readonly string[] = rowEntries.map(({ id }) => id);

export function familyOf(id: string): Family {
  const named = families.filter((family) => family !== 'other');
  return named.find((family) => members[family].includes(id)) ?? 'other';
}

/** By family, and in each in the order of its list. */
function sorted<E extends { readonly id: string }>(entries: readonly E[]): readonly E[] {
  const place = ({ id }: E) => {
    const family = familyOf(id);
    return families.indexOf(family) * 100 + (family === 'other' ? 0 : members[family].indexOf(id));
  };
  return [...entries].sort((a, b) => place(a) - place(b));
}

export function entryOf(id: string): RowEntry | undefined {
  return rowEntries.find((entry) => entry.id === id);
}

/** The parameters of a loss at their defaults. */
export function typicalParameters(id: string): Readonly<Record<string, number>> {
  const parameters = catalogue.find((entry) => entry.id === id)?.parameters ?? [];
  return Object.fromEntries(parameters.map((parameter) => [parameter.name, parameter.default]));
}
