/**
 * The formulas of the pointwise losses as papers write them, naively, in float64: a second oracle for the tests, which
 * shares no line with the kernels. Test code.
 */
import type { TermId } from '../kernels/rowTerms.ts';

export interface ClosedRow {
  readonly z: readonly number[];
  readonly u: readonly number[];
  readonly label: number;
  readonly t: number;
  readonly params: readonly number[];
}

export interface Closed {
  readonly loss: number;
  readonly gradient: readonly number[];
}

type Form = (row: ClosedRow) => Closed;

const sum = (x: readonly number[]): number => x.reduce((total, value) => total + value, 0);
const of = (x: readonly number[], j: number): number => x[j] ?? Number.NaN;
const norm = (x: readonly number[]): number => Math.sqrt(sum(x.map((value) => value ** 2)));
const mean = (x: readonly number[]): number => sum(x) / x.length;

function softmax(x: readonly number[], t: number): number[] {
  const exps = x.map((value) => Math.exp(value / t));
  const total = sum(exps);
  return exps.map((value) => value / total);
}

/** Σ a (log a − log b). */
const kl = (a: readonly number[], b: readonly number[]): number =>
  sum(a.map((x, j) => x * Math.log(x / of(b, j))));

/** g_j = q_j (a_j − Σ q a)/T, with a = ∂L/∂q. */
function byRule(q: readonly number[], a: readonly number[], t: number): number[] {
  const middle = sum(q.map((x, j) => x * of(a, j)));
  return q.map((x, j) => (x * (of(a, j) - middle)) / t);
}

/** A loss of softened rows with ∂L/∂q. */
const softened =
  (form: (q: number[], p: number[], row: ClosedRow) => { loss: number; a: readonly number[] }): Form =>
  (row) => {
    const [q, p] = [softmax(row.z, row.t), softmax(row.u, row.t)];
    const { loss, a } = form(q, p, row);
    return { loss, gradient: byRule(q, a, row.t) };
  };

/** Cross-entropy at T = 1 with a distribution. */
function crossEntropy(z: readonly number[], wanted: readonly number[]): Closed {
  const q = softmax(z, 1);
  return {
    loss: -sum(wanted.map((x, j) => x * Math.log(of(q, j)))),
    gradient: q.map((x, j) => x - of(wanted, j)),
  };
}

const oneHot = (n: number, hot: number, height = 1, floor = 0): number[] =>
  Array.from({ length: n }, (_, j) => floor + (j === hot ? height : 0));

function mixture(p: readonly number[], q: readonly number[], share: number): number[] {
  return q.map((x, j) => share * of(p, j) + (1 - share) * x);
}

const forward: Form = softened((q, p) => ({ loss: kl(p, q), a: q.map((x, j) => -of(p, j) / x) }));
const reverse: Form = softened((q, p) => ({
  loss: kl(q, p),
  a: q.map((x, j) => Math.log(x / of(p, j)) + 1),
}));

const jsd: Form = softened((q, p, { params: [beta = 0] }) => {
  const m = mixture(p, q, beta);
  return {
    loss: beta * kl(p, m) + (1 - beta) * kl(q, m),
    a: q.map((x, j) => (1 - beta) * Math.log(x / of(m, j))),
  };
});

function scaled(form: Form, factor: (row: ClosedRow) => number): Form {
  return (row) => {
    const { loss, gradient } = form(row);
    return { loss: factor(row) * loss, gradient: gradient.map((g) => factor(row) * g) };
  };
}

function decoupled({ z, u, label, t, params: [alpha = 0, beta = 0] }: ClosedRow): Closed {
  const [q, p] = [softmax(z, t), softmax(u, t)];
  const [qy, py] = [of(q, label), of(p, label)];
  const hat = (x: readonly number[], y: number) => x.map((value, j) => (j === label ? 0 : value / (1 - y)));
  const [qHat, pHat] = [hat(q, qy), hat(p, py)];
  const others = (x: readonly number[]) => x.filter((_, j) => j !== label);
  const target = kl([py, 1 - py], [qy, 1 - qy]);
  return {
    loss: t ** 2 * (alpha * target + beta * kl(others(pHat), others(qHat))),
    gradient: z.map((_, j) =>
      j === label
        ? t * alpha * (qy - py)
        : t * (-alpha * (qy - py) * of(qHat, j) + beta * (of(qHat, j) - of(pHat, j))),
    ),
  };
}

function standardisedKl({ z, u, t, params: [epsilon = 0] }: ClosedRow): Closed {
  const n = z.length;
  const deviation = (x: readonly number[]) =>
    Math.sqrt(sum(x.map((value) => (value - mean(x)) ** 2)) / (n - 1));
  const standard = (x: readonly number[]) => x.map((value) => (value - mean(x)) / (deviation(x) + epsilon));
  const [zs, sigma] = [standard(z), deviation(z)];
  const [q, p] = [softmax(zs, t), softmax(standard(u), t)];
  const g = q.map((x, j) => (x - of(p, j)) / t);
  const tilt = sum(g.map((x, j) => x * of(zs, j))) / (n - 1);
  return {
    loss: kl(p, q),
    gradient: g.map(
      (x, j) => (x - mean(g) - of(zs, j) * ((sigma + epsilon) / sigma) * tilt) / (sigma + epsilon),
    ),
  };
}

function correctedTeacher({ z, u, label, t, params: [tau = 0] }: ClosedRow): Closed {
  const [q, p] = [softmax(z, t), softmax(u, t)];
  const [most, py] = [Math.max(...p), of(p, label)];
  const f = u.indexOf(Math.max(...u)) === label ? 0 : (most - py + tau) / (1 + most - py);
  const corrected = p.map((x, j) => (1 - f) * x + (j === label ? f : 0));
  return { loss: kl(corrected, q), gradient: q.map((x, j) => (x - of(corrected, j)) / t) };
}

export const closedForms: Readonly<Record<TermId, Form>> = {
  ce: ({ z, label }) => crossEntropy(z, oneHot(z.length, label)),
  label_smoothing: ({ z, label, params: [epsilon = 0] }) =>
    crossEntropy(z, oneHot(z.length, label, 1 - epsilon, epsilon / z.length)),
  hard_ce: ({ z, u }) => crossEntropy(z, oneHot(z.length, u.indexOf(Math.max(...u)))),
  forward_kl: forward,
  soft_ce: softened((q, p) => ({
    loss: -sum(p.map((x, j) => x * Math.log(of(q, j)))),
    a: q.map((x, j) => -of(p, j) / x),
  })),
  reverse_kl: reverse,
  jsd: (row) => (row.params[0] === 0 ? forward : row.params[0] === 1 ? reverse : jsd)(row),
  jsd_normalised: (row) => {
    const beta = of(row.params, 0);
    if (beta === 0 || beta === 1) return (beta === 0 ? forward : reverse)(row);
    return scaled(jsd, () => 1 / (beta * (1 - beta)))(row);
  },
  jeffreys: (row) => {
    const [lambda, f, r] = [of(row.params, 0), forward(row), reverse(row)];
    return {
      loss: (1 - lambda) * f.loss + lambda * r.loss,
      gradient: f.gradient.map((g, j) => (1 - lambda) * g + lambda * of(r.gradient, j)),
    };
  },
  skew_kl: softened((q, p, { params: [lambda = 0] }) => {
    const m = mixture(p, q, lambda);
    return { loss: kl(p, m), a: q.map((_, j) => (-(1 - lambda) * of(p, j)) / of(m, j)) };
  }),
  skew_reverse_kl: softened((q, p, { params: [lambda = 0] }) => {
    const m = mixture(q, p, lambda);
    return {
      loss: kl(q, m),
      a: q.map((x, j) => Math.log(x) - Math.log(of(m, j)) - (lambda * x) / of(m, j)),
    };
  }),
  total_variation: softened((q, p) => ({
    loss: 0.5 * sum(q.map((x, j) => Math.abs(x - of(p, j)))),
    a: q.map((x, j) => 0.5 * Math.sign(x - of(p, j))),
  })),
  logit_mse: ({ z, u }) => ({
    loss: mean(z.map((x, j) => (x - of(u, j)) ** 2)),
    gradient: z.map((x, j) => (2 * (x - of(u, j))) / z.length),
  }),
  probability_mse: softened((q, p) => ({
    loss: mean(q.map((x, j) => (x - of(p, j)) ** 2)),
    a: q.map((x, j) => (2 * (x - of(p, j))) / q.length),
  })),
  logit_cosine: ({ z, u }) => {
    const [zn, un] = [norm(z), norm(u)];
    const cosine = sum(z.map((x, j) => x * of(u, j))) / (zn * un);
    return {
      loss: 1 - cosine,
      gradient: z.map((x, j) => -(of(u, j) / un - (cosine * x) / zn) / zn),
    };
  },
  decoupled,
  standardised_kl: standardisedKl,
  dist_inter: softened((q, p, { t }) => {
    const centre = (x: readonly number[]) => x.map((value) => value - mean(x));
    const unit = (x: readonly number[]) => x.map((value) => value / norm(x));
    const [qc, pc] = [centre(q), unit(centre(p))];
    const [qu, qn] = [unit(qc), norm(qc)];
    const c = sum(qu.map((x, j) => x * of(pc, j)));
    return { loss: t ** 2 * (1 - c), a: qu.map((x, j) => (-(t ** 2) * (of(pc, j) - c * x)) / qn) };
  }),
  corrected_teacher: correctedTeacher,
};
