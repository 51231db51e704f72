/**
 * Prints a plan as WGSL for the row kernel's formula slot: the functions of a term (src/kernels/terms/term.ts), over
 * the element's own fields and the functions of shaders/distill/terms/formula.wgsl. No name of the user's gets in here.
 */
import type { FunctionName } from './functions.ts';
import { childrenOf, type LeafName, type Node, reachable } from './node.ts';
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
  zsmax: 'select(0.0, 1.0, x.index == x.row.student_top)',
  ztmax: 'select(0.0, 1.0, x.teacher_top)',
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
  'zsmax@top': '1.0',
  'ztmax@top': 'select(0.0, 1.0, x.row.student_top == x.row.teacher_top)',
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
/** What is asked of an element for the logarithm of a mixture. */
const mixed = ['p', 'q', 'gap', 'd'] as const;
const parameters = ['params.x', 'params.y', 'params.z', 'params.w'];
const lanes = ['x', 'y', 'z', 'w'];
const levels = ['a', 'b', 'c', 'd'];
/** Deeper expressions get names on the way: compilers limit how deep a text may be. */
const deepest = 12;

/** What the row kernel must know of the printed functions; as `ShaderForm` of src/kernels/terms/term.ts. */
export interface PrintedForm {
  readonly softened: boolean;
  readonly kept: boolean;
  readonly early?: 'summed';
  readonly gradient: { readonly slope: boolean; readonly plain: boolean };
}

/** Nodes that have a name in a function before it is printed: sums, and what is worked out once a row. */
type Named = ReadonlyMap<Node, string>;

/** `stem` begins every function's name. */
export function printWgsl(plan: Plan, stem: string): { readonly wgsl: string; readonly form: PrintedForm } {
  const sums = plan.levels.flatMap((level, i) =>
    level.map(({ sum }, k): [Node, string] => [sum, `known.${levels[i] ?? 'a'}.${lanes[k] ?? 'x'}`]),
  );
  const { loss, once, plain, centred, others, gaps } = plan;
  const bodies = plan.levels.flatMap((level) => level.map(({ body }) => body));
  const roots = [loss, once, plain, centred, others, gaps, ...bodies];
  const rows = rowCalls(roots);
  const named: Named = new Map([
    ...sums,
    ...rows.map((node, i): [Node, string] => [node, `kept.${lanes[i]}`]),
  ]);
  const slope = !isZero(others) || !(isZero(centred) || isEarly(centred));
  const early = !slope && !isZero(centred);
  const form: PrintedForm = {
    softened: reachable(roots).some((node) => node.op === 'leaf' && !rawLeaves.has(node.name)),
    kept: rows.length > 0,
    ...(early ? { early: 'summed' } : {}),
    gradient: { slope, plain: !isZero(plain) || (!slope && !(isZero(gaps) && isZero(centred))) },
  };
  const head = (part: string, before = ''): string => header(stem, part, form.kept, before);
  const functions = [printLoss(plan, head('loss'), named)];
  if (slope) functions.push(printSlope(plan, head('slope'), named));
  if (form.gradient.plain) functions.push(printPlain(plan, head('plain'), named, slope));
  if (plan.levels.length > 0) functions.unshift(printExtras(plan, head('extras', 'level: u32, '), named));
  if (early) functions.unshift(printEarly(plan, stem));
  if (form.kept) functions.unshift(printKept(rows, stem));
  return { wgsl: functions.join('\n'), form };
}

/** Leaves that ask for no softmax. */
const rawLeaves: ReadonlySet<LeafName> = new Set<LeafName>(['zs', 'zt', 'y', 'T', 'V', 'zs@top', 'y@top']);
/** What is known of an element before the sums of exponentials are. */
const earlyLeaves: ReadonlySet<LeafName> = new Set<LeafName>([...rawLeaves, 'rise']);

function isEarly(node: Node): boolean {
  return reachable([node]).every(
    (one) => one.op !== 'sum' && (one.op !== 'leaf' || earlyLeaves.has(one.name)),
  );
}

/** Functions of numbers that are the same for all classes, the outermost, as many as a term may keep. */
function rowCalls(roots: readonly Node[]): readonly Node[] {
  const constant = (node: Node): boolean =>
    node.kind === 'row' && reachable([node]).every((one) => one.op !== 'sum');
  const found = reachable(roots).filter((node) => node.op === 'call' && constant(node));
  const within = new Set(found.flatMap((node) => reachable(childrenOf(node))));
  return found.filter((node) => !within.has(node)).slice(0, lanes.length);
}

export function isZero(node: Node): boolean {
  return node.op === 'number' && node.value === 0;
}

function header(stem: string, part: string, kept: boolean, before: string): string {
  const last = kept ? ', kept: vec4f' : '';
  const type = part === 'extras' ? 'vec4f' : 'f32';
  return `fn ${stem}_${part}(${before}x: Element, known: Known, params: vec4f${last}) -> ${type} {\n`;
}

function printLoss({ loss, once }: Plan, head: string, named: Named): string {
  const printer = new Printer(named);
  printer.prepare([loss, once]);
  if (isZero(once)) return `${head}${printer.lines}  return ${printer.text(loss)};\n}\n`;
  const share = isZero(loss) ? '' : `${printer.text(loss)} + `;
  const value = `${share}select(0.0, ${printer.text(once)}, x.index == x.row.origin)`;
  return `${head}${printer.lines}  return ${value};\n}\n`;
}

function printSlope({ centred, others, gaps }: Plan, head: string, named: Named): string {
  const printer = new Printer(named);
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
  return `${head}${printer.lines}  return ${parts.join(' + ')};\n}\n`;
}

/** A slope whose sum is known, being 0 or summed early, is part of it. */
function printPlain({ plain, centred, gaps }: Plan, head: string, named: Named, slope: boolean): string {
  const printer = new Printer(named);
  const softened = slope ? [] : [centred, gaps].filter((node) => !isZero(node));
  printer.prepare([plain, ...softened]);
  const slopes = softened.map((node) => {
    if (node !== centred) return printer.text(node, softened.length > 1 ? 2 : 1);
    return `x.q * (${printer.text(node)} - known.early.x * x.row.q_top)`;
  });
  const parts = isZero(plain) ? [] : [printer.text(plain)];
  const sum = slopes.length > 1 ? `(${slopes.join(' + ')})` : slopes[0];
  if (sum !== undefined) parts.push(`${sum} * x.row.inverse_temperature`);
  return `${head}${printer.lines}  return ${parts.join(' + ')};\n}\n`;
}

/** Of Σ q·`centred` what is summed with the exponentials. */
function printEarly({ centred }: Plan, stem: string): string {
  const printer = new Printer(new Map());
  printer.prepare([centred]);
  const body = `${printer.lines}  return vec4f(x.student * ${printer.text(centred, 0)}, 0.0, 0.0, 0.0);\n}\n`;
  const started = body.replaceAll('x.rise', '(x.delta - x.row.delta_top)');
  return `fn ${stem}_early(x: Start, known: Known, params: vec4f) -> vec4f {\n${started.replaceAll('x.is_label', 'x.index == x.row.label')}`;
}

function printKept(rows: readonly Node[], stem: string): string {
  const printer = new Printer(new Map());
  printer.prepare(rows);
  const four = lanes.map((_, i) => (rows[i] === undefined ? '0.0' : printer.text(rows[i]))).join(', ');
  const body = `${printer.lines}  return vec4f(${four});\n}\n`;
  return `fn ${stem}_kept(row: Row, params: vec4f) -> vec4f {\n${body.replaceAll('x.row.', 'row.')}`;
}

function printExtras(plan: Plan, head: string, named: Named): string {
  const cases = plan.levels.map((level, i) => {
    const printer = new Printer(named, '      ');
    printer.prepare(level.map(({ body }) => body));
    const four = lanes
      .map((_, k) => (level[k] === undefined ? '0.0' : printer.text(level[k].body)))
      .join(', ');
    return `    case ${i}u: {\n${printer.lines}      return vec4f(${four});\n    }\n`;
  });
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
  readonly #named: Named;
  readonly #indent: string;
  readonly #done = new Map<Node, Printed>();
  readonly #inverses = new Map<Node, string>();
  #names = 0;

  constructor(named: Named, indent = '  ') {
    this.#named = named;
    this.#indent = indent;
  }

  /** Prints all that `roots` are made of; their own text follows from `text`. */
  prepare(roots: readonly Node[]): void {
    const uses = new Map<Node, number>();
    const use = (node: Node, times = 1): void => {
      uses.set(node, (uses.get(node) ?? 0) + times);
    };
    const nodes = reachable(roots, false, this.#named);
    for (const node of nodes) {
      if (this.#named.has(node)) continue;
      if (node.op === 'multiply')
        for (const factor of node.factors) use(factor.node, Math.min(3, Math.abs(factor.exponent)));
      else for (const child of inner(node)) use(child);
    }
    for (const root of roots) use(root);
    for (const node of nodes) {
      const printed = this.#print(node);
      const bare = this.#named.has(node) || ['number', 'parameter', 'sum', 'leaf'].includes(node.op);
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
    const name = this.#named.get(node);
    if (name !== undefined) return { text: name, looseness: 0, depth: 0 };
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
        throw new RangeError('a sum is printed that no level has');
      case 'add':
        return { text: this.#sum(node), looseness: 2, depth };
      case 'multiply':
        return { ...this.#product(node), depth };
      case 'call':
        return tight(this.#mixture(node) ?? this.#call(node));
      case 'where': {
        const condition = `${this.text(node.left)} ${node.comparison} ${this.text(node.right)}`;
        return tight(`select(${this.text(node.no)}, ${this.text(node.yes)}, ${condition})`);
      }
      case 'detach':
        return tight(this.text(node.of));
    }
  }

  #call({ name, args }: Extract<Node, { op: 'call' }>): string {
    return `${calls[name]}(${args.map((arg) => this.text(arg)).join(', ')})`;
  }

  /** The logarithm of a mixture of p and q, of which the element or the row's top knows all that is needed. */
  #mixture({ name, args }: Extract<Node, { op: 'call' }>): string | undefined {
    const [share, x] = args;
    if (name !== 'log_mix' || share === undefined || x === undefined) return undefined;
    const [factor] = x.op === 'multiply' && x.coefficient === -1 && x.factors.length === 1 ? x.factors : [];
    const d = factor?.exponent === 1 ? factor.node : x;
    if (d.op !== 'leaf' || (d.name !== 'd' && d.name !== 'd@top')) return undefined;
    const facts =
      d.name === 'd' ? mixed.map((leaf) => leaves[leaf]) : mixed.map((leaf) => leaves[`${leaf}@top`]);
    return `formula_mix_${d === x ? 'p' : 'q'}(${[this.text(share), ...facts].join(', ')})`;
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
