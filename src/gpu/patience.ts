/**
 * Dawn in Node asks for news by `setImmediate`, again and again, while anything is under way. That keeps a core busy which a
 * CPU that plays a GPU has use for. Here it asks as before at first, and then once a millisecond. The page never
 * imports this.
 */

/** How long Dawn asks without a pause: most small work is done by then. */
const eagerMs = 2;
const pauseMs = 1;

let installed = false;
let patientAfterMs = eagerMs;

/** To be called before Dawn is opened. Whatever else is handed to `setImmediate` passes as it is. */
export function askPatiently(): void {
  if (installed) return;
  installed = true;
  const immediate = globalThis.setImmediate;
  let [asking, since] = [false, 0];
  const ask = (question: () => void) => {
    asking = true;
    try {
      question();
    } finally {
      asking = false;
    }
  };
  const patient = (callback: (...args: unknown[]) => void, ...args: unknown[]) => {
    // Dawn's next question comes from within its last one.
    if (asking) {
      if (performance.now() - since < patientAfterMs) return immediate(ask, callback);
      return setTimeout(ask, pauseMs, callback);
    }
    if (!isNative(callback)) return immediate(callback, ...args);
    since = performance.now();
    return immediate(ask, () => callback(...args));
  };
  Object.defineProperties(patient, Object.getOwnPropertyDescriptors(immediate));
  Object.defineProperty(globalThis, 'setImmediate', { value: patient, writable: true, configurable: true });
}

/** For whoever times a GPU: a pause of a millisecond is longer than what is timed. A GPU has no use for the core. */
export function askWithoutPause(): void {
  patientAfterMs = Number.POSITIVE_INFINITY;
}

function isNative(callback: unknown): boolean {
  return Function.prototype.toString.call(callback).endsWith('{ [native code] }');
}
