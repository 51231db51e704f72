/**
 * Which rows of a batch count where a student has written some of its texts (on-policy distillation), and how many they
 * are. What it writes follows from its weights, so that the host cannot count them beforehand.
 */
import { at, type Kernel, window } from '../tensor/kernel.ts';
import { liveFields, liveWords } from '../tensor/live.ts';
import { rowFlag } from './rowLoss.ts';

export interface WrittenRowsParams {
  readonly batch: number;
  readonly positions: number;
  /** The token that ends a text; null where there is none. */
  readonly end: number | null;
}

const none = 0xffff_ffff;
const wordOf = (name: string) => liveFields().find((field) => field.name === name)?.word ?? 0;

/**
 * Bindings: lengths u32 [batch] of what was given (all positions: nothing was written), sequence u32 [batch, positions],
 * flags u32 [batch, positions], and the live window itself, u32 [64].
 */
export const writtenRows: Kernel<WrittenRowsParams> = {
  name: 'written_rows',
  sources: ['distill/written_rows'],
  bindings: [
    { name: 'lengths', access: 'read', dtype: 'u32' },
    { name: 'sequence', access: 'read', dtype: 'u32' },
    { name: 'flags', access: 'read_write', dtype: 'u32' },
    { name: 'live_words', access: 'read_write', dtype: 'u32' },
  ],
  live: false,
  constants: () => ({}),
  shape: ({ batch, positions, end }) => [batch, positions, end ?? none],
  workgroups: () => [1, 1, 1],
  lengths: ({ batch, positions }) => [batch, batch * positions, batch * positions, liveWords],
  reference({ batch, positions, end }, buffers) {
    const [lengths, sequence] = [window(buffers, 0), window(buffers, 1)];
    const [flags, live] = [window(buffers, 2), window(buffers, 3)];
    let [valid, labelled] = [0, 0];
    for (let text = 0; text < batch; text++) {
      const given = at(lengths, text);
      let ended = false;
      for (let p = 0; p < positions; p++) {
        const row = text * positions + p;
        if (given < positions) {
          ended ||= p >= given && at(sequence, row) === end;
          flags[row] = p + 1 >= given && !ended ? rowFlag.valid : 0;
        }
        const counts = (at(flags, row) & rowFlag.valid) !== 0;
        if (counts) valid += 1;
        if (counts && (at(flags, row) & rowFlag.labelled) !== 0) labelled += 1;
      }
    }
    live[wordOf('inverseValid')] = inverseBits(valid);
    live[wordOf('inverseLabelled')] = inverseBits(labelled);
  },
};

/** 1/n as the bits of a float32; 0 for none. */
function inverseBits(n: number): number {
  return n === 0 ? 0 : (new Uint32Array(Float32Array.of(1 / n).buffer)[0] ?? 0);
}
