/**
 * Makes sessions of a model in this thread's runtime, and asks the runtime for the types and shapes of inner tensors.
 * It runs no model.
 */
import type { InferenceSession } from 'onnxruntime-web';
import { StillroomError } from '../../spec/errors.ts';
import { withExtraOutputs } from './appended.ts';
import { externalFiles } from './inspect.ts';
import { exclusive, messageOf, type Ort } from './runtime.ts';
import type { TeacherRequest, TensorFacts } from './session.ts';

/** A model as it was given, with the files beside it. */
export type GivenModel = Pick<TeacherRequest, 'model' | 'external'>;

/** Time to read and optimise a model of the largest size. */
export const openingMs = 120_000;

/** `model` may have more in it than what was given. Call it within `exclusive`. Errors: `onnx-external-missing`, `onnx-refused`. */
export async function createSession(
  ort: Ort,
  given: GivenModel,
  model: Uint8Array<ArrayBuffer>,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  const externalData = externalFiles(given.model, given.external).map(({ path, data }) => ({ path, data }));
  try {
    return await ort.InferenceSession.create(model, { ...options, externalData });
  } catch (cause) {
    throw new StillroomError(
      {
        code: 'onnx-refused',
        problem: 'The ONNX runtime refused this model',
        got: messageOf(cause),
        remedy: 'Export it again with standard operators',
        control: 'teacher.file',
      },
      { cause },
    );
  }
}

/** Types and shapes of any tensors of a model, as the runtime infers them; `shape` is absent where it cannot. */
export function describeTensors(
  ort: Ort,
  given: GivenModel,
  names: readonly string[],
): Promise<readonly TensorFacts[]> {
  const onCpu = { executionProviders: ['wasm'] };
  return exclusive(async () => {
    const known = await createSession(ort, given, given.model, onCpu);
    const inside = names.filter((name) => !known.outputNames.includes(name));
    await known.release();
    const session = await createSession(ort, given, withExtraOutputs(given.model, inside), onCpu);
    const facts = session.outputMetadata.filter(({ name }) => names.includes(name));
    await session.release();
    return facts;
  }, openingMs);
}

/** Shapes of the tapped tensors, in order. Only a spatial mean and rows of tokens need them, and they cost a session. */
export async function tapShapes(ort: Ort, request: TeacherRequest): Promise<readonly TensorFacts['shape'][]> {
  const needless = request.maps !== 'pool' && request.inputDtype === 'f32';
  if (needless || request.taps.length === 0) return [];
  const facts = await describeTensors(ort, request, request.taps);
  return request.taps.map((tap) => facts.find(({ name }) => name === tap)?.shape);
}
