/** Which browser and system a user agent names, as far as advice on WebGPU needs it. Never used to decide anything. */

export type BrowserName = 'chrome' | 'edge' | 'firefox' | 'safari' | 'other';
export type SystemName = 'windows' | 'mac' | 'linux' | 'android' | 'ios' | 'other';

export function browserOf(agent: string): BrowserName {
  if (/Edg\//.test(agent)) return 'edge';
  if (/Firefox\/|FxiOS\//.test(agent)) return 'firefox';
  if (/Chrome\/|Chromium\/|CriOS\//.test(agent)) return 'chrome';
  return /Safari\//.test(agent) ? 'safari' : 'other';
}

/** An iPad gives itself out as a Mac, which has no screen that more than one finger can touch. */
export function systemOf(agent: string, touchPoints = 0): SystemName {
  if (/iPhone|iPad|iPod/.test(agent)) return 'ios';
  if (/Android/.test(agent)) return 'android';
  if (/Windows/.test(agent)) return 'windows';
  if (/Mac OS X/.test(agent)) return touchPoints > 1 ? 'ios' : 'mac';
  return /Linux/.test(agent) ? 'linux' : 'other';
}
