/**
 * Causal attention from registers alone: four queries an invocation, weights and sums never leave it. The twin of
 * attention.ts for CPU adapters, with the same parameters, bindings and reference; attentionChoice.ts says which to take.
 */
import { grid, type Kernel, type Source } from '../tensor/kernel.ts';
import { type AttentionParams, attention } from './attention.ts';
import { quadLibrary } from './quads.ts';

/** Numbers of a head: whole vectors, and no more than shaders/nn/attention_registers.wgsl has room for. */
export function fitsRegisters({ width }: Pick<AttentionParams, 'width'>): boolean {
  return width % 4 === 0 && width <= 64;
}

/** Lanes of a workgroup; the shaders say it too. */
const lanes = 16;
const [laneRows, quadLanes] = [4, 4];

/** What stands before each of the three kernels. */
export const registerLibraries: readonly Source[] = [quadLibrary, 'lib/grid', 'lib/attention_lanes'];

/** Only where `fitsRegisters`. Bindings and result as `attention`. */
export const attentionRegisters: Kernel<AttentionParams> = {
  ...attention,
  name: 'attention_registers',
  sources: [...registerLibraries, 'nn/attention_registers'],
  constants: ({ width }) => ({ width }),
  shape: (params) => registerShape(params, params.heads),
  workgroups: (params) => registerWorkgroups(params, params.heads),
};

/** The static window, where rows of so many heads are shared out. */
export function registerShape(params: AttentionParams, heads: number): readonly number[] {
  return [quads(params, heads), params.positions, params.heads, params.kvHeads, params.width];
}

export function registerWorkgroups(
  params: AttentionParams,
  heads: number,
): readonly [number, number, number] {
  return grid(Math.ceil((quads(params, heads) * quadLanes) / lanes));
}

function quads({ batch, positions }: AttentionParams, heads: number): number {
  return batch * heads * Math.ceil(positions / (laneRows * quadLanes));
}
