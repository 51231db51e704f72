/** How alike the layers of students and the tensors of a teacher are, as it is told while a run trains. Plain data. */

export interface SimilarityPicture {
  /** Numbers in a row of each of the student's layers, in order of depth. */
  readonly layers: readonly number[];
  /** Tensors of the teacher, in order of depth. */
  readonly tensors: readonly string[];
  /** Held-out rows that were compared: samples, or tokens of texts. */
  readonly rows: number;
  /** Of each arm: linear CKA, (layers, tensors). */
  readonly arms: readonly Float32Array<ArrayBuffer>[];
}
