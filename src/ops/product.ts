/** A matrix product in the form that its adapter and its shape ask for: in one call, or in parts that a second call adds. */
import type { MatmulParams } from '../kernels/matmul.ts';
import { chooseMatmul, chooseParts } from '../kernels/matmulChoice.ts';
import { matmulSplit } from '../kernels/matmulSplit.ts';
import { matmulSum } from '../kernels/matmulSum.ts';
import type { Window } from '../tensor/program.ts';
import type { Recorder } from './recorder.ts';

/** Windows as the bindings of `matmul`. */
export function emitProduct(
  recorder: Recorder,
  params: MatmulParams,
  [a, b, extra, y]: readonly [a: Window, b: Window, extra: Window, y: Window],
): void {
  const parts = chooseParts(recorder.software, params);
  if (parts === 1) {
    recorder.emit(chooseMatmul(recorder.software, params), params, [a, b, extra, y]);
    return;
  }
  const partial = recorder.scratch(parts * params.m * params.n);
  recorder.emit(matmulSplit, { ...params, parts }, [a, b, b, partial]);
  recorder.emit(matmulSum, { ...params, parts }, [partial, extra, y]);
}
