/**
 * A device's memory under a test's eyes: which buffers live, and a refusal of the k-th. The device and all else are real:
 * a refused buffer is one that WebGPU itself calls invalid, and whatever uses it meets the errors it would meet.
 */

export class FakeMemory {
  /** Labels of buffers that were created and not destroyed, refused ones too. */
  readonly live = new Map<GPUBuffer, string>();
  created = 0;
  /** Refusals that no scope was there to catch. */
  escaped = 0;
  #refuseAt = Number.POSITIVE_INFINITY;
  #how: 'at once' | 'later' = 'later';

  /** Watches a device from now on. */
  constructor(device: GPUDevice) {
    const createBuffer = device.createBuffer.bind(device);
    const push = device.pushErrorScope.bind(device);
    const pop = device.popErrorScope.bind(device);
    const scopes: { readonly filter: GPUErrorFilter; refused: boolean }[] = [];
    device.pushErrorScope = (filter) => {
      scopes.push({ filter, refused: false });
      return push(filter);
    };
    device.popErrorScope = async () => {
      const scope = scopes.pop();
      const found = await pop();
      return scope?.refused === true ? { message: 'Allocation failed' } : found;
    };
    device.createBuffer = (descriptor) => {
      this.created += 1;
      const refused = this.created === this.#refuseAt;
      if (refused && this.#how === 'at once') throw new RangeError('Array buffer allocation failed');
      let buffer: GPUBuffer;
      if (refused) {
        const scope = scopes.findLast(({ filter }) => filter === 'out-of-memory');
        if (scope === undefined) this.escaped += 1;
        else scope.refused = true;
        // Larger than any device allows: an invalid buffer, whose own error is caught here.
        push('validation');
        buffer = createBuffer({ ...descriptor, size: 2 ** 50 });
        void pop();
      } else buffer = createBuffer(descriptor);
      this.live.set(buffer, descriptor.label ?? 'a buffer');
      const destroy = buffer.destroy.bind(buffer);
      buffer.destroy = () => {
        this.live.delete(buffer);
        return destroy();
      };
      return buffer;
    };
  }

  /** The k-th buffer from now on is refused, by an exception or, as browsers do, by its error scope. */
  refuse(k: number, how: 'at once' | 'later'): void {
    this.#refuseAt = this.created + k;
    this.#how = how;
  }

  allow(): void {
    this.#refuseAt = Number.POSITIVE_INFINITY;
  }
}
