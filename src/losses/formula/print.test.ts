// The WGSL that formulas become, as it is. A change here is a change of every shared run with such a formula.
import { expect, test } from 'vitest';
import { compileFormula } from './formula.ts';

function wgsl(text: string): string {
  const { wgsl: printed, stem } = compileFormula(text);
  return printed.replaceAll(stem, 'f');
}

test('forward KL as typed is forward KL as written by hand', () => {
  const forms = [
    'sum(p*log(p/q))',
    'sum(p*(log(p) - log(q)))',
    'sum(p*log(p)) - sum(p*log(q))',
    '-sum(p*log(q/p))',
    'm = log(q)\nsum(p*log(p) - p*m)',
    'sum(p*log(p/q) - p + q)',
    'V*mean(p*log(p/q))',
  ];
  for (const form of forms) {
    expect(wgsl(form), form).toBe(`fn f_loss(x: Element, known: Known, params: vec4f) -> f32 {
  return excess(x.p, x.d, x.q);
}

fn f_plain(x: Element, known: Known, params: vec4f) -> f32 {
  return x.gap * x.row.inverse_temperature;
}
`);
  }
});

test.each([
  ['reverse KL', 'sum(q*log(q/p))'],
  [
    'JSD',
    'param beta = 0.5 in 0..1\nm = beta*p + (1-beta)*q\nbeta*sum(p*log(p/m)) + (1-beta)*sum(q*log(q/m))',
  ],
  ['skewed KL', 'sum(p*log(p/(0.1*p + 0.9*q)))'],
  ['symmetric KL', 'sum(p*log(p/q)) + sum(q*log(q/p))'],
  ['total variation', 'sum(abs(p - q))/2'],
  ['squared error of logits', 'mean((zs - zt)^2)'],
  ['cosine of logits', '1 - sum(zs*zt)/sqrt(sum(zs^2)*sum(zt^2))'],
  ['Pearson', 'a = p - mean(p)\nb = q - mean(q)\n1 - sum(a*b)/sqrt(sum(a^2)*sum(b^2))'],
  ['cross-entropy at T', '-sum(y*log(q))'],
  ['focal', 'param g = 2 in 0..5\n-sum(y*(1 - q)^g*log(q))'],
  [
    'standardised logits',
    'a = (zs - mean(zs))/sqrt(mean((zs - mean(zs))^2))\nb = (zt - mean(zt))/sqrt(mean((zt - mean(zt))^2))\nmean((a - b)^2)',
  ],
  ['a detached weight', 'w = detach(sum(abs(p - q)))\nw*sum(p*log(p/q))'],
  ['a condition', 'sum(where(p > 0.1, p*log(p/q), 0))'],
  ['Hellinger', 'sqrt(1 - sum(sqrt(p*q)))'],
])('%s', (_, text) => expect(wgsl(text)).toMatchSnapshot());

test('no name of the user’s gets into the shader', () => {
  const printed = wgsl('param discard = 0.5 in 0..1\nfn1 = discard*q\nreturn_ = fn1*fn1\nsum(return_)');
  expect(printed).not.toMatch(/discard|fn1|return_/);
});
