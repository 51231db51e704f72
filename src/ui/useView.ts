/** The view (temperature, sample, offset, stage) and the way to change it. */
import type { View } from '../store/state.ts';
import { useApp, useController } from './appContext.tsx';

export function useView(): { readonly view: View; setView(change: Partial<View>): void } {
  const view = useApp((state) => state.view);
  const controller = useController();
  return { view, setView: (change) => controller.look(change) };
}
