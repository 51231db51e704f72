/** The buffers of a loss that is checked alone: what its Program needs, and a live window. Whoever asks disposes of them. */
import type { Executor, Storage } from '../tensor/executor.ts';
import { liveWords } from '../tensor/live.ts';
import type { Program } from '../tensor/program.ts';

/** By slot of the Program, which is compiled first. Errors: `shader-invalid`, `out-of-memory`, and those of the executor. */
export async function checkBuffers(
  executor: Executor,
  program: Program,
): Promise<{ readonly storages: ReadonlyMap<string, Storage>; readonly live: Storage }> {
  await executor.prepare([program]);
  const storages = new Map(
    program.slots.map(({ name, dtype, length }) => [name, executor.allocate(`check.${name}`, dtype, length)]),
  );
  const live = executor.allocate('check.live', 'u32', liveWords);
  await executor.allocated();
  return { storages, live };
}
