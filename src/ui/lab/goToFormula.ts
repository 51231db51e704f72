/** From the choice of a formula as a loss to the field in which it is typed, which stands in another column. */
import type { AppStore } from '../../store/state.ts';

export function goToFormula(store: AppStore): void {
  store.setState({ tab: 'see' });
  // The card is there when the page has been drawn with the choice in it.
  requestAnimationFrame(() => {
    const card = document.querySelector('.formula-card');
    card?.querySelector('textarea')?.focus({ preventScroll: true });
    card?.scrollIntoView({ block: 'start' });
  });
}
