/**
 * What a library must offer to take part: the three pieces of work of the bench, on arrays that every library gets
 * alike. One file implements it for each (own.ts, jax.ts, tensorflow.ts); nothing is timed here.
 */
import type { Contestant } from './contest.ts';

type Floats = Float32Array<ArrayBuffer>;

/** c = a·b: a (m, k), b (k, n). */
export interface ProductTask {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Floats;
  readonly b: Floats;
}

/** Loss T²·mean over rows of KL(p ‖ q) and its gradient with respect to the student's logits; both (rows, classes). */
export interface RowsTask {
  readonly rows: number;
  readonly classes: number;
  readonly temperature: number;
  readonly student: Floats;
  readonly teacher: Floats;
}

/**
 * Training steps of an MLP with rectifiers on the loss of RowsTask, by AdamW with the decay on weights alone. Step i
 * takes the rows of batch i, and after the last batch the first one again.
 */
export interface StepTask {
  /** Inputs, hidden widths, classes. */
  readonly widths: readonly number[];
  readonly batch: number;
  readonly temperature: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Weight (in, out) and bias of each layer in turn: the first weights. */
  readonly parameters: readonly Floats[];
  /** (batch, inputs) and (batch, classes) of each batch. */
  readonly batches: readonly { readonly inputs: Floats; readonly teacher: Floats }[];
}

/** A result that is compared before any time counts. */
export interface Product extends Contestant {
  /** (m, n) */
  result(): Promise<Floats>;
}

export interface Rows extends Contestant {
  /** (rows, classes) */
  gradient(): Promise<Floats>;
}

export interface Steps extends Contestant {
  /** Losses of the next `count` steps, each before its update. */
  losses(count: number): Promise<readonly number[]>;
}

export interface Library {
  readonly name: string;
  product(task: ProductTask): Promise<Product>;
  rows(task: RowsTask): Promise<Rows>;
  steps(task: StepTask): Promise<Steps>;
}
