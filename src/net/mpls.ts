/** One MPLS label stack entry, RFC 3032 2.1: label 20, traffic class 3 (RFC 5462), bottom of stack 1, TTL 8 bits. */
import { readU32, writeU32 } from './bytes.ts';

export const MPLS_ENTRY = 4;

export function labelAt(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) >>> 12;
}

export function trafficClassAt(bytes: Uint8Array, at: number): number {
  return (bytes[at + 2] >>> 1) & 7;
}

export function isBottomOfStack(bytes: Uint8Array, at: number): boolean {
  return (bytes[at + 2] & 1) === 1;
}

export function labelTtlAt(bytes: Uint8Array, at: number): number {
  return bytes[at + 3];
}

export function writeLabel(
  bytes: Uint8Array,
  at: number,
  label: number,
  trafficClass: number,
  bottom: boolean,
  ttl: number,
): void {
  writeU32(bytes, at, ((label << 12) | (trafficClass << 9) | (bottom ? 0x100 : 0) | ttl) >>> 0);
}
