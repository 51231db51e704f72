/** How to get WebGPU in the browser that this is, from locales/browsers.json: loaded only where it is missing. */
import advice from '../locales/browsers.json';
import { browserOf, systemOf } from './browserName.ts';

export function BrowserAdvice() {
  const { userAgent, maxTouchPoints } = navigator;
  const [browser, system] = [browserOf(userAgent), systemOf(userAgent, maxTouchPoints)];
  const known = new Map(Object.entries(advice));
  return known.get(`${browser}.${system}`) ?? known.get(browser) ?? advice.other;
}
