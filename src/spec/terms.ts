/**
 * Every loss that a term of an objective may name, with its parameters in the order in which the kernels get them, and
 * whether T² applies to it. Words and formulas are in losses/, computations in kernels/; a formula brings its own
 * parameters. Ids and names are the field's.
 */

/** The fields of a term that hold a parameter. */
export const parameterNames = ['beta', 'lambda', 'alpha', 'tau', 'epsilon', 'margin', 'mu', 'k'] as const;
export type ParameterName = (typeof parameterNames)[number];

export interface TermParameter {
  readonly name: ParameterName;
  readonly min: number;
  readonly max: number;
  readonly default: number;
  readonly whole?: true;
}

interface TermLoss {
  /** At most four. */
  readonly parameters: readonly TermParameter[];
  /**
   * Whether `scaleByT2` applies. Not to losses without a temperature, nor to those that hold their own T²
   * (`decoupled`, `dist_inter`, `dist_intra`) or whose definition has none (`corrected_teacher`).
   */
  readonly scaled: boolean;
}

const share = (name: ParameterName, standard: number, max = 1): TermParameter => ({
  name,
  min: 0,
  max,
  default: standard,
});
const factor = (name: ParameterName, standard: number): TermParameter => ({
  name,
  min: 0,
  max: 100,
  default: standard,
});
/** The teacher's k most probable classes; more than there are mean all of them. */
const top = (standard: number, min = 2): TermParameter => ({
  name: 'k',
  min,
  max: 128,
  default: standard,
  whole: true,
});

const softened = (...parameters: readonly TermParameter[]): TermLoss => ({ parameters, scaled: true });
const unscaled = (...parameters: readonly TermParameter[]): TermLoss => ({ parameters, scaled: false });

const table = {
  ce: unscaled(),
  label_smoothing: unscaled(share('epsilon', 0.1)),
  hard_ce: unscaled(),
  forward_kl: softened(),
  soft_ce: softened(),
  reverse_kl: softened(),
  jsd: softened(share('beta', 0.5)),
  jsd_normalised: softened(share('beta', 0.5)),
  jeffreys: softened(share('lambda', 0.5)),
  // At 1 the mixture is the other side itself, and nothing is left to learn.
  skew_kl: softened(share('lambda', 0.1, 0.98)),
  skew_reverse_kl: softened(share('lambda', 0.1, 0.98)),
  total_variation: softened(),
  adaptive_kl: softened(share('mu', 0.5)),
  logit_mse: unscaled(),
  probability_mse: softened(),
  logit_cosine: unscaled(),
  decoupled: unscaled(factor('alpha', 1), factor('beta', 8)),
  standardised_kl: softened({ name: 'epsilon', min: 1e-9, max: 1, default: 1e-7 }),
  dist_inter: unscaled(),
  dist_intra: unscaled(),
  sorted_l1: softened(),
  hinge: softened(share('margin', 0.1), top(5), share('epsilon', 0)),
  logistic_rank: unscaled(top(5), share('epsilon', 0)),
  // At 1 a wrong teacher would be the label alone, with logarithms of 0.
  corrected_teacher: unscaled(share('tau', 0.2, 0.99)),
  sampled_reverse_kl: softened(),
  sparse_renormalise: softened(top(16, 1)),
  sparse_tail: softened(top(16, 1)),
  sparse_tail_reverse: softened(top(16, 1)),
  sparse_renormalise_both: softened(top(16, 1)),
} as const satisfies Readonly<Record<string, TermLoss>>;

const losses: ReadonlyMap<string, TermLoss> = new Map(Object.entries(table));

/** Every id but that of a formula. */
export const termLossIds = Object.keys(table) as readonly string[];

/** The loss with this id, which may come from outside; undefined where there is none, or where it is a formula. */
export function termLoss(id: string): TermLoss | undefined {
  return losses.get(id);
}

/** Whether the loss holds a T² of its own. */
export function ownT2(id: string): boolean {
  return id === 'decoupled' || id === 'dist_inter' || id === 'dist_intra';
}

export function termParameter(id: string, name: string): TermParameter | undefined {
  return termLoss(id)?.parameters.find((parameter) => parameter.name === name);
}

/** A term's parameters in the table's order, defaults where it names none. Empty for a formula. */
export function parametersOf(
  term: { readonly id: string } & { readonly [Name in ParameterName]?: number | undefined },
): readonly number[] {
  return (termLoss(term.id)?.parameters ?? []).map(({ name, default: standard }) => term[name] ?? standard);
}
