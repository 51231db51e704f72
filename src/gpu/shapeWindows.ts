/**
 * The shapes that Programs hand to their kernels: one uniform buffer a Program, shared by all that bind it, and freed
 * with the last of them. A binding ends when any storage in it is disposed of. It binds nothing itself.
 */
import type { Storage } from '../tensor/executor.ts';
import { liveWords } from '../tensor/live.ts';
import type { Program } from '../tensor/program.ts';

/** GPUBufferUsage as numbers: UNIFORM 64, COPY_DST 8. */
const usage = 64 | 8;
export const windowBytes = liveWords * 4;

interface Shapes {
  readonly buffer: GPUBuffer;
  /** The storages of each binding. */
  bindings: ReadonlySet<Storage>[];
}

type CreateBuffer = (descriptor: GPUBufferDescriptor) => GPUBuffer;

export class ShapeWindows {
  readonly #create: CreateBuffer;
  readonly #queue: GPUQueue;
  readonly #known = new Map<Program, Shapes>();

  /** `create` answers for what becomes of a refusal. */
  constructor(create: CreateBuffer, queue: GPUQueue) {
    this.#create = create;
    this.#queue = queue;
  }

  /** Window i, `windowBytes` long, is call i's. */
  bind(program: Program, storages: ReadonlySet<Storage>): GPUBuffer {
    let shapes = this.#known.get(program);
    if (shapes === undefined) {
      shapes = { buffer: this.#filled(program), bindings: [] };
      this.#known.set(program, shapes);
    }
    shapes.bindings.push(storages);
    return shapes.buffer;
  }

  /** Ends every binding with this storage. */
  release(storage: Storage): void {
    for (const [program, shapes] of this.#known) {
      shapes.bindings = shapes.bindings.filter((storages) => !storages.has(storage));
      if (shapes.bindings.length > 0) continue;
      shapes.buffer.destroy();
      this.#known.delete(program);
    }
  }

  dispose(): void {
    for (const { buffer } of this.#known.values()) buffer.destroy();
    this.#known.clear();
  }

  #filled(program: Program): GPUBuffer {
    const words = new Uint32Array(Math.max(1, program.calls.length) * liveWords);
    program.calls.forEach((call, i) => {
      words.set(call.shape, i * liveWords);
    });
    const buffer = this.#create({ label: `${program.name} shapes`, size: words.byteLength, usage });
    this.#queue.writeBuffer(buffer, 0, words);
    return buffer;
  }
}
