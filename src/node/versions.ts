/** Versions of what computes, for receipts: read from the installed packages. */
import { readFileSync } from 'node:fs';

export function versions(): Readonly<Record<string, string>> {
  return {
    stillroom: versionOf('package.json'),
    'onnxruntime-web': versionOf('node_modules/onnxruntime-web/package.json'),
    webgpu: versionOf('node_modules/webgpu/package.json'),
    node: process.version,
  };
}

function versionOf(path: string): string {
  const json: unknown = JSON.parse(readFileSync(path, 'utf8'));
  return typeof json === 'object' && json !== null && 'version' in json ? String(json.version) : 'unknown';
}
