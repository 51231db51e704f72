/**
 * Opens a WebGPU device with all that its adapter offers and the engine can use. One device a call, because an
 * adapter is spent after one. No buffers, no pipelines.
 */
import { StillroomError } from '../spec/errors.ts';
import type { AdapterSummary } from '../tensor/executor.ts';

export interface OpenedDevice {
  readonly device: GPUDevice;
  readonly summary: AdapterSummary;
}

const wantedFeatures = ['shader-f16', 'subgroups', 'timestamp-query'] as const satisfies GPUFeatureName[];

/** The limits worth raising; never above the adapter's, which some browsers refuse. */
const wantedLimits = [
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxStorageBuffersPerShaderStage',
] as const;

/** Errors: `webgpu-missing` (no API), `webgpu-no-adapter`, `webgpu-no-device`. */
export async function openDevice(gpu: GPU | undefined): Promise<OpenedDevice> {
  if (gpu === undefined) {
    throw new StillroomError({
      code: 'webgpu-missing',
      problem: 'This browser has no WebGPU',
      remedy: 'Watch the recorded run, or open the page in a browser with WebGPU',
    });
  }
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) {
    throw new StillroomError({
      code: 'webgpu-no-adapter',
      problem: 'WebGPU found no adapter',
      remedy: 'Turn hardware acceleration on, or watch the recorded run',
    });
  }
  const requiredFeatures = wantedFeatures.filter((feature) => adapter.features.has(feature));
  const requiredLimits = Object.fromEntries(wantedLimits.map((name) => [name, adapter.limits[name]]));
  try {
    const device = await adapter.requestDevice({ requiredFeatures, requiredLimits });
    return { device, summary: summarise(adapter, device, gpu.wgslLanguageFeatures) };
  } catch (cause) {
    throw new StillroomError(
      {
        code: 'webgpu-no-device',
        problem: 'The WebGPU adapter gave no device',
        got: cause instanceof Error ? cause.message : String(cause),
        remedy: 'Close other tabs that use the GPU and reload, or watch the recorded run',
      },
      { cause },
    );
  }
}

function summarise(adapter: GPUAdapter, device: GPUDevice, language: WGSLLanguageFeatures): AdapterSummary {
  const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
  const words = [vendor, architecture].filter((word) => word !== '').join(' ');
  // Firefox gives no names at all.
  const unnamed = isFallbackAdapter ? 'unnamed software adapter' : 'unnamed GPU';
  const name = words === '' ? description || unnamed : words;
  // Firefox has neither, and an older Chromium subgroups alone.
  const numbered = device.features.has('subgroups') && language.has('subgroup_id');
  return {
    name,
    software: isFallbackAdapter || /swiftshader|llvmpipe|lavapipe/i.test(`${name} ${description}`),
    subgroup: numbered ? (adapter.info.subgroupMinSize ?? 0) : 0,
    workgroup: device.limits.maxComputeInvocationsPerWorkgroup,
    maxBinding: device.limits.maxStorageBufferBindingSize,
    maxBuffer: device.limits.maxBufferSize,
  };
}
