/**
 * Prints a plan as WGSL for the row kernel's formula slot: the four functions of a term (src/kernels/terms/term.ts), over
 * the element's own fields and the functions of shaders/distill/terms/formula.wgsl. No name of the user's gets in here.
 */
import type { FunctionName } from './functions.ts';
import { childrenOf, type LeafName, type Node, reachable, type Sum } from './node.ts';
import type { Plan } from './plan.ts';

const leaves: Readonly<Record<LeafName, string>> = {
  zs: 'x.z',
  zt: 'x.u',
  p: 'x.p',
  q: 'x.q',
  logp: 'x.log_p',
  logq: 'x.log_q',
  d: 'x.d',
  gap: 'x.gap',
  rise: 'x.rise',
  y: 'select(0.0, 1.0, x.is_label)',
  T: 'x.row.temperature',
  V: 'x.row.classes',
  'zs@top': 'x.row.student_max',
  'zt@top': '(x.row.student_max - x.row.shift - x.row.delta_top * x.row.temperature)',
  'p@top': 'x.row.p_top',
  'q@top': 'x.row.q_top',
  'logp@top': '(-x.row.log_sum_student - x.row.d_top)',
  'logq@top': '(-x.row.log_sum_student)',
  'd@top': 'x.row.d_top',
  'gap@top': 'x.row.gap_top',
  'y@top': 'select(0.0, 1.0, x.row.student_top == x.row.label)',
};

/** WGSL's own where they do the same; else those of formula.wgsl and series.wgsl. */
const calls: Readonly<Record<FunctionName, string>> = {
  log: 'formula_log',
  exp: 'exp_safe',
  sqrt: 'formula_sqrt',
  abs: 'abs',
  sign: 'sign',
  relu: 'formula_relu',
  tanh: 'formula_tanh',
  sigmoid: 'formula_sigmoid',
  log1p: 'formula_log1p',
  expm1: 'formula_expm1',
  softplus: 'formula_softplus',
  min: 'min',
  max: 'max',
  power: 'formula_power',
  log_mix: 'formula_log_mix',
  excess: 'excess',
};

/** Of what is never 0, so that its inverse needs no guard. */
const inverses: ReadonlyMap<LeafName, string> = new Map<LeafName, string>([
  ['T', 'x.row.inverse_temperature'],
  ['V', 'x.row.inverse_classes'],
]);
const parameters = ['params.x', 'params.y', 'params.z', 'params.w'];
const lanes = ['x', 'y', 'z', 'w'];
const levels = ['a', 'b', 'c', 'd'];
/** Deeper expressions get names on the way: compilers limit how deep a text may be. */
const deepest = 12;

/** `stem` begins every function's name. */
export function printWgsl(plan: Plan, stem: string): string {
  const slots = new Map<Node, string>(
    plan.levels.flatMap((level, i) =>
      level.map(({ sum }, k): [Sum, string] => [sum, `known.${levels[i] ?? 'a'}.${lanes[k] ?? 'x'}`]),
    ),
  );
  const functions = [printLoss(plan, stem, slots)];
  if (!isZero(plan.slope)) functions.push(printSlope(plan, stem, slots));
  if (!isZero(plan.plain)) functions.push(header(stem, 'plain') + returned(new Printer(slots), plan.plain));
  if (plan.levels.length > 0) functions.unshift(printExtras(plan, stem, slots));
  return functions.join('\n');
}

export function isZero(node: Node): boolean {
  return node.op === 'number' && node.value === 0;
}

function header(stem: string, part: 'loss' | 'slope' | 'plain'): string {
  return `fn ${stem}_${part}(x: Element, known: Known, params: vec4f) -> f32 {\n`;
}

function returned(printer: Printer, node: Node): string {
  printer.prepare([node]);
  return `${printer.lines}  return ${printer.text(node)};\n}\n`;
}

function printLoss({ loss, once }: Plan, stem: string, slots: ReadonlyMap<Node, string>): string {
  const printer = new Printer(slots);
  if (isZero(once)) return header(stem, 'loss') + returned(printer, loss);
  printer.prepare([loss, once]);
  const share = isZero(loss) ? '' : `${printer.text(loss)} + `;
  const value = `${share}select(0.0, ${printer.text(once)}, x.index == 0u)`;
  return `${header(stem, 'loss')}${printer.lines}  return ${value};\n}\n`;
}

function printSlope({ centred, others, gaps }: Plan, stem: string, slots: ReadonlyMap<Node, string>): string {
  const printer = new Printer(slots);
  printer.prepare([centred, others, gaps]);
  const parts: string[] = [];
  const ofQ = isZero(centred) ? [] : [`x.q * ${printer.text(centred, 0)}`];
  if (isZero(others)) parts.push(...ofQ);
  else {
    // Its value at the top is 0, which float32 would not find by itself.
    const moved = [...ofQ, printer.text(others)].join(' + ');
    parts.push(`select(${moved}, 0.0, x.index == x.row.student_top)`);
  }
  if (!isZero(gaps)) parts.push(printer.text(gaps));
  return `${header(stem, 'slope')}${printer.lines}  return ${parts.join(' + ') || '0.0'};\n}\n`;
}

function printExtras(plan: Plan, stem: string, slots: ReadonlyMap<Node, string>): string {
  const cases = plan.levels.map((level, i) => {
    const printer = new Printer(slots, '      ');
    printer.prepare(level.map(({ body }) => body));
    const four = lanes
      .map((_, k) => (level[k] === undefined ? '0.0' : printer.text(level[k].body)))
      .join(', ');
    return `    case ${i}u: {\n${printer.lines}      return vec4f(${four});\n    }\n`;
  });
  const head = `fn ${stem}_extras(level: u32, x: Element, known: Known, params: vec4f) -> vec4f {\n`;
  return `${head}  switch (level) {\n${cases.join('')}    default: { return vec4f(0.0); }\n  }\n}\n`;
}

interface Printed {
  readonly text: string;
  /** 0 a name, a number or a call; 1 a product; 2 a sum. */
  readonly looseness: 0 | 1 | 2;
  readonly depth: number;
}

/** One function's body: parts that are used twice get a name and are computed once. */
class Printer {
  lines = '';
  readonly #slots: ReadonlyMap<Node, string>;
  readonly #indent: string;
  readonly #done = new Map<Node, Printed>();
  readonly #inverses = new Map<Node, string>();
  #names = 0;

  constructor(slots: ReadonlyMap<Node, string>, indent = '  ') {
    this.#slots = slots;
    this.#indent = indent;
  }

  /** Prints all that `roots` are made of; their own text follows from `text`. */
  prepare(roots: readonly Node[]): void {
    const uses = new Map<Node, number>();
    const use = (node: Node, times = 1): void => {
      uses.set(node, (uses.get(node) ?? 0) + times);
    };
    const nodes = reachable(roots);
    for (const node of nodes) {
      if (node.op === 'multiply')
        for (const factor of node.factors) use(factor.node, Math.min(3, Math.abs(factor.exponent)));
      else for (const child of inner(node)) use(child);
    }
    for (const root of roots) use(root);
    for (const node of nodes) {
      const printed = this.#print(node);
      const bare = node.op === 'number' || node.op === 'parameter' || node.op === 'sum' || node.op === 'leaf';
      const named = (!bare && (uses.get(node) ?? 0) > 1) || printed.depth > deepest;
      this.#done.set(node, named ? this.#name(printed) : printed);
    }
  }

  /** In brackets where it binds less tightly than asked: 0 as a name does, 1 a product, 2 a sum. */
  text(node: Node, most: 0 | 1 | 2 = 2): string {
    const printed = this.#done.get(node);
    if (printed === undefined) throw new RangeError('a part is printed before those that it is made of');
    return printed.looseness > most ? `(${printed.text})` : printed.text;
  }

  #name({ text }: Printed): Printed {
    const name = `t${this.#names}`;
    this.#names += 1;
    this.lines += `${this.#indent}let ${name} = ${text};\n`;
    return { text: name, looseness: 0, depth: 0 };
  }

  #print(node: Node): Printed {
    const depth = 1 + Math.max(0, ...inner(node).map((child) => this.#done.get(child)?.depth ?? 0));
    const tight = (text: string): Printed => ({ text, looseness: 0, depth });
    switch (node.op) {
      case 'number':
        return node.value < 0
          ? { text: float(node.value), looseness: 1, depth: 0 }
          : { ...tight(float(node.value)), depth: 0 };
      case 'leaf':
        return { ...tight(leaves[node.name]), depth: 0 };
      case 'parameter':
        return { ...tight(parameters[node.index] ?? 'params.x'), depth: 0 };
      case 'sum':
        return { ...tight(this.#slots.get(node) ?? '0.0'), depth: 0 };
      case 'add':
        return { text: this.#sum(node), looseness: 2, depth };
      case 'multiply':
        return { ...this.#product(node), depth };
      case 'call':
        return tight(`${calls[node.name]}(${node.args.map((arg) => this.text(arg)).join(', ')})`);
      case 'where': {
        const condition = `${this.text(node.left)} ${node.comparison} ${this.text(node.right)}`;
        return tight(`select(${this.text(node.no)}, ${this.text(node.yes)}, ${condition})`);
      }
      case 'detach':
        return tight(this.text(node.of));
    }
  }

  #sum(node: Extract<Node, { op: 'add' }>): string {
    let text = node.constant === 0 ? '' : float(node.constant);
    // A positive term first reads better, and the order is that of the nodes otherwise.
    const terms = [...node.terms].sort((a, b) => Number(a.coefficient < 0) - Number(b.coefficient < 0));
    for (const { coefficient, node: term } of terms) {
      const size = Math.abs(coefficient);
      const value = size === 1 ? this.text(term, 1) : `${float(size)} * ${this.text(term, 1)}`;
      if (text === '') text = coefficient < 0 ? `-${size === 1 ? this.text(term, 0) : value}` : value;
      else text += `${coefficient < 0 ? ' - ' : ' + '}${value}`;
    }
    return text;
  }

  #product({ coefficient, factors }: Extract<Node, { op: 'multiply' }>): Omit<Printed, 'depth'> {
    const above: string[] = [];
    const below: string[] = [];
    const safe: string[] = [];
    for (const { node, exponent } of factors) {
      const times = Math.abs(exponent);
      if (exponent > 0) above.push(...power(this.text(node, 0), times));
      else if (node.op === 'leaf' && inverses.has(node.name))
        below.push(...power(inverses.get(node.name) ?? '1.0', times));
      else if (times === 1) safe.push(this.text(node));
      // So that no power of a small number underflows.
      else above.push(...power(this.#inverse(node), times));
    }
    const size = Math.abs(coefficient);
    const product = [...above, ...below];
    if (size !== 1 || product.length === 0) product.unshift(float(size));
    let text = product.join(' * ');
    for (const one of safe) text = `formula_over(${text}, ${one})`;
    if (coefficient >= 0) return { text, looseness: 1 };
    return { text: `-${text.includes(' * ') && safe.length === 0 ? `(${text})` : text}`, looseness: 1 };
  }

  #inverse(node: Node): string {
    const known = this.#inverses.get(node);
    if (known !== undefined) return known;
    const { text } = this.#name({ text: `formula_over(1.0, ${this.text(node)})`, looseness: 0, depth: 0 });
    this.#inverses.set(node, text);
    return text;
  }
}

function power(text: string, times: number): readonly string[] {
  return times <= 3 ? Array<string>(times).fill(text) : [`formula_whole_power(${text}, ${times}u)`];
}

function inner(node: Node): readonly Node[] {
  return node.op === 'sum' ? [] : childrenOf(node);
}

/** The shortest text that WGSL reads as the same f32. */
function float(value: number): string {
  let text = String(value);
  for (let digits = 1; digits <= 9; digits++) {
    text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === Math.fround(value)) break;
  }
  return /[.e]/.test(text) ? text : `${text}.0`;
}
