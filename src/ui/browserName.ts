/** Which browser and system a user agent names, as far as advice on WebGPU needs it. Never used to decide anything. */

export type BrowserName = 'chrome' | 'edge' | 'firefox' | 'safari' | 'other';
export type SystemName = 'windows' | 'mac' | 'linux' | 'android' | 'ios' | 'other';

export function browserOf(agent: string): BrowserName {
  if (/Edg\//.test(agent)) return 'edge';
  if (/Firefox\/|FxiOS\//.test(agent)) return 'firefox';
  if (/Chrome\/|Chromium\/|CriOS\//.test(agent)) return 'chrome';
  return /Safari\//.test(agent) ? 'safari' : 'other';
}

export function systemOf(agent: string): SystemName {
  if (/iPhone|iPad|iPod/.test(agent)) return 'ios';
  if (/Android/.test(agent)) return 'android';
  if (/Windows/.test(agent)) return 'windows';
  if (/Mac OS X/.test(agent)) return 'mac';
  return /Linux|CrOS/.test(agent) ? 'linux' : 'other';
}
