/** What stands in place of the page where drawing it failed: React takes all of it away then. */
import { detailOf, sentence } from '../spec/errors.ts';
import { t } from './text.ts';

/** Runs are kept in the browser's own storage, so that the page can be loaded again. */
export function showCrash(root: HTMLElement, error: unknown): void {
  const box = withText('div', '');
  [box.className, box.role] = ['card lost', 'alert'];
  const again = withText('button', t('app.reload'));
  again.onclick = () => location.reload();
  const reason = withText('p', sentence(detailOf(error)));
  box.append(withText('h1', t('app.crashed')), reason, withText('p', t('app.crashedKept')), again);
  const page = withText('main', '');
  page.append(box);
  root.replaceChildren(page);
}

function withText(tag: 'h1' | 'p' | 'div' | 'main' | 'button', text: string): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
