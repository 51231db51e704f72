/**
 * A keyboard's place on the page. A button that goes away or becomes disabled by what it did would leave it nowhere: it goes
 * to what else can be pressed in the same group, else to Play or Pause, as soon as there is one.
 */
const groups = '.transport, .notices, .card';
const enabled = 'button:not(:disabled)';

interface Place {
  readonly element: Element;
  readonly group: Element | null;
}

export function keepFocus(): void {
  let place: Place | null = null;
  const arrive = ({ target }: FocusEvent) => {
    const inside = target instanceof Element && target.closest('dialog') === null;
    place = inside ? { element: target, group: target.closest(groups) } : null;
  };
  // A browser says that an element lost the focus just before that is taken away.
  const leave = () =>
    queueMicrotask(() => {
      if (place !== null && isThere(place.element) && document.activeElement !== place.element) place = null;
    });
  const press = () => {
    if (place !== null && !isThere(place.element)) place = null;
  };
  const observer = new MutationObserver(() => {
    const { activeElement, body } = document;
    const lost = activeElement === body || (activeElement === place?.element && !isThere(activeElement));
    if (place !== null && lost) goOn(place)?.focus({ preventScroll: true });
  });
  observer.observe(document.body, { subtree: true, childList: true, attributeFilter: ['disabled'] });
  document.addEventListener('focusin', arrive);
  document.addEventListener('focusout', leave);
  document.addEventListener('pointerdown', press);
}

/** The element itself where it was disabled for a while only. */
function goOn({ element, group }: Place): HTMLElement | null {
  if (isThere(element) && element instanceof HTMLElement) return element;
  const near = group?.isConnected === true ? group.querySelector<HTMLElement>(enabled) : null;
  return near ?? document.querySelector<HTMLElement>(`.transport ${enabled}`);
}

function isThere(element: Element): boolean {
  return element.isConnected && !element.matches(':disabled');
}
