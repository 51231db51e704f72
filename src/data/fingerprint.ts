/**
 * A fast name for data: equal data have equal fingerprints in every browser. 64 bits against accidents, not against
 * an adversary; files and models are named by SHA-256 elsewhere.
 */
import type { Split } from './task.ts';

/** Feeds words to two independent u32 hashes and writes both as 16 hex digits. */
export class Fingerprint {
  #a = 0x811c9dc5;
  #b = 0x9e3779b9;

  words(words: Uint32Array): this {
    let a = this.#a;
    let b = this.#b;
    for (let i = 0; i < words.length; i++) {
      const word = words[i] ?? 0;
      a = Math.imul(a ^ word, 0x01000193);
      a ^= a >>> 15;
      b = Math.imul((b << 13) | (b >>> 19), 0x85ebca6b) ^ word;
      b = Math.imul(b ^ (b >>> 16), 0xc2b2ae35);
    }
    this.#a = a;
    this.#b = b;
    return this;
  }

  /** Length and characters, so that no two sequences of texts run together. */
  text(text: string): this {
    return this.words(
      Uint32Array.of(text.length, ...Array.from(text, (character) => character.codePointAt(0) ?? 0)),
    );
  }

  hex(): string {
    return [this.#a, this.#b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }
}

/** 16 hex digits over inputs and true labels: what a teacher's answers depend on. */
export function splitFingerprint(split: Split): string {
  return addSplit(new Fingerprint(), split).hex();
}

export function datasetFingerprint(
  inputShape: readonly number[],
  classes: number,
  splits: readonly Split[],
): string {
  const hash = new Fingerprint().words(Uint32Array.of(classes, inputShape.length, ...inputShape));
  for (const split of splits) addSplit(hash, split);
  return hash.hex();
}

function addSplit(hash: Fingerprint, split: Split): Fingerprint {
  const { buffer, byteOffset, length } = split.inputs;
  hash
    .words(Uint32Array.of(split.n))
    .words(new Uint32Array(buffer, byteOffset, length))
    .words(split.trueLabels);
  // Where nothing is padding there is nothing to tell apart, and the names of older data stay.
  return split.valid.includes(0) ? hash.words(Uint32Array.from(split.valid)) : hash;
}
