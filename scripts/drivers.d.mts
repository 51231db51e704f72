/** Types of drivers.mjs, which is plain JavaScript so that Node runs it before anything is installed. */

export type DriverName = 'hardware' | 'lavapipe' | 'swiftshader';

export interface Driver {
  readonly name: DriverName;
  /** The driver's Vulkan ICD file; empty where Dawn needs none (macOS, Windows). */
  readonly icd: string;
}

export declare const CHROMIUM_FLAGS: readonly string[];
export declare function findChromium(): string | null;
export declare function findDrivers(): readonly Driver[];
export declare function chooseDriver(env?: Readonly<Record<string, string | undefined>>): Driver | null;
export declare function driverEnv(driver: Driver | null): Readonly<Record<string, string>>;
