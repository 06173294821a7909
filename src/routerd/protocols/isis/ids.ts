/**
 * Names of systems and LSPs. A system ID is a number of 48 bits. A *local* is what follows it in an LSP ID:
 * pseudonode times 256 and fragment.
 */
import { readU16, readU32, writeU16, writeU32 } from '../../../net/bytes.ts';

export type SystemId = number;

export const LAST_SYSTEM: SystemId = 0xffffffffffff;
export const LAST_LOCAL = 0xffff;

export interface LspId {
  readonly system: SystemId;
  readonly local: number;
}

export function readSystemId(bytes: Uint8Array, at: number): SystemId {
  return readU16(bytes, at) * 4294967296 + readU32(bytes, at + 2);
}

export function writeSystemId(bytes: Uint8Array, at: number, system: SystemId): void {
  writeU16(bytes, at, Math.floor(system / 4294967296));
  // Shifts take a number modulo 2^32: the lower four octets.
  writeU32(bytes, at + 2, system);
}

/** `1921.6800.1001` */
export function formatSystemId(system: SystemId): string {
  return system
    .toString(16)
    .padStart(12, '0')
    .replace(/(.{4})(.{4})/, '$1.$2.');
}

/** `1921.6800.1001.02-00` */
export function formatLspId({ system, local }: LspId): string {
  const hex = local.toString(16).padStart(4, '0');
  return `${formatSystemId(system)}.${hex.slice(0, 2)}-${hex.slice(2)}`;
}

/** The order in which CSNPs list them (7.3.15.2). */
export function compareLspIds(a: LspId, b: LspId): number {
  return a.system - b.system || a.local - b.local;
}

/** The LSP ID that comes next in that order; after the last one the last one again. */
export function nextLspId({ system, local }: LspId): LspId {
  if (local < LAST_LOCAL) return { system, local: local + 1 };
  return system < LAST_SYSTEM ? { system: system + 1, local: 0 } : { system, local };
}

export function readLspId(bytes: Uint8Array, at: number): LspId {
  return { system: readSystemId(bytes, at), local: readU16(bytes, at + 6) };
}
