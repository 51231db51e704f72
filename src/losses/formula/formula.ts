/**
 * A loss typed as a formula, from its text to all that a run needs of it. The language, line by line:
 *
 *   param NAME = default in least..most    at most four; they become settings of the run
 *   NAME = expression                      a part with a name
 *   expression                             last: the loss of a row
 *
 * over p and q (softmaxes at T of teacher and student), zt and zs (their logits), y (1 at the label), T and V (classes);
 * with sum(…), mean(…) and max(…) over the classes, + − * / ^, functions, where(a < b, x, y) and detach(x). `#` begins a comment.
 */
import { buildLoss, guarded } from './build.ts';
import type { Parameter } from './declarations.ts';
import { evaluatePlan, type FormulaFunctions } from './evaluate.ts';
import { Graph } from './graph.ts';
import { planLoss } from './plan.ts';
import { isZero, type PrintedForm, printWgsl } from './print.ts';
import { type Reading, readFormula } from './syntax.ts';

export interface Formula {
  readonly text: string;
  readonly parameters: readonly Parameter[];
  /** Begins the name of each of its functions in WGSL. */
  readonly stem: string;
  readonly wgsl: string;
  readonly shader: PrintedForm;
  readonly functions: FormulaFunctions;
  readonly levels: number;
  readonly hasSlope: boolean;
  readonly hasPlain: boolean;
  /** It asks for labels, and counts labelled rows alone. */
  readonly labelled: boolean;
  /** T² applies to it: it is made of softened probabilities and does not name T itself. */
  readonly scaled: boolean;
  /** For whoever evaluates it in another way. */
  readonly reading: Reading;
}

/** Formulas that are kept: the same text gives the same object. */
const kept = new Map<string, Formula>();
const mostKept = 64;

/** Errors: `FormulaError`, with the place in the text. */
export function compileFormula(text: string): Formula {
  const known = kept.get(text);
  if (known !== undefined) return known;
  const formula = compile(text);
  const [oldest] = kept.keys();
  if (kept.size >= mostKept && oldest !== undefined) kept.delete(oldest);
  kept.set(text, formula);
  return formula;
}

function compile(text: string): Formula {
  const reading = readFormula(text);
  const graph = new Graph();
  const loss = buildLoss(graph, reading);
  const plan = guarded(reading.loss.span, () => planLoss(graph, loss));
  const stem = `formula_${hash(text)}`;
  const { labelled, scaled, levels } = plan;
  const { wgsl, form } = printWgsl(plan, stem);
  return {
    text,
    parameters: reading.parameters,
    stem,
    wgsl,
    shader: form,
    functions: evaluatePlan(plan),
    levels: levels.length,
    hasSlope: !isZero(plan.slope),
    hasPlain: !isZero(plan.plain),
    labelled,
    scaled,
    reading,
  };
}

/** FNV-1a in hexadecimal, twice, so that no two formulas of a run share a name. */
function hash(text: string): string {
  const once = (seed: number): string => {
    let value = seed;
    for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x0100_0193);
    return (value >>> 0).toString(16).padStart(8, '0');
  };
  return `${once(0x811c_9dc5)}${once(0x1234_5678)}`;
}
