/**
 * The Programs of a run's arms, bound: to what the arms share on the executor (live windows, statistics, slabs and, where
 * each arm updates right after its backward pass, gradients) and to what each has of its own. It runs nothing.
 */
import { statsWidth } from '../ops/compile.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import type { BoundProgram, Executor, Placement, Storage } from '../tensor/executor.ts';
import { liveWords } from '../tensor/live.ts';
import { slotName } from '../tensor/parameters.ts';
import { largestSlabs, slabName } from '../tensor/plan.ts';
import type { Program } from '../tensor/program.ts';
import type { Arm } from './arm.ts';
import type { Batches } from './batches.ts';
import type { MetricsRing } from './metricsRing.ts';
import { longestSegments, plansOf, type Template, templateAt } from './templates.ts';

export interface BoundArmsParts {
  readonly executor: Executor;
  readonly spec: RunSpec;
  readonly templates: readonly Template[];
  readonly batches: Batches;
  readonly ring: MetricsRing;
  /** May still be empty while nothing is bound. */
  readonly arms: readonly Arm[];
}

export class BoundArms {
  readonly #parts: BoundArmsParts;
  readonly #shared = new Map<string, Storage>();

  /** Frees what it has where the rest is refused. */
  constructor(parts: BoundArmsParts) {
    this.#parts = parts;
    try {
      this.#allocate();
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** The live windows: of each micro-batch, one an arm. */
  get live(): Storage {
    return this.#storage('live');
  }

  get stats(): Storage {
    return this.#storage('stats');
  }

  /** What an arm does with a micro-batch that lies ready: the last one of a step also updates. */
  work(micro: number, arm: number): readonly BoundProgram[] {
    const { templates, spec } = this.#parts;
    const { update, metrics } = templateAt(templates, arm);
    const last = micro === spec.training.accumulate - 1;
    return [...this.gradient(micro, arm), ...this.#bind(micro, arm, last ? [update, metrics] : [metrics])];
  }

  /** Of that, the gradient alone, with the answers that are made for it. */
  gradient(micro: number, arm: number): readonly BoundProgram[] {
    const gradient = templateAt(this.#parts.templates, arm).gradients[micro === 0 ? 0 : 1];
    if (gradient === undefined) return [];
    return [...this.#averageAnswers(arm), ...this.#bind(micro, arm, [gradient.program])];
  }

  /** The arm's averaged copy in place of its weights, for passes that are not training; null where it keeps none. */
  averagePlacements(arm: number): ReadonlyMap<string, Placement> | null {
    const own = this.#parts.arms[arm];
    if (own?.averaged !== true) return null;
    const averages = own.model.tape.table.segments.map(
      (_, segment) => [slotName('parameters', segment), { storage: own.flat('average', segment) }] as const,
    );
    return new Map<string, Placement>([...this.placements(arm), ...averages]);
  }

  /** Errors: RangeError where there are no such gradients. */
  gradients(arm: number, segment: number): Storage {
    const storage = this.placements(arm).get(slotName('gradients', segment))?.storage;
    if (storage === undefined) throw new RangeError(`an arm has no gradients ${segment}`);
    return storage;
  }

  /** Every slot that a Program of this arm may have. */
  placements(arm: number): ReadonlyMap<string, Placement> {
    const { batches, spec, ring, arms } = this.#parts;
    const placements = new Map<string, Placement>(batches.placementsOf(spec.arms[arm]?.fault));
    const own = spec.training.accumulate > 1 ? arm : 0;
    for (const [name, storage] of this.#shared) {
      const [slot, owner] = name.split(' of ');
      if (owner === undefined) placements.set(name, { storage });
      else if (slot !== undefined && Number(owner) === own) placements.set(slot, { storage });
    }
    placements.set('ring', ring.placement(arm));
    for (const [name, placement] of arms[arm]?.placements ?? []) placements.set(name, placement);
    return placements;
  }

  dispose(): void {
    for (const storage of this.#shared.values()) storage.dispose();
  }

  /** The averaged copy's logits into the batch, just before they are learnt from. */
  #averageAnswers(arm: number): readonly BoundProgram[] {
    const { executor, templates } = this.#parts;
    const { average } = templateAt(templates, arm);
    const placements = this.averagePlacements(arm);
    const teacher = placements?.get('teacher');
    if (average === null || placements === null || teacher === undefined) return [];
    return [executor.bind(average.program, new Map([...placements, ['logits', teacher]]))];
  }

  /** The arm's live window in a micro-batch. */
  window(micro: number, arm: number): { readonly storage: Storage; readonly offset: number } {
    return { storage: this.live, offset: (micro * this.#parts.spec.arms.length + arm) * liveWords };
  }

  #bind(micro: number, arm: number, programs: readonly Program[]): readonly BoundProgram[] {
    const placements = this.placements(arm);
    const live = this.window(micro, arm);
    return programs.map((program) => this.#parts.executor.bind(program, placements, live));
  }

  #allocate(): void {
    const { executor, spec, templates, batches } = this.#parts;
    const { batch, accumulate } = spec.training;
    const allocate = (name: string, dtype: 'f32' | 'u32', length: number) =>
      this.#shared.set(name, executor.allocate(name, dtype, length));
    const arms = spec.arms.length;
    allocate('live', 'u32', arms * accumulate * liveWords);
    allocate('stats', 'f32', batch * batches.shape.positions * statsWidth);
    largestSlabs(plansOf(templates)).forEach((length, i) => {
      allocate(slabName(i), 'f32', length);
    });
    const partials = templates.flatMap((one) => one.update.slots.filter((slot) => slot.name === 'partials'));
    allocate('partials', 'f32', Math.max(...partials.map((slot) => slot.length)));
    // Where each arm updates right after its backward pass, one set of gradients serves them all.
    for (let arm = 0; arm < (accumulate > 1 ? arms : 1); arm++) {
      longestSegments(templates).forEach((length, segment) => {
        allocate(`${slotName('gradients', segment)} of ${arm}`, 'f32', length);
      });
    }
  }

  #storage(name: string): Storage {
    const storage = this.#shared.get(name);
    if (storage === undefined) throw new RangeError(`a run has no ${name}`);
    return storage;
  }
}
